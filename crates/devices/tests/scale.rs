//! Scales: the codecs against frames as they are sent and as they are not, and a scale that behaves badly.

use std::net::SocketAddr;
use std::time::Duration;

use holdfast_devices::exact::{Exact, Weight, WeightUnit};
use holdfast_devices::scale::{
    Answer, FRAME_BYTES_MAX, Framer, Link, Live, Protocol, Refusal, Request, Scale, ScaleAddress, ScaleFault,
    State, Timings, sics, toledo,
};
use holdfast_devices::simulated::scale::{Misbehaviour, Model, SimulatedScale};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

/// No test waits longer than this for anything.
const LIMIT: Duration = Duration::from_secs(30);
const TOLEDO: Protocol = Protocol::Toledo(toledo::Format { unit: WeightUnit::Kilogram, places: 3 });
const BOTH: [Protocol; 2] = [TOLEDO, Protocol::Sics];

fn kg(units: i64) -> Weight {
    Weight::new(units, 3, WeightUnit::Kilogram)
}

fn frames(protocol: Protocol, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut framer = Framer::new(protocol.framing());
    bytes.iter().filter_map(|byte| framer.take(*byte)).collect()
}

/// The one answer in these bytes.
#[track_caller]
fn answer(protocol: Protocol, asked: Request, bytes: &[u8]) -> Answer {
    let frames = frames(protocol, bytes);
    assert_eq!(frames.len(), 1, "{}", bytes.escape_ascii());
    protocol.parse(asked, &frames[0])
}

#[track_caller]
fn weighed(protocol: Protocol, bytes: &[u8]) -> (State, Option<String>, Option<Weight>) {
    match answer(protocol, Request::Weigh, bytes) {
        Answer::Reading(reading) => {
            assert!(bytes.windows(reading.frame().bytes().len()).any(|part| part == reading.frame().bytes()));
            (reading.state(), reading.shown().map(|weight| weight.to_string()), reading.weight_to_sell())
        }
        other => panic!("{}: {other:?}", bytes.escape_ascii()),
    }
}

fn settled(weight: Weight) -> (State, Option<String>, Option<Weight>) {
    (State::Stable, Some(weight.to_string()), Some(weight))
}

#[test]
fn a_toledo_tells_settled_weights_only() {
    assert_eq!(weighed(TOLEDO, b"\x0201.234\r"), settled(kg(1_234)));
    assert_eq!(weighed(TOLEDO, b"\x02 1.234\r"), settled(kg(1_234)));
    assert_eq!(weighed(TOLEDO, b"\x0201234\r"), settled(kg(1_234)));
    assert_eq!(weighed(TOLEDO, b"\x0200.500N\r"), settled(kg(500)));
    let pounds = Protocol::Toledo(toledo::Format { unit: WeightUnit::Pound, places: 2 });
    assert_eq!(weighed(pounds, b"\x0200150\r"), settled(Weight::new(150, 2, WeightUnit::Pound)));
    for (status, state) in [
        // As letters: a, b, d and D.
        (0x61, State::InMotion),
        (0x62, State::OverCapacity),
        (0x64, State::UnderZero),
        (0x44, State::UnderZero),
        (0x60, State::NotReady),
        (0x70, State::NotReady),
        (0x21, State::InMotion),
        (0x01, State::InMotion),
        (0x03, State::OverCapacity),
        (0x02, State::OverCapacity),
        (0x05, State::UnderZero),
        // As a byte this status is the end of a frame.
        (0x0D, State::UnderZero),
        // And this one its beginning.
        (0x02 | 0x08, State::OverCapacity),
        (0x30, State::NotReady),
        (0x00, State::NotReady),
    ] {
        assert_eq!(weighed(TOLEDO, &[2, b'?', status, b'\r']), (state, None, None), "{status:#04x}");
    }
    // A minus is not in the protocol, and never something to sell by.
    let below = weighed(TOLEDO, b"\x02-1.234\r");
    assert_eq!((below.0, below.2), (State::UnderZero, None));
    for frame in
        [&b"\x02\r"[..], b"\x0212\r", b"\x021.2.345\r", b"\x0201 234\r", b"\x02?\xA1\r", b"\x02\xB01.234\r"]
    {
        assert_eq!(answer(TOLEDO, Request::Weigh, frame), Answer::NotIt, "{}", frame.escape_ascii());
    }
}

