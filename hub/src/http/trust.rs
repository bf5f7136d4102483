//! How a device comes to trust this store's hub: its certificate authority, which can sign for nothing but the hub's own
//! name and private addresses, with the steps for each platform. Everybody may read it: it is what is public of the hub.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::Markup;

use super::{App, pages};

pub(super) async fn page(State(app): State<Arc<App>>) -> Markup {
    pages::trust(&app)
}

/// As Android, iPadOS and Windows take it.
pub(super) async fn der(State(app): State<Arc<App>>) -> Response {
    let name = "attachment; filename=\"holdfast-store.crt\"";
    let headers = [(header::CONTENT_TYPE, "application/x-x509-ca-cert"), (header::CONTENT_DISPOSITION, name)];
    (headers, app.authority.ca_der().to_vec()).into_response()
}

/// As Linux and programs take it.
pub(super) async fn pem(State(app): State<Arc<App>>) -> Response {
    let name = "attachment; filename=\"holdfast-store.pem\"";
    let headers = [(header::CONTENT_TYPE, "application/x-pem-file"), (header::CONTENT_DISPOSITION, name)];
    (headers, app.authority.ca_pem().to_owned()).into_response()
}

/// A service worker that does nothing: a browser takes one only from a page whose certificate it trusts.
pub(super) async fn check() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], "\"use strict\";\n").into_response()
}
