//! Lays blocks out as lines of a given width. Both the printed bytes and the plain text are made from these lines, so
//! they cannot disagree.

use super::symbol::is_code128;
use super::{Block, Columns, Document, Dots, Purpose, QR_BYTES_MAX, TEXT_CHARS_MAX, TaxRow, printable};

/// The longest document, in lines; the middle of a longer one is left out and says so, its beginning and its totals stay.
pub const LINES_MAX: usize = 10_000;

/// How many of the last lines of a document that is too long are kept.
pub(super) const TAIL_LINES: usize = 120;

/// The widest indent that is repeated on wrapped lines, in columns.
const INDENT_MAX: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Normal,
    Bold,
    /// Bold, twice as tall.
    Tall,
    /// Bold, twice as tall and twice as wide.
    Large,
    /// Bold, white on black.
    Reverse,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    Text {
        text: String,
        align: Align,
        face: Face,
    },
    /// Content that is known to be ASCII without control characters and to fit on the paper.
    Barcode(String),
    Qr(String),
    Picture(Dots),
}

impl Line {
    /// Appends the line as plain text, ended by a line feed. A picture has none.
    pub(crate) fn write_text(&self, columns: Columns, out: &mut String) {
        match self {
            Line::Text { text, align: Align::Centre, .. } => out.push_str(&centred(text.trim(), columns)),
            Line::Text { text, .. } => out.push_str(text.trim_end()),
            Line::Barcode(content) => out.push_str(&code_line("||| ", content, columns)),
            Line::Qr(content) => out.push_str(&code_line("[QR] ", content, columns)),
            Line::Picture(_) => return,
        }
        out.push('\n');
    }
}

/// A text with the blanks before it that put it in the middle of the paper.
pub(crate) fn centred(text: &str, columns: Columns) -> String {
    let blanks = columns.get().saturating_sub(text.chars().count()) / 2;
    format!("{}{text}", " ".repeat(if text.is_empty() { 0 } else { blanks }))
}

/// How a code is written where there are only letters.
pub(crate) fn code_line(mark: &str, content: &str, columns: Columns) -> String {
    let room = columns.get() - mark.len();
    // A scanner reads the code itself; what stands here is for eyes.
    let content = printable(content);
    let shown: String = if content.chars().count() > room {
        content.chars().take(room - 3).chain("...".chars()).collect()
    } else {
        content
    };
    centred(&format!("{mark}{shown}"), columns)
}

/// The number of dots of a CODE128 with its quiet zones, at two dots a module. One symbol has eleven modules; start and
/// check symbol are two more, the stop has thirteen, and both quiet zones ten each.
fn barcode_dots(content: &str) -> usize {
    2 * (11 * (content.len() + 2) + 13 + 20)
}

impl Document {
    /// The document as lines; `copy` 0 is the original.
    pub(crate) fn layout(&self, columns: Columns, copy: u32) -> Vec<Line> {
        let mut page = Page { columns, lines: Vec::new() };
        let mut marks = marks(self, copy);
        for mark in &marks {
            page.banner(mark);
            page.block(&Block::Blank);
        }
        for block in self.blocks() {
            page.block(block);
        }
        marks.reverse();
        for mark in &marks {
            page.block(&Block::Blank);
            page.banner(mark);
        }
        shortened(page.lines, self.words().left_out)
    }
}

/// What stands above everything, and below it in the other order.
pub(super) fn marks(document: &Document, copy: u32) -> Vec<String> {
    let words = document.words();
    let training = (document.purpose() == Purpose::Training).then(|| words.training.to_owned());
    training.into_iter().chain((copy > 0).then(|| format!("{} {copy}", words.copy))).collect()
}

fn shortened(mut lines: Vec<Line>, words: &str) -> Vec<Line> {
    if lines.len() > LINES_MAX {
        let head = LINES_MAX - TAIL_LINES - 1;
        let left_out = lines.len() - LINES_MAX + 1;
        let notice =
            Line::Text { text: format!("({left_out} {words})"), align: Align::Centre, face: Face::Bold };
        drop(lines.splice(head..head + left_out, [notice]));
    }
    lines
}

