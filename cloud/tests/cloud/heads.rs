//! A head is a hub's word under its key. The cloud keeps every one, holds its journal against it, and tells when they differ.

use ed25519_dalek::SigningKey;
use holdfast_cloud::admin;
use holdfast_cloud::store::Scope;
use holdfast_protocol::head::SignedHeadJson;
use holdfast_protocol::uplink::heads_path;
use reqwest::StatusCode;

use crate::support::{Cloud, Hub};

fn head(hub: &Hub, seq: u64, hash: [u8; 32]) -> SignedHeadJson {
    hub.head(seq, hash, &hub.key)
}

async fn kept(cloud: &Cloud, hub: &Hub, head: &SignedHeadJson) {
    let answer = hub.bring(cloud, head).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.text().await.unwrap(), "{}");
}

async fn states(cloud: &Cloud, token: &str, hub: &Hub) -> Vec<(u64, String)> {
    let rows = cloud.json(token, &format!("/api/v1/stores/{}/heads", hub.store)).await;
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| (row["head"]["seq"].as_u64().unwrap(), row["state"].as_str().unwrap().to_owned()))
        .collect()
}

async fn alarms(cloud: &Cloud, token: &str, hub: &Hub) -> Vec<String> {
    let store = cloud.json(token, &format!("/api/v1/stores/{}", hub.store)).await;
    let alarms = store["alarms"].as_array().unwrap().iter();
    alarms.map(|alarm| alarm["code"].as_str().unwrap().to_owned()).collect()
}

async fn shop() -> (Cloud, Hub, String) {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let mut hub = cloud.hub("Wien Mitte").await;
    hub.trade(12);
    let token = cloud.token("boss").await;
    (cloud, hub, token)
}

#[tokio::test]
async fn heads_are_compared_now_or_when_their_record_arrives() {
    let (cloud, hub, token) = shop().await;
    hub.send(&cloud, 1, 6).await;
    let early = head(&hub, 4, hub.hash_at(4));
    kept(&cloud, &hub, &early).await;
    kept(&cloud, &hub, &early).await;
    kept(&cloud, &hub, &head(&hub, 10, hub.hash_at(10))).await;
    let expected = |later: &str| vec![(4, "agreed".to_owned()), (10, later.to_owned())];
    assert_eq!(states(&cloud, &token, &hub).await, expected("waiting"), "each head once");
    hub.send_from(&cloud, 7).await;
    assert_eq!(states(&cloud, &token, &hub).await, expected("agreed"));
    assert_eq!(alarms(&cloud, &token, &hub).await, Vec::<String>::new());
    cloud.verify().await;

    // What an auditor downloads is what the hub signed, and the key that it was signed with stands beside it.
    let path = format!("/api/v1/stores/{}/heads/latest", hub.store);
    let latest: SignedHeadJson = serde_json::from_value(cloud.json(&token, &path).await).unwrap();
    assert_eq!(latest, head(&hub, 10, hub.hash_at(10)));
    let rows = cloud.json(&token, &format!("/api/v1/stores/{}/heads?after_seq=4&limit=5", hub.store)).await;
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(rows[0]["public_key"], hex::encode(hub.key.verifying_key().as_bytes()));
    let bad = cloud.get(&token, &format!("/api/v1/stores/{}/heads?limit=0", hub.store)).await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
    let page = cloud.get(&token, &format!("/stores/{}", hub.store)).await.text().await.unwrap();
    assert!(page.contains("agrees with the journal here"), "{page}");
}

#[tokio::test]
async fn a_journal_that_was_changed_is_told_by_a_head() {
    let (cloud, hub, token) = shop().await;
    hub.send_from(&cloud, 1).await;
    kept(&cloud, &hub, &head(&hub, 8, [7; 32])).await;
    assert_eq!(states(&cloud, &token, &hub).await, [(8, "mismatch".to_owned())]);
    assert_eq!(alarms(&cloud, &token, &hub).await, ["HF-CLD-044"]);
    let overview = cloud.get(&token, "/").await.text().await.unwrap();
    assert!(overview.contains("HF-CLD-044"), "the fleet's overview shows it too");
    let db = cloud.database().await;
    let (_, verified) = admin::verify_stores(&db, None).await.unwrap().pop().unwrap();
    db.close().await;
    assert_eq!(verified.heads, 1);
    assert_eq!(
        verified.differences,
        [format!("head 8 of hub {}: the journal has another record there", hub.hub)]
    );
}

