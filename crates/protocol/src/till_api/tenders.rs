//! What can take money now, for a till that asks before its customer is asked: each device in a word and in plain words, and
//! what to take instead.

use holdfast_domain::State;
use holdfast_domain::attempt::{AttemptStanding, PaymentDevice, Turn};
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::exposure::Acquirer;
use holdfast_domain::ids::TerminalId;
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::tender::TenderClass;
use holdfast_money::Money;
use serde::{Deserialize, Serialize};

use super::ExposureView;
use crate::wire::plain;

/// GET, with the till's credential: what can take money now.
pub const TENDERS_PATH: &str = "/api/v1/till/tenders";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TendersPage {
    /// The journal sequence that it is true at. How devices are is as they were seen last.
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    /// The till's own first, then what all tills share, then others'.
    pub devices: Vec<TenderDevice>,
    /// What is taken by hand and needs no device, in the order of the store's list.
    #[serde(with = "plain")]
    pub by_hand: Vec<TenderCode>,
    /// None before the store is configured.
    pub exposure: Option<ExposureView>,
}

/// One device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenderDevice {
    #[serde(with = "plain")]
    pub device: DeviceName,
    #[serde(with = "plain")]
    pub tender: TenderCode,
    pub of: DeviceOf,
    pub state: DeviceState,
    /// When it was looked at last; none for never.
    #[serde(with = "plain")]
    pub looked_at: Option<Timestamp>,
    /// The state for people.
    pub text: String,
    /// What takes the same tender now, where this one does not.
    #[serde(with = "plain")]
    pub instead: Option<DeviceName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceOf {
    ThisTill,
    AllTills,
    OtherTills,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DeviceState {
    /// As far as anybody knows.
    Ready,
    /// It does not reach its bank and approves by itself, so much at most; none where the store has no limits.
    WithoutBank {
        #[serde(with = "plain")]
        left: Option<Money>,
    },
    /// A limit of the store is reached for what it approves by itself.
    LimitReached {
        #[serde(with = "plain")]
        outstanding: Money,
    },
    Busy {
        till: u16,
    },
    /// Nobody knows what became of its last payment.
    InDoubt {
        till: u16,
    },
    EndsItsDay,
    NotReachable {
        #[serde(with = "plain")]
        since: Timestamp,
        code: String,
    },
    /// It works through the store's way to the outside, and there is none.
    NoWan {
        #[serde(with = "plain")]
        since: Timestamp,
    },
    GatewayRests {
        #[serde(with = "plain")]
        seconds: u64,
    },
    /// In its own words.
    NotReady {
        says: String,
    },
}

/// What is known of a device beside the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSeen {
    pub looked_at: Option<Timestamp>,
    pub was: DeviceWas,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceWas {
    Ready,
    OutOfReach { since: Timestamp, code: String, needs_wan: bool },
    NotReady { says: String },
    Rests { seconds: u64 },
}

impl DeviceState {
    /// Whether a payment can begin there.
    pub fn takes_money(&self) -> bool {
        matches!(self, Self::Ready | Self::WithoutBank { .. })
    }

    fn text(&self) -> String {
        match self {
            Self::Ready => "ready".to_owned(),
            Self::WithoutBank { left: Some(left) } => {
                format!("does not reach its bank; it approves by itself, {left} at most")
            }
            Self::WithoutBank { left: None } => "does not reach its bank and approves by itself".to_owned(),
            Self::LimitReached { outstanding } => format!(
                "does not reach its bank, and no more may be approved without one: {outstanding} is outstanding"
            ),
            Self::Busy { till } => format!("in use by till {till}"),
            Self::InDoubt { till } => format!("nobody knows what became of the last payment of till {till}"),
            Self::EndsItsDay => "ends its day".to_owned(),
            Self::NotReachable { since, code } => format!("cannot be reached since {since} ({code})"),
            Self::NoWan { since } => format!("needs the internet, and there is none since {since}"),
            Self::GatewayRests { seconds } => {
                format!("its service does not answer and is left alone for {seconds} s")
            }
            Self::NotReady { says } => format!("takes nothing now: {says}"),
        }
    }
}

impl TendersPage {
    /// `seen` says how a device is; `online` whether the store reaches the outside.
    pub fn of(
        state: &State,
        as_of_seq: u64,
        terminal: TerminalId,
        now: Timestamp,
        online: bool,
        seen: impl Fn(&DeviceName) -> DeviceSeen,
    ) -> Self {
        let till = state.tills.get(&terminal).map(|till| till.number);
        let mut devices: Vec<TenderDevice> = state
            .devices
            .iter()
            .map(|device| {
                let seen = seen(&device.name);
                let now_is = device_state(state, device, now, online, &seen);
                TenderDevice {
                    device: device.name.clone(),
                    tender: device.tender.clone(),
                    of: owner(device, till),
                    text: now_is.text(),
                    state: now_is,
                    looked_at: seen.looked_at,
                    instead: None,
                }
            })
            .collect();
        devices.sort_by_key(|device| device.of);
        for index in 0..devices.len() {
            if !devices[index].state.takes_money() {
                let same = |other: &&TenderDevice| {
                    other.tender == devices[index].tender && other.state.takes_money()
                };
                devices[index].instead = devices.iter().find(same).map(|other| other.device.clone());
            }
        }
        let by_hand = state.tender_types().into_iter().filter(|of| of.class != TenderClass::Electronic);
        Self {
            as_of_seq,
            devices,
            by_hand: by_hand.map(|of| of.code).collect(),
            exposure: ExposureView::of(state, now),
        }
    }
}

fn owner(device: &PaymentDevice, till: Option<TillNumber>) -> DeviceOf {
    match till {
        _ if device.tills.is_empty() => DeviceOf::AllTills,
        Some(till) if device.tills.contains(&till) => DeviceOf::ThisTill,
        _ => DeviceOf::OtherTills,
    }
}

fn device_state(
    state: &State,
    device: &PaymentDevice,
    now: Timestamp,
    online: bool,
    seen: &DeviceSeen,
) -> DeviceState {
    let day = state.device_days.get(&device.name);
    if day.is_some_and(|day| day.asked.is_some()) {
        return DeviceState::EndsItsDay;
    }
    let at_it = state.attempts.values().find(|one| one.device == device.name && one.occupies_device());
    if let Some(attempt) = at_it.filter(|_| device.turn == Turn::OneAtATime) {
        let till = state.tills.get(&attempt.stamp.terminal).map_or(0, |till| till.number.0);
        return match attempt.standing {
            AttemptStanding::InDoubt { .. } => DeviceState::InDoubt { till },
            _ => DeviceState::Busy { till },
        };
    }
    match &seen.was {
        DeviceWas::Rests { seconds } => DeviceState::GatewayRests { seconds: *seconds },
        DeviceWas::OutOfReach { since, needs_wan: true, .. } if !online => {
            DeviceState::NoWan { since: *since }
        }
        DeviceWas::OutOfReach { since, code, .. } => {
            DeviceState::NotReachable { since: *since, code: code.clone() }
        }
        DeviceWas::NotReady { says } => DeviceState::NotReady { says: says.clone() },
        DeviceWas::Ready => match day.map(|day| day.acquirer) {
            Some(Acquirer::NotReached) => without_bank(state, now),
            Some(Acquirer::Reached) | None => DeviceState::Ready,
        },
    }
}

fn without_bank(state: &State, now: Timestamp) -> DeviceState {
    match (state.offline_left(now), state.profile.as_ref()) {
        (Some(left), Some(profile)) if !left.is_positive() => {
            let outstanding = state.exposure(profile.currency, 1, now).outstanding;
            DeviceState::LimitReached { outstanding }
        }
        (left, _) => DeviceState::WithoutBank { left },
    }
}
