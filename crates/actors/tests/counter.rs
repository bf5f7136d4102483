//! Scanners and scales beside tills that sell: whatever one of these devices does, or stops doing, costs its own till at
//! most, and nobody else.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

#[allow(dead_code, reason = "the tills here sell by themselves")]
mod selling;
mod store;

use std::path::Path;
use std::sync::Arc;

use holdfast_actors::scale::{ASKS_MAX, SHOW_EVERY};
use holdfast_actors::{CounterError, ScaleDevice, ScaleSetup, ScannerDevice, ScannerSetup};
use holdfast_devices::scale::Protocol;
use holdfast_devices::scanner::Suffix;
use holdfast_devices::simulated::barcode_gun::BarcodeGun;
use holdfast_devices::simulated::scale::{Model, SimulatedScale};
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::receipt::TillNumber;
use holdfast_protocol::message::{CounterNews, ScaleState, ScaleView, ScannedCode, WeightView};
use holdfast_protocol::till_api::{ScaleAnswer, ScaleAsk};
use selling::{Shop, until};
use store::{Store, till};
use tokio::time::Instant;

/// Good scans among the garbage of a flood; more than anybody makes.
const FLOOD_SCANS: usize = 2_000;
const FLOOD_GARBAGE_BYTES: usize = 256 * 1024;
/// What the tills' own scanners read meanwhile.
const SCANS: usize = 12;
const MILK: &str = "4006381333931";

fn name(text: &str) -> DeviceName {
    DeviceName::new(text).unwrap()
}

fn scale(of: &str, tills: &[u16], device: ScaleDevice) -> ScaleSetup {
    ScaleSetup { name: name(of), tills: tills.iter().map(|till| TillNumber(*till)).collect(), device }
}

fn scanner(of: &str, till: u16, device: ScannerDevice) -> ScannerSetup {
    ScannerSetup { name: name(of), till: TillNumber(till), device }
}

fn serial_scale(path: &Path) -> ScaleDevice {
    ScaleDevice::Real(format!("sics-serial://{}?baud=9600", path.display()).parse().unwrap())
}

/// What a till saw of a scale, oldest first.
fn weights(store: &Store, of: u128, scale: &str) -> Vec<ScaleView> {
    let shown = store.link.shown.lock().unwrap();
    let views = shown.iter().filter_map(|(terminal, news)| match news {
        CounterNews::Scale(view) if *terminal == till(of) && view.scale.as_str() == scale => {
            Some(view.clone())
        }
        _ => None,
    });
    views.collect()
}

/// The codes that a till's scanner read, oldest first.
fn codes(store: &Store, of: u128) -> Vec<String> {
    let shown = store.link.shown.lock().unwrap();
    let codes = shown.iter().filter_map(|(terminal, news)| match news {
        CounterNews::Scanned(scanned) if *terminal == till(of) => match &scanned.code {
            ScannedCode::Plain { text, .. } => Some(text.clone()),
            other => panic!("{other:?}"),
        },
        _ => None,
    });
    codes.collect()
}

fn last(store: &Store, of: u128, scale: &str) -> Option<(ScaleState, Option<String>)> {
    let last = weights(store, of, scale).pop()?;
    Some((last.state, last.net.map(|net| net.to_string())))
}

async fn sees(store: &Store, of: u128, scale: &str, state: ScaleState, net: Option<&str>) {
    let wanted = Some((state, net.map(ToOwned::to_owned)));
    until(&format!("till {of} sees {wanted:?} at {scale}"), async || last(store, of, scale) == wanted).await;
}

async fn ask(store: &Store, of: u128, ask: ScaleAsk) -> Result<ScaleAnswer, CounterError> {
    store.running.counter().ask_scale(till(of), None, ask).await
}

