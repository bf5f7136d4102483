//! One document in its four forms: what a printer gets, a picture of it, plain text and a page of HTML say the same, and
//! nothing that anybody writes into a document becomes anything else than letters in any of them.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod paper;

use holdfast_devices::document::{Block, Columns, Document, Purpose, Words, code128, printable};
use holdfast_devices::escpos::{Profile, encode};
use holdfast_devices::simulated::{preview_png, render_text};
use holdfast_testkit::paper::Sheet;
use paper::{HOSTILE, any_block, any_text, checked};
use proptest::prelude::*;

/// The elements of a page, and the attributes that they may have.
const ELEMENTS: &[&str] = &[
    "!doctype",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "h1",
    "h2",
    "p",
    "table",
    "tr",
    "th",
    "td",
    "hr",
    "br",
    "figure",
    "figcaption",
    "svg",
    "path",
    "img",
];
const ATTRIBUTES: &[&str] = &[
    "html",
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "scope",
    "role",
    "aria-label",
    "width",
    "height",
    "viewBox",
    "shape-rendering",
    "d",
    "alt",
    "src",
];

/// A page taken apart: its elements in order with their attributes, and the text between them.
#[derive(Debug, Default)]
struct Page {
    elements: Vec<(String, Vec<(String, String)>)>,
    texts: Vec<String>,
}

