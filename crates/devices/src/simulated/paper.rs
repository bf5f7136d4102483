//! The paper of the simulated printer: bytes become pictures and text, and a folder keeps a bounded number of both.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use escpost_profiles::{CutterGeometry, PrinterProfile};
use escpost_render::{RenderLimits, RenderOptions, render_with_options};

use super::scanner::commands;
use crate::document::{Columns, Document, LINES_MAX, centred, code_line, pc858_char};
use crate::escpos::{Cutter, Profile, encode};
use crate::fault::Fault;

/// Dots of one column of the normal font.
const COLUMN_DOTS: usize = 12;
/// Dots of paper between the print head and the knife.
const HEAD_TO_CUTTER_DOTS: u32 = 80;
/// The longest sheet in dots: every line of the longest document twice as tall.
const SHEET_DOTS_MAX: u64 = LINES_MAX as u64 * 60;

/// One sheet of paper that is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sheet {
    /// Counts up over the life of the folder.
    pub number: u64,
    /// The id of the job, or of the connection that it came through.
    pub id: String,
    pub png: PathBuf,
    pub text: PathBuf,
}

/// Decodes ESC/POS strictly and draws every sheet, dot by dot, as a PNG of one bit a dot.
///
/// # Errors
/// [`Fault::Undecodable`] for a byte that is no known command or has no glyph.
pub fn render_png(bytes: &[u8], profile: &Profile) -> Result<Vec<Vec<u8>>, Fault> {
    let limits = RenderLimits {
        max_sheet_height_dots: u32::try_from(SHEET_DOTS_MAX)
            .expect("the longest sheet is far below 2^32 dots"),
        max_total_dots: SHEET_DOTS_MAX * 64 * COLUMN_DOTS as u64,
        ..RenderLimits::default()
    };
    let options = RenderOptions { limits, ..RenderOptions::default() };
    let rendered = render_with_options(bytes, &mechanism(profile), &options)
        .map_err(|error| Fault::Undecodable { cause: Arc::new(error) })?;
    Ok(rendered.sheets.into_iter().map(|sheet| sheet.png).collect())
}

/// The document as it would come out of a printer with this profile, as a PNG of one bit a dot; `copy` 0 is the original.
///
/// # Errors
/// [`Fault::Undecodable`] where the document is more than a sheet may be.
pub fn preview_png(document: &Document, copy: u32, profile: &Profile) -> Result<Vec<u8>, Fault> {
    let mut sheets = render_png(&encode(document, copy, profile), profile)?;
    Ok(sheets.pop().expect("every document feeds or cuts the paper at its end"))
}

/// What the decoder needs to know of a printer: its own reference model, with our width, code page and knife.
fn mechanism(profile: &Profile) -> PrinterProfile {
    static REFERENCE: OnceLock<&'static PrinterProfile> = OnceLock::new();
    let reference = REFERENCE.get_or_init(|| {
        escpost_profiles::resolver::resolve("REFERENCE")
            .expect("the decoder brings its reference model with it")
    });
    let mut mechanism = (*reference).clone();
    mechanism.geometry.printable_width_dots =
        u32::try_from(profile.columns.get() * COLUMN_DOTS).expect("no paper has more than 64 columns");
    mechanism.code_pages.insert(profile.code_page_858_slot, "CP858".to_owned());
    mechanism.cutter = match profile.cutter {
        Cutter::None => None,
        Cutter::Partial | Cutter::Full => {
            Some(CutterGeometry { print_head_to_cutter_dots: HEAD_TO_CUTTER_DOTS })
        }
    };
    mechanism.features.paper_full_cut = profile.cutter != Cutter::None;
    mechanism.features.paper_part_cut = profile.cutter != Cutter::None;
    mechanism
}