async fn weighs(store: &Store, of: u128) -> String {
    let weight: Option<WeightView> = ask(store, of, ScaleAsk::Weigh).await.unwrap().weight;
    weight.unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_that_comes_back_under_another_terminal_costs_its_own_till_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usb-scale");
    let (first, other) = (SimulatedScale::new(Model::default()), SimulatedScale::new(Model::default()));
    let plugged = first.plug_in(&path, Protocol::Sics).unwrap();
    let setups = vec![
        scale("serial", &[1], serial_scale(&path)),
        scale("other", &[2], ScaleDevice::Simulated(other.clone())),
    ];
    let store = Arc::new(Store::open_with(3, |parts| parts.scales = setups).await);
    first.put(750);
    other.put(100);
    sees(&store, 1, "serial", ScaleState::Stable, Some("0.750 kg")).await;
    sees(&store, 2, "other", ScaleState::Stable, Some("0.100 kg")).await;
    assert_eq!(weighs(&store, 1).await, "0.750 kg");
    let shop = Shop::open(&store, 3).await;

    // Another terminal behind the same path: as udev does it when the cable goes into another socket.
    let elsewhere = first.plug_in(&path, Protocol::Sics).unwrap();
    assert_ne!(plugged.terminal(), elsewhere.terminal());
    drop(plugged);
    first.put(1_250);
    sees(&store, 1, "serial", ScaleState::Stable, Some("1.250 kg")).await;
    assert_eq!(weighs(&store, 1).await, "1.250 kg");

    // The cable is out for a while. Its till is told so, and the other one weighs on.
    drop(elsewhere);
    sees(&store, 1, "serial", ScaleState::NotConnected, None).await;
    let view = weights(&store, 1, "serial").pop().unwrap();
    assert!(view.text.unwrap().starts_with("HF-DEV-056"));
    assert_eq!(weighs(&store, 2).await, "0.100 kg");
    match ask(&store, 1, ScaleAsk::Weigh).await {
        Err(CounterError::Fault(fault)) => assert_eq!(fault.code(), "HF-DEV-056"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(ask(&store, 3, ScaleAsk::Weigh).await, Err(CounterError::NoScale)));
    shop.sells_on("the shop sells while a scale is away").await;
    let back = first.plug_in(&path, Protocol::Sics).unwrap();
    sees(&store, 1, "serial", ScaleState::Stable, Some("1.250 kg")).await;
    assert_eq!(weighs(&store, 1).await, "1.250 kg");
    drop(back);

    // Nobody else heard anything of it, and no actor had to be started again.
    assert_eq!(weights(&store, 2, "other").last().unwrap().state, ScaleState::Stable);
    assert!(weights(&store, 2, "serial").is_empty() && weights(&store, 3, "serial").is_empty());
    shop.close_and_audit("a scale went and came").await;
    for seen in store.running.watched() {
        assert_eq!((seen.starts, seen.ended), (1, 0), "{}", seen.actor);
    }
    Arc::into_inner(store).unwrap().running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_floods_garbage_takes_nothing_from_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usb-scanner");
    let (wild, calm) = (BarcodeGun::new(Suffix::Cr), BarcodeGun::new(Suffix::Cr));
    let plugged = wild.plug_in(&path).unwrap();
    let address = format!("scanner-serial://{}?baud=115200&suffix=cr", path.display()).parse().unwrap();
    let weighing = SimulatedScale::new(Model::default());
    let scanners = vec![
        scanner("wild", 1, ScannerDevice::Real(address)),
        scanner("calm", 2, ScannerDevice::Simulated(calm.clone())),
    ];
    let scales = vec![scale("scale", &[2], ScaleDevice::Simulated(weighing.clone()))];
    let store = Store::open_with(3, |parts| (parts.scanners, parts.scales) = (scanners, scales)).await;
    let store = Arc::new(store);
    let shop = Shop::open(&store, 3).await;
    wild.scan(MILK);
    until("the serial scanner is read", async || codes(&store, 1) == [MILK]).await;

    let garbage: Vec<u8> = (0..FLOOD_GARBAGE_BYTES).map(|at| [0x00, 0xFF, 0x01, b'\r'][at % 4]).collect();
    let scans = format!("{MILK}\r").repeat(FLOOD_SCANS).into_bytes();
    let began = Instant::now();
    wild.send(garbage.clone());
    wild.send(scans);
    wild.send(garbage);
    // Meanwhile the others scan, weigh and sell, one after the other and in their order.
    for number in 0..SCANS {
        let code = format!("calm-{number}");
        calm.scan(&code);
        until("the calm scanner is heard", async || codes(&store, 2).last() == Some(&code)).await;
        let grams = 100 + i64::try_from(number).unwrap();
        weighing.put(grams);
        assert_eq!(weighs(&store, 2).await, format!("0.{grams} kg"));
    }
    shop.sells_on("the shop sells under the flood").await;
    let expected: Vec<String> = (0..SCANS).map(|number| format!("calm-{number}")).collect();
    assert_eq!(codes(&store, 2), expected, "each once and in its order");

    // Every code of the flood is accounted for: told, or dropped for a reason.
    let wild_one = async || {
        let devices = store.running.devices().await;
        devices.scanners["wild"].clone()
    };
    // A line that stands still for a moment on a busy machine leaves a code unfinished, and that is counted as well.
    let codes_read = |seen: &holdfast_actors::scanner::Observation| {
        seen.scans + seen.too_fast + seen.unread + seen.unfinished
    };
    until("the whole flood is read", async || {
        wild_one().await.is_some_and(|seen| {
            codes_read(&seen) > FLOOD_SCANS as u64
                && seen.garbled >= 2 * (FLOOD_GARBAGE_BYTES / 4) as u64
                && seen.shown == seen.scans
        })
    })
    .await;
    let seen = wild_one().await.unwrap();
    let seconds = began.elapsed().as_secs() + 2;
    assert!(seen.scans <= 20 * seconds + 1, "{seen:?} in {seconds} s");
    assert_eq!((seen.not_shown, seen.too_long), (0, 0), "{seen:?}");
    // The flood is over: once its second is, the scanner is one again.
    let mut before = codes_read(&seen);
    for attempt in 0.. {
        wild.scan("after");
        until("another code is read", async || {
            wild_one().await.is_some_and(|seen| codes_read(&seen) > before && seen.shown == seen.scans)
        })
        .await;
        if codes(&store, 1).last().is_some_and(|code| code == "after") {
            break;
        }
        before = codes_read(&wild_one().await.unwrap());
        assert!(attempt < 10_000, "it is never read again");
    }
    drop(plugged);
    shop.close_and_audit("a scanner flooded garbage").await;
    for seen in store.running.watched() {
        assert_eq!((seen.starts, seen.ended), (1, 0), "{}", seen.actor);
    }
    Arc::into_inner(store).unwrap().running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_does_not_keep_up_hears_the_latest_weight_when_it_does() {
    let on_it = SimulatedScale::new(Model::default());
    let setups = vec![scale("shared", &[1, 2], ScaleDevice::Simulated(on_it.clone()))];
    let store = Store::open_with(2, |parts| parts.scales = setups).await;
    sees(&store, 1, "shared", ScaleState::Zero, Some("0.000 kg")).await;
    sees(&store, 2, "shared", ScaleState::Zero, Some("0.000 kg")).await;
    store.link.slow.lock().unwrap().insert(till(1));
    let (began, before) = (Instant::now(), weights(&store, 2, "shared").len());
    for grams in 1..=8 {
        on_it.put(grams);
        sees(&store, 2, "shared", ScaleState::Stable, Some(&format!("0.00{grams} kg"))).await;
    }
    let shown = weights(&store, 2, "shared").len() - before;
    let most = began.elapsed().as_millis() / SHOW_EVERY.as_millis() + 2;
    assert!(shown as u128 <= most, "{shown} weights in {:?}", began.elapsed());
    assert_eq!(last(&store, 1, "shared").unwrap().0, ScaleState::Zero, "it heard nothing meanwhile");
    let before = weights(&store, 1, "shared").len();
    store.link.slow.lock().unwrap().clear();
    sees(&store, 1, "shared", ScaleState::Stable, Some("0.008 kg")).await;
    assert_eq!(weights(&store, 1, "shared").len(), before + 1, "once, and none of those in between");
    store.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_ask_a_scale_at_once_and_no_more() {
    let (restless, other) = (SimulatedScale::new(Model::default()), SimulatedScale::new(Model::default()));
    let setups = vec![
        scale("restless", &[1], ScaleDevice::Simulated(restless.clone())),
        scale("other", &[2], ScaleDevice::Simulated(other.clone())),
    ];
    let store = Arc::new(Store::open_with(2, |parts| parts.scales = setups).await);
    restless.put(500);
    restless.shake(true);
    other.put(300);
    sees(&store, 1, "restless", ScaleState::InMotion, Some("0.500 kg")).await;
    let asking: Vec<_> = (0..3 * ASKS_MAX)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { ask(&store, 1, ScaleAsk::Weigh).await })
        })
        .collect();
    until("the scale has all that it takes", async || {
        let devices = store.running.devices().await;
        devices.scales["restless"].as_ref().is_some_and(|seen| seen.asked == 3 * ASKS_MAX as u64)
    })
    .await;
    assert_eq!(weighs(&store, 2).await, "0.300 kg", "nobody waits for somebody else's scale");
    restless.shake(false);
    let (mut weighed, mut busy) = (0, 0);
    for one in asking {
        match one.await.unwrap() {
            Ok(answer) => {
                assert_eq!(answer.weight.unwrap().to_string(), "0.500 kg");
                weighed += 1;
            }
            Err(CounterError::Busy) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((weighed, busy), (ASKS_MAX, 2 * ASKS_MAX));
    Arc::into_inner(store).unwrap().running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tare_is_shown_until_it_is_cleared_and_nothing_is_not_sold() {
    let on_it = SimulatedScale::new(Model::default());
    let setups = vec![scale("scale", &[1], ScaleDevice::Simulated(on_it.clone()))];
    let store = Store::open_with(1, |parts| parts.scales = setups).await;
    let tare = async || {
        let view = weights(&store, 1, "scale").pop()?;
        view.tare?.weight.map(|weight| weight.to_string())
    };
    on_it.put(12);
    sees(&store, 1, "scale", ScaleState::Stable, Some("0.012 kg")).await;
    let taken = ask(&store, 1, ScaleAsk::Tare).await.unwrap();
    assert_eq!((taken.weight.unwrap().to_string(), taken.simulated), ("0.012 kg".to_owned(), true));
    sees(&store, 1, "scale", ScaleState::Zero, Some("0.000 kg")).await;
    until("the tare is shown", async || tare().await.as_deref() == Some("0.012 kg")).await;
    match ask(&store, 1, ScaleAsk::Weigh).await {
        Err(CounterError::Fault(fault)) => assert_eq!(fault.code(), "HF-DEV-014"),
        other => panic!("{other:?}"),
    }
    on_it.put(762);
    assert_eq!(weighs(&store, 1).await, "0.750 kg");
    ask(&store, 1, ScaleAsk::ClearTare).await.unwrap();
    sees(&store, 1, "scale", ScaleState::Stable, Some("0.762 kg")).await;
    until("no tare is shown", async || tare().await.is_none()).await;
    on_it.put(-20);
    sees(&store, 1, "scale", ScaleState::BelowZero, Some("-0.020 kg")).await;
    on_it.put(16_000);
    sees(&store, 1, "scale", ScaleState::OverCapacity, None).await;
    let (scanners, scales) = store.running.counter().beside(till(1)).await;
    assert_eq!((scanners.len(), scales[0].state), (0, ScaleState::OverCapacity));
    store.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_says_what_the_catalog_sells_and_a_cards_number_goes_nowhere() {
    let gun = BarcodeGun::new(Suffix::Cr);
    let setups = vec![scanner("gun", 1, ScannerDevice::Simulated(gun.clone()))];
    let store = Store::open_with(1, |parts| parts.scanners = setups).await;
    let scans = || {
        let shown = store.link.shown.lock().unwrap();
        let scans = shown.iter().filter_map(|(_, news)| match news {
            CounterNews::Scanned(scanned) => Some((**scanned).clone()),
            _ => None,
        });
        scans.collect::<Vec<_>>()
    };
    let there = || {
        let shown = store.link.shown.lock().unwrap();
        shown.iter().rev().find_map(|(_, news)| match news {
            CounterNews::Scanner(view) => Some(view.connected),
            _ => None,
        })
    };
    until("the till hears of its scanner", async || there() == Some(true)).await;
    gun.scan(&format!("]E0{MILK}"));
    until("the code is shown", async || scans().len() == 1).await;
    let scan = scans().remove(0);
    assert_eq!((scan.scanner.as_str(), scan.symbology.as_deref()), ("gun", Some("]E0")));
    let ScannedCode::Plain { text, gtin, item: Some(item), .. } = scan.code else { panic!("{scan:?}") };
    assert_eq!((text.as_str(), gtin.as_deref(), item.sku.as_str()), (MILK, Some("04006381333931"), "MILK"));
    // A number that passes for a card's, and is nobody's.
    let planted = "4111111111111111";
    gun.scan(planted);
    until("something is shown", async || scans().len() == 2).await;
    let shown = format!("{:?}", scans());
    assert!(
        matches!(&scans()[1].code, ScannedCode::LooksLikeCard { .. }) && !shown.contains(planted),
        "{shown}"
    );

    // Pulled and put in again, it is found by itself.
    gun.set_plugged_in(false);
    until("the till knows that it is gone", async || there() == Some(false)).await;
    gun.set_plugged_in(true);
    until("the till knows that it is back", async || there() == Some(true)).await;
    gun.scan(MILK);
    until("it scans again", async || scans().len() == 3).await;
    store.running.stop().await;
}
