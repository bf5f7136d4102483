//! What is made of a drawer's sensor: which movements the journal is told of, and why the drawer opened. Time is an argument.
//!
//! Invariants: one movement is told at a time and the next only once it is durable; of any number of movements that came
//! meanwhile the last two at most are told, so that a sensor that flickers cannot fill the journal; one pulse explains one
//! opening.

use std::time::Duration;

use holdfast_devices::printer::PinReading;
use holdfast_domain::drawer::{DrawerMovement, OpeningCause};
use tokio::time::Instant;

/// How long after a pulse an opening is still its doing: a spring and a sensor take a moment.
const PULSE_EXPLAINS: Duration = Duration::from_secs(5);

/// The sensor of one drawer.
#[derive(Debug)]
pub(super) struct Sensor {
    open_is_high: bool,
    reading: PinReading,
    /// How the drawer stood when it was told or found last; none while nobody hears the sensor.
    told: Option<bool>,
    /// The changes that were counted then.
    told_changes: u64,
    /// Nobody heard the sensor before, so nobody knows when and why it opened.
    unwatched: bool,
    telling: Option<(DrawerMovement, bool)>,
    /// Pulses that are on their way.
    pulses: u32,
    /// Until when the last pulse explains an opening.
    explained_until: Option<Instant>,
}

impl Sensor {
    pub fn new(open_is_high: bool) -> Self {
        Self {
            open_is_high,
            reading: PinReading::default(),
            told: None,
            told_changes: 0,
            unwatched: true,
            telling: None,
            pulses: 0,
            explained_until: None,
        }
    }

    pub fn pulse_leaves(&mut self) {
        self.pulses += 1;
    }

    /// The printer has given the pulse, or may have.
    pub fn pulse_given(&mut self, now: Instant) {
        self.pulses = self.pulses.saturating_sub(1);
        self.explained_until = Some(now + PULSE_EXPLAINS);
    }

    /// No pulse left.
    pub fn pulse_failed(&mut self) {
        self.pulses = self.pulses.saturating_sub(1);
    }

    pub fn reads(&mut self, reading: PinReading) {
        self.reading = reading;
        if reading.high.is_none() {
            self.told = None;
            self.unwatched = true;
        }
    }

    /// What the journal is to be told now; nothing while it is told something.
    pub fn next(&mut self, now: Instant) -> Option<DrawerMovement> {
        let high = self.reading.high?;
        if self.telling.is_some() {
            return None;
        }
        let open = high == self.open_is_high;
        let missed = self.reading.changes != self.told_changes;
        let moves_to = match self.told {
            Some(told) if told != open => open,
            // There and back again: the way there first.
            Some(_) if missed => !open,
            Some(_) => return None,
            None => open,
        };
        if moves_to == open {
            self.told_changes = self.reading.changes;
        }
        let movement =
            if moves_to { DrawerMovement::Opened { cause: self.why(now) } } else { DrawerMovement::Closed };
        self.unwatched = false;
        self.telling = Some((movement, moves_to));
        Some(movement)
    }

    fn why(&mut self, now: Instant) -> OpeningCause {
        if self.unwatched {
            return OpeningCause::Unwatched;
        }
        let explained = self.explained_until.take().is_some_and(|until| now <= until);
        if explained || self.pulses > 0 { OpeningCause::Asked } else { OpeningCause::Unasked }
    }

    /// The journal has it, or knew it already.
    pub fn told(&mut self) {
        if let Some((_, stands)) = self.telling.take()
            && self.reading.high.is_some()
        {
            self.told = Some(stands);
        }
    }

    /// The journal could not take it: it is told the same again.
    pub fn still_to_tell(&self) -> Option<DrawerMovement> {
        self.telling.map(|(movement, _)| movement)
    }

    /// Whether the drawer stands open, as far as anybody hears.
    pub fn stands_open(&self) -> Option<bool> {
        self.reading.high.map(|high| high == self.open_is_high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: DrawerMovement = DrawerMovement::Opened { cause: OpeningCause::Asked };
    const UNASKED: DrawerMovement = DrawerMovement::Opened { cause: OpeningCause::Unasked };
    const UNWATCHED: DrawerMovement = DrawerMovement::Opened { cause: OpeningCause::Unwatched };

    fn reading(high: bool, changes: u64) -> PinReading {
        PinReading { high: Some(high), changes }
    }

    fn tells(sensor: &mut Sensor, now: Instant) -> Vec<DrawerMovement> {
        let mut told = Vec::new();
        while let Some(movement) = sensor.next(now) {
            assert_eq!(sensor.next(now), None, "one at a time");
            assert_eq!(sensor.still_to_tell(), Some(movement), "the same again");
            sensor.told();
            told.push(movement);
        }
        told
    }

    #[test]
    fn a_pulse_explains_one_opening_and_not_for_long() {
        let now = Instant::now();
        let mut sensor = Sensor::new(true);
        sensor.reads(reading(false, 0));
        assert_eq!(tells(&mut sensor, now), [DrawerMovement::Closed], "how it was found");
        sensor.pulse_leaves();
        sensor.reads(reading(true, 1));
        assert_eq!(tells(&mut sensor, now), [ASKED], "the drawer is faster than the printer's word");
        sensor.pulse_given(now);
        sensor.reads(reading(false, 2));
        assert_eq!(tells(&mut sensor, now), [DrawerMovement::Closed]);
        let late = now + PULSE_EXPLAINS + Duration::from_millis(1);
        sensor.reads(reading(true, 3));
        assert_eq!(tells(&mut sensor, late), [UNASKED]);
        sensor.reads(reading(false, 4));
        tells(&mut sensor, late);
        sensor.pulse_leaves();
        sensor.pulse_given(late);
        sensor.reads(reading(true, 5));
        assert_eq!(tells(&mut sensor, late), [ASKED]);
        sensor.reads(reading(false, 6));
        sensor.reads(reading(true, 7));
        assert_eq!(tells(&mut sensor, late), [DrawerMovement::Closed, UNASKED], "the pulse is used up");
        sensor.reads(reading(false, 8));
        tells(&mut sensor, late);
        sensor.pulse_leaves();
        sensor.pulse_failed();
        sensor.reads(reading(true, 9));
        assert_eq!(tells(&mut sensor, late), [UNASKED]);
    }

    #[test]
    fn what_nobody_watched_is_said_to_be_so_and_a_flicker_is_told_in_two() {
        let now = Instant::now();
        let mut sensor = Sensor::new(false);
        sensor.reads(reading(false, 0));
        assert_eq!(tells(&mut sensor, now), [UNWATCHED], "low is open here");
        sensor.reads(PinReading { high: None, changes: 0 });
        assert_eq!((tells(&mut sensor, now), sensor.stands_open()), (vec![], None));
        sensor.reads(reading(false, 0));
        assert_eq!(tells(&mut sensor, now), [UNWATCHED], "and the journal says that it knows");
        sensor.reads(reading(true, 1_001));
        assert_eq!(tells(&mut sensor, now), [DrawerMovement::Closed]);
        sensor.reads(reading(true, 5_001));
        assert_eq!(tells(&mut sensor, now), [UNASKED, DrawerMovement::Closed]);
    }
}