/// Reads the text of every sheet back from ESC/POS bytes.
#[must_use]
pub fn render_text(bytes: &[u8], profile: &Profile) -> Vec<String> {
    let mut sheets = Vec::new();
    let mut sheet = SheetText::new(profile.columns);
    for command in commands(bytes) {
        match command.as_slice() {
            [b'\n'] => sheet.line_feed(),
            [0x1B, b'@'] => sheet.centre = false,
            [0x1B, b'a', align] => sheet.centre = matches!(align, 1 | 49),
            [0x1B, b'd', lines] => (0..*lines).for_each(|_| sheet.line_feed()),
            // The first two bytes of the data name the code set; a doubled brace is one.
            [0x1D, b'k', 73, _, _, _, data @ ..] => {
                sheet.code("||| ", &String::from_utf8_lossy(data).replace("{{", "{"));
            }
            // The older form of other barcodes, which ends with a zero.
            [0x1D, b'k', 0..=6, data @ .., 0] => sheet.code("||| ", &String::from_utf8_lossy(data)),
            [0x1D, b'(', b'k', _, _, 49, 80, 48, data @ ..] => {
                sheet.qr = String::from_utf8_lossy(data).into_owned();
            }
            [0x1D, b'(', b'k', _, _, 49, 81, 48] => {
                let content = std::mem::take(&mut sheet.qr);
                sheet.code("[QR] ", &content);
            }
            [0x1D, b'V', ..] => {
                let next = SheetText { centre: sheet.centre, ..SheetText::new(profile.columns) };
                sheets.push(std::mem::replace(&mut sheet, next).finish());
            }
            [byte] => sheet.line.extend(pc858_char(*byte)),
            _ => {}
        }
    }
    if !sheet.line.is_empty() || !sheet.text.is_empty() {
        sheets.push(sheet.finish());
    }
    sheets
}

struct SheetText {
    columns: Columns,
    text: String,
    line: String,
    qr: String,
    centre: bool,
}

impl SheetText {
    fn new(columns: Columns) -> SheetText {
        SheetText { columns, text: String::new(), line: String::new(), qr: String::new(), centre: false }
    }

    fn line_feed(&mut self) {
        let line = std::mem::take(&mut self.line);
        if self.centre {
            self.text.push_str(&centred(line.trim(), self.columns));
        } else {
            self.text.push_str(line.trim_end());
        }
        self.text.push('\n');
    }

    fn code(&mut self, mark: &str, content: &str) {
        self.text.push_str(&code_line(mark, content, self.columns));
        self.text.push('\n');
    }

    fn finish(mut self) -> String {
        if !self.line.is_empty() {
            self.line_feed();
        }
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
        self.text
    }
}

/// The folder of kept sheets. Names are `<number>-<id>.png` and `.txt`; other files are left alone.
#[derive(Debug)]
pub(super) struct Tray {
    folder: PathBuf,
    sheets_max: usize,
    next: u64,
}

impl Tray {
    pub(super) fn open(folder: PathBuf, sheets_max: usize) -> Result<Tray, Fault> {
        let mut tray = Tray { folder, sheets_max, next: 1 };
        std::fs::create_dir_all(&tray.folder).map_err(|cause| tray.fault(cause))?;
        tray.next = tray.sheets()?.last().map_or(1, |sheet| sheet.number + 1);
        Ok(tray)
    }

    pub(super) fn newest(&self) -> u64 {
        self.next - 1
    }

    /// The sheets with a picture, oldest first.
    pub(super) fn sheets(&self) -> Result<Vec<Sheet>, Fault> {
        let mut sheets = BTreeMap::new();
        for entry in std::fs::read_dir(&self.folder).map_err(|cause| self.fault(cause))? {
            let name = entry.map_err(|cause| self.fault(cause))?.file_name();
            let Some((number, id)) = name.to_str().and_then(|name| {
                let (number, id) = name.strip_suffix(".png")?.split_once('-')?;
                Some((number.parse::<u64>().ok()?, id.to_owned()))
            }) else {
                continue;
            };
            let png = self.folder.join(&name);
            let text = png.with_extension("txt");
            sheets.insert(number, Sheet { number, id, png, text });
        }
        Ok(sheets.into_values().collect())
    }

    /// Keeps one sheet and deletes the oldest ones beyond the limit. The picture appears last and whole, so whoever sees
    /// it can read both files.
    pub(super) fn keep(&mut self, id: &str, png: &[u8], text: &str) -> Result<(), Fault> {
        let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
        let png_path = self.folder.join(format!("{:06}-{id}.png", self.next));
        self.write(&png_path.with_extension("txt"), text.as_bytes())?;
        self.write(&png_path, png)?;
        self.next += 1;
        let mut sheets = self.sheets()?;
        let surplus = sheets.len().saturating_sub(self.sheets_max);
        for sheet in sheets.drain(..surplus) {
            for path in [&sheet.png, &sheet.text] {
                match std::fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.fault(error)),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), Fault> {
        let unfinished = path.with_extension("part");
        std::fs::write(&unfinished, content)
            .and_then(|()| std::fs::rename(&unfinished, path))
            .map_err(|cause| self.fault(cause))
    }

    fn fault(&self, cause: io::Error) -> Fault {
        Fault::PaperFolder { folder: self.folder.display().to_string(), cause: Arc::new(cause) }
    }
}
