//! Nobody reads a store that their sign-in does not cover: every route that the API describes is tried with a foreign store,
//! a store that does not exist, and no sign-in at all.

use holdfast_cloud::store::Scope;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use crate::support::Cloud;

/// Every path and method of the API's own description, so that a new route cannot be forgotten.
fn routes() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(&holdfast_cloud::openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    paths
        .into_iter()
        .flat_map(|(path, methods)| {
            let methods: Vec<String> = methods.as_object().unwrap().keys().cloned().collect();
            methods.into_iter().map(move |method| (method.to_uppercase().parse().unwrap(), path.clone()))
        })
        .collect()
}

#[tokio::test]
async fn every_route_refuses_foreign_stores() {
    let cloud = Cloud::start().await;
    let mut own = cloud.hub("Own").await;
    let mut foreign = cloud.hub("Foreign Store").await;
    own.trade(2);
    foreign.trade(2);
    let receipt = foreign.sell(vec![foreign.line(1, "SECRET", "Secret goods", 1, 123_456)]);
    own.send_from(&cloud, 1).await;
    foreign.send_from(&cloud, 1).await;
    cloud.add_user("local", &Scope::Stores([own.store].into())).await;
    let token = cloud.token("local").await;

    let mut tried = 0;
    for (method, path) in routes().iter().filter(|(_, path)| path.contains("{store}")) {
        for store in [foreign.store.to_string(), Uuid::now_v7().to_string(), "nonsense".to_owned()] {
            let path = path.replace("{store}", &store).replace("{transaction}", &receipt.to_string());
            let url = format!("{}{path}?from_seq=1", cloud.url);
            let url = if path.ends_with("/journal") { url } else { url.replace("?from_seq=1", "") };
            let answer = cloud.http.request(method.clone(), url).bearer_auth(&token).send().await.unwrap();
            let status = answer.status();
            let body = answer.text().await.unwrap();
            assert!(
                matches!(status, StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED),
                "{method} {path}: {status} {body}"
            );
            assert!(!body.contains("SECRET") && !body.contains("Foreign Store"), "{method} {path}: {body}");
            tried += 1;
        }
    }
    assert!(tried >= 27, "the description still names the routes of a store, tried {tried}");

    // Lists say nothing of foreign stores either, also when asked for one by name.
    for path in ["/api/v1/stores", "/api/v1/transactions", "/api/v1/sales?from=2026-11-01&to=2026-11-30"] {
        let body = cloud.get(&token, path).await.text().await.unwrap();
        assert!(
            body.contains(&own.store.to_string()) && !body.contains(&foreign.store.to_string()),
            "{path}: {body}"
        );
    }
    for path in ["/api/v1/transactions?", "/api/v1/sales?from=2026-11-01&to=2026-11-30&"] {
        let answer = cloud.get(&token, &format!("{path}store={}", foreign.store)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for page in ["", "/stock", &format!("/receipts/{receipt}")] {
        let answer = cloud.get(&token, &format!("/stores/{}{page}", foreign.store)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{page}");
        assert!(!answer.text().await.unwrap().contains("Foreign Store"), "{page}");
    }
    let overview = cloud.get(&token, "/").await.text().await.unwrap();
    assert!(
        overview.contains("Own") && !overview.contains("Foreign Store") && !overview.contains("123"),
        "{overview}"
    );
}

#[tokio::test]
async fn every_read_needs_a_sign_in() {
    let cloud = Cloud::start().await;
    let store = Uuid::now_v7().to_string();
    for (method, path) in routes() {
        if path.ends_with("/enrol") || (path.ends_with("/session") && method == Method::POST) {
            continue;
        }
        let path = path.replace("{store}", &store).replace("{transaction}", &store);
        for token in ["", "0000000000000000000000000000000000000000000000000000000000000000", "x' OR 1=1 --"]
        {
            let answer =
                cloud.http.request(method.clone(), format!("{}{path}", cloud.url)).bearer_auth(token);
            assert_eq!(answer.send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        }
    }
    for page in ["/", "/stores/x", "/stores/x/stock", "/stores/x/receipts/y"] {
        let answer = cloud.http.get(format!("{}{page}", cloud.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{page}");
        assert_eq!(answer.headers()["location"], "/sign-in", "{page}");
    }
}
