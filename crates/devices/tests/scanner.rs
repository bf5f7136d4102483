//! Scanners: bytes and keys to scans with the time as an argument, and serial lines that are pulled out.

use std::time::Duration;

use holdfast_devices::scanner::{
    Cut, Cutter, Key, Keys, Limits, Link, Loss, Moved, SCANS_WAITING_MAX, Scanner, ScannerAddress, Suffix,
};
use holdfast_devices::simulated::barcode_gun::{BarcodeGun, keys_of};
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::timeout;

/// No test waits longer than this for anything.
const LIMIT: Duration = Duration::from_secs(30);
const NEVER: Duration = Duration::ZERO;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What came, as words.
fn words(cuts: impl IntoIterator<Item = Cut>) -> Vec<String> {
    let word = |cut| match cut {
        Cut::Scan(scan) => scan.text().to_owned(),
        Cut::Lost(loss) => format!("{loss:?}"),
    };
    cuts.into_iter().map(word).collect()
}

#[track_caller]
fn check(suffix: Suffix, limits: Limits, received: &[(u64, &[u8])], expected: &[&str]) {
    let mut cutter = Cutter::new(suffix, limits);
    let cuts: Vec<Cut> = received.iter().flat_map(|(at, bytes)| cutter.receive(ms(*at), bytes)).collect();
    assert_eq!(words(cuts), expected, "{suffix:?}");
}

#[test]
fn a_suffix_ends_a_scan_wherever_the_reads_end() {
    let limits = Limits::default();
    check(Suffix::Cr, limits, &[(0, b"4006"), (5, b"381333931\r96385074\r")], &["4006381333931", "96385074"]);
    check(Suffix::Cr, limits, &[(0, b"one\r\ntwo\r\n")], &["one", "two"]);
    check(Suffix::Lf, limits, &[(0, b"one\ntwo\r\n")], &["one", "two"]);
    check(Suffix::CrLf, limits, &[(0, b"one\r"), (3, b"\ntwo\r\n")], &["one", "two"]);
    check(Suffix::Tab, limits, &[(0, b"one\ttwo\t\t\t")], &["one", "two"]);
    check(Suffix::Cr, limits, &[(0, b"]C10195\x1d10A\r")], &["]C10195\x1d10A"]);
    check(Suffix::Cr, limits, &[(0, b"\xC3\xA9\r\xE9\r")], &["é", "é"]);
}

#[test]
fn what_is_dropped_is_dropped_to_its_end() {
    let limits = Limits { scan_bytes_max: 8, ..Limits::default() };
    check(Suffix::Cr, limits, &[(0, b"123456789012345\rok\r")], &["TooLong", "ok"]);
    check(Suffix::Cr, limits, &[(0, b"a\x00b\x01c\rok\r")], &["Garbled", "ok"]);
    check(Suffix::CrLf, limits, &[(0, b"a\rb\r\nok\r\n")], &["Garbled", "ok"]);
    // The tail of a code that stopped is not a code of its own, until the line was silent.
    check(Suffix::Cr, limits, &[(0, b"1234"), (300, b"5678\r"), (310, b"ok\r")], &["Unfinished", "ok"]);
    check(Suffix::Cr, limits, &[(0, b"1234"), (2_000, b"ok\r")], &["Unfinished", "ok"]);
    check(Suffix::Cr, limits, &[(0, b"123456789"), (2_000, b"ok\r")], &["TooLong", "ok"]);
    let mut cutter = Cutter::new(Suffix::Cr, limits);
    assert_eq!(cutter.deadline(), None);
    assert!(cutter.receive(ms(10), b"12").is_empty());
    let due = cutter.deadline().expect("something is pending");
    assert_eq!(cutter.tick(due), Some(Cut::Lost(Loss::Unfinished)));
    assert_eq!(cutter.tick(due), None, "once");
    let quiet = cutter.deadline().expect("the silence ends");
    assert_eq!(cutter.tick(quiet), None);
    assert_eq!(cutter.deadline(), None);
}

#[test]
fn more_scans_than_anybody_scans_are_dropped_and_later_ones_are_not() {
    let limits = Limits { scans_per_second_max: 3, ..Limits::default() };
    let mut cutter = Cutter::new(Suffix::Cr, limits);
    assert_eq!(words(cutter.receive(ms(0), b"1\r2\r3\r4\r5\r")), ["1", "2", "3", "TooFast", "TooFast"]);
    assert_eq!(words(cutter.receive(ms(999), b"6\r")), ["TooFast"]);
    assert_eq!(words(cutter.receive(ms(1_000), b"7\r")), ["7"]);
}

