//! A store's picture for the top of its papers: read from a PNG within limits, and turned into dots for a given paper.

use std::sync::Arc;

use super::Columns;

/// The largest file of a picture, in bytes.
pub const PICTURE_BYTES_MAX: usize = 512 * 1024;
/// The widest and tallest picture, in pixels.
pub const PICTURE_SIDE_MAX: u32 = 2_000;
/// The tallest picture on paper, in dots: 30 mm.
pub const PICTURE_HEIGHT_DOTS_MAX: usize = 240;
/// Dots of one column of the normal font.
const COLUMN_DOTS: usize = 12;
/// From this brightness on a dot stays white.
const WHITE_FROM: i32 = 128;

/// Why a file is no picture for a paper.
#[derive(Debug, thiserror::Error)]
pub enum PictureFault {
    #[error(
        "HF-DEV-011: the picture has {bytes} bytes; save it smaller, at most {PICTURE_BYTES_MAX} are taken"
    )]
    TooManyBytes { bytes: u64 },
    #[error(
        "HF-DEV-012: the picture has {width} x {height} pixels; scale it down, \
         at most {PICTURE_SIDE_MAX} in each direction are taken"
    )]
    TooLarge { width: u32, height: u32 },
    #[error("HF-DEV-013: the picture cannot be read; save it as a PNG")]
    NoPng {
        #[source]
        cause: Box<png::DecodingError>,
    },
}

impl PictureFault {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            PictureFault::TooManyBytes { .. } => "HF-DEV-011",
            PictureFault::TooLarge { .. } => "HF-DEV-012",
            PictureFault::NoPng { .. } => "HF-DEV-013",
        }
    }
}

/// A picture in shades of grey, as it was read. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    /// 0 is black; row by row.
    grey: Arc<[u8]>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture").field("width", &self.width).field("height", &self.height).finish()
    }
}

/// A picture as a printer takes it: one bit a dot, 1 is black, every row padded to whole bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dots {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rows: Vec<u8>,
}

impl Dots {
    pub(crate) fn row_bytes(&self) -> usize {
        self.width.div_ceil(8)
    }
}

impl Picture {
    /// Reads a PNG of any colour type. What is transparent is white, as the paper is.
    ///
    /// # Errors
    /// [`PictureFault`] for what is larger than a limit, before it is unpacked, and for what is no PNG.
    pub fn from_png(file: &[u8]) -> Result<Picture, PictureFault> {
        if file.len() > PICTURE_BYTES_MAX {
            return Err(PictureFault::TooManyBytes { bytes: file.len() as u64 });
        }
        let no_png = |cause| PictureFault::NoPng { cause: Box::new(cause) };
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(no_png)?;
        let (width, height) = reader.info().size();
        let too_large = || PictureFault::TooLarge { width, height };
        if width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX {
            return Err(too_large());
        }
        let mut samples = vec![0; reader.output_buffer_size().ok_or_else(too_large)?];
        let frame = reader.next_frame(&mut samples).map_err(no_png)?;
        samples.truncate(frame.buffer_size());
        let grey = match frame.color_type {
            png::ColorType::Grayscale | png::ColorType::Indexed => samples,
            png::ColorType::GrayscaleAlpha => {
                samples.chunks_exact(2).map(|pixel| on_white(pixel[0], pixel[1])).collect()
            }
            png::ColorType::Rgb => samples.chunks_exact(3).map(luma).collect(),
            png::ColorType::Rgba => {
                samples.chunks_exact(4).map(|pixel| on_white(luma(&pixel[..3]), pixel[3])).collect()
            }
        };
        Ok(Picture { width: frame.width as usize, height: frame.height as usize, grey: grey.into() })
    }

