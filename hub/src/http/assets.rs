//! The pages' own style and script, compiled in. No page asks any other host for anything.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::problem::Refused;
use crate::error::HubError;

const STYLE: &str = include_str!("assets/hub.css");
const SCRIPT: &str = include_str!("assets/hub.js");

pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Refused> {
    let (content_type, text) = match name.as_str() {
        "hub.css" => ("text/css; charset=utf-8", STYLE),
        "hub.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return Err(Refused(HubError::NotFound { what: "file" })),
    };
    Ok(([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "max-age=300")], text).into_response())
}
