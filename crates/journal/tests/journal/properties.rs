//! Any order of appending, committing, ending and killing keeps the journal equal to a list.

use holdfast_journal::{CommitMode, MemoryStorage, Options, Record, verify};
use proptest::prelude::*;

use crate::support::{assert_chained, chain, dir, open, shared, small, visible};

#[derive(Clone, Debug)]
enum Move {
    Append(usize),
    Commit,
    BeginEpoch(u8),
    Shutdown,
    Drop,
    Kill,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        8 => (0usize..=400).prop_map(Move::Append),
        4 => Just(Move::Commit),
        1 => (0u8..4).prop_map(Move::BeginEpoch),
        1 => Just(Move::Shutdown),
        1 => Just(Move::Drop),
        1 => Just(Move::Kill),
    ];
    prop::collection::vec(one, 1..80)
}

fn play(moves: &[Move], options: &Options) {
    let mut storage = MemoryStorage::new();
    let (mut writer, mut reader, _) = open(options, &shared(&storage));
    writer.begin_epoch([0; 16]);
    let mut model: Vec<Record> = Vec::new();
    let mut committed = 0;
    for (index, step) in moves.iter().enumerate() {
        match step {
            Move::Append(bytes) => {
                let payload = vec![u8::try_from(index % 256).expect("below 256"); *bytes];
                if let Ok(position) = writer.append(payload.clone()) {
                    model.push(Record { position, payload });
                }
            }
            Move::Commit => {
                writer.commit().expect("the commit works");
                committed = model.len();
                assert_eq!(visible(&reader), model);
            }
            Move::BeginEpoch(epoch) => writer.begin_epoch([*epoch; 16]),
            Move::Shutdown | Move::Drop | Move::Kill => {
                let epoch = writer.epoch().expect("an epoch was begun");
                match step {
                    Move::Shutdown => {
                        writer.shutdown().expect("a clean end");
                        committed = model.len();
                    }
                    Move::Kill => {
                        storage = storage.killed();
                        drop(writer);
                    }
                    _ => drop(writer),
                }
                let recovery;
                (writer, reader, recovery) = open(options, &shared(&storage));
                let found = visible(&reader);
                assert!(found.len() >= committed && found.len() <= model.len());
                model.truncate(found.len());
                assert_eq!(found, model);
                assert_eq!(recovery.records, found.len() as u64);
                committed = model.len();
                writer.begin_epoch(epoch);
            }
        }
    }
    writer.shutdown().expect("a clean end");
    let report = verify(&storage, &dir(), chain).expect("verify runs");
    assert!(report.is_intact() && (report.clean_end || model.is_empty()));
    assert_eq!(report.records, model.len() as u64);
    assert_chained(&model);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_is_a_list_by_hand(moves in moves()) {
        play(&moves, &small(&dir()));
    }

    #[test]
    fn a_journal_is_a_list_by_thread(moves in moves()) {
        play(&moves, &Options { commit: CommitMode::Thread, ..small(&dir()) });
    }
}
