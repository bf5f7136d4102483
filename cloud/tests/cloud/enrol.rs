//! A claim code enrols one hub once.

use holdfast_cloud::admin;
use holdfast_cloud::app::now_ms;
use holdfast_cloud::store::Scope;
use reqwest::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Cloud, Hub};

#[tokio::test]
async fn a_claim_code_works_once_and_its_answer_can_be_asked_for_again() {
    let cloud = Cloud::start().await;
    let claim = cloud.add_store("Wien Mitte", "Europe/Vienna", "EUR").await;
    let hub = Hub::new(&claim);
    let typed = claim.code.to_lowercase().replace('-', " ");
    let answer = hub.enrol(&cloud, &typed).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["store"], claim.store.to_string());
    assert_eq!(answer["settings"]["currency"], "EUR");
    assert_eq!(answer["settings"]["time_zone"], "Europe/Vienna");
    assert_eq!(answer["settings"]["cut_over_minutes"], 240);
    assert_eq!(answer["next_epoch_order"], 1);
    assert_eq!(hub.enrol(&cloud, &claim.code).await.status(), StatusCode::OK, "the reply was lost");

    let other = Hub::new(&claim);
    let refused = other.enrol(&cloud, &claim.code).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "HF-CLD-010");
    let mut same_id = Hub::new(&claim);
    same_id.hub = hub.hub;
    assert_eq!(same_id.enrol(&cloud, &claim.code).await.status(), StatusCode::FORBIDDEN, "another key");
    assert_eq!(hub.register(&cloud).await.status(), StatusCode::OK, "the first hub serves on");
}

#[tokio::test]
async fn codes_expire_and_a_newer_code_voids_the_older() {
    let cloud = Cloud::start().await;
    let claim = cloud.add_store("Graz", "Europe/Vienna", "EUR").await;
    let db = cloud.database().await;
    let newer = admin::claim_store(&db, claim.store, 24, now_ms()).await.unwrap();
    let hub = Hub::new(&claim);
    assert_eq!(hub.enrol(&cloud, &claim.code).await.status(), StatusCode::FORBIDDEN);
    let late = admin::claim_store(&db, claim.store, 1, now_ms() - 3_600_001).await.unwrap();
    assert_eq!(hub.enrol(&cloud, &late.code).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(hub.enrol(&cloud, &newer.code).await.status(), StatusCode::FORBIDDEN, "void since the third");
    let last = admin::claim_store(&db, claim.store, 1, now_ms()).await.unwrap();
    assert_eq!(hub.enrol(&cloud, &last.code).await.status(), StatusCode::OK);
    let unknown = admin::claim_store(&db, Uuid::now_v7(), 1, now_ms()).await.unwrap_err().to_string();
    assert!(unknown.starts_with("HF-CLD-005"), "{unknown}");
    db.close().await;
}

#[tokio::test]
async fn guessing_codes_is_stopped() {
    let cloud = Cloud::start().await;
    let claim = cloud.add_store("Graz", "Europe/Vienna", "EUR").await;
    let hub = Hub::new(&claim);
    for _ in 0..30 {
        assert_eq!(hub.enrol(&cloud, "AAAAA-AAAAA-AAAAA-AAAAA").await.status(), StatusCode::FORBIDDEN);
    }
    let answer = hub.enrol(&cloud, &claim.code).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_hub_that_was_replaced_is_fenced_and_shown() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let mut old = cloud.hub("Linz").await;
    old.trade(3);
    old.send_from(&cloud, 1).await;
    let db = cloud.database().await;
    let claim = admin::claim_store(&db, old.store, 24, now_ms()).await.unwrap();
    db.close().await;
    let mut new = Hub::new(&claim);
    let answer: Value = new.enrol(&cloud, &claim.code).await.json().await.unwrap();
    assert_eq!(answer["next_epoch_order"], 2);
    assert_eq!(answer["journal_through"], old.journal.len());

    let lines = vec![old.line(1, "TEA", "Green tea 100 g", 1, 499)];
    old.sell(lines);
    let head = old.journal.len() as u64;
    let fenced = old.send(&cloud, head, head).await;
    assert_eq!(fenced.status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(fenced.json::<Value>().await.unwrap()["code"], "HF-UPL-005");

    // The new hub continues from what HQ holds.
    new.journal = old.journal[..head as usize - 1].to_vec();
    new.parent = Some((old.epoch, head - 1));
    new.sold = old.sold;
    let answer: Value = new.register(&cloud).await.json().await.unwrap();
    assert_eq!((&answer["order"], &answer["forked"]), (&2.into(), &false.into()));
    let lines = vec![new.line(1, "TEA", "Green tea 100 g", 5, 499)];
    new.sell(lines);
    new.send_from(&cloud, head).await;
    let token = cloud.token("boss").await;
    let store = cloud.json(&token, &format!("/api/v1/stores/{}", old.store)).await;
    assert_eq!(store["alarms"][0]["code"], "HF-UPL-005");
    assert_eq!(cloud.json(&token, &format!("/api/v1/stores/{}/totals", old.store)).await["transactions"], 4);
    cloud.verify().await;
}
