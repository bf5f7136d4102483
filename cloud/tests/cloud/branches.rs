//! Both histories of a fork are listed and counted: the shared prefix once, each side for itself.

use holdfast_cloud::store::Scope;
use holdfast_protocol::uplink::hash_path;
use holdfast_replication::Epoch;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Cloud, Hub};

async fn epochs(cloud: &Cloud, token: &str, hub: &Hub) -> Vec<Value> {
    let rows = cloud.json(token, &format!("/api/v1/stores/{}/epochs", hub.store)).await;
    rows.as_array().unwrap().clone()
}

fn sell(hub: &mut Hub, price_minor: i64) {
    hub.now_ms += 1_000;
    let lines = vec![hub.line(1, "TEA", "Green tea 100 g", 1, price_minor)];
    hub.sell(lines);
}

/// Two sides of one disk, ten records shared, each with sales of its own at HQ.
async fn forked() -> (Cloud, Hub, Hub, String) {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let mut one = cloud.hub("Wien Mitte").await;
    one.trade(8);
    one.send_from(&cloud, 1).await;
    let shared = one.journal.len() as u64;
    let mut other = one.clone();
    (0..3).for_each(|_| sell(&mut one, 500));
    (0..2).for_each(|_| sell(&mut other, 7_000));
    one.send_from(&cloud, shared + 1).await;
    let refused = other.send(&cloud, shared + 1, shared + 1).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    other.parent = Some((one.epoch, shared));
    other.epoch = Epoch([9; 16]);
    assert_eq!(other.register(&cloud).await.status(), StatusCode::OK);
    other.send_from(&cloud, shared + 1).await;
    let token = cloud.token("boss").await;
    (cloud, one, other, token)
}

#[tokio::test]
async fn a_fork_is_a_tree_whose_sums_add_up() {
    let (cloud, mut one, mut other, token) = forked().await;
    let rows = epochs(&cloud, &token, &one).await;
    let of = |row: &Value| {
        let numbers = ["epoch_order", "depth", "from_seq", "last_seq", "records"];
        let numbers: Vec<i64> = numbers.iter().map(|name| row[name].as_i64().unwrap()).collect();
        (numbers, row["forked"].as_bool().unwrap(), row["newest"].as_bool().unwrap())
    };
    assert_eq!(
        rows.iter().map(of).collect::<Vec<_>>(),
        [(vec![1, 0, 0, 13, 13], false, true), (vec![2, 1, 10, 12, 2], true, true),]
    );
    assert_eq!(rows[1]["parent_order"], 1);
    assert_eq!(rows[1]["hub"], one.hub.to_string());
    assert!(rows[1]["seen_at_ms"].as_i64().unwrap() > 0);
    let gross = |row: &Value| row["sold"][0]["gross_minor"].as_i64().unwrap();
    assert_eq!(gross(&rows[0]), one.sold.gross, "the shared prefix and the first side");
    assert_eq!(gross(&rows[1]), 14_000, "the second side alone");
    let totals = cloud.json(&token, &format!("/api/v1/stores/{}/totals", one.store)).await;
    assert_eq!(totals["gross_minor"], one.sold.gross + 14_000, "shared once, both sides counted");
    assert_eq!(totals["transactions"], 8 + 3 + 2);
    assert_eq!(totals["records"], 15);

    // Both go on, each under its own epoch; neither takes the other's alarm for a difference in its sums.
    for side in [&mut one, &mut other] {
        let from = side.journal.len() as u64 + 1;
        sell(side, 1_000);
        side.send_from(&cloud, from).await;
        assert_eq!(side.heartbeat(&cloud, 1, true).await.status(), StatusCode::OK);
        let store = cloud.json(&token, &format!("/api/v1/stores/{}", side.store)).await;
        let alarms: Vec<_> = store["alarms"].as_array().unwrap().iter().map(|a| a["code"].clone()).collect();
        assert_eq!(alarms, ["HF-UPL-003"], "a fork, and no mismatch of sums");
    }
    cloud.verify().await;
    let page = cloud.get(&token, &format!("/stores/{}", one.store)).await.text().await.unwrap();
    for shown in ["Fork", "continues epoch 1 after record 10", "Together", "150.00"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
}

#[tokio::test]
async fn the_last_shared_record_can_be_asked_for() {
    let (cloud, one, other, _) = forked().await;
    let ask = async |hub: &Hub, epoch: Epoch, seq: u64| {
        let path = hash_path(hub.store, Uuid::from_bytes(epoch.0), seq);
        let answer = hub.signed(&cloud, Method::GET, &path, Vec::new()).send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    for (epoch, seq, expected) in [
        (one.epoch, 4, one.hash_at(4)),
        (one.epoch, 13, one.hash_at(13)),
        (other.epoch, 4, one.hash_at(4)),
        (other.epoch, 10, one.hash_at(10)),
        (other.epoch, 11, other.hash_at(11)),
        (one.epoch, 0, [0; 32]),
    ] {
        let (status, body) = ask(&one, epoch, seq).await;
        assert_eq!((status, &body["seq"]), (StatusCode::OK, &seq.into()));
        assert_eq!(body["hash"], hex::encode(expected), "record {seq}");
    }
    assert_ne!(one.hash_at(11), other.hash_at(11));
    let (status, body) = ask(&one, other.epoch, 13).await;
    assert_eq!((status, &body["code"]), (StatusCode::NOT_FOUND, &"HF-CLD-015".into()));
    assert_eq!(body["reason"]["kind"], "not_found");
    let (status, body) = ask(&one, Epoch([3; 16]), 1).await;
    assert_eq!((status, &body["reason"]["kind"]), (StatusCode::CONFLICT, &"unknown_epoch".into()));
    let mut stranger = one.clone();
    stranger.key = ed25519_dalek::SigningKey::from_bytes(&[4; 32]);
    assert_eq!(ask(&stranger, one.epoch, 1).await.0, StatusCode::UNAUTHORIZED);
}