    /// The picture in black and white, no wider than the paper and no taller than [`PICTURE_HEIGHT_DOTS_MAX`]. It is
    /// scaled down where it has to be and never up, because large pixels are uglier than a small picture.
    pub(crate) fn dots(&self, columns: Columns) -> Dots {
        let (width, height) = self.fitted(columns.get() * COLUMN_DOTS);
        let mut brightness: Vec<i32> = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|at| self.mean(at, (width, height)))
            .collect();
        let mut dots = Dots { width, height, rows: Vec::new() };
        dots.rows = vec![0; dots.row_bytes() * height];
        for y in 0..height {
            for x in 0..width {
                let wanted = brightness[y * width + x];
                let shown = if wanted < WHITE_FROM { 0 } else { 255 };
                if shown == 0 {
                    let byte = y * dots.row_bytes() + x / 8;
                    dots.rows[byte] |= 0x80 >> (x % 8);
                }
                // What a dot is too dark or too light goes to its neighbours that are not decided yet (Floyd and Steinberg).
                let error = wanted - shown;
                let mut pass = |to_x: Option<usize>, to_y: usize, part: i32| {
                    if let Some(to_x) = to_x.filter(|to_x| *to_x < width && to_y < height) {
                        brightness[to_y * width + to_x] += error * part / 16;
                    }
                };
                pass(Some(x + 1), y, 7);
                pass(x.checked_sub(1), y + 1, 3);
                pass(Some(x), y + 1, 5);
                pass(Some(x + 1), y + 1, 1);
            }
        }
        dots
    }

    /// The size on a paper of so many dots, with the same proportions.
    fn fitted(&self, dots: usize) -> (usize, usize) {
        let (mut width, mut height) = (self.width, self.height);
        if width > dots {
            (width, height) = (dots, height * dots / width);
        }
        if height > PICTURE_HEIGHT_DOTS_MAX {
            (width, height) = (width * PICTURE_HEIGHT_DOTS_MAX / height, PICTURE_HEIGHT_DOTS_MAX);
        }
        (width.max(1), height.max(1))
    }

    /// The mean of all pixels that become the dot at `x` and `y` of a picture of the given size.
    fn mean(&self, (x, y): (usize, usize), (width, height): (usize, usize)) -> i32 {
        let span = |at: usize, of: usize, from: usize| {
            let first = at * from / of;
            first..((at + 1) * from / of).max(first + 1)
        };
        let columns = span(x, width, self.width);
        let (mut sum, mut count) = (0_u64, 0_u64);
        for row in span(y, height, self.height) {
            let row = &self.grey[row * self.width..][columns.clone()];
            sum += row.iter().map(|pixel| u64::from(*pixel)).sum::<u64>();
            count += row.len() as u64;
        }
        i32::try_from(sum / count).expect("the mean of bytes is a byte")
    }
}

/// How bright a colour is, by the weights of ITU-R BT.601.
fn luma(pixel: &[u8]) -> u8 {
    let [red, green, blue] = [0, 1, 2].map(|at| u32::from(pixel[at]));
    u8::try_from((299 * red + 587 * green + 114 * blue) / 1_000).expect("the weights sum to one")
}

fn on_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).expect("a mean of two bytes is a byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, color: png::ColorType, samples: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(color);
        encoder.write_header().unwrap().write_image_data(samples).unwrap();
        file
    }

    #[test]
    fn black_and_white_stay_what_they_are_and_nothing_is_scaled_up() {
        let file = png(3, 2, png::ColorType::Grayscale, &[0, 255, 0, 255, 0, 255]);
        let dots = Picture::from_png(&file).unwrap().dots(Columns::MM80);
        assert_eq!((dots.width, dots.height, dots.rows), (3, 2, vec![0b1010_0000, 0b0100_0000]));
    }

    #[test]
    fn a_picture_keeps_to_the_paper_and_half_grey_is_about_half_black() {
        let file = png(1_200, 400, png::ColorType::Grayscale, &vec![128; 480_000]);
        let picture = Picture::from_png(&file).unwrap();
        for (columns, size) in [(Columns::MM80, (576, 192)), (Columns::MM58, (384, 128))] {
            let dots = picture.dots(columns);
            assert_eq!((dots.width, dots.height), size);
            let black: u32 = dots.rows.iter().map(|byte| byte.count_ones()).sum();
            let all = u32::try_from(size.0 * size.1).unwrap();
            assert!((all * 48 / 100..all * 52 / 100).contains(&black), "{black} of {all}");
        }
        let tall = Picture::from_png(&png(100, 2_000, png::ColorType::Grayscale, &vec![0; 200_000])).unwrap();
        let dots = tall.dots(Columns::MM80);
        assert_eq!((dots.width, dots.height), (12, 240));
    }

    #[test]
    fn what_is_transparent_is_white_and_colours_have_their_brightness() {
        let rgba = [0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 0, 255, 0, 0, 255, 255];
        let picture = Picture::from_png(&png(4, 1, png::ColorType::Rgba, &rgba)).unwrap();
        assert_eq!(&picture.grey[..], [255, 0, 225, 29]);
    }

    #[test]
    fn what_is_too_large_or_no_png_is_refused_with_a_code() {
        let wide = png(PICTURE_SIDE_MAX + 1, 1, png::ColorType::Grayscale, &vec![0; 2_001]);
        for (file, code) in [
            (vec![0; PICTURE_BYTES_MAX + 1], "HF-DEV-011"),
            (wide, "HF-DEV-012"),
            (b"GIF89a".to_vec(), "HF-DEV-013"),
            (Vec::new(), "HF-DEV-013"),
        ] {
            let fault = Picture::from_png(&file).unwrap_err();
            assert_eq!(fault.code(), code);
            assert!(fault.to_string().starts_with(code), "{fault}");
        }
        let whole = png(8, 8, png::ColorType::Grayscale, &[0; 64]);
        for end in 0..whole.len() - 12 {
            assert!(Picture::from_png(&whole[..end]).is_err(), "cut at {end}");
        }
    }
}
