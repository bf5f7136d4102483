//! A document as one page of HTML: nothing in it is run, nothing is fetched, and a screen reader can read it.
//!
//! The page shows every letter, also those that a printer cannot. What could hide or reorder text on a screen is taken out
//! as it is on paper.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::layout::{LINES_MAX, TAIL_LINES, marks};
use super::printable::is_invisible;
use super::symbol::{code128, qr};
use super::{Block, Columns, Document, Picture, QR_BYTES_MAX, TEXT_CHARS_MAX, TaxRow};

/// The page's own content security policy: nothing but its style and its picture is ever loaded. Whoever serves the page
/// says it in a header too.
pub const HTML_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const STYLE: &str = "body{margin:1rem auto;max-width:26rem;padding:0 .5rem;font:1rem/1.4 ui-monospace,monospace;color:#000;\
background:#fff}h1{font-size:1.5rem;margin:0}h2{font-size:1rem;margin:0}h1,.c,.m,figure{text-align:center}p{margin:0;\
overflow-wrap:anywhere;white-space:pre-wrap}.m{background:#000;color:#fff;font-weight:bold}table{width:100%;\
border-collapse:collapse}th{text-align:left;font-weight:normal;overflow-wrap:anywhere;white-space:pre-wrap}td{text-align:right;\
vertical-align:bottom}.t th,.t td{font-weight:bold;font-size:1.25rem}.x th+th{text-align:right}figure{margin:.5rem 0}\
svg,img{max-width:100%}hr{border:0;border-top:1px solid}hr.d{border-top:3px double}";

/// The longest barcode that a page draws, in characters; a longer one would be too fine for a screen.
const BARCODE_CHARS_MAX: usize = 48;
/// The white on both sides of a barcode and around a QR code, in modules.
const BARCODE_QUIET: usize = 10;
const QR_QUIET: usize = 4;
const BARCODE_HEIGHT: usize = 40;

impl Document {
    /// The document as a page of HTML; `copy` 0 is the original.
    #[must_use]
    pub fn to_html(&self, copy: u32) -> String {
        let mut page = Page { out: String::new(), in_rows: false, headings: 0 };
        let words = self.words();
        let language = words.language;
        let title = escaped(&self.title());
        let _ = write!(
            page.out,
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"content-security-policy\" content=\"{HTML_POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        );
        let marks = marks(self, copy);
        for mark in &marks {
            page.element("p", " class=\"m\"", mark);
        }
        let blocks = self.blocks();
        let left_out = blocks.len().saturating_sub(LINES_MAX);
        let head = if left_out > 0 { LINES_MAX - TAIL_LINES } else { blocks.len() };
        for block in &blocks[..head] {
            page.block(self, block);
        }
        if left_out > 0 {
            page.element("p", " class=\"c\"", &format!("({left_out} {})", words.left_out));
            for block in &blocks[head + left_out..] {
                page.block(self, block);
            }
        }
        page.end_rows();
        for mark in marks.iter().rev() {
            page.element("p", " class=\"m\"", mark);
        }
        page.out.push_str("</main>\n</body>\n</html>\n");
        page.out
    }

    /// Who wrote it and what it is: its first heading, and the first name of a row.
    fn title(&self) -> String {
        let heading = self.blocks().iter().find_map(|block| match block {
            Block::Heading(text) => Some(readable(text)),
            _ => None,
        });
        let row = self.blocks().iter().find_map(|block| match block {
            Block::Row { left, .. } => Some(readable(left)),
            _ => None,
        });
        heading.into_iter().chain(row).collect::<Vec<_>>().join(", ")
    }
}

/// A text as a screen shows it: line ends and tabs are blanks, controls are marked, what has no width is gone.
fn readable(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() => '?',
            c => c,
        })
        .take(TEXT_CHARS_MAX + 1)
        .collect();
    if shown.chars().count() > TEXT_CHARS_MAX {
        shown = shown.chars().take(TEXT_CHARS_MAX - 3).chain("...".chars()).collect();
    }
    shown
}

/// As content of an element or of a quoted attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

struct Page {
    out: String,
    /// Whether a table of rows is open.
    in_rows: bool,
    headings: usize,
}

impl Page {
    fn element(&mut self, name: &str, attributes: &str, text: &str) {
        self.end_rows();
        let text = escaped(&readable(text));
        let _ = writeln!(self.out, "<{name}{attributes}>{text}</{name}>");
    }

    fn end_rows(&mut self) {
        if std::mem::take(&mut self.in_rows) {
            self.out.push_str("</table>\n");
        }
    }

