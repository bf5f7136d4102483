//! What is on a piece of paper, independent of any printer: blocks of text, rows, totals, rules and codes.
//!
//! Invariant: a document holds words that are already formatted. It knows no money, no tax and no language; who builds it
//! has decided all of that. Every text is folded to what the printer can show before it is laid out, so control bytes,
//! escape sequences and direction marks never leave this module.

mod html;
mod layout;
mod picture;
mod printable;
mod symbol;

pub use html::HTML_POLICY;
pub use layout::LINES_MAX;
pub(crate) use layout::{Align, Face, Line, centred, code_line};
pub(crate) use picture::Dots;
pub use picture::{PICTURE_BYTES_MAX, PICTURE_HEIGHT_DOTS_MAX, PICTURE_SIDE_MAX, Picture, PictureFault};
pub use printable::{pc858, pc858_char, printable};
pub use symbol::code128;

/// The longest text of one field, in characters; what is beyond is cut off and marked with three points.
pub const TEXT_CHARS_MAX: usize = 400;

/// The longest content of a QR code, in bytes; longer content is printed as text.
pub const QR_BYTES_MAX: usize = 700;

/// How many characters of the normal font fit side by side on the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns(u16);

impl Columns {
    /// Paper of 80 mm, printable 576 dots.
    pub const MM80: Columns = Columns(48);
    /// Paper of 58 mm, printable 384 dots.
    pub const MM58: Columns = Columns(32);

    /// Any width from 24 to 64 characters.
    #[must_use]
    pub fn new(count: u16) -> Option<Columns> {
        (24..=64).contains(&count).then_some(Columns(count))
    }

    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// Whether the paper is a document of a real sale or an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Live,
    /// The paper says above and below everything else that it is an exercise.
    Training,
}

/// The few words that a document says by itself. Everything else on it comes from whoever builds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// The language of the whole document as in BCP 47, such as `en`.
    pub language: &'static str,
    /// Above and below the paper of an exercise.
    pub training: &'static str,
    /// Before the number of a copy.
    pub copy: &'static str,
    /// After the number of lines that a document was too long for.
    pub left_out: &'static str,
    /// What a screen reader calls a barcode and a QR code.
    pub barcode: &'static str,
    pub qr: &'static str,
}

impl Words {
    pub const ENGLISH: Words = Words {
        language: "en",
        training: "TRAINING - NOT A SALE",
        copy: "COPY",
        left_out: "lines left out",
        barcode: "Barcode",
        qr: "QR code",
    };
}

/// One line of the tax table: the rate's name and what is net, tax and gross at it, already formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRow {
    pub rate: String,
    pub net: String,
    pub tax: String,
    pub gross: String,
}

impl TaxRow {
    #[must_use]
    pub fn new(
        rate: impl Into<String>,
        net: impl Into<String>,
        tax: impl Into<String>,
        gross: impl Into<String>,
    ) -> TaxRow {
        TaxRow { rate: rate.into(), net: net.into(), tax: tax.into(), gross: gross.into() }
    }
}

/// One part of a document, from the top to the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// The shop's name: large, bold, centred.
    Heading(String),
    /// Centred text, such as the address or the footer.
    Centred(String),
    /// Text from the left edge. Leading blanks are kept as the indent of every line it wraps to.
    Text(String),
    /// As [`Block::Text`], bold.
    Bold(String),
    /// A name on the left and an amount on the right. The amount stands on the last line of a name that wraps,
    /// or below it where there is no room.
    Row {
        left: String,
        right: String,
    },
    /// As [`Block::Row`], bold and twice as tall.
    Total {
        left: String,
        right: String,
    },
    /// A line across the paper.
    Rule,
    /// A double line across the paper.
    DoubleRule,
    Blank,
    TaxTable {
        head: TaxRow,
        rows: Vec<TaxRow>,
    },
    /// A CODE128 with its text below it. What CODE128 or the paper cannot hold is printed as text.
    Barcode(String),
    /// A QR code. What is too long for it is printed as text.
    Qr(String),
    /// A picture, centred. The plain text has nothing in its place.
    Picture(Picture),
}

/// What is on a piece of paper. It is cut off at its end where the printer has a cutter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    purpose: Purpose,
    words: Words,
    blocks: Vec<Block>,
}

impl Document {
    #[must_use]
    pub fn new(purpose: Purpose) -> Document {
        Document::worded(purpose, Words::ENGLISH)
    }

    /// A document that says its own few words in another language.
    #[must_use]
    pub fn worded(purpose: Purpose, words: Words) -> Document {
        Document { purpose, words, blocks: Vec::new() }
    }

    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    pub fn push(&mut self, block: Block) -> &mut Document {
        self.blocks.push(block);
        self
    }

    pub fn heading(&mut self, text: impl Into<String>) -> &mut Document {
        self.push(Block::Heading(text.into()))
    }

    pub fn centred(&mut self, text: impl Into<String>) -> &mut Document {
        self.push(Block::Centred(text.into()))
    }

    pub fn text(&mut self, text: impl Into<String>) -> &mut Document {
        self.push(Block::Text(text.into()))
    }

    pub fn bold(&mut self, text: impl Into<String>) -> &mut Document {
        self.push(Block::Bold(text.into()))
    }

    pub fn row(&mut self, left: impl Into<String>, right: impl Into<String>) -> &mut Document {
        self.push(Block::Row { left: left.into(), right: right.into() })
    }

    pub fn total(&mut self, left: impl Into<String>, right: impl Into<String>) -> &mut Document {
        self.push(Block::Total { left: left.into(), right: right.into() })
    }

    pub fn rule(&mut self) -> &mut Document {
        self.push(Block::Rule)
    }

    pub fn double_rule(&mut self) -> &mut Document {
        self.push(Block::DoubleRule)
    }

    pub fn blank(&mut self) -> &mut Document {
        self.push(Block::Blank)
    }

    pub fn tax_table(&mut self, head: TaxRow, rows: Vec<TaxRow>) -> &mut Document {
        self.push(Block::TaxTable { head, rows })
    }

    pub fn barcode(&mut self, content: impl Into<String>) -> &mut Document {
        self.push(Block::Barcode(content.into()))
    }

    pub fn qr(&mut self, content: impl Into<String>) -> &mut Document {
        self.push(Block::Qr(content.into()))
    }

    pub fn picture(&mut self, picture: Picture) -> &mut Document {
        self.push(Block::Picture(picture))
    }

    /// The original document as plain text, one line feed after every line, no line wider than `columns`.
    #[must_use]
    pub fn to_text(&self, columns: Columns) -> String {
        self.to_text_copy(columns, 0)
    }

    /// As [`Document::to_text`], marked as the `copy`-th copy; 0 is the original, which has no mark.
    #[must_use]
    pub fn to_text_copy(&self, columns: Columns, copy: u32) -> String {
        let mut text = String::new();
        for line in self.layout(columns, copy) {
            line.write_text(columns, &mut text);
        }
        text
    }
}