#[test]
fn a_toledo_says_what_became_of_a_command() {
    for (asked, status, expected) in [
        (Request::Zero, 0x10, Answer::Done { tare: None }),
        (Request::Zero, 0x14, Answer::Done { tare: None }),
        (Request::Zero, 0x01, Answer::Refused(Refusal::InMotion)),
        (Request::Zero, 0x08, Answer::Refused(Refusal::OutOfRange)),
        (Request::Tare, 0x20, Answer::Done { tare: None }),
        (Request::Tare, 0x04, Answer::Refused(Refusal::UnderZero)),
        (Request::Tare, 0x02, Answer::Refused(Refusal::OverCapacity)),
        (Request::Zero, 0x61, Answer::Refused(Refusal::InMotion)),
        (Request::Zero, 0x70, Answer::Done { tare: None }),
        (Request::Zero, 0x60, Answer::Unclear),
        (Request::ClearTare, 0x40, Answer::Unclear),
    ] {
        assert_eq!(answer(TOLEDO, asked, &[2, b'?', status, b'\r']), expected, "{asked:?} {status:#04x}");
    }
    // A weight is no answer to a command: it was asked for before.
    assert_eq!(answer(TOLEDO, Request::Zero, b"\x0201.234\r"), Answer::NotIt);
    assert_eq!(TOLEDO.request(Request::PresetTare(kg(1))), None);
}

#[test]
fn sics_has_a_word_for_everything() {
    let grams = |units, places| Weight::new(units, places, WeightUnit::Gram);
    assert_eq!(weighed(Protocol::Sics, b"S S     100.00 g\r\n"), settled(grams(10_000, 2)));
    assert_eq!(
        weighed(Protocol::Sics, b"SI S      12.50 kg\r\n"),
        settled(Weight::new(1_250, 2, WeightUnit::Kilogram))
    );
    assert_eq!(weighed(Protocol::Sics, b"S S       0.00 g\n"), settled(grams(0, 2)));
    for (line, state, shown) in [
        (&b"S D     129.07 g\r\n"[..], State::InMotion, Some("129.07 g")),
        (b"S S      -0.05 g\r\n", State::UnderZero, Some("-0.05 g")),
        (b"S D      -0.05 g\r\n", State::UnderZero, Some("-0.05 g")),
        (b"S I\r\n", State::NotReady, None),
        (b"S +\r\n", State::OverCapacity, None),
        (b"S -\r\n", State::UnderZero, None),
        // Pieces are no weight, and an error of the scale is none either.
        (b"S S        12 PCS\r\n", State::NotReady, None),
        (b"S S Error 10b\r\n", State::NotReady, None),
    ] {
        let read = weighed(Protocol::Sics, line);
        assert_eq!((read.0, read.1.as_deref(), read.2), (state, shown, None), "{}", line.escape_ascii());
    }
    let preset = Request::PresetTare(grams(1_000, 2));
    for (asked, line, expected) in [
        (Request::Zero, &b"Z A\r\n"[..], Answer::Done { tare: None }),
        (Request::Zero, b"Z I\r\n", Answer::Refused(Refusal::NotNow)),
        (Request::Zero, b"Z +\r\n", Answer::Refused(Refusal::OverCapacity)),
        (Request::Zero, b"Z -\r\n", Answer::Refused(Refusal::UnderZero)),
        (Request::Tare, b"T S     100.00 g\r\n", Answer::Done { tare: Some(grams(10_000, 2)) }),
        (Request::Tare, b"T I\r\n", Answer::Refused(Refusal::NotNow)),
        (preset, b"TA A      10.00 g\r\n", Answer::Done { tare: Some(grams(1_000, 2)) }),
        (preset, b"TA L\r\n", Answer::Refused(Refusal::OutOfRange)),
        (Request::ClearTare, b"TAC A\r\n", Answer::Done { tare: None }),
        (Request::Zero, b"ES\r\n", Answer::Refused(Refusal::NotUnderstood)),
        (Request::Zero, b"ET\r\n", Answer::Refused(Refusal::Damaged)),
        (Request::Zero, b"EL\r\n", Answer::Refused(Refusal::NotNow)),
        (Request::Zero, b"S S     100.00 g\r\n", Answer::NotIt),
        (Request::Tare, b"T A\r\n", Answer::NotIt),
        (Request::Weigh, b"I4 A \"0123456789\"\r\n", Answer::NotIt),
        (Request::Weigh, b"\r\n", Answer::NotIt),
    ] {
        assert_eq!(answer(Protocol::Sics, asked, line), expected, "{}", line.escape_ascii());
    }
    assert_eq!(sics::request(preset), b"TA 10.00 g\r\n");
}

