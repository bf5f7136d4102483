//! The ZVT driver over real lines: a TCP connection, and a pair of pseudo terminals as a serial line.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use holdfast_devices::payment::zvt::command::Password;
use holdfast_devices::payment::zvt::{Framing, Timings, ZvtAddress, ZvtConfig, ZvtTerminal};
use holdfast_devices::payment::{
    AttemptId, ErrorCondition, Outcome, PaymentDriver, Request, SaleReference, Service, Steps,
};
use holdfast_devices::simulated::zvt::{
    Auto, CardAnswer, Misbehaviour, Script, SimulatedZvt, When, ZvtSettings,
};
use holdfast_money::{Currency, Money};
use tokio::time::timeout;
use tokio_serial::{SerialPort, SerialStream};

const CONFIG: ZvtConfig = ZvtConfig { password: Password::DELIVERED, currency: Currency::EUR };
/// No test waits longer than this for anything.
const LIMIT: Duration = Duration::from_secs(30);

fn simulator() -> SimulatedZvt {
    let simulator = SimulatedZvt::new(ZvtSettings::default());
    simulator.automatic(Some(Auto { delay: Duration::from_millis(20), answer: CardAnswer::Approve }));
    simulator
}

fn request(minor: i64) -> Request {
    let sale = SaleReference::new("1-0042").expect("a reference");
    let amount = Money::from_minor(minor, Currency::EUR);
    Request { attempt: AttemptId(7), sale, service: Service::Payment { tip: None }, amount }
}

async fn pays_twice_and_is_asked(terminal: &ZvtTerminal, simulator: &SimulatedZvt) {
    for (minor, held) in [(1_250, 1_250), (300, 1_550)] {
        let mark = terminal.mark().await.expect("a mark");
        let (steps, _heard) = Steps::channel();
        let outcome = terminal.carry_out(&request(minor), &mark, &steps).await;
        assert!(
            matches!(&outcome, Outcome::Approved(approval) if approval.amount.minor() == minor),
            "{outcome:?}"
        );
        assert_eq!(simulator.holds(), held);
        let asked = terminal.ask(&request(minor), &mark).await;
        assert!(matches!(asked, Outcome::Approved(_)), "{asked:?}");
        let mark = terminal.mark().await.expect("a mark");
        let asked = terminal.ask(&request(minor), &mark).await;
        assert!(
            matches!(&asked, Outcome::Declined(no) if no.condition == ErrorCondition::NotFound),
            "{asked:?}"
        );
    }
    assert!(terminal.diagnose().await.expect("there").ready);
}

#[tokio::test]
async fn a_terminal_on_the_network() {
    let simulator = simulator();
    let listening = simulator.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
    let address: ZvtAddress = format!("zvt-tcp://{}", listening.address()).parse().expect("an address");
    let terminal = ZvtTerminal::new(&address, CONFIG, Timings::default());
    timeout(LIMIT, pays_twice_and_is_asked(&terminal, &simulator)).await.expect("in time");

    // The line is cut right after the payment was booked.
    let mark = terminal.mark().await.expect("a mark");
    let booked = simulator.book().len();
    let what = Misbehaviour::Cut;
    // Registration has four messages; the payment's result is the seventh of its own.
    simulator.follow(Some(Script { step: 10, when: When::Before, what }));
    let (steps, _heard) = Steps::channel();
    let outcome = timeout(LIMIT, terminal.carry_out(&request(99), &mark, &steps)).await.expect("in time");
    assert!(matches!(outcome, Outcome::Unresolved(_)), "{outcome:?}");
    let resolved = async {
        loop {
            let outcome = terminal.ask(&request(99), &mark).await;
            if !matches!(outcome, Outcome::Unresolved(_)) {
                return outcome;
            }
            tokio::task::yield_now().await;
        }
    };
    let outcome = timeout(LIMIT, resolved).await.expect("in time");
    assert!(matches!(outcome, Outcome::Approved(_)) == (simulator.book().len() > booked), "{outcome:?}");

    drop(listening);
    let gone = terminal.diagnose().await.expect_err("nobody listens");
    assert_eq!(gone.code(), "HF-DEV-020");
}

#[tokio::test]
async fn a_terminal_on_a_serial_line() {
    let simulator = simulator();
    let (near, mut far) = SerialStream::pair().expect("the system has pseudo terminals");
    // The driver opens the far end for each call, and a pair with one closed end reads errors at the other. So this end is
    // held open by a plain file, which is no port, does not become the controlling terminal, and is never read.
    far.set_exclusive(false).expect("the end can be shared");
    let path = far.name().expect("it has a path");
    const NO_CONTROLLING_TERMINAL: i32 = 0o400;
    let held = OpenOptions::new().read(true).custom_flags(NO_CONTROLLING_TERMINAL).open(&path);
    let _held = held.expect("the end opens a second time");
    drop(far);
    let served = tokio::spawn({
        let simulator = simulator.clone();
        async move { simulator.serve(near, Framing::Blocks).await }
    });
    let address: ZvtAddress = format!("zvt-serial://{path}?baud=115200").parse().expect("an address");
    let terminal = ZvtTerminal::new(&address, CONFIG, Timings::default());
    let paid = timeout(LIMIT, pays_twice_and_is_asked(&terminal, &simulator)).await;
    served.abort();
    paid.expect("in time");
}
