//! The vault: only the store's hub puts and gets it, and of one that was replaced no byte is left in the database's files.

use std::path::Path;

use holdfast_cloud::admin;
use holdfast_protocol::uplink::{VAULT_BYTES_MAX, VAULT_CONTENT_TYPE, VaultKept, vault_path};
use reqwest::header::{CONTENT_TYPE, ETAG};
use reqwest::{Method, Response, StatusCode};

use crate::support::{Cloud, Hub};

async fn put(cloud: &Cloud, hub: &Hub, sealed: Vec<u8>) -> Response {
    let request = hub.signed(cloud, Method::PUT, &vault_path(hub.store), sealed);
    request.header(CONTENT_TYPE, VAULT_CONTENT_TYPE).send().await.unwrap()
}

async fn version(cloud: &Cloud, hub: &Hub, sealed: Vec<u8>) -> u64 {
    let answer = put(cloud, hub, sealed).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json::<VaultKept>().await.unwrap().version
}

async fn get(cloud: &Cloud, hub: &Hub) -> Response {
    hub.signed(cloud, Method::GET, &vault_path(hub.store), Vec::new()).send().await.unwrap()
}

/// Sealed bytes of a size with a canary in every kilobyte.
fn sealed(canary: &str, bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|at| match at % 1_024 {
            at if at < canary.len() => canary.as_bytes()[at],
            at => (at * 31 % 251) as u8,
        })
        .collect()
}

/// How often a text stands in the files of a folder.
fn found(folder: &Path, canary: &str) -> usize {
    let mut times = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        times += bytes.windows(canary.len()).filter(|window| *window == canary.as_bytes()).count();
    }
    times
}

#[tokio::test]
async fn the_newest_vault_is_kept_and_its_version_counts() {
    let cloud = Cloud::start().await;
    let hub = cloud.hub("Wien").await;
    let missing = get(&cloud, &hub).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(missing.text().await.unwrap().contains("HF-CLD-015"));
    assert_eq!(version(&cloud, &hub, sealed("one", 4_000)).await, 1);
    assert_eq!(version(&cloud, &hub, sealed("one", 4_000)).await, 1, "the same bytes after a lost answer");
    assert_eq!(version(&cloud, &hub, sealed("two", 9_000)).await, 2);
    let answer = get(&cloud, &hub).await;
    assert_eq!(answer.headers()[CONTENT_TYPE], VAULT_CONTENT_TYPE);
    assert_eq!(answer.headers()[ETAG], "\"2\"");
    assert_eq!(answer.bytes().await.unwrap(), sealed("two", 9_000));

    assert_eq!(put(&cloud, &hub, sealed("large", VAULT_BYTES_MAX)).await.status(), StatusCode::OK);
    let larger = put(&cloud, &hub, sealed("larger", VAULT_BYTES_MAX + 1)).await;
    assert_eq!(larger.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(put(&cloud, &hub, Vec::new()).await.status(), StatusCode::BAD_REQUEST);
    let plain = hub.signed(&cloud, Method::PUT, &vault_path(hub.store), sealed("plain", 10)).send().await;
    assert_eq!(plain.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn nobody_but_the_stores_hub_touches_it() {
    let cloud = Cloud::start().await;
    let (hub, other) = (cloud.hub("Wien").await, cloud.hub("Graz").await);
    version(&cloud, &hub, sealed("secret", 5_000)).await;
    let mut thief = other.clone();
    thief.store = hub.store;
    assert_eq!(get(&cloud, &thief).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(put(&cloud, &thief, sealed("forged", 10)).await.status(), StatusCode::UNAUTHORIZED);
    let unsigned = cloud.http.get(format!("{}{}", cloud.url, vault_path(hub.store))).send().await.unwrap();
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(get(&cloud, &other).await.status(), StatusCode::NOT_FOUND, "each store has its own");

    // A replacement that was enrolled just now fetches it before it sells; the hub before it does not any more.
    let db = cloud.database().await;
    let claim = admin::claim_store(&db, hub.store, 24, holdfast_cloud::app::now_ms()).await.unwrap();
    db.close().await;
    let next = Hub::new(&claim);
    assert_eq!(next.enrol(&cloud, &claim.code).await.status(), StatusCode::OK);
    assert_eq!(get(&cloud, &next).await.bytes().await.unwrap(), sealed("secret", 5_000));
    assert_eq!(get(&cloud, &hub).await.status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(put(&cloud, &hub, sealed("stale", 10)).await.status(), StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn of_a_replaced_vault_no_byte_is_left_in_any_file() {
    let cloud = Cloud::start().await;
    let mut hub = cloud.hub("Wien").await;
    // Sizes that fill a row, some pages and many pages, shrinking and growing.
    for (round, bytes) in [300, 60_000, 2_000, 3_000_000, 500_000, 40].into_iter().enumerate() {
        let canary = format!("canary-of-vault-{round}-");
        version(&cloud, &hub, sealed(&canary, bytes)).await;
        assert!(found(cloud.data.path(), &canary) > 0, "round {round}: the newest is there");
        for older in 0..round {
            let canary = format!("canary-of-vault-{older}-");
            assert_eq!(found(cloud.data.path(), &canary), 0, "vault {older} after round {round}");
        }
        // Life goes on between two vaults: other pages are written, and read meanwhile.
        let from = hub.journal.len() as u64 + 1;
        hub.trade(5);
        hub.send_from(&cloud, from).await;
    }
}
