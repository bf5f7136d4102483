//! A batch is counted once by its position, whatever the network does; what cannot be believed stores nothing.

use holdfast_protocol::chain_hash;
use holdfast_replication::Record as Sent;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::support::{Cloud, Hub, Stored};

async fn refused(answer: Response, status: StatusCode, code: &str) -> Value {
    assert_eq!(answer.status(), status);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], code, "{body}");
    body["reason"].clone()
}

async fn totals(cloud: &Cloud, hub: &Hub) -> Value {
    cloud.json(&cloud.token("boss").await, &format!("/api/v1/stores/{}/totals", hub.store)).await
}

async fn shop(sales: u32) -> (Cloud, Hub) {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &holdfast_cloud::store::Scope::All).await;
    let mut hub = cloud.hub("Wien Mitte").await;
    hub.trade(sales);
    (cloud, hub)
}

#[tokio::test]
async fn duplicates_and_overlaps_count_once() {
    let (cloud, hub) = shop(20).await;
    let head = hub.journal.len() as u64;
    for (from, to) in [(1, 10), (1, 10), (3, 15), (10, 10), (1, head), (head, head), (5, 7)] {
        let answer = hub.send(&cloud, from, to).await;
        assert_eq!(answer.status(), StatusCode::OK, "{from}..{to}");
    }
    let totals = totals(&cloud, &hub).await;
    assert_eq!(totals["transactions"], 20);
    assert_eq!(totals["gross_minor"], hub.sold.gross);
    assert_eq!(totals["net_minor"], hub.sold.net);
    assert_eq!(totals["records"], head);
    cloud.verify().await;
}

#[tokio::test]
async fn a_gap_is_named_and_stores_nothing() {
    let (cloud, hub) = shop(5).await;
    hub.send(&cloud, 1, 3).await;
    let reason = refused(hub.send(&cloud, 5, 7).await, StatusCode::CONFLICT, "HF-UPL-002").await;
    assert_eq!(reason["expected"], 4);
    hub.send_from(&cloud, 4).await;
    cloud.verify().await;
}

#[tokio::test]
async fn another_history_is_a_fork_and_a_new_epoch_keeps_both() {
    let (cloud, mut hub) = shop(4).await;
    hub.send_from(&cloud, 1).await;
    let mut other = hub.clone();
    // The clone lost the last sale and sold something else.
    other.journal.pop();
    let lines = vec![other.line(1, "CUP", "Cup", 1, 700)];
    other.sell(lines);
    let head = other.journal.len() as u64;
    let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 1, 499)];
    hub.sell(lines);
    hub.send_from(&cloud, head + 1).await;

    let reason = refused(other.send(&cloud, head, head).await, StatusCode::CONFLICT, "HF-UPL-003").await;
    assert_eq!(reason["seq"], head);
    assert_eq!(reason["hash"], hex::encode(hub.hash_at(head)));

    // A new epoch continues from the last record that both share; what was written under the old id travels as it is.
    other.parent = Some((hub.epoch, head - 1));
    other.epoch = holdfast_replication::Epoch([9; 16]);
    let answer: Value = other.register(&cloud).await.json().await.unwrap();
    assert_eq!((&answer["order"], &answer["forked"]), (&2.into(), &true.into()));
    assert_eq!(answer["acked_through"], head - 1);
    assert_eq!(other.send(&cloud, head, head).await.status(), StatusCode::OK);
    assert_eq!(
        totals(&cloud, &hub).await["transactions"],
        6,
        "both branches are counted, what they share once"
    );
    cloud.verify().await;

    let token = cloud.token("boss").await;
    let store = cloud.json(&token, &format!("/api/v1/stores/{}", hub.store)).await;
    assert_eq!(store["alarms"][0]["code"], "HF-UPL-003", "a person sees it");
}