fn pressed(keys: &mut Keys, at: u64, pressed: impl IntoIterator<Item = Key>) -> Vec<String> {
    words(pressed.into_iter().filter_map(|key| keys.receive(ms(at), key)))
}

fn tap(code: u16) -> [Key; 2] {
    [Moved::Down, Moved::Up].map(|moved| Key { code, moved })
}

#[test]
fn keys_are_characters_of_the_us_layout() {
    let mut keys = Keys::new(Limits::default());
    let text = "]C1 Aa10!\u{1D}~`{}[]\\|;:'\",<.>/?@#$%^&*()-_=+\u{1E}z\u{1C}";
    assert_eq!(pressed(&mut keys, 0, keys_of(text).expect("keys")), [text]);
    // Held Alt and the number of a character, as scanners send what no key has.
    let alt = |moved| Key { code: 56, moved };
    let mut typed = vec![alt(Moved::Down), alt(Moved::Repeated)];
    typed.extend([82, 82, 80, 73].into_iter().flat_map(tap));
    typed.push(alt(Moved::Up));
    typed.extend([30, 96].into_iter().flat_map(tap));
    assert_eq!(pressed(&mut keys, 5, typed), ["\u{1D}a"]);
    let caps: Vec<Key> = [58, 30, 2, 58, 30, 28].into_iter().flat_map(tap).collect();
    assert_eq!(pressed(&mut keys, 9, caps), ["A1a"]);
    // A key that no code needs, one that is held, and events that were lost each make the scan useless, and only that one.
    let unknown: Vec<Key> = [2, 59, 3, 28, 4, 28].into_iter().flat_map(tap).collect();
    assert_eq!(pressed(&mut keys, 12, unknown), ["Garbled", "3"]);
    let held = [Key { code: 2, moved: Moved::Down }, Key { code: 2, moved: Moved::Repeated }];
    assert_eq!(pressed(&mut keys, 15, held.into_iter().chain(tap(28))), ["Garbled"]);
    assert!(pressed(&mut keys, 18, tap(2)).is_empty());
    assert_eq!(keys.missed(ms(18)), Some(Cut::Lost(Loss::Garbled)));
    assert!(pressed(&mut keys, 19, tap(28)).is_empty());
    assert_eq!(keys_of("é"), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_scanned_arrives(texts in prop::collection::vec("[ -~\\x1d]{1,40}", 1..6), cut in 1..17_usize) {
        let suffixes = [Suffix::Cr, Suffix::Lf, Suffix::CrLf, Suffix::Tab];
        for suffix in suffixes {
            let bytes: Vec<u8> = texts.iter().flat_map(|text| [text.as_bytes(), suffix.bytes()].concat()).collect();
            let mut cutter = Cutter::new(suffix, Limits::default());
            let cuts: Vec<Cut> = bytes.chunks(cut).flat_map(|part| cutter.receive(NEVER, part)).collect();
            prop_assert_eq!(&words(cuts), &texts);
        }
        let mut keys = Keys::new(Limits::default());
        for text in &texts {
            prop_assert_eq!(pressed(&mut keys, 0, keys_of(text).expect("keys")), vec![text.clone()]);
        }
    }

    #[test]
    fn no_bytes_break_the_cutter(parts in prop::collection::vec((0..700_u64, prop::collection::vec(any::<u8>(), 0..60)), 0..12)) {
        let limits = Limits { scan_bytes_max: 32, scans_per_second_max: 4, ..Limits::default() };
        for suffix in [Suffix::Cr, Suffix::Lf, Suffix::CrLf, Suffix::Tab] {
            let (mut cutter, mut now, mut scans) = (Cutter::new(suffix, limits), 0, Vec::new());
            for (pause, bytes) in &parts {
                now += pause;
                let _ = cutter.tick(ms(now));
                for cut in cutter.receive(ms(now), bytes) {
                    if let Cut::Scan(scan) = cut {
                        prop_assert!(scan.text().chars().count() <= 32);
                        scans.push(now);
                    }
                }
                prop_assert!(cutter.deadline().is_none_or(|due| due > ms(now)));
            }
            for burst in scans.windows(5) {
                prop_assert!(burst[4] - burst[0] >= 1_000, "{:?}", burst);
            }
        }
    }

    #[test]
    fn no_keys_break_the_keyboard(typed in prop::collection::vec((0..400_u64, 0..130_u16, 0..3_u8), 0..80)) {
        let (mut keys, mut now) = (Keys::new(Limits { scan_bytes_max: 16, ..Limits::default() }), 0);
        for (pause, code, moved) in typed {
            now += pause;
            let moved = [Moved::Up, Moved::Down, Moved::Repeated][usize::from(moved)];
            if let Some(Cut::Scan(scan)) = keys.receive(ms(now), Key { code, moved }) {
                prop_assert!((1..=16).contains(&scan.text().len()));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_that_nobody_reads_is_bounded_and_counted() {
    let (line, mut far) = tokio::io::duplex(4_096);
    let limits = Limits { scans_per_second_max: 1_000, ..Limits::default() };
    let (scanner, mut scans) = Scanner::on_line(line, Suffix::Cr, limits);
    for _ in 0..100 {
        far.write_all(b"4006381333931\r").await.expect("the line is open");
        far.write_all(&[0x00; 300]).await.expect("the line is open");
        far.write_all(b"\r").await.expect("the line is open");
    }
    drop(far);
    let mut link = scanner.link();
    let away = link.wait_for(|link| matches!(link, Link::Away { .. }));
    timeout(LIMIT, away).await.expect("in time").expect("it says so");
    let counts = scanner.counts();
    assert_eq!((counts.scans, counts.unread, counts.garbled), (SCANS_WAITING_MAX as u64, 84, 100));
    let mut taken = 0;
    while let Some(scan) = scans.recv().await {
        assert_eq!(scan.text(), "4006381333931");
        assert!(!format!("{scan:?}").contains("4006381333931"));
        taken += 1;
    }
    assert_eq!(taken, SCANS_WAITING_MAX);
}

async fn connected(link: &mut watch::Receiver<Link>) {
    let there = link.wait_for(|link| matches!(link, Link::Connected));
    timeout(LIMIT, there).await.expect("in time").expect("it says so");
}

async fn away(link: &mut watch::Receiver<Link>) {
    let gone = link.wait_for(|link| matches!(link, Link::Away { .. }));
    timeout(LIMIT, gone).await.expect("in time").expect("it says so");
}

#[tokio::test]
async fn a_scanner_is_found_again_under_another_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("usb-scanner");
    let address: ScannerAddress =
        format!("scanner-serial://{}?baud=115200&suffix=crlf", path.display()).parse().expect("an address");
    let (scanner, mut scans) = Scanner::open(&address, Limits::default());
    let mut link = scanner.link();
    away(&mut link).await;

    let gun = BarcodeGun::new(Suffix::CrLf);
    let first = gun.plug_in(&path).expect("a pair of terminals");
    connected(&mut link).await;
    gun.scan("]E04006381333931");
    let scan = timeout(LIMIT, scans.recv()).await.expect("in time").expect("open");
    assert_eq!(scan.text(), "]E04006381333931");

    // Half a scan is on the line when the cable is pulled.
    gun.send(b"40063".to_vec());
    drop(first);
    away(&mut link).await;

    let other = BarcodeGun::new(Suffix::CrLf);
    let second = other.plug_in(&path).expect("a pair of terminals");
    connected(&mut link).await;
    other.scan("96385074");
    let scan = timeout(LIMIT, scans.recv()).await.expect("in time").expect("open");
    assert_eq!(scan.text(), "96385074");

    // The path leads elsewhere although the terminal before is still there and only says nothing.
    let third = BarcodeGun::new(Suffix::CrLf);
    let third_plug = third.plug_in(&path).expect("a pair of terminals");
    assert_ne!(third_plug.terminal(), second.terminal());
    away(&mut link).await;
    connected(&mut link).await;
    third.scan("036000291452");
    let scan = timeout(LIMIT, scans.recv()).await.expect("in time").expect("open");
    assert_eq!(scan.text(), "036000291452");
    assert_eq!(scanner.counts().scans, 3);
}

#[tokio::test]
async fn a_keyboard_that_is_not_there_is_said_to_be_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("none-event-kbd");
    let address: ScannerAddress =
        format!("scanner-keyboard://{}", path.display()).parse().expect("an address");
    let (scanner, _scans) = Scanner::open(&address, Limits::default());
    let mut link = scanner.link();
    away(&mut link).await;
    let Link::Away { reason, .. } = link.borrow().clone() else { panic!("away") };
    assert!(reason.to_string().starts_with("HF-DEV-051: "), "{reason}");
}
