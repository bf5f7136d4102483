//! Looking for every planted number in every byte that was written, in each form that a program might have written it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Bytes by which a pattern is looked up; none is shorter.
const WINDOW: usize = 6;
const FILTER_BITS: usize = 1 << 22;
const DIGITS_MIN: usize = 12;
const DIGITS_MAX: usize = 19;

/// Every number, with whatever stands between its digits, and what other encodings make of it.
pub struct Wanted {
    numbers: HashSet<String>,
    encoded: HashMap<[u8; WINDOW], Vec<Vec<u8>>>,
    filter: Vec<u64>,
}

#[derive(Debug, Default)]
pub struct Searched {
    pub stores: u64,
    pub files: u64,
    pub bytes: u64,
}

fn bit(window: &[u8]) -> usize {
    let mut eight = [0; 8];
    eight[..WINDOW].copy_from_slice(&window[..WINDOW]);
    let mixed = u64::from_le_bytes(eight).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 42;
    usize::try_from(mixed).expect("22 bits") % FILTER_BITS
}

impl Wanted {
    pub fn of(numbers: &[String]) -> Self {
        let mut wanted = Self {
            numbers: numbers.iter().cloned().collect(),
            encoded: HashMap::new(),
            filter: vec![0; FILTER_BITS / 64],
        };
        for number in numbers {
            for form in encodings(number) {
                let window: [u8; WINDOW] = form[..WINDOW].try_into().expect("it is long enough");
                wanted.filter[bit(&form) / 64] |= 1 << (bit(&form) % 64);
                wanted.encoded.entry(window).or_default().push(form);
            }
        }
        wanted
    }

    /// Searches a folder or a file as one store.
    ///
    /// # Errors
    /// What was found, and where; and when there is nothing to search.
    pub fn absent_from(&self, store: &Path, searched: &mut Searched) -> Result<()> {
        let mut found = Vec::new();
        let before = searched.files;
        self.walk(store, searched, &mut found)?;
        ensure!(searched.files > before, "there is nothing in {}", store.display());
        searched.stores += 1;
        found.truncate(20);
        ensure!(found.is_empty(), "card numbers are kept:\n{}", found.join("\n"));
        Ok(())
    }

    fn walk(&self, path: &Path, searched: &mut Searched, found: &mut Vec<String>) -> Result<()> {
        let kind = match std::fs::symlink_metadata(path) {
            // A running program's files come and go.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            kind => kind.with_context(|| format!("look at {}", path.display()))?,
        };
        if kind.is_dir() {
            let entries: Vec<PathBuf> =
                std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
            return entries.iter().try_for_each(|entry| self.walk(entry, searched, found));
        }
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            _ if !kind.is_file() => return Ok(()),
            bytes => bytes.with_context(|| format!("read {}", path.display()))?,
        };
        searched.files += 1;
        searched.bytes += bytes.len() as u64;
        found.extend(self.find(&bytes).into_iter().map(|what| format!("{what} in {}", path.display())));
        Ok(())
    }

    pub fn find(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let mut run = String::new();
        let mut gap = 0;
        for at in 0..=bytes.len() {
            match bytes.get(at) {
                Some(digit) if digit.is_ascii_digit() => {
                    run.push(char::from(*digit));
                    gap = 0;
                }
                // Up to two signs of any kind that people or programs put between the digits of one number.
                Some(b' ' | b'-' | b'.' | b'/' | b',' | b'_') if gap < 2 && !run.is_empty() => gap += 1,
                _ => {
                    self.find_digits(&run, &mut found);
                    run.clear();
                    gap = 0;
                }
            }
            let Some(window) = bytes.get(at..at + WINDOW) else { continue };
            let bit = bit(window);
            if self.filter[bit / 64] & 1 << (bit % 64) == 0 {
                continue;
            }
            let patterns = self.encoded.get(window).into_iter().flatten();
            let here = patterns.filter(|pattern| bytes[at..].starts_with(pattern));
            found.extend(here.map(|pattern| format!("{:?}", String::from_utf8_lossy(pattern))));
        }
        found
    }

    fn find_digits(&self, run: &str, found: &mut Vec<String>) {
        for start in 0..run.len().saturating_sub(DIGITS_MIN - 1) {
            for length in DIGITS_MIN..=DIGITS_MAX.min(run.len() - start) {
                let part = &run[start..start + length];
                if self.numbers.contains(part) {
                    found.push(part.to_owned());
                }
            }
        }
    }
}

/// UTF-16, packed digits, hexadecimal, and base64 at each of its three offsets.
pub fn encodings(number: &str) -> Vec<Vec<u8>> {
    let mut forms: Vec<Vec<u8>> = Vec::new();
    forms.push(number.encode_utf16().flat_map(u16::to_le_bytes).collect());
    forms.push(number.encode_utf16().flat_map(u16::to_be_bytes).collect());
    let packed = |digits: &str| -> Vec<u8> {
        digits.as_bytes().chunks_exact(2).map(|two| (two[0] - b'0') << 4 | (two[1] - b'0')).collect()
    };
    forms.push(packed(number));
    if number.len() % 2 == 1 {
        forms.push(packed(&format!("0{number}")));
    }
    let hex: String = number.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.into_bytes());
    forms.extend((0..3).map(|offset| base64_inside(number.as_bytes(), offset).into_bytes()));
    forms.retain(|form| form.len() >= WINDOW);
    forms
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
