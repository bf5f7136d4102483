//! Conversations with real ZVT terminals that others recorded: every message is whole, and what a result says is read whatever
//! fields stand in front of it.

use holdfast_devices::payment::zvt::apdu::Apdu;
use holdfast_devices::payment::zvt::command::Command;
use holdfast_devices::payment::zvt::message::Message;
use holdfast_devices::payment::zvt::result_code::ResultCode;

use crate::installed;

/// What a terminal says that a payment is about: status, end, end without success, texts for the screen, paper.
const SAID: [(u8, u8); 5] = [(0x04, 0x0F), (0x06, 0x0F), (0x06, 0x1E), (0x04, 0xFF), (0x06, 0xD3)];

#[test]
fn what_real_terminals_said_is_read() {
    let Some(folder) = installed("captures") else { return };
    let (mut all, mut said, mut asked, mut results) = (0, 0, 0, Vec::new());
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("a file").path();
        let bytes = std::fs::read(&path).expect("the recording");
        let (apdu, taken) = Apdu::decode(&bytes).unwrap_or_else(|| panic!("{} is cut", path.display()));
        assert_eq!(taken, bytes.len(), "{} is one message", path.display());
        all += 1;
        asked += usize::from(Command::parse(&apdu).is_some());
        if !SAID.contains(&apdu.control()) {
            continue;
        }
        said += 1;
        let message = Message::parse(&apdu).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let shown = format!("{message:?}");
        assert!(!holdfast_pan::holds_pan(&shown), "{}: {shown}", path.display());
        if let Message::Status(status) = &message {
            assert!(status.unread.is_none(), "{}: {shown}", path.display());
            results.push((status.result, status.amount, status.card.last_four.map(|four| four.to_string())));
        }
    }
    println!("{all} messages, {said} of what payments are about, {asked} commands, results {results:?}");
    assert!(all >= 20 && said >= 12 && asked >= 1, "{all} messages, {said}, {asked}");
    assert!(results.iter().any(|(result, amount, _)| *result == Some(ResultCode::DONE) && amount.is_some()));
    assert!(results.iter().all(|(result, ..)| result.is_some()), "{results:?}");
}
