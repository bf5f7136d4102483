//! Documents and drawer pulses as ESC/POS bytes. Encoding never fails: whatever cannot be shown was replaced before.
//!
//! The `escpos` crate writes the commands into memory. It is stepped around where it is wrong: its drawer pulse lacks
//! both times, its QR code defaults to Model 1, its partial cut is a full cut, its status request has a stray byte, its
//! table of code page 858 has wrong letters, its pictures have stray bytes, and it knows no CODE128.

mod status;

use std::cell::RefCell;
use std::rc::Rc;

use escpos::driver::Driver;
use escpos::errors::Result as EscposResult;
use escpos::printer::Printer as Writer;
use escpos::utils::{JustifyMode, Protocol, QRCodeCorrectionLevel, QRCodeModel, QRCodeOption};

use crate::document::{Align, Columns, Document, Dots, Face, Line, pc858};

pub use status::{
    Answer, AnswerReader, Condition, REQUEST_AUTOMATIC, REQUEST_CONFIRMATION, REQUEST_OFFLINE_CAUSE,
    REQUEST_PAPER, REQUEST_PRINTER, Status,
};

/// What a printer model needs to be told, and what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    pub columns: Columns,
    /// The number that selects code page 858 with `ESC t`; 19 on Epson and most others.
    pub code_page_858_slot: u8,
    pub cutter: Cutter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cutter {
    /// Leaves a point of paper uncut, so that the receipt does not fall.
    Partial,
    Full,
    /// A tear bar: the paper is fed past it.
    None,
}

impl Profile {
    /// An ordinary printer for paper of 80 mm.
    pub const MM80: Profile =
        Profile { columns: Columns::MM80, code_page_858_slot: 19, cutter: Cutter::Partial };
    /// An ordinary printer for paper of 58 mm, which has a tear bar.
    pub const MM58: Profile =
        Profile { columns: Columns::MM58, code_page_858_slot: 19, cutter: Cutter::None };
}

/// Lines fed so that the last one passes a tear bar.
const TEAR_FEED_LINES: u8 = 5;

/// Size of a module of a QR code in dots.
const QR_MODULE_DOTS: u8 = 5;

/// Height of a barcode in dots, 8 a millimetre.
const BARCODE_HEIGHT_DOTS: u8 = 80;

/// Turns a document into the bytes of one print job: initialisation, every line, cut. `copy` 0 is the original.
#[must_use]
pub fn encode(document: &Document, copy: u32, profile: &Profile) -> Vec<u8> {
    write(document, copy, profile)
        .expect("the memory driver takes every byte and every argument is within the crate's limits")
}

fn write(document: &Document, copy: u32, profile: &Profile) -> EscposResult<Vec<u8>> {
    let tape = Tape::default();
    let mut writer = Writer::new(tape.clone(), Protocol::default(), None);
    // `ESC R 0` makes sure that no national set replaces ASCII signs by letters.
    writer.init()?.custom(&[0x1B, b't', profile.code_page_858_slot])?.custom(&[0x1B, b'R', 0])?;
    let mut style = Style { align: Align::Left, face: Face::Normal };
    for line in document.layout(profile.columns, copy) {
        match line {
            Line::Text { text, align, face } => {
                style.change(&mut writer, Style { align, face })?;
                let shown = match (face, align) {
                    (Face::Reverse, _) => text.as_str(),
                    (_, Align::Centre) => text.trim(),
                    (_, Align::Left) => text.trim_end(),
                };
                let mut bytes: Vec<u8> = shown.chars().filter_map(pc858).collect();
                bytes.push(b'\n');
                writer.custom(&bytes)?;
            }
            Line::Barcode(content) => {
                style.change(&mut writer, Style { align: Align::Centre, face: Face::Normal })?;
                // The command feeds past the code by itself, as the QR code does.
                writer.custom(&barcode(&content, profile.columns))?;
            }
            Line::Qr(content) => {
                style.change(&mut writer, Style { align: Align::Centre, face: Face::Normal })?;
                let option = QRCodeOption::new(QRCodeModel::Model2, QR_MODULE_DOTS, QRCodeCorrectionLevel::M);
                writer.qrcode_option(&content, option)?;
            }
            Line::Picture(dots) => {
                style.change(&mut writer, Style { align: Align::Centre, face: Face::Normal })?;
                writer.custom(&raster(&dots))?;
            }
        }
    }
    style.change(&mut writer, Style { align: Align::Left, face: Face::Normal })?;
    match profile.cutter {
        Cutter::Partial => writer.custom(&[0x1D, b'V', 66, 0])?,
        Cutter::Full => writer.custom(&[0x1D, b'V', 65, 0])?,
        Cutter::None => writer.feeds(TEAR_FEED_LINES)?,
    };
    writer.print()?;
    Ok(tape.0.take())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Style {
    align: Align,
    face: Face,
}

impl Style {
    /// Writes only the commands that differ, so a receipt stays short on a slow serial line.
    fn change(&mut self, writer: &mut Writer<Tape>, to: Style) -> EscposResult<()> {
        if self.align != to.align {
            writer.justify(match to.align {
                Align::Left => JustifyMode::LEFT,
                Align::Centre => JustifyMode::CENTER,
            })?;
        }
        if self.face != to.face {
            let (bold, size, reverse) = attributes(self.face);
            let (to_bold, to_size, to_reverse) = attributes(to.face);
            if bold != to_bold {
                writer.bold(to_bold)?;
            }
            if size != to_size {
                writer.size(to_size.0, to_size.1)?;
            }
            if reverse != to_reverse {
                writer.reverse(to_reverse)?;
            }
        }
        *self = to;
        Ok(())
    }
}

/// Whether a face is bold, how wide and tall it is, and whether it is white on black.
fn attributes(face: Face) -> (bool, (u8, u8), bool) {
    match face {
        Face::Normal => (false, (1, 1), false),
        Face::Bold => (true, (1, 1), false),
        Face::Tall => (true, (1, 2), false),
        Face::Large => (true, (2, 2), false),
        Face::Reverse => (true, (1, 1), true),
    }
}

/// A picture as a raster image (`GS v 0`). It feeds past itself by its own height; every line before it has ended.
fn raster(dots: &Dots) -> Vec<u8> {
    let size = |size: usize| {
        u16::try_from(size).expect("a picture is no wider than the paper and low").to_le_bytes()
    };
    let ([width_low, width_high], [height_low, height_high]) = (size(dots.row_bytes()), size(dots.height));
    let mut bytes = vec![0x1D, b'v', b'0', 0, width_low, width_high, height_low, height_high];
    bytes.extend(&dots.rows);
    bytes
}

/// A CODE128 (`GS k 73`) in code set B with its text below, with modules of three dots where the paper is wide enough.
fn barcode(content: &str, columns: Columns) -> Vec<u8> {
    let mut data = b"{B".to_vec();
    for byte in content.bytes() {
        // A brace introduces a change of the code set, so a literal one is doubled.
        data.extend(std::iter::repeat_n(byte, if byte == b'{' { 2 } else { 1 }));
    }
    let modules = 11 * (content.len() + 2) + 13 + 20;
    let module_dots: u8 = if modules * 3 <= columns.get() * 12 { 3 } else { 2 };
    let length =
        u8::try_from(data.len()).expect("the layout lets no barcode pass that is wider than the paper");
    let mut bytes = vec![0x1D, b'H', 2, 0x1D, b'f', 0, 0x1D, b'h', BARCODE_HEIGHT_DOTS];
    bytes.extend([0x1D, b'w', module_dots, 0x1D, b'k', 73, length]);
    bytes.extend(data);
    bytes
}

/// The connector of a cash drawer at its printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector {
    Pin2,
    Pin5,
}

