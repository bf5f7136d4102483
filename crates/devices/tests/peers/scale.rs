//! mt-sics-emulator is a scale for the driver.

use std::time::Duration;

use holdfast_devices::exact::{Weight, WeightUnit};
use holdfast_devices::scale::{Link, Refusal, Scale, ScaleAddress, ScaleFault, State, Timings};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::{LIMIT, Peer, python};

/// A scale of 35 kg in steps of 5 g. What lies on it comes through its input, one weight a line, with a word when it moves.
const SCALE: &str = r#"
import asyncio, sys
from mtsics.core.state import ScaleState
from mtsics.profiles import load
from mtsics.protocol.engine import MTSICSEngine
from mtsics.transport.tcp import TCPConfig, TCPTransport

async def main():
    state = ScaleState(config=load("ohaus-ranger7000"))
    transport = TCPTransport(MTSICSEngine(state), TCPConfig(host="127.0.0.1", port=0))
    await transport.start()
    print(transport.address[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := (await loop.run_in_executor(None, sys.stdin.readline)):
        words = line.split()
        state.set_weight(float(words[0]), stable=len(words) == 1)
        print("set", flush=True)

asyncio.run(main())
"#;

impl Peer {
    async fn put(&mut self, what: &str) {
        self.input.write_all(format!("{what}\n").as_bytes()).await.expect("it reads");
        assert_eq!(self.line().await, "set");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_that_others_wrote_is_weighed_with() {
    let Some(python) = python() else { return };
    let kg = |units| Weight::new(units, 3, WeightUnit::Kilogram);
    let mut other = Peer::start(Command::new(&python).args(["-c", SCALE])).await;
    let address: ScaleAddress = format!("sics-tcp://127.0.0.1:{}", other.port).parse().expect("an address");
    let scale = Scale::open(&address, Timings::default());
    let mut live = scale.live();
    let stable = async || scale.read_stable(LIMIT).await.map(|stable| stable.weight);
    assert_eq!(stable().await.expect("settled"), kg(0));
    for units in [5, 1_250, 34_995] {
        other.put(&format!("{}.{:03}", units / 1_000, units % 1_000)).await;
        assert_eq!(stable().await.expect("settled"), kg(units));
    }
    other.put("1.250 moving").await;
    let moving = live.wait_for(|live| live.state() == State::InMotion);
    timeout(LIMIT, moving).await.expect("in time").expect("it is there");
    let fault = scale.read_stable(Duration::from_millis(300)).await.expect_err("it moves");
    assert!(matches!(fault, ScaleFault::NoWeight { .. }), "{fault}");
    let fault = scale.tare().await.expect_err("it moves");
    assert!(matches!(fault, ScaleFault::Refused { refusal: Refusal::NotNow }), "{fault}");

    other.put("0.200").await;
    assert_eq!(scale.tare().await.expect("a bowl"), Some(kg(200)));
    other.put("1.450").await;
    assert_eq!(stable().await.expect("net"), kg(1_250));
    scale.clear_tare().await.expect("no bowl");
    assert_eq!(stable().await.expect("gross"), kg(1_450));
    // It has another word for this one, and says so.
    let fault = scale.preset_tare(kg(100)).await.expect_err("not in its book");
    assert!(matches!(fault, ScaleFault::Refused { refusal: Refusal::NotUnderstood }), "{fault}");

    other.put("50.000").await;
    let over = live.wait_for(|live| live.state() == State::OverCapacity);
    timeout(LIMIT, over).await.expect("in time").expect("it is there");
    drop(other);
    let away = live.wait_for(|live| matches!(live.link, Link::Away { .. }));
    timeout(LIMIT, away).await.expect("in time").expect("it says so");
}
