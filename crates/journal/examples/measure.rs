//! Prints what this disk and this journal do: durable records per second alone and in groups, the time to open after a
//! clean and an unclean end, to read everything, and to verify it. Arguments: a folder (emptied by nobody) and a number of
//! records in thousands.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use holdfast_journal::{ChainHash, DiskStorage, Journal, JournalError, Options, verify};
use sha2::{Digest, Sha256};

fn chain(previous: &ChainHash, epoch: &[u8; 16], seq: u64, payload: &[u8]) -> ChainHash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(epoch);
    hasher.update(seq.to_le_bytes());
    hasher.update(payload);
    hasher.finalize().into()
}

fn main() -> Result<(), JournalError> {
    let mut arguments = std::env::args().skip(1);
    let Some(dir) = arguments.next().map(PathBuf::from) else {
        println!("usage: measure FOLDER [THOUSANDS]");
        return Ok(());
    };
    let records = arguments.next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(1_000) * 1_000;
    let options = Options::new(&dir, chain);
    let storage = Arc::new(DiskStorage::new());
    let (mut writer, reader, _) = Journal::open(options.clone(), storage.clone())?;
    writer.begin_epoch([1; 16]);
    writer.append_durable(vec![0; 300])?;

    let started = Instant::now();
    for _ in 0..500 {
        writer.append_durable(vec![7; 300])?;
    }
    println!("one record per sync: {:?} each", started.elapsed() / 500);

    let started = Instant::now();
    for _ in 0..records {
        while writer.queue_room_records() == 0 {
            writer.commit()?;
        }
        writer.append(vec![7; 300])?;
    }
    writer.commit()?;
    let took = started.elapsed();
    println!(
        "{records} records in groups: {took:?}, {:?} each",
        took / u32::try_from(records).unwrap_or(u32::MAX)
    );

    let started = Instant::now();
    println!("scan: {} records in {:?}", reader.scan(1).flatten().count(), started.elapsed());
    let started = Instant::now();
    for step in 0..10_000 {
        reader.read(1 + step * 7_919 % records)?;
    }
    println!("read at random: {:?} each", started.elapsed() / 10_000);
    drop(writer);
    let started = Instant::now();
    let (writer, _, _) = Journal::open(options.clone(), storage.clone())?;
    println!("open after an unclean end: {:?}", started.elapsed());
    writer.shutdown()?;
    let started = Instant::now();
    let (writer, _, _) = Journal::open(options, storage.clone())?;
    println!("open after a clean end: {:?}", started.elapsed());
    writer.shutdown()?;
    let started = Instant::now();
    let report = verify(&*storage, &dir, chain)?;
    println!("verify: {} records in {:?}, intact {}", report.records, started.elapsed(), report.is_intact());
    Ok(())
}
