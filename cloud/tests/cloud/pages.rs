//! HQ's pages: what they show, and what they never load.

use holdfast_cloud::store::Scope;
use reqwest::StatusCode;

use crate::support::Cloud;

#[tokio::test]
async fn the_pages_show_stores_sales_receipts_and_stock() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let mut hub = cloud.hub("Wien <Mitte>").await;
    let token = cloud.token("boss").await;
    let page = async |path: &str| {
        let answer = cloud.get(&token, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    };
    let empty = page("/").await;
    assert!(empty.contains("No sales in EUR on this date yet") || empty.contains("Nothing yet."), "{empty}");
    hub.trade(5);
    let sale = hub.sell(vec![hub.line(1, "CUP", "Cup & saucer", 2, 1_999)]);
    hub.send_from(&cloud, 1).await;
    hub.heartbeat(&cloud, 2, true).await;

    let overview = page("/").await;
    for wanted in ["Wien &lt;Mitte&gt;", "2 of 2 tills up", "Data as of", "<svg", "Live", "1-000006", "39.98"]
    {
        assert!(overview.contains(wanted), "{wanted} in {overview}");
    }
    assert!(!overview.contains("<Mitte>"), "names are text");
    assert!(
        !overview.contains("style=\"") && !overview.contains("onclick"),
        "the policy would not let it work"
    );
    let store = page(&format!("/stores/{}?date=2026-11-28", hub.store)).await;
    assert!(store.contains("Saturday 28 November 2026"));
    let receipt = page(&format!("/stores/{}/receipts/{sale}", hub.store)).await;
    for wanted in ["Cup &amp; saucer", "Sale completed", "Order placed", "39.98", "Change", "1.8"] {
        assert!(receipt.contains(wanted), "{wanted} in {receipt}");
    }
    assert!(receipt.contains(&hex::encode(hub.hash_at(hub.journal.len() as u64))), "the hash of the record");
    let stock = page(&format!("/stores/{}/stock", hub.store)).await;
    assert!(stock.contains("below zero") && stock.contains("Green tea 100 g"));
    let negative = page(&format!("/stores/{}/stock?negative=true", hub.store)).await;
    assert!(negative.contains("CUP") && !negative.contains("Green tea"));
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere() {
    let cloud = Cloud::start().await;
    let get = |path: &str| cloud.http.get(format!("{}{path}", cloud.url)).send();
    let door = get("/sign-in").await.unwrap();
    let policy = door.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http")
    );
    assert_eq!(door.headers()["x-frame-options"], "DENY");
    assert_eq!(door.headers()["cache-control"], "no-store");
    let door = door.text().await.unwrap();
    for (path, kind) in [
        ("/assets/hq.css", "text/css"),
        ("/assets/hq.js", "text/javascript"),
        ("/assets/mark.svg", "image/svg"),
    ] {
        let asset = get(path).await.unwrap();
        assert!(asset.headers()["content-type"].to_str().unwrap().starts_with(kind));
        let text = asset.text().await.unwrap().replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("@import"), "{path}");
    }
    assert!(!door.contains("http:") && !door.contains("https:"));
    assert_eq!(get("/assets/nothing").await.unwrap().status(), StatusCode::NOT_FOUND);
    let lost = get("/lost").await.unwrap();
    assert_eq!(lost.status(), StatusCode::NOT_FOUND);
    assert!(lost.text().await.unwrap().contains("HF-CLD-021"));
    let lost = get("/api/v1/lost").await.unwrap();
    assert!(lost.text().await.unwrap().starts_with('{'));
}

#[tokio::test]
async fn health_and_metrics_answer() {
    let cloud = Cloud::start().await;
    let text = async |path: &str| {
        let answer = cloud.http.get(format!("{}{path}", cloud.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    };
    assert_eq!(text("/healthz").await, "ok\n");
    assert_eq!(text("/readyz").await, "ready\n");
    let mut hub = cloud.hub("Wien").await;
    hub.trade(2);
    hub.send_from(&cloud, 1).await;
    let metrics = text("/metrics").await;
    assert!(
        metrics.contains(&format!("holdfast_cloud_records_applied_total {}", hub.journal.len())),
        "{metrics}"
    );
    assert!(text("/api/v1/openapi.json").await.contains("/api/v1/enrol"));
}
