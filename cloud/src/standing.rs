//! How a store stands, from what the database knows and the time now. Pure.

use crate::model::{Alarm, ControlState, LineRow, StoreOverview, StoreStatus};

/// A hub beats every five seconds; after this long without a sign it counts as silent, in milliseconds.
pub const SILENT_AFTER_MS: i64 = 20_000;
/// A clock that is off by more than this is shown, in milliseconds.
pub const CLOCK_OFFSET_MAX_MS: i64 = 60_000;
/// A hub that was replaced and still calls is shown for this long, in milliseconds.
const FENCED_SHOWN_MS: i64 = 24 * 3_600_000;

/// Derives status, freshness and alarms.
pub fn standing(line: LineRow, now_ms: i64) -> StoreOverview {
    let contact = line.contact.as_ref();
    let heard = contact.is_some_and(|contact| now_ms - contact.seen_at_ms <= SILENT_AFTER_MS);
    // The hub's word counts only for the epoch that the cloud has as the newest.
    let told = contact.filter(|contact| line.epoch.as_deref() == Some(&contact.epoch));
    let complete = told.is_some_and(|contact| contact.head_seq <= line.acked_through);
    let status = match (line.claimed, heard) {
        (false, _) => StoreStatus::Unclaimed,
        (true, false) => StoreStatus::Silent,
        (true, true) if complete => StoreStatus::Live,
        (true, true) => StoreStatus::CatchingUp,
    };
    let data_as_of_ms = match told {
        Some(contact) if complete => Some(contact.seen_at_ms),
        _ => line.last_recorded_at_ms,
    };
    let alarms = alarms(&line, now_ms);
    StoreOverview {
        status,
        data_as_of_ms,
        lag_ms: data_as_of_ms.map(|as_of| (now_ms - as_of).max(0)),
        seen_at_ms: contact.map(|contact| contact.seen_at_ms),
        acked_through: line.acked_through,
        epoch_order: line.epoch_order,
        backlog: told.map_or(0, |contact| (contact.head_seq - line.acked_through).max(0)),
        tills_up: contact.map_or(0, |contact| contact.tills_up),
        tills_known: contact.map_or(0, |contact| contact.tills_known),
        clock_offset_ms: contact.map_or(0, |contact| contact.clock_offset_ms),
        software: contact.map_or_else(String::new, |contact| contact.software.clone()),
        alarms,
        store: line.store,
    }
}

fn alarms(line: &LineRow, now_ms: i64) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    let mut alarm = |code: &str, message: String| alarms.push(Alarm { code: code.to_owned(), message });
    if line.forked {
        let code = holdfast_replication::codes::FORK;
        alarm(code, "two histories continue from one record; both are kept and counted".to_owned());
    }
    if line.fenced_at_ms.is_some_and(|at| now_ms - at <= FENCED_SHOWN_MS) {
        let code = holdfast_replication::codes::FENCED;
        alarm(code, "a hub that was replaced still calls; its sales do not arrive here".to_owned());
    }
    if line.quarantined > 0 {
        alarm(
            "HF-CLD-041",
            format!("{} records could not be understood and are kept aside", line.quarantined),
        );
    }
    if line.heads_differing > 0 {
        let message = format!("{} signed heads of a hub differ from the journal here", line.heads_differing);
        alarm("HF-CLD-044", message);
    }
    if let Some(contact) = &line.contact {
        if contact.control_state == ControlState::Mismatch {
            alarm("HF-CLD-042", "the store's own sums differ from the sums here".to_owned());
        }
        if contact.clock_offset_ms.abs() > CLOCK_OFFSET_MAX_MS {
            let seconds = contact.clock_offset_ms / 1_000;
            alarm("HF-CLD-043", format!("the hub's clock is off by {seconds} s"));
        }
    }
    alarms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ContactRow, StoreRow};

    fn line() -> LineRow {
        let store = StoreRow {
            store: "s".into(),
            name: "Wien".into(),
            currency: "EUR".into(),
            time_zone: "Europe/Vienna".into(),
            cut_over_minutes: 240,
            prices_include_tax: true,
            legal_name: "x".into(),
            address: "x".into(),
            tax_id: "x".into(),
        };
        let contact = ContactRow {
            seen_at_ms: 100_000,
            epoch: "e".into(),
            head_seq: 10,
            backlog: 0,
            oldest_unsent_ms: None,
            tills_up: 2,
            tills_known: 3,
            clock_offset_ms: 0,
            software: "0.1.0".into(),
            control: None,
            control_state: ControlState::Agreed,
        };
        LineRow {
            store,
            claimed: true,
            epoch_order: 1,
            epoch: Some("e".into()),
            acked_through: 10,
            last_recorded_at_ms: Some(90_000),
            forked: false,
            quarantined: 0,
            heads_differing: 0,
            fenced_at_ms: None,
            contact: Some(contact),
        }
    }

    #[test]
    fn nothing_shows_live_while_something_waits() {
        let live = standing(line(), 101_000);
        assert_eq!(
            (live.status, live.data_as_of_ms, live.lag_ms),
            (StoreStatus::Live, Some(100_000), Some(1_000))
        );

        let mut behind = line();
        behind.acked_through = 7;
        let behind = standing(behind, 101_000);
        assert_eq!((behind.status, behind.data_as_of_ms), (StoreStatus::CatchingUp, Some(90_000)));
        assert_eq!(behind.backlog, 3);

        let silent = standing(line(), 100_000 + SILENT_AFTER_MS + 1);
        assert_eq!((silent.status, silent.data_as_of_ms), (StoreStatus::Silent, Some(100_000)));

        let mut other_epoch = line();
        other_epoch.epoch = Some("newer".into());
        assert_eq!(
            standing(other_epoch, 101_000).status,
            StoreStatus::CatchingUp,
            "the word of another epoch"
        );

        let unclaimed =
            LineRow { claimed: false, contact: None, epoch: None, last_recorded_at_ms: None, ..line() };
        let unclaimed = standing(unclaimed, 101_000);
        assert_eq!((unclaimed.status, unclaimed.data_as_of_ms), (StoreStatus::Unclaimed, None));
    }

    #[test]
    fn every_doubt_is_an_alarm_with_a_code() {
        let mut line = line();
        line.forked = true;
        line.fenced_at_ms = Some(99_000);
        line.quarantined = 2;
        line.heads_differing = 1;
        let contact = line.contact.as_mut().unwrap();
        contact.control_state = ControlState::Mismatch;
        contact.clock_offset_ms = -61_000;
        let codes: Vec<String> = standing(line, 101_000).alarms.into_iter().map(|alarm| alarm.code).collect();
        assert_eq!(
            codes,
            ["HF-UPL-003", "HF-UPL-005", "HF-CLD-041", "HF-CLD-044", "HF-CLD-042", "HF-CLD-043"]
        );
    }
}
