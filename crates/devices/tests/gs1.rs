//! What scans say: examples of GS1's own documents, codes that are not in order, cards, and bytes that nobody prints.

use holdfast_devices::exact::{Exact, Weight, WeightUnit};
use holdfast_devices::gs1::{
    self, Elements, Form, Gtin, Plain, Price, PriceOf, SCAN_BYTES_MAX, Scan, Symbology, check_digit,
};
use proptest::prelude::*;

const YEAR: i16 = 2026;

#[track_caller]
fn elements(scan: &str) -> Elements {
    match gs1::read(scan, YEAR) {
        Scan::Elements(elements) => *elements,
        other => panic!("{scan:?}: {other:?}"),
    }
}

#[track_caller]
fn plain(scan: &str) -> Plain {
    match gs1::read(scan, YEAR) {
        Scan::Plain(plain) => plain,
        other => panic!("{scan:?}: {other:?}"),
    }
}

#[track_caller]
fn malformed(scan: &str) -> (String, &'static str) {
    match gs1::read(scan, YEAR) {
        Scan::Malformed { defect, .. } => (defect.ai.as_str().to_owned(), defect.why),
        other => panic!("{scan:?}: {other:?}"),
    }
}

fn texts(elements: &Elements) -> [Option<&str>; 2] {
    [elements.batch.as_ref(), elements.serial.as_ref()].map(|text| text.map(|text| text.as_str()))
}

fn gtin(digits: &str) -> Option<Gtin> {
    Some(Gtin::parse(digits).expect("a GTIN"))
}

#[test]
fn a_data_matrix_of_goods_with_batch_and_expiry() {
    for prefix in ["]d2", "]C1", "]e0", "]Q3", "]J1", "\u{1D}", ""] {
        let read = elements(&format!("{prefix}01095011015300031714070410AB-123"));
        assert_eq!(read.gtin, gtin("9501101530003"), "{prefix}");
        assert_eq!(texts(&read), [Some("AB-123"), None]);
        assert_eq!(read.dates.expiry.expect("a date").to_string(), "2014-07-04");
        assert!(read.unknown.is_empty());
    }
}

#[test]
fn the_separator_ends_what_has_no_length_of_its_own() {
    let read = elements("]C1010950110153000310AB-123\u{1D}2112345\u{1D}17270200\u{1D}3725\u{1D}");
    assert_eq!(texts(&read), [Some("AB-123"), Some("12345")]);
    assert_eq!(read.count, Some(25));
    let expiry = read.dates.expiry.expect("a date");
    assert_eq!((expiry.to_string().as_str(), expiry.month_only), ("2027-02-28", true));
}

#[test]
fn weights_and_prices_are_exact() {
    let read = elements("]e00198898765432106320201234515991231");
    assert_eq!(read.gtin, gtin("98898765432106"));
    assert_eq!(read.net_weight, Some(Weight::new(12_345, 2, WeightUnit::Pound)));
    let read = elements("]e0019061414100001531030001893922599\u{1D}15991231");
    let weight = read.net_weight.expect("a weight");
    assert_eq!((weight.to_string().as_str(), weight.in_grams()), ("0.189 kg", Some(Exact::new(189_000, 3))));
    assert_eq!(read.price, Some(Price { amount: Exact::new(599, 2), currency: None, of: PriceOf::Item }));
    assert_eq!(read.dates.best_before.map(|date| date.year), Some(1999));
    let read = elements("]C1019061414100001539329781050");
    assert_eq!(
        read.price,
        Some(Price { amount: Exact::new(1_050, 2), currency: Some(978), of: PriceOf::Item })
    );
    assert_eq!(elements("]C101906141410000153150001234").measure("315"), Some(Exact::new(1_234, 0)));
    // Both prices of a label: the item's is the one to pay, whichever comes first.
    for label in ["3952000199\u{1D}3922450", "3922450\u{1D}3952000199"] {
        let price = elements(&format!("]C10190614141000015{label}")).price.expect("a price");
        assert_eq!((price.amount, price.of), (Exact::new(450, 2), PriceOf::Item));
    }
    assert_eq!(malformed("]C101906141410000153922450\u{1D}3932978450").1, "the code has two prices");
}

#[test]
fn logistic_units_places_and_times() {
    let read = elements("]C100106141412345678908");
    assert_eq!((read.gtin, read.value("00")), (None, Some("106141412345678908")));
    let read = elements("]C1020950110153000337250000");
    assert_eq!((read.content, read.gtin), (gtin("9501101530003"), None));
    let read = elements("]C1010950110153000370032611281630\u{1D}17270101");
    assert_eq!(read.dates.expiry.expect("a date").to_string(), "2026-11-28", "the one with the time counts");
    assert_eq!(read.dates.expiry_time, Some((16, 30)));
    let late = "it is too long, or the separator behind it is missing";
    assert_eq!(malformed("]C101095011015300037003261128163017270101"), ("7003".into(), late));
    assert_eq!(malformed("]C1010950110153000370032611282430"), ("7003".into(), "it is no time"));
}

