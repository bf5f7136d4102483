//! HQ's pages: rendered on the server, brought up to date by one small script. They work without the script.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::app::App;
use crate::http::refusal::ApiRefusal;
use crate::http::session::Viewer;

pub mod changes;
pub mod chart;
pub mod history;
pub mod overview;
pub mod receipt;
pub mod sign_in;
pub mod stock;
pub mod text;

/// A page that could not be shown, as a page.
#[derive(Debug)]
pub struct PageRefusal(pub ApiRefusal);

impl<E: Into<ApiRefusal>> From<E> for PageRefusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for PageRefusal {
    fn into_response(self) -> Response {
        let refusal = self.0;
        let title = match refusal.status {
            StatusCode::NOT_FOUND => "Not here",
            StatusCode::BAD_REQUEST => "That cannot be shown",
            _ => "Something went wrong",
        };
        let page = bare(
            title,
            &html! {
                section.notice {
                    h1 { (title) }
                    p { (text::sentence(&refusal.body.message)) "." }
                    p.quiet { "Code " span.code { (refusal.body.code) } }
                    p { a.button href="/" { "Back to the overview" } }
                }
            },
        );
        (refusal.status, Html(page.into_string())).into_response()
    }
}

/// What no route knows: a page for people, a code for programs.
pub async fn not_found(State(_): State<Arc<App>>, uri: Uri) -> Response {
    let refusal = ApiRefusal::not_found();
    if uri.path().starts_with("/api/") {
        refusal.into_response()
    } else {
        PageRefusal(refusal).into_response()
    }
}

fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { (title) " · Holdfast" }
        link rel="icon" href="/assets/mark.svg" type="image/svg+xml";
        link rel="stylesheet" href="/assets/hq.css";
    }
}

/// A page without a sign-in.
pub fn bare(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(title)) }
            body.bare {
                main {
                    p.brand { img src="/assets/mark.svg" alt="" width="28" height="28"; "Holdfast" }
                    (body)
                }
            }
        }
    }
}

/// A step of the path in the page's head: text and, for all but the last, where it leads.
pub type Crumb<'a> = (&'a str, Option<String>);

/// A page of somebody who is signed in.
pub fn signed_in(viewer: &Viewer, title: &str, crumbs: &[Crumb<'_>], body: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head(title))
                script src="/assets/hq.js" defer {}
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header.top {
                    a.brand href="/" aria-label="Holdfast, overview" {
                        img src="/assets/mark.svg" alt="" width="24" height="24";
                        "Holdfast"
                    }
                    nav.crumbs aria-label="You are here" {
                        @for (text, link) in crumbs {
                            @match link {
                                Some(link) => a href=(link) { (text) },
                                None => span aria-current="page" { (text) },
                            }
                        }
                    }
                    span.live #connection data-state="off" role="status" { span.dot {} span.word { "Not live" } }
                    form method="post" action="/sign-out" {
                        span.who { (viewer.name) }
                        button.plain type="submit" { "Sign out" }
                    }
                }
                main #content { (body) }
            }
        }
    };
    Html(page.into_string())
}