struct Page {
    columns: Columns,
    lines: Vec<Line>,
}

impl Page {
    fn put(&mut self, text: String, align: Align, face: Face) {
        self.lines.push(Line::Text { text, align, face });
    }

    fn banner(&mut self, text: &str) {
        let width = self.columns.get();
        self.put(format!("{text:^width$}"), Align::Centre, Face::Reverse);
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(text) => self.wrapped(text, 2, Align::Centre, Face::Large),
            Block::Centred(text) => self.wrapped(text, 1, Align::Centre, Face::Normal),
            Block::Text(text) => self.wrapped(text, 1, Align::Left, Face::Normal),
            Block::Bold(text) => self.wrapped(text, 1, Align::Left, Face::Bold),
            Block::Row { left, right } => self.row(left, right, Face::Normal),
            Block::Total { left, right } => self.row(left, right, Face::Tall),
            Block::Rule => self.put("─".repeat(self.columns.get()), Align::Left, Face::Normal),
            Block::DoubleRule => self.put("═".repeat(self.columns.get()), Align::Left, Face::Normal),
            Block::Blank => self.put(String::new(), Align::Left, Face::Normal),
            Block::TaxTable { head, rows } => self.tax_table(head, rows),
            Block::Barcode(content) => self.barcode(content),
            Block::Qr(content) => self.qr(content),
            Block::Picture(picture) => self.lines.push(Line::Picture(picture.dots(self.columns))),
        }
    }

    fn wrapped(&mut self, text: &str, cells_per_char: usize, align: Align, face: Face) {
        for line in wrap(&field(text), self.columns.get() / cells_per_char) {
            self.put(line, align, face);
        }
    }

    fn row(&mut self, left: &str, right: &str, face: Face) {
        let width = self.columns.get();
        let right = field(right).trim().to_owned();
        let left = field(left);
        let right_chars = right.chars().count();
        let mut lines = wrap(&left, width);
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            self.put(line, Align::Left, face);
        }
        let used = last.chars().count();
        if used + 1 + right_chars <= width {
            self.put(format!("{last}{}{right}", " ".repeat(width - used - right_chars)), Align::Left, face);
            return;
        }
        // No room beside the name: the right side follows on lines of its own.
        self.put(last, Align::Left, face);
        for line in wrap(&right, width) {
            self.put(format!("{line:>width$}"), Align::Left, face);
        }
    }

    fn tax_table(&mut self, head: &TaxRow, rows: &[TaxRow]) {
        let cells: Vec<[String; 4]> = std::iter::once(head)
            .chain(rows)
            .map(|row| [&row.rate, &row.net, &row.tax, &row.gross].map(|cell| field(cell).trim().to_owned()))
            .collect();
        let widest = |i: usize| cells.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
        let figures = (1..4).map(widest).max().unwrap_or(0);
        let width = self.columns.get();
        if widest(0) + 3 * (figures + 1) <= width {
            // The three figures share the paper's right part evenly, so that they stand below each other.
            let cell = (figures + 1).max(width / 4);
            let cell = if widest(0) + 3 * cell <= width { cell } else { figures + 1 };
            let name = width - 3 * cell;
            for [rate, net, tax, gross] in &cells {
                let line = format!("{rate:<name$}{net:>cell$}{tax:>cell$}{gross:>cell$}");
                self.put(line, Align::Left, Face::Normal);
            }
            return;
        }
        for row in rows {
            self.wrapped(&row.rate, 1, Align::Left, Face::Normal);
            for (label, figure) in [(&head.net, &row.net), (&head.tax, &row.tax), (&head.gross, &row.gross)] {
                self.row(&format!("  {label}"), figure, Face::Normal);
            }
        }
    }

    fn barcode(&mut self, content: &str) {
        let fits = is_code128(content)
            && content.len() <= TEXT_CHARS_MAX
            && barcode_dots(content) <= self.columns.get() * 12;
        if fits {
            self.lines.push(Line::Barcode(content.to_owned()));
        } else {
            self.wrapped(content, 1, Align::Centre, Face::Bold);
        }
    }

    fn qr(&mut self, content: &str) {
        let clean = !content.is_empty() && !content.chars().any(char::is_control);
        if clean && content.len() <= QR_BYTES_MAX {
            // A reader needs white paper around the code.
            self.block(&Block::Blank);
            self.lines.push(Line::Qr(content.to_owned()));
            self.block(&Block::Blank);
        } else {
            self.wrapped(content, 1, Align::Centre, Face::Normal);
        }
    }
}

