//! Text on its way out: logs and panics, whatever went into them.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};

/// Writes every text with its card numbers masked. A text has to come in one piece, as a line of a log does.
#[derive(Debug)]
pub struct Masked<W>(pub W);

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let plain = String::from_utf8_lossy(text);
        match crate::find(&plain) {
            None => self.0.write(text),
            Some(_) => self.0.write_all(crate::masked(&plain).as_bytes()).map(|()| text.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// From now on a panic of this program shows no card's number.
pub fn mask_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let trace = Backtrace::capture();
        let trace = match trace.status() {
            BacktraceStatus::Captured => format!("\n{trace}"),
            _ => String::new(),
        };
        let _nobody_reads_it = Masked(io::stderr()).write_all(format!("{panic}{trace}\n").as_bytes());
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_log_loses_its_number_and_nothing_else() {
        let mut out = Vec::new();
        let mut masked = Masked(&mut out);
        masked.write_all(b"WARN refused text=\"4111 1111 1111 1111\" \xFF\n").expect("memory takes it");
        masked.write_all(b"INFO nothing\n").expect("memory takes it");
        let text = String::from_utf8_lossy(&out);
        assert_eq!(text, "WARN refused text=\"**** **** **** 1111\" \u{FFFD}\nINFO nothing\n");
    }
}