#[tokio::test]
async fn an_epoch_that_another_hub_continues_cannot_grow() {
    let (cloud, mut hub) = shop(3).await;
    hub.send_from(&cloud, 1).await;
    let head = hub.journal.len() as u64 + 1;
    let mut next = hub.clone();
    let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 1, 499)];
    hub.sell(lines.clone());
    let db = cloud.database().await;
    let claim = holdfast_cloud::admin::claim_store(&db, hub.store, 24, holdfast_cloud::app::now_ms()).await;
    db.close().await;
    (next.hub, next.key) = (uuid::Uuid::now_v7(), ed25519_dalek::SigningKey::from_bytes(&[8; 32]));
    assert_eq!(next.enrol(&cloud, &claim.unwrap().code).await.status(), StatusCode::OK);

    // The replacement may not go on in the epoch of the hub before it, whatever it has said before.
    let mut ignorant = next.clone();
    ignorant.sell(lines.clone());
    let only_duplicates = async |when: &str| {
        let grown = ignorant.send(&cloud, head, head).await;
        assert_eq!(grown.status(), StatusCode::PRECONDITION_FAILED, "{when}");
        assert_eq!(ignorant.send(&cloud, 1, 2).await.status(), StatusCode::OK, "{when}: held already");
    };
    only_duplicates("straight away").await;
    assert_eq!(ignorant.register(&cloud).await.status(), StatusCode::OK, "it may look");
    only_duplicates("after it has looked").await;
    next.parent = Some((hub.epoch, head - 1));
    next.epoch = holdfast_replication::Epoch([7; 16]);
    assert_eq!(next.register(&cloud).await.status(), StatusCode::OK);
    only_duplicates("after it has opened its own").await;

    refused(hub.send(&cloud, head, head).await, StatusCode::PRECONDITION_FAILED, "HF-UPL-005").await;
    next.sell(lines);
    assert_eq!(next.send(&cloud, head, head).await.status(), StatusCode::OK);
    cloud.verify().await;
}

#[tokio::test]
async fn an_epoch_that_is_not_registered_is_named() {
    let (cloud, mut hub) = shop(1).await;
    hub.epoch = holdfast_replication::Epoch([5; 16]);
    let reason = refused(hub.send(&cloud, 1, 1).await, StatusCode::CONFLICT, "HF-UPL-004").await;
    assert_eq!(reason["kind"], "unknown_epoch");
}

#[tokio::test]
async fn only_the_stores_own_hub_is_heard() {
    let (cloud, hub) = shop(2).await;
    let other = cloud.hub("Graz").await;
    let path = holdfast_protocol::uplink::events_path(hub.store);
    let body = hub.body(1, 2);

    let unsigned = cloud.http.post(format!("{}{path}", cloud.url)).body(body.clone()).send().await.unwrap();
    refused(unsigned, StatusCode::UNAUTHORIZED, "HF-CLD-011").await;
    let foreign = other.signed(&cloud, Method::POST, &path, body.clone()).send().await.unwrap();
    refused(foreign, StatusCode::UNAUTHORIZED, "HF-CLD-011").await;
    let mut thief = hub.clone();
    thief.key = ed25519_dalek::SigningKey::from_bytes(&[3; 32]);
    refused(thief.post(&cloud, body.clone()).await, StatusCode::UNAUTHORIZED, "HF-CLD-011").await;
    let mut edited = hub.body(1, 2);
    let signed = hub.signed(&cloud, Method::POST, &path, edited.clone());
    *edited.last_mut().unwrap() ^= 1;
    refused(signed.body(edited).send().await.unwrap(), StatusCode::UNAUTHORIZED, "HF-CLD-011").await;
    // A signature for another path does not fit here.
    let heartbeat = holdfast_protocol::uplink::heartbeat_path(hub.store);
    let moved = hub.signed(&cloud, Method::POST, &heartbeat, body.clone()).build().unwrap();
    let moved = cloud.http.post(format!("{}{path}", cloud.url)).headers(moved.headers().clone()).body(body);
    refused(moved.send().await.unwrap(), StatusCode::UNAUTHORIZED, "HF-CLD-011").await;

    assert_eq!(totals(&cloud, &hub).await["records"], 0);
}

#[tokio::test]
async fn a_record_that_does_not_fit_its_chain_stores_nothing_of_its_batch() {
    let (cloud, hub) = shop(3).await;
    let mut records = hub.journal.clone();
    records[2].payload[5] ^= 1;
    let sent: Vec<Sent<'_>> = records.iter().map(Stored::sent).collect();
    let answer = hub.post(&cloud, hub.body_of(&sent, [0; 32])).await;
    refused(answer, StatusCode::UNPROCESSABLE_ENTITY, "HF-UPL-007").await;
    assert_eq!(totals(&cloud, &hub).await["records"], 0);
}

#[tokio::test]
async fn poison_is_kept_acknowledged_and_shown() {
    let (cloud, mut hub) = shop(2).await;
    let poison = hub.append_payload(vec![1, 255, 255, 255, 255, 255]);
    let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 2, 499)];
    hub.sell(lines);
    hub.send_from(&cloud, 1).await;
    let totals = totals(&cloud, &hub).await;
    assert_eq!((&totals["quarantined"], &totals["transactions"]), (&1.into(), &3.into()));
    let token = cloud.token("boss").await;
    let shown = cloud.json(&token, &format!("/api/v1/stores/{}/quarantine", hub.store)).await;
    assert_eq!(shown[0]["seq"], poison);
    let store = cloud.json(&token, &format!("/api/v1/stores/{}", hub.store)).await;
    assert_eq!(store["alarms"][0]["code"], "HF-CLD-041");
    cloud.verify().await;
}