#[test]
fn an_address_is_a_code() {
    for (address, expected) in [
        ("https://example.com/01/09506000134352/10/ABC1/21/12345?17=280426", [Some("ABC1"), Some("12345")]),
        ("https://id.gs1.org/01/09506000134352?10=ABC1&17=280426&linkType=gs1:pip", [Some("ABC1"), None]),
        (
            "HTTP://shop.example:8080/some/where/01/9506000134352/10/AB%2FC1/?17=280426#top",
            [Some("AB/C1"), None],
        ),
    ] {
        for prefix in ["", "]Q1", "]d1"] {
            let read = elements(&format!("{prefix}{address}"));
            assert_eq!((read.form, read.gtin), (Form::DigitalLink, gtin("09506000134352")), "{address}");
            assert_eq!(texts(&read), expected);
            assert_eq!(read.dates.expiry.expect("a date").to_string(), "2028-04-26");
        }
    }
    assert_eq!(elements("https://id.gs1.org/00/106141412345678908").value("00"), Some("106141412345678908"));
    for address in [
        "https://example.com/",
        "https://example.com/01/02",
        "https://example.com/news/2026/11/28",
        "https://example.com/01/09506000134352/page/3",
        "ftp://example.com/01/09506000134352",
        "https:///01/09506000134352",
    ] {
        assert_eq!(plain(address).gtin, None, "{address}");
    }
    assert_eq!(malformed("https://example.com/01/09506000134353"), ("01".into(), "its check digit is wrong"));
    assert_eq!(malformed("https://example.com/01/09506000134352/10/A%00").0, "10");
    assert_eq!(malformed("https://example.com/01/09506000134352/10/A%F").0, "10");
}

#[test]
fn article_numbers_stay_plain_codes() {
    for (scan, symbology, text) in [
        ("]E04006381333931", Symbology::Ean13, "4006381333931"),
        ("]E00036000291452", Symbology::Ean13, "0036000291452"),
        ("]E496385074", Symbology::Ean8, "96385074"),
        ("]I110614141000415", Symbology::Interleaved2of5, "10614141000415"),
        ("4006381333931", Symbology::Unstated, "4006381333931"),
        ("036000291452", Symbology::Unstated, "036000291452"),
    ] {
        let read = plain(scan);
        assert_eq!((read.symbology, read.text.as_str(), read.gtin), (symbology, text, gtin(text)));
    }
    // A store's own code with a weight in it is for the catalog's layout.
    let own = plain("]E02112345012341");
    assert_eq!(own.text, "2112345012341");
    let with_issue = plain("]E3977147396801205");
    assert_eq!((with_issue.text.as_str(), with_issue.add_on.as_deref()), ("9771473968012", Some("05")));
    assert_eq!(plain("A-17/b").gtin, None);
    assert_eq!(plain("[)>\u{1E}06\u{1D}P123").gtin, None);
}

#[test]
fn what_is_not_in_order_is_not_used() {
    for (scan, ai, why) in [
        ("]C10109501101530004", "01", "its check digit is wrong"),
        ("]C1010950110153000", "01", "it is too short"),
        ("]C1010950110153000317261301", "17", "it is no date"),
        ("]C10109501101530003310200001x", "3102", "it has characters that do not belong there"),
        ("]C101095011015300030109506000134352", "01", "it is there twice with different values"),
        (
            "]C1010950110153000310ABCDEFGHIJKLMNOPQRSTU",
            "10",
            "it is too long, or the separator behind it is missing",
        ),
        ("]C1", "", "the code is empty"),
        ("]d20109501101530003109é", "10", "it has characters that GS1 does not know"),
        ("\u{1D}0109501101530004", "01", "its check digit is wrong"),
    ] {
        assert_eq!(malformed(scan), (ai.to_owned(), why), "{scan}");
    }
    // Said twice in the same words is said once.
    assert_eq!(elements("]C101095011015300030109501101530003").elements.len(), 1);
    let long = "7".repeat(SCAN_BYTES_MAX + 1);
    assert_eq!(malformed(&long).1, "the code is longer than any that is read");
}

#[test]
fn unknown_identifiers_are_kept_as_text() {
    let read = elements("]C10109501101530003\u{1D}8999ABC\u{1D}10B\u{1D}14261128\u{1D}21S");
    let unknown: Vec<&str> = read.unknown.iter().map(|text| text.as_str()).collect();
    assert_eq!(unknown, ["8999ABC", "14261128"]);
    assert_eq!(texts(&read), [Some("B"), Some("S")]);
    assert_eq!(elements("https://example.com/01/09506000134352?8999=x").unknown[0].as_str(), "8999=x");
}