#[tokio::test]
async fn verify_finds_a_head_or_a_record_that_was_edited_behind_the_cloud() {
    let (cloud, hub, _) = shop().await;
    hub.send_from(&cloud, 1).await;
    for seq in [3, 9] {
        kept(&cloud, &hub, &head(&hub, seq, hub.hash_at(seq))).await;
    }
    let file = cloud.data.path().join("cloud.db");
    let raw = sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(file));
    let raw = raw.await.unwrap();
    for (statement, found) in [
        ("UPDATE heads SET signed_at_ms = signed_at_ms + 1 WHERE seq = 3", "not signed by the hub's key"),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 9", "the journal has another record there"),
    ] {
        sqlx::query(statement).execute(&raw).await.unwrap();
        let db = cloud.database().await;
        let (_, verified) = admin::verify_stores(&db, None).await.unwrap().pop().unwrap();
        db.close().await;
        assert!(verified.differences.iter().any(|text| text.contains(found)), "{found}: {verified:?}");
    }
}

#[tokio::test]
async fn only_a_hubs_own_word_is_kept() {
    let (cloud, hub, token) = shop().await;
    let other = cloud.hub("Graz").await;
    let good = head(&hub, 1, hub.hash_at(1));
    let stranger = SigningKey::from_bytes(&[9; 32]);
    let forged = hub.head(1, hub.hash_at(1), &stranger);
    assert_eq!(hub.bring(&cloud, &forged).await.status(), StatusCode::UNAUTHORIZED, "not the hub's key");
    let path = heads_path(hub.store);
    let foreign = other.post_json(&cloud, &path, &serde_json::to_value(&good).unwrap()).await;
    assert_eq!(foreign.status(), StatusCode::UNAUTHORIZED, "not a hub of this store");
    let path = heads_path(other.store);
    let moved = other.post_json(&cloud, &path, &serde_json::to_value(&good).unwrap()).await;
    assert_eq!(moved.status(), StatusCode::BAD_REQUEST, "another hub's word about another store");
    for bad in [
        SignedHeadJson { hash: "00".into(), ..good.clone() },
        SignedHeadJson { seq: 0, ..good.clone() },
        SignedHeadJson { seq: u64::MAX, ..good.clone() },
    ] {
        assert_eq!(hub.bring(&cloud, &bad).await.status(), StatusCode::BAD_REQUEST, "{bad:?}");
    }
    assert_eq!(states(&cloud, &token, &hub).await, []);
    let latest = cloud.get(&token, &format!("/api/v1/stores/{}/heads/latest", hub.store)).await;
    assert_eq!(latest.status(), StatusCode::NOT_FOUND);

    // A hub that was replaced may still bring what it signed: it is evidence about its own time.
    let db = cloud.database().await;
    let claim = admin::claim_store(&db, hub.store, 24, holdfast_cloud::app::now_ms()).await.unwrap();
    db.close().await;
    hub.send_from(&cloud, 1).await;
    let next = Hub::new(&claim);
    assert_eq!(next.enrol(&cloud, &claim.code).await.status(), StatusCode::OK);
    assert_eq!(hub.send(&cloud, 1, 1).await.status(), StatusCode::PRECONDITION_FAILED);
    kept(&cloud, &hub, &good).await;
    assert_eq!(states(&cloud, &token, &hub).await, [(1, "agreed".to_owned())]);
    cloud.verify().await;
}

#[tokio::test]
async fn a_clones_head_agrees_once_its_branch_has_arrived() {
    let (cloud, mut hub, token) = shop().await;
    hub.send_from(&cloud, 1).await;
    let shared = hub.journal.len() as u64;
    let mut clone = hub.clone();
    for side in [&mut hub, &mut clone] {
        let lines = vec![side.line(1, "TEA", "Green tea 100 g", 1, 499)];
        side.sell(lines);
    }
    hub.send_from(&cloud, shared + 1).await;
    kept(&cloud, &hub, &head(&hub, shared + 1, hub.hash_at(shared + 1))).await;
    kept(&cloud, &clone, &head(&clone, shared + 1, clone.hash_at(shared + 1))).await;
    let of = |states: Vec<(u64, String)>| states.into_iter().map(|(_, state)| state).collect::<Vec<_>>();
    let mut found = of(states(&cloud, &token, &hub).await);
    found.sort_unstable();
    assert_eq!(found, ["agreed", "mismatch"], "one epoch, one number, two records");

    clone.parent = Some((hub.epoch, shared));
    clone.epoch = holdfast_replication::Epoch([9; 16]);
    assert_eq!(clone.register(&cloud).await.status(), StatusCode::OK);
    clone.send_from(&cloud, shared + 1).await;
    assert_eq!(of(states(&cloud, &token, &hub).await), ["agreed", "agreed"]);
    assert_eq!(alarms(&cloud, &token, &hub).await, ["HF-UPL-003"], "the fork stays");
    cloud.verify().await;
}
