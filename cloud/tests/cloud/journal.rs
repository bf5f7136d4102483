//! HQ's copy rebuilds a hub: every byte comes back as it was stored.

use holdfast_protocol::uplink::{batch, journal_path};
use reqwest::{Method, StatusCode};

use crate::support::{Cloud, Hub, Stored};

async fn page(cloud: &Cloud, hub: &Hub, from: u64) -> Option<(batch::Header, Vec<Stored>)> {
    let answer =
        hub.signed(cloud, Method::GET, &journal_path(hub.store, from), Vec::new()).send().await.unwrap();
    if answer.status() == StatusCode::NO_CONTENT {
        return None;
    }
    assert_eq!(answer.status(), StatusCode::OK);
    let body = answer.bytes().await.unwrap();
    let raw = zstd::decode_all(&body[..]).unwrap();
    let (header, records) = batch::decode(&raw).unwrap();
    let stored = |r: &holdfast_replication::Record<'_>| Stored {
        epoch: r.epoch,
        seq: r.seq,
        hash: r.hash,
        payload: r.payload.to_vec(),
    };
    Some((header, records.iter().map(stored).collect()))
}

#[tokio::test]
async fn records_come_back_byte_for_byte_across_epochs() {
    let cloud = Cloud::start().await;
    let mut hub = cloud.hub("Wien").await;
    assert!(page(&cloud, &hub, 1).await.is_none());
    hub.trade(1_200);
    hub.send_from(&cloud, 1).await;

    let shared = hub.journal.len() as u64;
    hub.parent = Some((hub.epoch, shared));
    hub.epoch = holdfast_replication::Epoch([4; 16]);
    assert_eq!(hub.register(&cloud).await.status(), StatusCode::OK);
    for _ in 0..5 {
        let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 1, 499)];
        hub.sell(lines);
    }
    hub.send_from(&cloud, shared + 1).await;

    let mut back = Vec::new();
    while let Some((header, records)) = page(&cloud, &hub, back.len() as u64 + 1).await {
        assert_eq!(header.batch.first_seq, back.len() as u64 + 1);
        assert_eq!(header.batch.chain_before, hub.hash_at(back.len() as u64));
        assert_eq!(header.batch.chain_after, records.last().unwrap().hash);
        back.extend(records);
    }
    assert!(back == hub.journal, "every record as stored");
    let (header, records) = page(&cloud, &hub, 700).await.unwrap();
    assert_eq!((header.batch.first_seq, records[0].seq), (700, 700));
    assert_eq!(header.batch.chain_before, hub.hash_at(699));
}

#[tokio::test]
async fn nobody_else_reads_a_journal() {
    let cloud = Cloud::start().await;
    let mut hub = cloud.hub("Wien").await;
    let other = cloud.hub("Graz").await;
    hub.trade(2);
    hub.send_from(&cloud, 1).await;
    let path = journal_path(hub.store, 1);
    let foreign = other.signed(&cloud, Method::GET, &path, Vec::new()).send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::UNAUTHORIZED);
    // A signature covers the query: another position needs another one.
    let signed = hub.signed(&cloud, Method::GET, &path, Vec::new()).build().unwrap();
    let moved = format!("{}{}", cloud.url, journal_path(hub.store, 2));
    let moved = cloud.http.get(moved).headers(signed.headers().clone()).send().await.unwrap();
    assert_eq!(moved.status(), StatusCode::UNAUTHORIZED);
}