/// Bytes with pieces of answers among them.
fn almost_right() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..8),
        3 => "[-+0-9. ]{0,12}".prop_map(String::into_bytes),
        4 => prop::sample::select(vec![
            &b"\x02"[..], b"\r", b"\r\n", b"?", b"\x02?", b"\x0201.234\r", b"S S ", b"S D ", b"S I", b"S +", b"Z A", b"T S ",
            b" kg\r\n", b" g\r\n", b"ES\r\n", b"N",
        ]).prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

const ASKED: [Request; 5] = [
    Request::Weigh,
    Request::Zero,
    Request::Tare,
    Request::PresetTare(Weight::new(1, 3, WeightUnit::Kilogram)),
    Request::ClearTare,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_weighed_is_read(units in 0..1_000_000_i64, places in 0..5_u8, cut in 0..12_usize) {
        let amount = Exact::new(units, places);
        let format = toledo::Format { unit: WeightUnit::Pound, places };
        let frame = toledo::weight_frame(amount);
        let pounds = Weight { amount, unit: WeightUnit::Pound };
        // What came before is half an answer.
        let bytes = [&frame[..cut.min(frame.len() - 1)], &frame].concat();
        let weight = frames(TOLEDO, &bytes).iter().find_map(|frame| match toledo::parse(Request::Weigh, frame, format) {
            Answer::Reading(reading) => reading.weight_to_sell(),
            _ => None,
        });
        prop_assert_eq!(weight, Some(pounds));
        for unit in [WeightUnit::Gram, WeightUnit::Kilogram, WeightUnit::Ounce] {
            let weight = Weight { amount, unit };
            let line = sics::weight_line("S", 'S', weight);
            prop_assert_eq!(weighed(Protocol::Sics, &line), settled(weight));
            let moving = sics::weight_line("S", 'D', weight);
            prop_assert_eq!(weighed(Protocol::Sics, &moving).2, None);
        }
    }

    #[test]
    fn no_bytes_break_the_codecs(any in prop::collection::vec(any::<u8>(), 0..300), almost in almost_right()) {
        for (protocol, bytes) in BOTH.into_iter().flat_map(|protocol| [(protocol, &any), (protocol, &almost)]) {
            for frame in frames(protocol, bytes) {
                prop_assert!(frame.len() <= FRAME_BYTES_MAX);
                for asked in ASKED {
                    if let Answer::Reading(reading) = protocol.parse(asked, &frame) {
                        prop_assert_eq!(asked, Request::Weigh);
                        let to_sell = reading.weight_to_sell();
                        prop_assert_eq!(to_sell.is_some(), reading.state() == State::Stable);
                        prop_assert!(to_sell.is_none_or(|weight| weight.amount.units >= 0));
                    }
                }
            }
        }
    }
}

async fn until(live: &mut watch::Receiver<Live>, wanted: impl FnMut(&Live) -> bool) -> Live {
    let seen = timeout(LIMIT, live.wait_for(wanted)).await.expect("in time");
    seen.expect("the scale is there").clone()
}

#[tokio::test(start_paused = true)]
async fn a_weight_to_sell_by_has_settled() {
    for protocol in BOTH {
        let simulator = SimulatedScale::new(Model::default());
        let scale = Scale::on_line(simulator.line(protocol), protocol, Timings::default());
        let mut live = scale.live();
        simulator.put(1_234);
        let stable = scale.read_stable(Duration::from_secs(5)).await.expect("settled");
        assert_eq!(stable.weight, kg(1_234));
        assert!(!stable.frame.bytes().is_empty());

        for (state, put, shake) in [
            (State::InMotion, 500, true),
            (State::OverCapacity, 15_001, false),
            (State::UnderZero, -5, false),
            (State::UnderZero, -5_000, false),
        ] {
            simulator.put(put);
            simulator.shake(shake);
            let seen = until(&mut live, |live| live.state() == state).await;
            assert_eq!(seen.reading.expect("a reading").weight_to_sell(), None, "{protocol:?}");
            match scale.read_stable(Duration::from_secs(2)).await {
                Err(fault @ ScaleFault::NoWeight { .. }) => assert_eq!(fault.code(), "HF-DEV-057"),
                other => panic!("{protocol:?} {put}: {other:?}"),
            }
        }

        // It settles while somebody waits.
        simulator.put(700);
        simulator.shake(true);
        let waiting = scale.read_stable(Duration::from_secs(20));
        let settling = async {
            until(&mut live, |live| live.state() == State::InMotion).await;
            simulator.shake(false);
        };
        let (stable, ()) = tokio::join!(waiting, settling);
        assert_eq!(stable.expect("settled").weight, kg(700));
    }
}

