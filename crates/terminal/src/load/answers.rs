//! Every answer that stood, written down as it came: one JSON line each, for whoever audits the hub against its tills.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use holdfast_protocol::message::{Answer, Reply, ReplyPosition};
use serde::Serialize;

use crate::error::TillError;

/// The file; a run adds to it.
#[derive(Debug)]
pub(super) struct Answers {
    path: PathBuf,
    file: Mutex<File>,
}

#[derive(Serialize)]
struct Line<'a> {
    terminal: &'a str,
    command: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<ReplyPosition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

impl Answers {
    pub(super) fn open(path: &Path) -> Result<Self, TillError> {
        let file = File::options().create(true).append(true).open(path);
        let file = file.map_err(|source| TillError::File { path: path.into(), what: "written", source })?;
        Ok(Self { path: path.into(), file: Mutex::new(file) })
    }

    /// Writes one answer down, before anybody acts on it.
    pub(super) fn note(&self, terminal: &str, reply: &Reply) -> Result<(), TillError> {
        let (outcome, position, code) = match &reply.answer {
            Answer::Accepted { position, .. } => ("accepted", Some(*position), None),
            Answer::Refused { position, code, .. } => ("refused", Some(*position), Some(code.as_str())),
            Answer::Rejected { code, .. } => ("rejected", None, Some(code.as_str())),
            Answer::Retry { .. } => return Ok(()),
        };
        let line = Line { terminal, command: reply.id.to_string(), outcome, position, code };
        let mut text = serde_json::to_vec(&line).expect("a line is plain data");
        text.push(b'\n');
        // One write, so that a line is there whole or not at all.
        let written = self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text);
        written.map_err(|source| TillError::File { path: self.path.clone(), what: "written", source })
    }
}
