//! The settings of papers, checked and made into the template that printers use.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use holdfast_actors::template::{LINE_CHARS_MAX, LINES_MAX, Language, Template};
use holdfast_devices::document::{PICTURE_BYTES_MAX, Picture};
use serde::Deserialize;

use crate::error::HubError;

/// How receipts and other papers look.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub language: String,
    pub header: Vec<String>,
    pub footer: Vec<String>,
    /// The path of a PNG, or nothing.
    pub logo: String,
}

impl Receipt {
    /// Reads the picture, and checks everything else.
    ///
    /// # Errors
    /// HF-HUB-002 with the key and what to do.
    pub fn template(&self) -> Result<Template, HubError> {
        let language = Language::of_code(&self.language).ok_or_else(|| {
            let known = Language::ALL.map(Language::code).join("` or `");
            refused(
                "receipt.language",
                format!("`{}` is no language of papers; write `{known}`", self.language),
            )
        })?;
        lines("receipt.header", &self.header)?;
        lines("receipt.footer", &self.footer)?;
        Ok(Template {
            language,
            logo: self.logo()?,
            header: self.header.clone(),
            footer: self.footer.clone(),
        })
    }

    fn logo(&self) -> Result<Option<Picture>, HubError> {
        if self.logo.is_empty() {
            return Ok(None);
        }
        let path = Path::new(&self.logo);
        let refuse = |problem: String| refused("receipt.logo", format!("`{}`: {problem}", self.logo));
        if !path.is_absolute() {
            return Err(refuse("write the whole path, from the root on".to_owned()));
        }
        let unread = |error: std::io::Error| {
            refuse(format!(
                "it cannot be read ({error}); check the path and who may read the file, or leave it empty"
            ))
        };
        let file = File::open(path).map_err(unread)?;
        if !file.metadata().map_err(unread)?.is_file() {
            return Err(refuse("it is no file; name a PNG, or leave it empty".to_owned()));
        }
        let mut bytes = Vec::new();
        // One byte more than may be, so that a file that is too large is told from one that just fits.
        file.take(PICTURE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unread)?;
        Picture::from_png(&bytes).map(Some).map_err(|fault| refuse(fault.to_string()))
    }
}

fn lines(key: &'static str, lines: &[String]) -> Result<(), HubError> {
    if lines.len() > LINES_MAX {
        return Err(refused(key, format!("there are {} lines; leave at most {LINES_MAX}", lines.len())));
    }
    for line in lines {
        if line.chars().count() > LINE_CHARS_MAX {
            return Err(refused(
                key,
                format!("`{line}` is too long; {LINE_CHARS_MAX} characters are the most"),
            ));
        }
        if line.chars().any(char::is_control) {
            let shown = line.escape_debug();
            return Err(refused(key, format!("`{shown}` has a control character; write one line an entry")));
        }
    }
    Ok(())
}

fn refused(key: &'static str, problem: String) -> HubError {
    HubError::ConfigValue { key, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Receipt {
        Receipt { language: "de".to_owned(), header: Vec::new(), footer: Vec::new(), logo: String::new() }
    }

    #[test]
    fn a_template_has_the_language_the_lines_and_the_picture() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logo.png");
        // A PNG of one black dot.
        let dot = "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6360\
                   00000002000148afa4710000000049454e44ae426082";
        std::fs::write(&path, hex::decode(dot).unwrap()).unwrap();
        let logo = path.to_str().unwrap().to_owned();
        let receipt = Receipt {
            header: vec!["Grüß Gott".into()],
            footer: vec!["Auf Wiedersehen".into()],
            logo,
            ..plain()
        };
        let template = receipt.template().unwrap();
        assert_eq!(template.language, Language::German);
        assert_eq!((template.header, template.footer), (receipt.header, receipt.footer));
        assert!(template.logo.is_some());
    }

    #[test]
    fn what_cannot_be_used_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let here = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let logo = |logo: String| Receipt { logo, ..plain() };
        for (receipt, key, says) in [
            (Receipt { language: "fr".into(), ..plain() }, "receipt.language", "write `en` or `de`"),
            (Receipt { header: vec!["x".into(); LINES_MAX + 1], ..plain() }, "receipt.header", "at most 12"),
            (Receipt { footer: vec!["x".repeat(201)], ..plain() }, "receipt.footer", "too long"),
            (Receipt { footer: vec!["a\nb".into()], ..plain() }, "receipt.footer", "one line an entry"),
            (logo("logo.png".into()), "receipt.logo", "whole path"),
            (logo("/nowhere/logo.png".into()), "receipt.logo", "check the path"),
            (logo(folder.path().to_str().unwrap().into()), "receipt.logo", "name a PNG"),
            (logo(here("large.png", &vec![0; PICTURE_BYTES_MAX + 1])), "receipt.logo", "HF-DEV-011"),
            (logo(here("no.png", b"GIF89a")), "receipt.logo", "HF-DEV-013"),
        ] {
            let error = receipt.template().unwrap_err().chain();
            assert!(
                error.starts_with("HF-HUB-002") && error.contains(key) && error.contains(says),
                "{error}"
            );
        }
    }
}