#[tokio::test(start_paused = true)]
async fn zero_and_tare_are_the_scales_own_word() {
    for protocol in BOTH {
        let simulator = SimulatedScale::new(Model::default());
        let scale = Scale::on_line(simulator.line(protocol), protocol, Timings::default());
        simulator.put(20);
        scale.zero().await.expect("near zero");
        assert_eq!(simulator.shown(), 0);
        simulator.put(1_000);
        let far = scale.zero().await.expect_err("far from zero");
        assert_eq!(far.code(), "HF-DEV-058", "{far}");
        let tare = scale.tare().await.expect("settled");
        assert!(tare.is_none_or(|tare| tare == kg(1_000)));
        simulator.put(1_500);
        assert_eq!(scale.read_stable(Duration::from_secs(5)).await.expect("net").weight, kg(500));
        simulator.shake(true);
        assert!(matches!(scale.tare().await, Err(ScaleFault::Refused { .. })));
        simulator.shake(false);
        scale.clear_tare().await.expect("no tare");
        assert_eq!(scale.read_stable(Duration::from_secs(5)).await.expect("gross").weight, kg(1_500));
        let preset = scale.preset_tare(kg(100)).await;
        match protocol {
            Protocol::Sics => {
                assert_eq!(preset.expect("a preset tare"), Some(kg(100)));
                assert_eq!(simulator.shown(), 1_400);
            }
            Protocol::Toledo(_) => {
                assert!(matches!(preset, Err(ScaleFault::Refused { refusal: Refusal::NotSupported })));
            }
        }
        simulator.misbehave(Misbehaviour::Silence);
        assert_eq!(scale.zero().await.expect_err("nobody knows").code(), "HF-DEV-059");
    }
}

