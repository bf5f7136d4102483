//! Looking for texts in every byte of every file, in each form that a program might have written them.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Bytes that are read at once.
const PIECE_BYTES: usize = 1024 * 1024;
/// A shorter pattern is found by chance.
const PATTERN_BYTES_MIN: usize = 8;

/// What is looked for.
#[derive(Default)]
pub struct Wanted {
    patterns: Vec<(String, Vec<u8>)>,
    /// Whether a pattern begins with these two bytes.
    beginnings: Vec<bool>,
}

/// What was looked at, and where something was found.
#[derive(Debug, Default)]
pub struct Searched {
    pub files: u64,
    pub bytes: u64,
    pub found: Vec<String>,
}

fn beginning(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

impl Wanted {
    /// A text as it is, in upper and lower case, in hex, base64 at each of its three offsets, and UTF-16.
    pub fn text(&mut self, name: &str, text: &str) {
        for (case, text) in [
            ("", text.to_owned()),
            ("lower case ", text.to_lowercase()),
            ("upper case ", text.to_uppercase()),
        ] {
            self.bytes(&format!("{name}, {case}plain"), text.as_bytes());
            let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
            self.bytes(&format!("{name}, {case}UTF-16LE"), &utf16(u16::to_le_bytes));
            self.bytes(&format!("{name}, {case}UTF-16BE"), &utf16(u16::to_be_bytes));
        }
        self.encoded(name, text.as_bytes());
    }

    /// Bytes as they are, in hex and base64.
    pub fn secret(&mut self, name: &str, bytes: &[u8]) {
        self.bytes(name, bytes);
        self.encoded(name, bytes);
    }

    fn encoded(&mut self, name: &str, bytes: &[u8]) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.bytes(&format!("{name}, hex"), hex.as_bytes());
        self.bytes(&format!("{name}, upper case hex"), hex.to_uppercase().as_bytes());
        for offset in 0..3 {
            self.bytes(
                &format!("{name}, base64 at offset {offset}"),
                base64_inside(bytes, offset).as_bytes(),
            );
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        assert!(bytes.len() >= PATTERN_BYTES_MIN, "{name} is too short to be told from chance");
        self.beginnings.resize(1 << 16, false);
        self.beginnings[beginning(bytes)] = true;
        self.patterns.push((name.to_owned(), bytes.to_vec()));
    }

    /// Searches every file below a folder, or one file.
    pub fn search(&self, place: &Path) -> Result<Searched> {
        let mut searched = Searched::default();
        self.walk(place, &mut searched)?;
        ensure!(searched.files > 0, "there is nothing in {}", place.display());
        Ok(searched)
    }

    fn walk(&self, path: &Path, searched: &mut Searched) -> Result<()> {
        let found = match std::fs::symlink_metadata(path) {
            // A running program's files come and go.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            found => found.with_context(|| format!("look at {}", path.display()))?,
        };
        if found.is_dir() {
            let entries: Vec<PathBuf> =
                std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
            return entries.iter().try_for_each(|entry| self.walk(entry, searched));
        }
        if !found.is_file() {
            return Ok(());
        }
        match std::fs::File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            file => self.read(path, file?, searched),
        }
    }

    fn read(&self, path: &Path, mut file: std::fs::File, searched: &mut Searched) -> Result<()> {
        searched.files += 1;
        let longest = self.patterns.iter().map(|(_, bytes)| bytes.len()).max().unwrap_or_default();
        let mut buffer: Vec<u8> = Vec::new();
        loop {
            // The end of the last piece is kept, so that nothing hides between two.
            let kept = buffer.len().min(longest);
            buffer.drain(..buffer.len() - kept);
            let read = file.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            searched.bytes += read as u64;
            self.look(path, &buffer, searched);
        }
    }

    fn look(&self, path: &Path, bytes: &[u8], searched: &mut Searched) {
        for at in 0..bytes.len().saturating_sub(1) {
            if !self.beginnings[beginning(&bytes[at..])] {
                continue;
            }
            for (name, pattern) in &self.patterns {
                if bytes[at..].starts_with(pattern) {
                    searched.found.push(format!("{name} in {}", path.display()));
                }
            }
        }
    }
}

/// What base64 makes of bytes that begin `offset` bytes after a multiple of three, without the signs that depend on what
/// stands around them.
fn base64_inside(bytes: &[u8], offset: usize) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded: Vec<u8> = std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect();
    let whole = padded.chunks_exact(3).flat_map(|three| {
        let bits = usize::from(three[0]) << 16 | usize::from(three[1]) << 8 | usize::from(three[2]);
        [18, 12, 6, 0].map(|shift| char::from(SIGNS[bits >> shift & 63]))
    });
    whole.skip(if offset == 0 { 0 } else { 4 }).collect()
}

#[test]
fn each_form_is_found_wherever_it_stands_and_nothing_else_is() {
    let mut wanted = Wanted::default();
    wanted.text("canary", "Canary Wörter 4711");
    wanted.secret("key", &[0xAB; 32]);
    let text = "Canary Wörter 4711".as_bytes();
    let base64 = |before: &str| {
        let whole: Vec<u8> = [before.as_bytes(), text, b"and more"].concat();
        base64_inside(&whole, 0).into_bytes()
    };
    let hex: String = text.iter().map(|byte| format!("{byte:02X}")).collect();
    let utf16: Vec<u8> = "canary wörter 4711".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let place = tempfile::tempdir().expect("a folder");
    let forms = [
        text.to_vec(),
        base64(""),
        base64("a"),
        base64("ab"),
        base64("abc"),
        hex.into_bytes(),
        utf16,
        vec![0xAB; 32],
    ];
    for (index, form) in forms.iter().enumerate() {
        // Across the border of two pieces, too.
        for before in [0, 7, PIECE_BYTES - 5] {
            let path = place.path().join("file");
            std::fs::write(&path, [&vec![b'x'; before][..], form, b"x"].concat()).expect("written");
            let found = wanted.search(place.path()).expect("readable").found;
            assert!(!found.is_empty(), "form {index} after {before} bytes");
            std::fs::write(&path, [&vec![b'x'; before][..], &form[1..form.len() / 2]].concat())
                .expect("written");
            assert_eq!(wanted.search(place.path()).expect("readable").found, [""; 0], "form {index}");
        }
    }
}
