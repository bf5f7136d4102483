//! The codes of what is not decided: requests that never reach the rules of the shop, or that they could not answer.

/// Over [`crate::message::REQUEST_BYTES_MAX`].
pub const TOO_LARGE: &str = "HF-CMD-001";
/// Not the JSON of a request.
pub const MALFORMED: &str = "HF-CMD-002";
/// The command's id came before with other bytes.
pub const ID_REUSED: &str = "HF-CMD-003";
/// Overload: the same bytes again later.
pub const BUSY: &str = "HF-CMD-004";
/// A stored record that answers nothing.
pub const NO_ANSWER: &str = "HF-CMD-005";
/// A panic while deciding, contained.
pub const INTERNAL_FAULT: &str = "HF-CMD-006";
/// The disk is nearly full: the same bytes again later.
pub const NO_ROOM: &str = "HF-CMD-007";
/// A card's number in a text: neither decided nor kept.
pub const CARD_NUMBER: &str = "HF-CMD-308";

/// Every code of this crate with its meaning; `docs/errors` has a page for each.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-CMD-001", "a request is too large"),
    ("HF-CMD-002", "a request is not valid"),
    ("HF-CMD-003", "a command id was used with another body"),
    ("HF-CMD-004", "the hub is busy"),
    ("HF-CMD-005", "a record has no answer"),
    ("HF-CMD-006", "a fault inside the hub"),
    ("HF-CMD-007", "the hub's disk is nearly full and new work waits"),
    ("HF-CMD-308", "a text looks like a card's number"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_with_its_meaning() {
        let codes = [TOO_LARGE, MALFORMED, ID_REUSED, BUSY, NO_ANSWER, INTERNAL_FAULT, NO_ROOM, CARD_NUMBER];
        assert_eq!(ERROR_CODES.iter().map(|(code, _)| *code).collect::<Vec<_>>(), codes);
        assert!(ERROR_CODES.iter().all(|(_, meaning)| meaning.len() > 10));
    }
}