#[tokio::test(start_paused = true)]
async fn a_scale_that_talks_nonsense_never_gives_a_weight() {
    for protocol in BOTH {
        for misbehaviour in [Misbehaviour::Silence, Misbehaviour::Garbage, Misbehaviour::HalfFrames] {
            let simulator = SimulatedScale::new(Model::default());
            simulator.put(1_234);
            simulator.misbehave(misbehaviour);
            let scale = Scale::on_line(simulator.line(protocol), protocol, Timings::default());
            let fault = scale.read_stable(Duration::from_secs(2)).await.expect_err("nonsense");
            assert!(
                matches!(fault.code(), "HF-DEV-057" | "HF-DEV-056"),
                "{protocol:?} {misbehaviour:?}: {fault}"
            );
            let mut live = scale.live();
            let gone = until(&mut live, |live| matches!(live.link, Link::Away { .. })).await;
            assert_eq!(gone.state(), State::NotReady);
            assert_eq!(scale.zero().await.expect_err("away").code(), "HF-DEV-056");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_the_question_before_is_no_weight_to_sell_by() {
    for protocol in BOTH {
        let simulator = SimulatedScale::new(Model::default());
        simulator.put(9_000);
        simulator.misbehave(Misbehaviour::OneBehind);
        let scale = Scale::on_line(simulator.line(protocol), protocol, Timings::default());
        let mut live = scale.live();
        until(&mut live, |live| live.state() == State::Stable).await;
        // The next goods lie there already when somebody asks, and the scale still tells the ones before once.
        simulator.put(250);
        let stable = scale.read_stable(Duration::from_secs(10)).await.expect("settled");
        assert_eq!(stable.weight, kg(250), "{protocol:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_that_nobody_waits_for_any_more_is_not_carried_out() {
    let simulator = SimulatedScale::new(Model::default());
    let scale = Scale::on_line(simulator.line(Protocol::Sics), Protocol::Sics, Timings::default());
    simulator.put(1_000);
    scale.read_stable(Duration::from_secs(5)).await.expect("settled");
    // The scale is asked for a weight and says nothing, so the command waits for its turn.
    simulator.misbehave(Misbehaviour::Silence);
    let asked = simulator.commands();
    let mut live = scale.live();
    until(&mut live, |_| simulator.commands() > asked).await;
    timeout(Duration::from_millis(1), scale.tare()).await.expect_err("it waits for its turn");
    simulator.misbehave(Misbehaviour::None);
    assert_eq!(scale.read_stable(Duration::from_secs(10)).await.expect("gross").weight, kg(1_000));
    assert_eq!(simulator.shown(), 1_000);
}

#[tokio::test]
async fn a_scale_on_the_network_is_found_again() {
    let simulator = SimulatedScale::new(Model::default());
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let listening = simulator.listen(anywhere, Protocol::Sics).await.expect("a free port");
    let address = listening.address();
    let name: ScaleAddress = format!("sics-tcp://{address}").parse().expect("an address");
    let scale = Scale::open(&name, Timings::default());
    simulator.put(42);
    assert_eq!(scale.read_stable(LIMIT).await.expect("settled").weight, kg(42));
    let mut live = scale.live();
    drop(listening);
    let away = until(&mut live, |live| matches!(live.link, Link::Away { .. })).await;
    assert_eq!(away.state(), State::NotReady);
    assert_eq!(scale.zero().await.expect_err("away").code(), "HF-DEV-056");
    let _again = simulator.listen(address, Protocol::Sics).await.expect("the port is free again");
    assert_eq!(scale.read_stable(LIMIT).await.expect("settled").weight, kg(42));
}

#[tokio::test]
async fn a_scale_on_a_serial_line_is_found_again_under_another_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    for (protocol, name) in [(TOLEDO, "toledo"), (Protocol::Sics, "sics")] {
        let path = folder.path().join(name);
        let address: ScaleAddress =
            format!("{name}-serial://{}", path.display()).parse().expect("an address");
        assert_eq!(address.protocol, protocol);
        let (first, second) = (SimulatedScale::new(Model::default()), SimulatedScale::new(Model::default()));
        first.put(1_111);
        second.put(2_222);
        let plugged = first.plug_in(&path, protocol).expect("a pair of terminals");
        let scale = Scale::open(&address, Timings::default());
        assert_eq!(scale.read_stable(LIMIT).await.expect("settled").weight, kg(1_111));

        // The path leads to another terminal although the first one still answers.
        let elsewhere = second.plug_in(&path, protocol).expect("a pair of terminals");
        assert_ne!(plugged.terminal(), elsewhere.terminal());
        let mut live = scale.live();
        until(&mut live, |live| matches!(live.link, Link::Away { .. })).await;
        assert_eq!(scale.read_stable(LIMIT).await.expect("settled").weight, kg(2_222));

        // The cable is pulled out.
        drop(elsewhere);
        until(&mut live, |live| matches!(live.link, Link::Away { .. })).await;
        let fault = scale.read_stable(Duration::from_millis(300)).await.expect_err("nobody is there");
        assert_eq!(fault.code(), "HF-DEV-056");
        let _back = first.plug_in(&path, protocol).expect("a pair of terminals");
        assert_eq!(scale.read_stable(LIMIT).await.expect("settled").weight, kg(1_111));
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_never_falls_silent_is_given_up() {
    let (line, mut far) = tokio::io::duplex(1_024);
    let scale = Scale::on_line(line, Protocol::Sics, Timings::default());
    let flood = tokio::spawn(async move { while far.write_all(b"S S       1.00 kg\r\n").await.is_ok() {} });
    let mut live = scale.live();
    until(&mut live, |live| matches!(live.link, Link::Away { .. })).await;
    flood.abort();
}

#[tokio::test(start_paused = true)]
async fn the_requests_are_those_of_the_protocols() {
    for (protocol, expected) in [(TOLEDO, &b"W"[..]), (Protocol::Sics, b"SI\r\n")] {
        let (line, mut far) = tokio::io::duplex(1_024);
        let _scale = Scale::on_line(line, protocol, Timings::default());
        let mut asked = vec![0; expected.len()];
        timeout(LIMIT, far.read_exact(&mut asked)).await.expect("in time").expect("asked");
        assert_eq!(asked, expected);
    }
}
