//! Reports: JSON files that other programs read.

use std::path::Path;

use serde::Serialize;

use crate::error::TillError;

/// Writes `report` as readable JSON, through a new file so that nobody reads half of it.
///
/// # Errors
/// [`TillError::File`] when the file cannot be written.
pub fn write_report<T: Serialize>(path: &Path, report: &T) -> Result<(), TillError> {
    let failed = |source| TillError::File { path: path.to_path_buf(), what: "written", source };
    let mut text = serde_json::to_vec_pretty(report).expect("a report is plain data with text keys");
    text.push(b'\n');
    let new = path.with_extension("new");
    std::fs::write(&new, text).map_err(failed)?;
    std::fs::rename(&new, path).map_err(failed)
}
