//! The door.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::{PageRefusal, bare, text};
use crate::app::App;
use crate::http::refusal::ApiRefusal;
use crate::http::session::{COOKIE, PageViewer, SignIn, peer_address, sign_in};

/// The form.
pub async fn form() -> Html<String> {
    Html(bare("Sign in", &fields("", None)).into_string())
}

fn fields(name: &str, problem: Option<&str>) -> Markup {
    html! {
        form.card.door method="post" action="/sign-in" {
            h1 { "Sign in" }
            p.quiet { "Your stores, as they sell." }
            @if let Some(problem) = problem {
                p.problem role="alert" { (problem) }
            }
            label for="name" { "Name" }
            input #name name="name" autocomplete="username" required autofocus[name.is_empty()] value=(name);
            label for="password" { "Password" }
            input #password name="password" type="password" autocomplete="current-password" required
                autofocus[!name.is_empty()];
            button.button type="submit" { "Sign in" }
        }
    }
}

/// Checks the form.
pub async fn submit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Form<SignIn>, FormRejection>,
) -> Response {
    if !same_site(&headers) {
        return PageRefusal(ApiRefusal::foreign_form()).into_response();
    }
    let Ok(Form(form)) = body else {
        return PageRefusal(ApiRefusal::parameter("the form has a name and a password")).into_response();
    };
    match sign_in(&app, &form, peer_address(&app, &headers, peer)).await {
        Ok(session) => {
            let age = i64::from(app.config.sign_in.session_hours) * 3_600;
            with_cookie(&app, Redirect::to("/").into_response(), &session.token, age)
        }
        Err(refusal) if refusal.status == StatusCode::INTERNAL_SERVER_ERROR => {
            PageRefusal(refusal).into_response()
        }
        Err(refusal) => {
            let problem = format!("{} ({})", text::sentence(&refusal.body.message), refusal.body.code);
            let page = bare("Sign in", &fields(&form.name, Some(&problem))).into_string();
            (refusal.status, Html(page)).into_response()
        }
    }
}

/// Ends the session.
pub async fn sign_out(
    State(app): State<Arc<App>>,
    PageViewer(viewer): PageViewer,
    headers: HeaderMap,
) -> Result<Response, PageRefusal> {
    if !same_site(&headers) {
        return Err(PageRefusal(ApiRefusal::foreign_form()));
    }
    viewer.sign_out(&app).await?;
    Ok(with_cookie(&app, Redirect::to("/sign-in").into_response(), "", 0))
}

/// A form of another site carries another origin. Browsers always name it on POST; programs have no session cookie.
fn same_site(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, named)| named == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

fn with_cookie(app: &App, mut response: Response, token: &str, age_s: i64) -> Response {
    let secure = if app.config.https { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age_s}{secure}");
    let cookie = HeaderValue::from_str(&cookie).expect("a cookie of hex digits and names is a header value");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_told_apart() {
        let headers = |origin: Option<&'static str>, host: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            headers
        };
        assert!(same_site(&headers(Some("https://hq.example"), "hq.example")));
        assert!(same_site(&headers(None, "hq.example")));
        for foreign in ["https://evil.example", "null", "https://hq.example.evil.example"] {
            assert!(!same_site(&headers(Some(foreign), "hq.example")), "{foreign}");
        }
    }
}