#[tokio::test]
async fn a_newer_record_waits_for_a_newer_cloud() {
    let (cloud, mut hub) = shop(1).await;
    hub.append_payload(vec![250, 1, 2, 3]);
    let head = hub.journal.len() as u64;
    let reason = refused(hub.send(&cloud, 1, head).await, StatusCode::UPGRADE_REQUIRED, "HF-UPL-006").await;
    assert_eq!(reason["version"], 250);
    assert_eq!(hub.send(&cloud, 1, head - 1).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_cursor_that_moved_back_is_filled_again() {
    let (cloud, mut hub) = shop(6).await;
    hub.send(&cloud, 1, 4).await;
    // A backup of the moment after record 4 is put back later.
    let backup = tempfile::tempdir().unwrap();
    let Cloud { running, url: _, data, http } = cloud;
    running.unwrap().shutdown().await;
    for entry in std::fs::read_dir(data.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), backup.path().join(entry.file_name())).unwrap();
    }
    let again =
        |folder: &std::path::Path| holdfast_cloud::serve(holdfast_cloud::Config::on_free_port(folder));
    let running = again(data.path()).await.unwrap();
    let cloud = Cloud { url: running.url(), running: Some(running), data, http };
    hub.send_from(&cloud, 5).await;
    let http = cloud.http.clone();
    cloud.stop().await;

    let running = again(backup.path()).await.unwrap();
    let cloud = Cloud { url: running.url(), running: Some(running), data: backup, http };
    let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 1, 499)];
    hub.sell(lines);
    let head = hub.journal.len() as u64;
    let reason = refused(hub.send(&cloud, head, head).await, StatusCode::CONFLICT, "HF-UPL-002").await;
    assert_eq!(reason["expected"], 5, "the cloud's number wins, also when it is lower");
    hub.send_from(&cloud, 5).await;
    assert_eq!(totals(&cloud, &hub).await["gross_minor"], hub.sold.gross);
    cloud.verify().await;
}

#[tokio::test]
async fn bodies_are_limited_before_they_are_read() {
    let (cloud, hub) = shop(1).await;
    let large = vec![0; holdfast_replication::limits::BATCH_BYTES_MAX + 1];
    refused(hub.post(&cloud, large).await, StatusCode::PAYLOAD_TOO_LARGE, "HF-CLD-013").await;
    let bomb = zstd::encode_all(&vec![0_u8; 64 * 1024 * 1024][..], 3).unwrap();
    refused(hub.post(&cloud, bomb).await, StatusCode::PAYLOAD_TOO_LARGE, "HF-CLD-013").await;
    refused(hub.post(&cloud, b"nonsense".to_vec()).await, StatusCode::BAD_REQUEST, "HF-CLD-012").await;
    let heartbeat = holdfast_protocol::uplink::heartbeat_path(hub.store);
    let body = serde_json::json!({"version": 1, "unknown": 2});
    refused(hub.post_json(&cloud, &heartbeat, &body).await, StatusCode::BAD_REQUEST, "HF-CLD-012").await;
}

#[tokio::test]
async fn what_a_till_offered_to_a_second_hub_counts_once() {
    let (cloud, mut hub) = shop(2).await;
    let before = hub.journal.len();
    let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 1, 499)];
    hub.sell(lines);
    hub.send_from(&cloud, 1).await;
    // The same record once more, further on: the same order, the same transaction.
    let again = hub.journal[before].payload.clone();
    hub.append_payload(again);
    hub.send_from(&cloud, before as u64 + 2).await;
    let totals = totals(&cloud, &hub).await;
    assert_eq!((&totals["transactions"], &totals["gross_minor"]), (&3.into(), &hub.sold.gross.into()));
    cloud.verify().await;
}

#[test]
fn the_tests_chain_is_the_products() {
    let claim =
        holdfast_cloud::admin::Claim { store: uuid::Uuid::nil(), code: String::new(), expires_at_ms: 0 };
    let mut hub = Hub::new(&claim);
    hub.trade(1);
    let first = &hub.journal[0];
    assert_eq!(first.hash, chain_hash(&[0; 32], &hub.epoch.0, 1, &first.payload));
}
