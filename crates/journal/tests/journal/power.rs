//! A journal's days, the power cuts they end with, and what must be left: run by the crash tests as the product is, and by
//! the planting tests with a mistake in it.

use std::collections::BTreeMap;

use holdfast_journal::storage::{CallKind, CrashImage, Fault, WriteFate};
use holdfast_journal::{Journal, JournalError, MemoryStorage, Options, Record, Retention, Writer};

use crate::support::{
    EPOCH_A, EPOCH_B, Seeded, append_some, assert_chained, chain, open, payload, shared, visible,
};

/// What the tills were told, kept outside of the journal.
#[derive(Default)]
pub struct Told {
    pub appended: Vec<Record>,
    pub acknowledged_seq: u64,
    /// How often a commit that found no room is tried again.
    pub tries_left: u32,
}

impl Told {
    pub fn append(&mut self, writer: &mut Writer) -> Result<(), JournalError> {
        let payload = payload(self.appended.len() as u64 + 1);
        let position = writer.append(payload.clone())?;
        self.appended.push(Record { position, payload });
        Ok(())
    }

    pub fn commit(&mut self, writer: &mut Writer) -> Result<(), JournalError> {
        let mut outcome = writer.commit();
        while outcome.as_ref().is_err_and(JournalError::is_out_of_space) && self.tries_left > 0 {
            self.tries_left -= 1;
            outcome = writer.commit();
        }
        // Whoever follows the watermark has heard of it, whatever the commit comes to.
        self.acknowledged_seq = *writer.synced().borrow();
        if outcome.is_ok() {
            assert_eq!(self.acknowledged_seq, self.appended.len() as u64);
        }
        outcome
    }
}

/// Groups of one to five records, rotation, two epochs, a clean end, an unclean one, and pruning where it is allowed.
pub fn a_day(options: &Options, storage: &MemoryStorage, told: &mut Told) -> Result<(), JournalError> {
    for (round, epoch) in [EPOCH_A, EPOCH_A, EPOCH_B].into_iter().enumerate() {
        let (mut writer, _, _) = Journal::open(options.clone(), shared(storage))?;
        writer.begin_epoch(epoch);
        for group in 0..6 {
            for _ in 0..=(group * 2 + round) % 5 {
                told.append(&mut writer)?;
            }
            told.commit(&mut writer)?;
        }
        if options.retention == Retention::Prunable {
            writer.prune_before(told.acknowledged_seq)?;
        }
        if round != 1 {
            writer.shutdown()?;
        }
    }
    Ok(())
}

pub struct Image {
    pub fate: fn(&mut Seeded) -> WriteFate,
    pub dir_change: fn(&mut Seeded) -> bool,
    pub seeded: Seeded,
}

impl CrashImage for Image {
    fn write(&mut self, _index: usize, _bytes: usize) -> WriteFate {
        (self.fate)(&mut self.seeded)
    }
    fn dir_change(&mut self, _index: usize) -> bool {
        (self.dir_change)(&mut self.seeded)
    }
}

/// What a power cut may do to the writes and folder changes that were not synced, by name.
pub fn images(storage: &MemoryStorage, seed: u64) -> Vec<(&'static str, MemoryStorage)> {
    let any = |seeded: &mut Seeded| match seeded.next() % 3 {
        0 => WriteFate::Dropped,
        1 => WriteFate::Kept,
        _ => WriteFate::Torn(seeded.next()),
    };
    let torn = |seeded: &mut Seeded| WriteFate::Torn(seeded.next());
    let cut =
        |fate, dir_change, seed| storage.power_cut(&mut Image { fate, dir_change, seeded: Seeded(seed) });
    let mut images = vec![
        ("killed, nothing dropped", storage.killed()),
        ("unsynced writes dropped, names dropped", cut(|_| WriteFate::Dropped, |_| false, 0)),
        ("unsynced writes dropped, names kept", cut(|_| WriteFate::Dropped, |_| true, 0)),
        ("unsynced writes kept, names dropped", cut(|_| WriteFate::Kept, |_| false, 0)),
        ("unsynced writes kept, names kept", cut(|_| WriteFate::Kept, |_| true, 0)),
        // Records without their group header, and a header without its records.
        ("torn: the first sector lost", cut(|_| WriteFate::Torn(!1), |_| true, 0)),
        ("torn: the first sector alone", cut(|_| WriteFate::Torn(1), |_| true, 0)),
        ("torn: any sectors", cut(torn, |_| true, seed)),
    ];
    images.extend((0..3).map(|extra| {
        ("any mixture of these", cut(any, |seeded| seeded.next().is_multiple_of(2), seed * 4 + extra))
    }));
    images
}

/// Opens what a crash left and holds it against what the tills were told.
pub fn check(options: &Options, image: &MemoryStorage, told: &Told, witness_seq: u64) -> u64 {
    let options = Options { witness_seq, ..options.clone() };
    let (mut writer, reader, recovery) = open(&options, &shared(image));
    let head_seq = recovery.head.map_or(0, |head| head.seq);
    assert!(head_seq >= told.acknowledged_seq, "record {} was acknowledged", told.acknowledged_seq);
    let records = visible(&reader);
    for record in &records {
        let index = usize::try_from(record.position.seq).expect("small") - 1;
        assert_eq!(*record, told.appended[index]);
    }
    if options.retention == Retention::Forever {
        assert_eq!(records.len() as u64, head_seq);
        assert!(reader.verify(chain).expect("verify runs").is_intact());
    }
    // What was shown is as good as acknowledged: the next power cut must not take it.
    let again = image.power_cut(&mut Image {
        fate: |_| WriteFate::Dropped,
        dir_change: |_| false,
        seeded: Seeded(0),
    });
    let (_, shown, _) = open(&options, &shared(&again));
    assert_eq!(shown.head(), recovery.head, "what was shown after a restart is there after the next one");
    writer.begin_epoch(EPOCH_B);
    append_some(&mut writer, 3);
    assert_chained(&visible(&reader));
    writer.shutdown().expect("a clean end");
    let again = Options { witness_seq: head_seq + 3, ..options };
    let (_, reader, recovery) = open(&again, &shared(image));
    assert!(recovery.clean_end);
    assert_eq!(recovery.head.map(|head| head.seq), Some(head_seq + 3));
    assert_eq!(visible(&reader).last().map(|record| record.position), recovery.head);
    recovery.segments
}

/// How many images of each fault model were opened.
#[derive(Default)]
pub struct Opened {
    pub points: u64,
    pub by_model: BTreeMap<&'static str, u64>,
}

impl Opened {
    pub fn images(&self) -> u64 {
        self.by_model.values().sum()
    }

    pub fn fewest(&self) -> u64 {
        self.by_model.values().min().copied().unwrap_or(0)
    }
}

pub fn crash_everywhere(options: &Options) -> Opened {
    let mut opened = Opened::default();
    loop {
        let storage = MemoryStorage::new();
        storage.plant(CallKind::Change, opened.points + 1, Fault::Halt, true);
        let mut told = Told::default();
        let ended = a_day(options, &storage, &mut told);
        for (model, image) in images(&storage, opened.points) {
            let witness = if opened.images().is_multiple_of(2) { told.acknowledged_seq } else { 0 };
            check(options, &image, &told, witness);
            *opened.by_model.entry(model).or_default() += 1;
        }
        if ended.is_ok() {
            return opened;
        }
        opened.points += 1;
    }
}