/// The pulse that opens a cash drawer: how long the solenoid is on, and how long it then rests before another pulse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawerPulse {
    connector: Connector,
    on_units: u8,
    off_units: u8,
}

/// One unit of a pulse time, in milliseconds.
const PULSE_UNIT_MS: u16 = 2;

impl DrawerPulse {
    /// What nearly every drawer takes: connector pin 2, 50 ms on, 500 ms off.
    pub const STANDARD: DrawerPulse =
        DrawerPulse { connector: Connector::Pin2, on_units: 25, off_units: 250 };

    /// A pulse of `on_ms` milliseconds followed by a rest of `off_ms`, both from 2 to 510 and rounded down to even; the
    /// rest is not shorter than the pulse, or the solenoid overheats.
    ///
    /// # Errors
    /// [`PulseOutOfRange`] otherwise.
    pub fn new(connector: Connector, on_ms: u16, off_ms: u16) -> Result<DrawerPulse, PulseOutOfRange> {
        let units = |ms: u16| u8::try_from(ms / PULSE_UNIT_MS).ok().filter(|units| *units > 0);
        match (units(on_ms), units(off_ms)) {
            (Some(on_units), Some(off_units)) if on_units <= off_units => {
                Ok(DrawerPulse { connector, on_units, off_units })
            }
            _ => Err(PulseOutOfRange { on_ms, off_ms }),
        }
    }

    /// The command `ESC p m t1 t2`, with both times.
    #[must_use]
    pub fn bytes(&self) -> [u8; 5] {
        let connector = match self.connector {
            Connector::Pin2 => 0,
            Connector::Pin5 => 1,
        };
        [0x1B, b'p', connector, self.on_units, self.off_units]
    }
}

/// A drawer pulse that no printer can give, or that would harm the drawer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "HF-DEV-007: a drawer pulse of {on_ms} ms on and {off_ms} ms off is not possible; \
     use 2 to 510 ms for both, and a rest not shorter than the pulse"
)]
pub struct PulseOutOfRange {
    pub on_ms: u16,
    pub off_ms: u16,
}

/// A driver that writes into memory. The crate's driver takes `&self`, hence the cell.
#[derive(Clone, Default)]
struct Tape(Rc<RefCell<Vec<u8>>>);

impl Driver for Tape {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn write(&self, data: &[u8]) -> EscposResult<()> {
        self.0.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> EscposResult<usize> {
        Ok(0)
    }

    fn flush(&self) -> EscposResult<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawer_pulse_has_both_times() {
        assert_eq!(DrawerPulse::STANDARD.bytes(), [0x1B, b'p', 0, 25, 250]);
        let pulse = DrawerPulse::new(Connector::Pin5, 100, 200).expect("both times are possible");
        assert_eq!(pulse.bytes(), [0x1B, b'p', 1, 50, 100]);
        for (on_ms, off_ms) in [(0, 100), (100, 0), (511, 600), (200, 100), (1, 2)] {
            if (on_ms, off_ms) == (1, 2) {
                assert!(DrawerPulse::new(Connector::Pin2, on_ms, off_ms).is_err(), "rounds down to nothing");
            } else {
                assert_eq!(
                    DrawerPulse::new(Connector::Pin2, on_ms, off_ms),
                    Err(PulseOutOfRange { on_ms, off_ms })
                );
            }
        }
    }

    #[test]
    fn a_brace_in_a_barcode_is_doubled() {
        let bytes = barcode("A{1", Columns::MM80);
        assert!(bytes.ends_with(b"\x1dkI\x06{BA{{1"), "{bytes:?}");
    }
}
