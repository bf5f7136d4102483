//! A picture of a paper as a camera sees it: its dots, and the codes on it read back.

use std::collections::BTreeMap;

/// Dots of a picture, row by row; true is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub width: usize,
    pub height: usize,
    pub dots: Vec<bool>,
}

/// From this brightness on a dot is white.
const WHITE_FROM: u8 = 128;

impl Sheet {
    /// # Panics
    /// When the file is no PNG.
    #[must_use]
    pub fn of_png(file: &[u8]) -> Sheet {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().expect("the picture is a PNG");
        let size = reader.output_buffer_size().expect("the picture fits into memory");
        let mut samples = vec![0; size];
        let frame = reader.next_frame(&mut samples).expect("the picture is whole");
        let each = frame.color_type.samples();
        let dots = samples[..frame.buffer_size()].chunks_exact(each).map(|pixel| pixel[0] < WHITE_FROM);
        Sheet { width: frame.width as usize, height: frame.height as usize, dots: dots.collect() }
    }

    #[must_use]
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        self.dots[y * self.width + x]
    }

    /// The content of every QR code.
    #[must_use]
    pub fn qr_codes(&self) -> Vec<String> {
        let grey = |x, y| if self.is_black(x, y) { 0 } else { 255 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(self.width, self.height, grey);
        image
            .detect_grids()
            .iter()
            .filter_map(|grid| grid.decode().ok())
            .map(|(_, content)| content)
            .collect()
    }

    /// The content of every CODE128 from the top down. `code128` says which bars and gaps a content has: its table leads
    /// back from the bars, and what is read is held against all of it, the check symbol included.
    #[must_use]
    pub fn barcodes(&self, code128: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
        let letters: BTreeMap<Vec<u8>, char> = (' '..='~')
            .map(|letter| {
                let bars = code128(&letter.to_string()).expect("every visible ASCII letter has a symbol");
                (bars[6..12].to_vec(), letter)
            })
            .collect();
        let mut found: Vec<String> = Vec::new();
        for row in self.dots.chunks_exact(self.width) {
            if let Some(content) = read_row(row, &letters, &code128)
                && found.last() != Some(&content)
            {
                found.push(content);
            }
        }
        found
    }
}

/// What one row of dots says, when it goes through a barcode.
fn read_row(
    row: &[bool],
    letters: &BTreeMap<Vec<u8>, char>,
    code128: &impl Fn(&str) -> Option<Vec<u8>>,
) -> Option<String> {
    let mut runs: Vec<usize> = row.chunk_by(|a, b| a == b).map(<[bool]>::len).collect();
    // White before the first bar and behind the last.
    if !*row.first()? {
        runs.remove(0);
    }
    if !*row.last()? {
        runs.pop();
    }
    // A start symbol and a check symbol of six, a stop of seven, and at least one letter.
    if runs.len() < 25 || !(runs.len() - 7).is_multiple_of(6) {
        return None;
    }
    // The first bar is two modules wide.
    let module = runs[0] / 2;
    if module == 0 || runs.iter().any(|run| run % module != 0 || run / module > 4) {
        return None;
    }
    let bars: Vec<u8> = runs.iter().map(|run| u8::try_from(run / module).unwrap_or(0)).collect();
    let symbols: Vec<&[u8]> = bars[6..bars.len() - 13].chunks_exact(6).collect();
    let content: Option<String> = symbols.into_iter().map(|symbol| letters.get(symbol).copied()).collect();
    content.filter(|content| code128(content).as_ref() == Some(&bars))
}
