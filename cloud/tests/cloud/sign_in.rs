//! Signing in, and guessing passwords.

use std::net::Ipv4Addr;

use holdfast_cloud::store::Scope;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{Cloud, PASSWORD};

#[tokio::test]
async fn guessing_a_name_locks_it_for_longer_and_longer_across_restarts() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let mut guesses = 0;
    loop {
        let answer = cloud.sign_in("boss", &format!("wrong password {guesses}")).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 20);
            break;
        }
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        guesses += 1;
        assert!(guesses < 20, "the guesses are stopped");
    }
    assert_eq!(guesses, 5);
    let right = cloud.sign_in("boss", PASSWORD).await;
    assert_eq!(
        right.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "also for who knows it, until the lock is over"
    );
    assert_eq!(right.json::<Value>().await.unwrap()["code"], "HF-CLD-023");

    let Cloud { running, url: _, data, http } = cloud;
    running.unwrap().shutdown().await;
    let running = holdfast_cloud::serve(holdfast_cloud::Config::on_free_port(data.path())).await.unwrap();
    let cloud = Cloud { url: running.url(), running: Some(running), data, http };
    assert_eq!(
        cloud.sign_in("boss", PASSWORD).await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "after a restart"
    );
}

#[tokio::test]
async fn guessing_in_parallel_gains_nothing() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let tries = futures::future::join_all((0..24).map(|n| {
        let (http, url) = (cloud.http.clone(), cloud.url.clone());
        async move {
            let body = serde_json::json!({"name": "boss", "password": format!("wrong password {n}")});
            http.post(format!("{url}/api/v1/session")).json(&body).send().await.unwrap().status()
        }
    }))
    .await;
    let checked = tries.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
    assert_eq!(checked, 5);
}

#[tokio::test]
async fn guessing_over_many_names_is_stopped_by_address() {
    let cloud = Cloud::start_with(|config| config.proxies = 1).await;
    cloud.add_user("boss", &Scope::All).await;
    let from = |address: Ipv4Addr, name: String, password: String| {
        let body = serde_json::json!({"name": name, "password": password});
        let request = cloud.http.post(format!("{}/api/v1/session", cloud.url)).json(&body);
        request.header("x-forwarded-for", format!("1.1.1.1, {address}")).send()
    };
    let guesser = Ipv4Addr::new(192, 0, 2, 9);
    for n in 0..30 {
        let answer = from(guesser, format!("user {n}"), "a wrong password".into()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.json::<Value>().await.unwrap()["code"],
            "HF-CLD-022",
            "an unknown name is not told apart"
        );
    }
    let answer = from(guesser, "boss".into(), PASSWORD.into()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let elsewhere = from(Ipv4Addr::new(192, 0, 2, 10), "boss".into(), PASSWORD.into()).await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_session_ends_when_told() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let token = cloud.token("boss").await;
    assert_eq!(cloud.get(&token, "/api/v1/stores").await.status(), StatusCode::OK);
    let url = format!("{}/api/v1/session", cloud.url);
    assert_eq!(
        cloud.http.delete(&url).bearer_auth(&token).send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(cloud.get(&token, "/api/v1/stores").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_page_signs_in_with_a_guarded_cookie() {
    let cloud = Cloud::start_with(|config| config.https = true).await;
    cloud.add_user("boss", &Scope::All).await;
    let url = format!("{}/sign-in", cloud.url);
    let form = |password: &str| format!("name=boss&password={}", password.replace(' ', "+"));
    let post = |body: String| {
        cloud.http.post(&url).header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    let wrong = post(form("not the password")).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let page = wrong.text().await.unwrap();
    assert!(page.contains("Name or password is wrong") && page.contains("value=\"boss\""), "{page}");

    let foreign = post(form(PASSWORD)).header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);

    let right = post(form(PASSWORD)).header("origin", &cloud.url).send().await.unwrap();
    assert_eq!((right.status(), right.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/"));
    let cookie = right.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = cookie.split(';').next().unwrap().to_owned();
    let home = cloud.http.get(&cloud.url).header("cookie", &session).send().await.unwrap();
    assert_eq!(home.status(), StatusCode::OK);
    let out =
        cloud.http.post(format!("{}/sign-out", cloud.url)).header("cookie", &session).send().await.unwrap();
    assert_eq!(out.status(), StatusCode::SEE_OTHER);
    let home = cloud.http.get(&cloud.url).header("cookie", &session).send().await.unwrap();
    assert_eq!(home.status(), StatusCode::SEE_OTHER, "signed out");
}