    fn block(&mut self, document: &Document, block: &Block) {
        match block {
            Block::Heading(text) => {
                // A page has one heading of the first rank.
                self.headings += 1;
                self.element(if self.headings == 1 { "h1" } else { "h2" }, "", text);
            }
            Block::Centred(text) => self.element("p", " class=\"c\"", text),
            Block::Text(text) => self.element("p", "", text),
            Block::Bold(text) => self.element("h2", "", text),
            Block::Row { left, right } => self.row("", left, right),
            Block::Total { left, right } => self.row(" class=\"t\"", left, right),
            Block::Rule => self.bare("<hr>\n"),
            Block::DoubleRule => self.bare("<hr class=\"d\">\n"),
            Block::Blank => self.bare("<br>\n"),
            Block::TaxTable { head, rows } => self.tax_table(head, rows),
            Block::Barcode(content) => self.barcode(content, document.words().barcode),
            Block::Qr(content) => self.qr(content, document.words().qr),
            Block::Picture(picture) => self.picture(picture),
        }
    }

    fn bare(&mut self, markup: &str) {
        self.end_rows();
        self.out.push_str(markup);
    }

    /// Rows that follow each other are one table, each with its name as its header.
    fn row(&mut self, attributes: &str, left: &str, right: &str) {
        if !std::mem::replace(&mut self.in_rows, true) {
            self.out.push_str("<table>\n");
        }
        let (left, right) = (escaped(&readable(left)), escaped(&readable(right)));
        let _ = writeln!(self.out, "<tr{attributes}><th scope=\"row\">{left}</th><td>{right}</td></tr>");
    }

    fn tax_table(&mut self, head: &TaxRow, rows: &[TaxRow]) {
        self.end_rows();
        let cells = |row: &TaxRow| {
            [&row.rate, &row.net, &row.tax, &row.gross].map(|cell| escaped(readable(cell).trim()))
        };
        self.out.push_str("<table class=\"x\">\n<tr>");
        for cell in cells(head) {
            let _ = write!(self.out, "<th scope=\"col\">{cell}</th>");
        }
        self.out.push_str("</tr>\n");
        for row in rows {
            let [rate, net, tax, gross] = cells(row);
            let _ = writeln!(
                self.out,
                "<tr><th scope=\"row\">{rate}</th><td>{net}</td><td>{tax}</td><td>{gross}</td></tr>"
            );
        }
        self.out.push_str("</table>\n");
    }

    fn barcode(&mut self, content: &str, name: &str) {
        let widths = code128(content).filter(|_| content.len() <= BARCODE_CHARS_MAX);
        let Some(widths) = widths else { return self.element("p", " class=\"c\"", content) };
        self.end_rows();
        let mut path = String::new();
        let mut at = BARCODE_QUIET;
        for (index, width) in widths.iter().map(|width| usize::from(*width)).enumerate() {
            if index % 2 == 0 {
                let _ = write!(path, "M{at} 0h{width}v{BARCODE_HEIGHT}h-{width}z");
            }
            at += width;
        }
        self.figure(name, content, (at + BARCODE_QUIET, BARCODE_HEIGHT), 2, &path, true);
    }

    fn qr(&mut self, content: &str, name: &str) {
        let clean = !content.is_empty() && !content.chars().any(char::is_control);
        let code = (clean && content.len() <= QR_BYTES_MAX).then(|| qr(content)).flatten();
        let Some(code) = code else { return self.element("p", " class=\"c\"", content) };
        self.end_rows();
        let mut path = String::new();
        for (y, row) in code.modules.chunks_exact(code.side).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if run[0] {
                    let _ =
                        write!(path, "M{} {}h{}v1h-{}z", x + QR_QUIET, y + QR_QUIET, run.len(), run.len());
                }
                x += run.len();
            }
        }
        let side = code.side + 2 * QR_QUIET;
        self.figure(name, content, (side, side), 4, &path, false);
    }

    /// A code with its content: below it where people may have to key it, and always for those who hear the page.
    fn figure(
        &mut self,
        name: &str,
        content: &str,
        (width, height): (usize, usize),
        scale: usize,
        path: &str,
        captioned: bool,
    ) {
        let content = escaped(&readable(content));
        let caption = if captioned { format!("<figcaption>{content}</figcaption>") } else { String::new() };
        let (wide, tall) = (width * scale, height * scale);
        let _ = writeln!(
            self.out,
            "<figure><svg role=\"img\" aria-label=\"{name}: {content}\" width=\"{wide}\" height=\"{tall}\" \
             viewBox=\"0 0 {width} {height}\" shape-rendering=\"crispEdges\"><path d=\"{path}\"/></svg>{caption}</figure>"
        );
    }

    /// As it would be on paper of 80 mm, so that a page never grows with the file.
    fn picture(&mut self, picture: &Picture) {
        self.end_rows();
        let dots = picture.dots(Columns::MM80);
        let mut file = Vec::new();
        let (Ok(width), Ok(height)) = (u32::try_from(dots.width), u32::try_from(dots.height)) else { return };
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let white_on_black: Vec<u8> = dots.rows.iter().map(|byte| !byte).collect();
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&white_on_black));
        written.expect("memory takes every byte, and there are as many as the size says");
        // The name of the shop follows in letters, so that a reader need not hear of its picture.
        let _ = writeln!(
            self.out,
            "<figure><img alt=\"\" width=\"{width}\" height=\"{height}\" src=\"data:image/png;base64,{}\"></figure>",
            STANDARD.encode(&file)
        );
    }
}