#[test]
fn a_card_is_masked_and_a_gtin_never() {
    for scan in [
        "4111111111111111",
        "]C04111111111111111",
        "]C14111111111111111",
        "]Q14111 1111 1111 1111",
        "]d2214111111111111111",
        "]C1\u{1D}994111111111111111",
        "]C10109501101530003\u{1D}8999\u{1D}89994111111111111111",
        "https://example.com/pay?card=4111111111111111",
        "%B4111111111111111^NAME/CARD^29121010000?",
        ";4111111111111111=29121010000012300000?",
        "4222222222222",
    ] {
        match gs1::read(scan, YEAR) {
            Scan::LooksLikeCard { masked } => {
                let left: String = masked.chars().filter(char::is_ascii_digit).collect();
                assert_eq!(left.len(), 4, "{masked}");
                assert!(!masked.contains("NAME"));
            }
            other => panic!("{scan}: {other:?}"),
        }
    }
    // A GTIN whose digits could be a Visa card's as well.
    let both = (0..10_000_u32)
        .map(|number| format!("40063813{number:04}"))
        .map(|body| format!("{body}{}", check_digit(&body).expect("digits")))
        .find(|digits| holdfast_pan::is_pan(digits))
        .expect("one in ten is");
    assert_eq!(plain(&both).gtin, gtin(&both));
    assert_eq!(elements(&format!("]C1010{both}")).gtin, gtin(&both));
    // A serial number beside a GTIN is a serial number, and still does not get into a log.
    let read = elements("]d20109501101530003214111111111111111");
    assert_eq!(read.serial.as_ref().map(|serial| serial.as_str()), Some("4111111111111111"));
    assert!(!format!("{read:?}").contains("4111111111111111"));
}

fn element() -> impl Strategy<Value = (String, String)> {
    let text = "[A-Za-z0-9!%&'()*+,./:;<=>?_-]{1,20}";
    prop_oneof![
        text.prop_map(|value| ("10".to_owned(), value)),
        text.prop_map(|value| ("21".to_owned(), value)),
        text.prop_map(|value| ("240".to_owned(), value)),
        "[0-9]{1,8}".prop_map(|value| ("37".to_owned(), value)),
        (0..10_u8, "[0-9]{6}").prop_map(|(places, value)| (format!("310{places}"), value)),
        (0..10_u8, "[0-9]{1,15}").prop_map(|(places, value)| (format!("392{places}"), value)),
        (0..100_u8, 1..13_u8, 0..29_u8)
            .prop_map(|(y, m, d)| ("17".to_owned(), format!("{y:02}{m:02}{d:02}"))),
    ]
}

fn goods() -> impl Strategy<Value = (String, Vec<(String, String)>)> {
    let some = prop::collection::vec(element(), 0..6).prop_map(|mut some| {
        let mut seen = Vec::new();
        some.retain(|(ai, _)| {
            // A second price or measure of a kind is another test's matter.
            let kind = ai[..ai.len().min(3)].to_owned();
            let new = !seen.contains(&kind);
            seen.push(kind);
            new
        });
        some
    });
    let number = "[0-9]{13}".prop_map(|body| format!("{body}{}", check_digit(&body).expect("digits")));
    (number, some)
}

/// Bytes with pieces of codes among them.
fn almost_right() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "\\PC{0,6}",
        2 => "[0-9]{1,20}",
        3 => prop::sample::select(vec![
            "]C1", "]d2", "]Q3", "]E0", "]E3", "]e0", "]", "\u{1D}", "0109501101530003", "00106141412345678908", "10", "21",
            "3103", "3922", "17", "7003", "8008", "https://", "/01/", "09506000134352", "?17=", "%2", "%C3%A9", "&", "=",
            "4111111111111111", "é",
        ]).prop_map(ToOwned::to_owned),
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read((number, some) in goods()) {
        let mut code = format!("]d201{number}");
        let mut address = format!("https://x.example/01/{number}?");
        for (ai, value) in &some {
            code.push_str(&format!("{ai}{value}\u{1D}"));
            let encoded: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
            address.push_str(&format!("{ai}={encoded}&"));
        }
        for scan in [code, address] {
            let Scan::Elements(read) = gs1::read(&scan, YEAR) else { panic!("{scan}") };
            prop_assert_eq!(read.gtin, Gtin::parse(&number));
            prop_assert_eq!(read.elements.len(), some.len() + 1);
            for (ai, value) in &some {
                prop_assert_eq!(read.value(ai), Some(value.as_str()));
            }
        }
    }

    #[test]
    fn no_scan_breaks_the_reader(any in prop::collection::vec(any::<u8>(), 0..200), almost in almost_right(), year in 0..3000_i16) {
        let any = String::from_utf8_lossy(&any);
        for scan in [any.as_ref(), almost.as_str()] {
            match gs1::read(scan, year) {
                Scan::Plain(plain) => {
                    prop_assert!(plain.text.len() <= scan.len());
                    prop_assert!(plain.gtin.is_some() || !holdfast_pan::holds_pan(&plain.text));
                }
                Scan::Elements(read) => {
                    let parts: usize = read.elements.iter().map(|e| e.value.as_str().len()).sum();
                    prop_assert!(parts <= scan.len() + 6, "{} of {}", parts, scan.len());
                    for unknown in &read.unknown {
                        prop_assert!(!holdfast_pan::holds_pan(unknown.as_str()));
                    }
                }
                Scan::Malformed { defect, .. } => {
                    let said = format!("{defect:?} {defect}");
                    prop_assert!(!holdfast_pan::holds_pan(&said), "{}", said);
                }
                Scan::LooksLikeCard { masked } => prop_assert!(!holdfast_pan::holds_pan(&masked)),
            }
        }
    }
}