/// A text as it will be printed, no longer than a field may be.
fn field(text: &str) -> String {
    let folded = printable(text);
    if folded.chars().count() <= TEXT_CHARS_MAX {
        return folded;
    }
    folded.chars().take(TEXT_CHARS_MAX - 3).chain("...".chars()).collect()
}

/// Breaks a text into lines of at most `width` characters, between words where that is possible. There is always at
/// least one line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let indent = " ".repeat(text.chars().take_while(|c| *c == ' ').count().min(INDENT_MAX));
    let mut lines = Vec::new();
    let mut line = indent.clone();
    let mut used = indent.len();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest: Vec<char> = word.chars().collect();
        let gap = usize::from(used > indent.len());
        if used + gap + rest.len() > width && gap == 1 {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            used = indent.len();
        } else if gap == 1 {
            line.push(' ');
            used += 1;
        }
        while used + rest.len() > width {
            line.extend(rest.drain(..width - used));
            lines.push(std::mem::replace(&mut line, indent.clone()));
            used = indent.len();
        }
        used += rest.len();
        line.extend(rest);
    }
    if used > indent.len() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_between_blanks_and_long_ones_break() {
        assert_eq!(wrap("alpha beta gamma", 11), ["alpha beta", "gamma"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("  two times", 6), ["  two", "  time", "  s"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("abcd efgh", 4), ["abcd", "efgh"]);
    }

    #[test]
    fn a_long_name_keeps_its_amount_on_its_last_line_at_the_right_edge() {
        let mut document = Document::new(Purpose::Live);
        document.row("Organic free range eggs from the Alps, box of twelve", "12,345.67 A");
        let text = document.to_text(Columns::MM58);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, ["Organic free range eggs from the", "Alps, box of twelve  12,345.67 A"]);
    }

    #[test]
    fn an_amount_without_room_beside_its_name_stands_below_it() {
        let mut document = Document::new(Purpose::Live);
        document.row("Sparkling water 6 x 1.5 l", "-4.27 A");
        let below = format!("Sparkling water 6 x 1.5 l\n{:>32}\n", "-4.27 A");
        assert_eq!(document.to_text(Columns::MM58), below);
    }

    #[test]
    fn a_tax_table_that_does_not_fit_is_written_line_by_line() {
        let mut document = Document::new(Purpose::Live);
        document.tax_table(
            TaxRow::new("Rate", "Net", "Tax", "Gross"),
            vec![TaxRow::new("A 20 %", "1,000,000,000.00", "200,000,000.00", "1,200,000,000.00")],
        );
        let text = document.to_text(Columns::MM58);
        assert!(text.contains("  Gross         1,200,000,000.00\n"), "{text}");
    }

    #[test]
    fn a_document_that_is_too_long_keeps_its_beginning_and_its_end() {
        let mut document = Document::new(Purpose::Live);
        document.heading("Shop");
        for line in 0..LINES_MAX {
            document.row(format!("item {line}"), "1.00");
        }
        document.total("TOTAL", "10,000.00");
        let lines = document.layout(Columns::MM80, 0);
        assert_eq!(lines.len(), LINES_MAX);
        let text = document.to_text(Columns::MM80);
        assert!(text.contains("(3 lines left out)"));
        assert!(text.trim_end().ends_with("10,000.00"));
    }
}