/// Takes apart what [`Document::to_html`] writes, strictly: an unescaped sign anywhere is a fault.
fn read(html: &str) -> Page {
    let mut page = Page::default();
    let mut rest = html;
    while let Some(begin) = rest.find('<') {
        let text = &rest[..begin];
        assert!(!text.contains('>') && !text.contains('"') || in_style(&page), "{text}");
        if !text.trim().is_empty() && !in_style(&page) {
            page.texts.push(unescaped(text));
        }
        let end = begin + rest[begin..].find('>').expect("every element ends");
        let element = &rest[begin + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = element.strip_prefix('/') {
            assert!(ELEMENTS.contains(&name), "{name}");
            page.elements.push((format!("/{name}"), Vec::new()));
            continue;
        }
        let element = element.trim_end_matches('/');
        let (name, mut attributes) = element.split_once(' ').unwrap_or((element, ""));
        assert!(ELEMENTS.contains(&name), "{name}");
        let mut found = Vec::new();
        while !attributes.is_empty() {
            let Some((key, after)) = attributes.split_once("=\"") else {
                assert_eq!(attributes, "html", "only the doctype has an attribute without a value");
                break;
            };
            let (value, after) = after.split_once('"').expect("every value is quoted");
            assert!(ATTRIBUTES.contains(&key.trim()), "{key}");
            found.push((key.trim().to_owned(), unescaped(value)));
            attributes = after.trim_start();
        }
        page.elements.push((name.to_owned(), found));
    }
    assert!(rest.trim().is_empty(), "{rest}");
    page
}

fn in_style(page: &Page) -> bool {
    page.elements.last().is_some_and(|(name, _)| name == "style")
}

fn unescaped(text: &str) -> String {
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'")];
    for (at, _) in text.match_indices('&') {
        let known = signs.iter().any(|(escaped, _)| text[at..].starts_with(escaped));
        assert!(known || text[at..].starts_with("&amp;"), "{text}");
    }
    signs
        .iter()
        .fold(text.to_owned(), |text, (escaped, sign)| text.replace(escaped, sign))
        .replace("&amp;", "&")
}

fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn all_four(document: &Document) -> (Vec<u8>, Sheet, String, Page) {
    let profile = Profile::MM80;
    let picture = preview_png(document, 0, &profile).expect("the strict decoder takes the document");
    let html = document.to_html(0);
    (encode(document, 0, &profile), Sheet::of_png(&picture), document.to_text(profile.columns), read(&html))
}

#[test]
fn a_page_is_read_by_a_screen_reader_from_its_title_to_its_barcode() {
    let html = paper::sale().to_html(2);
    let page = read(&html);
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert!(html.contains("<title>Corner Grocery, Receipt T1-000123</title>"));
    assert!(html.contains("<h1>Corner Grocery</h1>"));
    assert!(html.contains("<tr class=\"t\"><th scope=\"row\">TOTAL EUR</th><td>7.81</td></tr>"));
    assert!(html.contains("<th scope=\"col\">Gross</th>"));
    assert!(html.contains("role=\"img\" aria-label=\"Barcode: T1-000123\""));
    assert_eq!(html.matches("<p class=\"m\">COPY 2</p>").count(), 2, "a copy says so above and below");
    assert!(html.len() < 8 * 1024, "{} bytes", html.len());
    let links = page.elements.iter().flat_map(|(_, attributes)| attributes);
    assert!(links.clone().all(|(key, _)| key != "href" && key != "src"), "nothing is fetched");
    if let Some(folder) = std::env::var_os("HOLDFAST_PICTURES") {
        let mut whole = paper::sale();
        whole.qr("https://shop.example/r/T1-000123").picture(checked(200, 60));
        std::fs::write(std::path::Path::new(&folder).join("sale.html"), whole.to_html(1)).unwrap();
    }
}

#[test]
fn a_page_speaks_the_language_of_its_document() {
    let words =
        Words { language: "de", training: "ÜBUNG", copy: "KOPIE", barcode: "Strichcode", ..Words::ENGLISH };
    let mut document = Document::worded(Purpose::Training, words);
    document.barcode("1-1");
    let html = document.to_html(1);
    for said in ["<html lang=\"de\">", ">ÜBUNG<", ">KOPIE 1<", "\"Strichcode: 1-1\""] {
        assert!(html.contains(said), "{said}");
    }
    let text = document.to_text_copy(Columns::MM80, 1);
    assert_eq!((text.matches("ÜBUNG").count(), text.matches("KOPIE 1").count()), (2, 2));
}

#[test]
fn a_picture_is_printed_dot_by_dot_and_the_page_shows_the_same() {
    let mut document = Document::new(Purpose::Live);
    document.text("above").picture(checked(64, 16)).text("below");
    let (bytes, sheet, text, page) = all_four(&document);
    assert!(bytes.windows(8).any(|w| w == b"\x1dv0\x00\x08\x00\x10\x00"), "64 x 16 dots as one raster image");
    assert_eq!(text, "above\nbelow\n");
    assert_eq!(render_text(&bytes, &Profile::MM80), [text]);
    // It stands in the middle of the paper, below one line of text.
    let left = (sheet.width - 64) / 2;
    let top = (0..sheet.height)
        .find(|y| (0..8).all(|x| sheet.is_black(left + x, *y)) && !sheet.is_black(left + 8, *y))
        .expect("the picture is on the paper");
    for (x, y) in (0..64).flat_map(|x| (0..16).map(move |y| (x, y))) {
        assert_eq!(sheet.is_black(left + x, top + y), (x / 8 + y / 8) % 2 == 0, "{x} {y}");
    }
    let image = page.elements.iter().find(|(name, _)| name == "img").expect("the page has a picture");
    let source = &image.1.iter().find(|(key, _)| key == "src").expect("and its bytes").1;
    assert!(source.starts_with("data:image/png;base64,"));
}

#[test]
fn what_is_hostile_on_paper_and_screen_stays_letters_in_every_form() {
    for hostile in HOSTILE {
        let mut document = Document::new(Purpose::Live);
        document.heading(*hostile).row(*hostile, *hostile).text(*hostile).barcode(*hostile).qr(*hostile);
        check_harmless(&document);
    }
}

fn check_harmless(document: &Document) {
    let (bytes, _, text, page) = all_four(document);
    assert!(text.chars().all(|c| c == '\n' || is_harmless(c)), "{text:?}");
    assert_eq!(render_text(&bytes, &Profile::MM80).concat().trim_end(), text.trim_end());
    let values = page.elements.iter().flat_map(|(_, attributes)| attributes.iter().map(|(_, value)| value));
    for said in page.texts.iter().chain(values) {
        assert!(said.chars().all(|c| c == '\n' || is_harmless(c)), "{said:?}");
    }
    for (name, attributes) in &page.elements {
        for (key, value) in attributes {
            assert!(key != "src" || value.starts_with("data:image/png;base64,"), "{name} {value}");
        }
    }
}

/// Paths of bars or squares as black squares of a picture, each module four dots wide.
fn drawn(path: &str, view: &str) -> Sheet {
    const SCALE: usize = 4;
    let size: Vec<usize> = view.split(' ').map(|part| part.parse().expect("a number")).collect();
    let (width, height) = (size[2] * SCALE, size[3] * SCALE);
    let mut sheet = Sheet { width, height, dots: vec![false; width * height] };
    for part in path.split('M').filter(|part| !part.is_empty()) {
        let (at, run) = part.split_once('h').expect("a move and a run");
        let (x, y) = at.split_once(' ').expect("two numbers");
        let (wide, tall) = run.split_once('v').expect("a run and its height");
        let tall = tall.split('h').next().expect("a height");
        let [x, y, wide, tall] = [x, y, wide, tall].map(|n| n.parse::<usize>().expect("a number") * SCALE);
        for row in y..y + tall {
            sheet.dots[row * width + x..][..wide].fill(true);
        }
    }
    sheet
}

/// The codes that a page draws.
fn codes(page: &Page) -> Vec<Sheet> {
    let attribute = |attributes: &[(String, String)], key: &str| {
        attributes
            .iter()
            .find(|(found, _)| found == key)
            .map(|(_, value)| value.clone())
            .expect("it is there")
    };
    let mut view = String::new();
    let mut sheets = Vec::new();
    for (name, attributes) in &page.elements {
        match name.as_str() {
            "svg" => view = attribute(attributes, "viewBox"),
            "path" => sheets.push(drawn(&attribute(attributes, "d"), &view)),
            _ => {}
        }
    }
    sheets
}

fn check_codes(barcode: &str, qr: &str) {
    let mut document = Document::new(Purpose::Live);
    document.text("before").barcode(barcode).text("between").qr(qr).text("behind");
    let (_, sheet, _, page) = all_four(&document);
    assert_eq!(sheet.barcodes(code128), [barcode], "on the picture");
    assert_eq!(sheet.qr_codes(), [qr], "on the picture");
    let drawn = codes(&page);
    assert_eq!(drawn[0].barcodes(code128), [barcode], "on the page");
    assert_eq!(drawn[1].qr_codes(), [qr], "on the page");
}

#[test]
fn codes_on_the_picture_and_on_the_page_read_back_as_their_content() {
    let all: Vec<char> = (' '..='~').collect();
    for some in all.chunks(16) {
        check_codes(&some.iter().collect::<String>(), "https://shop.example/r/T1-000131?total=-4.27");
    }
    check_codes("1-1", &"ü".repeat(350));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_code_reads_back(barcode in "[ -~]{1,16}", qr in "[ -~äöü€]{1,120}") {
        check_codes(&barcode, &qr);
    }

    #[test]
    fn any_document_is_harmless_in_all_four_forms(blocks in proptest::collection::vec(any_block(), 0..10)) {
        let mut document = Document::new(Purpose::Live);
        for block in blocks {
            document.push(block);
        }
        check_harmless(&document);
    }

    #[test]
    fn a_page_says_the_words_of_the_paper_and_more_letters_at_the_most(text in any_text()) {
        let mut document = Document::new(Purpose::Live);
        document.push(Block::Text(text));
        let page = read(&document.to_html(0));
        let said = page.texts.iter().map(|said| printable(said)).collect::<String>();
        let words = |text: &str| text.split_whitespace().collect::<String>();
        // A paper breaks long words, so that blanks do not count.
        prop_assert_eq!(words(&said), words(&document.to_text(Columns::MM80)));
    }
}
