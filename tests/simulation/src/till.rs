//! A till: the real outbox on a disk of its own, and the loop around it that sends, waits, sends again, offers and keeps.
//!
//! The loop follows the till client's rules: one request on its way at a time; what an earlier hub acknowledged is offered
//! to a newer one first; the same bytes are sent until the hub's own reply is on the till's disk.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast_domain::ids::{CommandId, EpochId, Uuid};
use holdfast_journal::{CommitMode, Options, Retention};
use holdfast_planted::{Bug, is_planted};
use holdfast_protocol::chain_hash;
use holdfast_protocol::message::{Answer, OfferMessage, Reply, Request, StatusMessage};
use holdfast_terminal::TillError;
use holdfast_terminal::dice::Dice;
use holdfast_terminal::outbox::{Asked, Outbox};
use tokio::time::{Instant, sleep_until};

use crate::network::{FRAME_BYTES_MAX, Frame, Mouth};
use crate::world::{HUB_HOST, How, Want, World};

const HELLO_EVERY: Duration = Duration::from_millis(400);
/// A hub that says nothing for so long is gone.
const SILENCE_MAX: Duration = Duration::from_millis(5_000);
const RESEND_AFTER_MS: u64 = 500;
const RESEND_CAP_MS: u64 = 3_000;
/// How often one record is offered before offers pause and trade goes on.
const OFFER_ATTEMPTS_MAX: u32 = 40;
const OFFER_PAUSE: Duration = Duration::from_secs(60);
const OFFER_BASE_MS: u64 = 200;
const OFFER_CAP_MS: u64 = 5_000;

/// The outbox's options: as the till's own, smaller, committed by whoever calls.
pub fn outbox_options() -> Options {
    Options {
        segment_bytes: 128 << 10,
        record_bytes_max: 24 << 10,
        group_bytes_max: 32 << 10,
        retention: Retention::Prunable,
        commit: CommitMode::Manual,
        // A till's process ends here; the loop ends with the error.
        on_fatal: |_| {},
        ..Options::new(PathBuf::from("/outbox"), chain_hash)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Request,
    Secret,
    Misuse,
    Offer,
}

struct Flight {
    id: CommandId,
    bytes: Bytes,
    kind: Kind,
    sent: u32,
    retries: u32,
    next: Instant,
}

struct Engine {
    world: Arc<World>,
    n: usize,
    mouth: Mouth,
    outbox: Outbox,
    dice: Dice,
    /// The session that was asked for, and whether the hub has welcomed it.
    session: u64,
    welcomed: bool,
    /// The history that the hub of this session writes.
    history: u32,
    hub: Option<EpochId>,
    hello_at: Instant,
    heard_at: Instant,
    queue: VecDeque<(CommandId, Option<Bytes>, Kind)>,
    flight: Option<Flight>,
    set_aside: BTreeSet<CommandId>,
    offers_paused: Option<Instant>,
}

/// The till's machine.
///
/// # Errors
/// When the simulation ends.
pub async fn run(world: Arc<World>, n: usize, seed: u64) -> turmoil::Result {
    let disk = world.till(n).disk.clone();
    let outbox = match Outbox::open_with(outbox_options(), Arc::new(disk)) {
        Ok(outbox) => outbox,
        Err(error) => {
            stop(&world, n, &error);
            return Ok(());
        }
    };
    show_what_was_kept(&world, n, &outbox);
    for id in &world.till(n).sent {
        let held = outbox.index().is_waiting(*id) || outbox.index().kept(*id).is_some();
        if !held && !world.model().is_told(*id) {
            world.violated("P1", format!("till {n} has sent {id} and does not know of it any more"));
        }
    }
    let mut dice = Dice::new(seed);
    let queue = outbox.index().waiting().map(|id| (id, None, Kind::Request)).collect();
    let (session, now) = (dice.throw(), Instant::now());
    world.note(|| format!("till {n} starts, {} wait", outbox.index().waiting().len()));
    let mouth = Mouth::open(Arc::clone(&world)).await?;
    let mut engine = Engine {
        world: Arc::clone(&world),
        n,
        mouth,
        outbox,
        dice,
        session,
        welcomed: false,
        history: 0,
        hub: None,
        hello_at: now,
        heard_at: now,
        queue,
        flight: None,
        set_aside: BTreeSet::new(),
        offers_paused: None,
    };
    if let Err(error) = engine.serve().await {
        stop(&world, n, &error);
    }
    Ok(())
}

/// An answer that reached the disk just before the process ended is shown now.
fn show_what_was_kept(world: &World, n: usize, outbox: &Outbox) {
    let untold = world.model().untold(n);
    for id in untold {
        let Ok(Some(reply)) = outbox.kept_reply(id) else { continue };
        let bytes = serde_json::to_vec(&reply).expect("a reply has a JSON form").into();
        // Which history gave it nobody knows any more.
        let history = u32::MAX;
        let told = world.model().told(n, &reply, &bytes, history);
        if let Err(what) = told {
            world.violated("P2", what);
        }
    }
}

fn stop(world: &World, n: usize, error: &TillError) {
    world.note(|| format!("till {n} stops: {error}"));
    world.till(n).stopped = true;
}

impl Engine {
    async fn serve(&mut self) -> Result<(), TillError> {
        let mut buffer = vec![0; FRAME_BYTES_MAX];
        let (world, mouth) = (Arc::clone(&self.world), self.mouth.clone());
        loop {
            let next = self.next();
            tokio::select! {
                heard = mouth.hear(&mut buffer) => match heard {
                    Ok((Some(frame), _)) => self.frame(frame)?,
                    Ok((None, _)) => {}
                    Err(_) => return Err(TillError::Closed),
                },
                () = world.till_bells[self.n].notified() => {}
                () = sleep_until(next) => self.due(),
            }
            self.take_desk()?;
            self.advance()?;
            self.tell();
        }
    }

    fn next(&self) -> Instant {
        let quiet = self.heard_at + SILENCE_MAX;
        if !self.welcomed {
            return self.hello_at;
        }
        let flight = self.flight.as_ref().map(|flight| flight.next);
        let paused = self.offers_paused.filter(|_| self.flight.is_none());
        [Some(quiet), flight, paused].into_iter().flatten().min().unwrap_or(quiet)
    }

    fn due(&mut self) {
        let now = Instant::now();
        if !self.welcomed {
            if self.hello_at <= now {
                self.hello_at = now + HELLO_EVERY;
                self.mouth.say(HUB_HOST, &Frame::Hello { session: self.session });
            }
            return;
        }
        if self.heard_at + SILENCE_MAX <= now {
            self.lose("silence");
            return;
        }
        if self.flight.as_ref().is_some_and(|flight| flight.next <= now) {
            self.transmit();
        }
        if self.offers_paused.is_some_and(|until| until <= now) {
            self.offers_paused = None;
        }
    }

    /// The connection is gone; the next one is another session.
    fn lose(&mut self, why: &str) {
        self.world.note(|| format!("till {} loses the hub: {why}", self.n));
        self.session = self.dice.throw();
        self.welcomed = false;
        self.hub = None;
        self.hello_at = Instant::now();
        if let Some(flight) = self.flight.take()
            && flight.kind != Kind::Offer
        {
            self.queue.push_front((flight.id, Some(flight.bytes), flight.kind));
        }
    }

    fn frame(&mut self, frame: Frame) -> Result<(), TillError> {
        match frame {
            Frame::Welcome { session, payload } if session == self.session => {
                self.heard_at = Instant::now();
                self.welcomed = true;
                self.history = payload.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            }
            Frame::Bye { session } if session == self.session && self.welcomed => {
                self.lose("unknown session")
            }
            Frame::Status { session, payload } if session == self.session && self.welcomed => {
                self.heard_at = Instant::now();
                return self.status(&payload);
            }
            Frame::Reply { session, payload } if session == self.session && self.welcomed => {
                self.heard_at = Instant::now();
                return self.reply(&payload);
            }
            _ => {}
        }
        Ok(())
    }

    fn status(&mut self, payload: &[u8]) -> Result<(), TillError> {
        let Ok(status) = serde_json::from_slice::<StatusMessage>(payload) else { return Ok(()) };
        if self.hub != Some(status.epoch) {
            self.hub = Some(status.epoch);
            self.set_aside.clear();
            self.offers_paused = None;
        }
        let (epoch, seq) = (status.epoch, status.headquarters_seq);
        if self.outbox.index().covered_by(epoch, seq) > 0 {
            self.outbox.cover(epoch, seq)?;
        }
        Ok(())
    }

    /// Takes what the clerk wants, and what is to arrive once more.
    fn take_desk(&mut self) -> Result<(), TillError> {
        loop {
            let Some(want) = self.world.till(self.n).desk.front().cloned() else { break };
            self.ask(&want)?;
            self.world.till(self.n).desk.pop_front();
        }
        if self.welcomed {
            let replays = std::mem::take(&mut self.world.till(self.n).replays);
            for (_, payload) in replays.into_iter().filter(|(history, _)| *history == self.history) {
                self.mouth.say(HUB_HOST, &Frame::Request { session: self.session, payload });
            }
        }
        Ok(())
    }

    fn ask(&mut self, want: &Want) -> Result<(), TillError> {
        let kind = match want.how {
            How::Stored => Kind::Request,
            How::Secret => Kind::Secret,
            How::Misuse => Kind::Misuse,
        };
        let known = self.queue.iter().any(|(id, _, _)| *id == want.id)
            || self.flight.as_ref().is_some_and(|flight| flight.id == want.id);
        if kind == Kind::Request {
            if is_planted(Bug::SentBeforeStored) && self.welcomed {
                self.on_the_wire(want.id, &want.bytes, true);
            }
            let kept = Request::parse(&want.bytes).ok().and_then(|request| request.to_kept_bytes());
            match self.outbox.ask(want.id, kept.as_deref().unwrap_or(&want.bytes)) {
                Ok(Asked::Stored) => {}
                Ok(Asked::StillWaiting | Asked::AnsweredBefore) if known => return Ok(()),
                Ok(Asked::StillWaiting | Asked::AnsweredBefore) => {}
                Err(error) => return Err(error),
            }
        }
        self.queue.push_back((want.id, Some(want.bytes.clone()), kind));
        Ok(())
    }

    fn advance(&mut self) -> Result<(), TillError> {
        let (true, Some(hub), None) = (self.welcomed, self.hub, &self.flight) else { return Ok(()) };
        while let Some(id) = self.next_offer(hub) {
            match self.outbox.offer(id)? {
                Some(record) => {
                    let bytes = Request::Offer(OfferMessage { id, record }).to_bytes();
                    self.fly(id, bytes.into(), Kind::Offer);
                    return Ok(());
                }
                None => {
                    self.set_aside.insert(id);
                }
            }
        }
        if let Some((id, bytes, kind)) = self.queue.pop_front() {
            let bytes = match bytes {
                Some(bytes) => bytes,
                None => self.outbox.request(id)?.into(),
            };
            self.fly(id, bytes, kind);
        }
        Ok(())
    }

    fn next_offer(&self, hub: EpochId) -> Option<CommandId> {
        if self.offers_paused.is_some() {
            return None;
        }
        self.outbox.index().offers(hub).map(|kept| kept.id).find(|id| !self.set_aside.contains(id))
    }

    fn fly(&mut self, id: CommandId, bytes: Bytes, kind: Kind) {
        self.flight = Some(Flight { id, bytes, kind, sent: 0, retries: 0, next: Instant::now() });
        self.transmit();
    }

    fn transmit(&mut self) {
        let Some(flight) = &mut self.flight else { return };
        if is_planted(Bug::NewIdOnRetry) && flight.sent > 0 && flight.kind == Kind::Request {
            flight.bytes = under_a_new_id(&flight.bytes, self.dice.throw());
        }
        let ceiling = (RESEND_AFTER_MS << flight.sent.min(6)).min(RESEND_CAP_MS);
        let wait = self.dice.between(ceiling / 2, ceiling);
        flight.next = Instant::now() + Duration::from_millis(wait);
        flight.sent += 1;
        let (id, bytes, stored) = (flight.id, flight.bytes.clone(), flight.kind == Kind::Request);
        self.on_the_wire(id, &bytes, stored);
    }

    fn on_the_wire(&self, id: CommandId, bytes: &Bytes, stored: bool) {
        {
            let mut place = self.world.till(self.n);
            if stored {
                place.sent.insert(id);
            }
            place.history.push((self.history, bytes.clone()));
        }
        self.mouth.say(HUB_HOST, &Frame::Request { session: self.session, payload: bytes.clone() });
    }

    fn reply(&mut self, bytes: &Bytes) -> Result<(), TillError> {
        let Ok(reply) = serde_json::from_slice::<Reply>(bytes) else { return Ok(()) };
        let id = reply.id;
        self.world.model().heard(id, &reply, bytes, self.history);
        let kind = self.flight.as_ref().filter(|flight| flight.id == id).map(|flight| flight.kind);
        if kind == Some(Kind::Misuse) {
            let refused = matches!(&reply.answer, Answer::Rejected { code, .. } if code == "HF-CMD-003");
            if refused {
                self.flight = None;
                self.world.model().misuse_refused(id);
            }
            return Ok(());
        }
        match (&reply.answer, kind) {
            (Answer::Retry { after_ms, .. }, Some(kind)) => {
                self.try_later(kind, u64::from(*after_ms));
                return Ok(());
            }
            (Answer::Retry { .. }, None) => return Ok(()),
            (Answer::Rejected { code, text }, Some(Kind::Offer)) => {
                self.world.note(|| format!("till {} sets {id} aside: {code} {text}", self.n));
                self.flight = None;
                self.set_aside.insert(id);
                return Ok(());
            }
            _ => {}
        }
        let known = kind.is_some()
            || self.queue.iter().any(|(queued, _, kind)| *queued == id && *kind != Kind::Misuse)
            || self.outbox.index().is_waiting(id);
        let Some(hub) = self.hub.filter(|_| known) else { return Ok(()) };
        self.outbox.answer(&reply, bytes, hub)?;
        if kind.is_some() {
            self.flight = None;
        }
        self.queue.retain(|(queued, _, kind)| *queued != id || *kind == Kind::Misuse);
        self.world.note(|| format!("till {} hears {}", self.n, short(&reply)));
        let told = self.world.model().told(self.n, &reply, bytes, self.history);
        if let Err(what) = told {
            self.world.violated("P2", what);
        }
        Ok(())
    }

    fn try_later(&mut self, kind: Kind, after_ms: u64) {
        let Some(flight) = &mut self.flight else { return };
        flight.retries += 1;
        let ceiling = (OFFER_BASE_MS << flight.retries.min(8)).min(OFFER_CAP_MS);
        let wait = self.dice.below(ceiling + 1).max(after_ms);
        flight.next = Instant::now() + Duration::from_millis(wait);
        if kind == Kind::Offer && flight.retries >= OFFER_ATTEMPTS_MAX {
            self.flight = None;
            self.offers_paused = Some(Instant::now() + OFFER_PAUSE);
        }
    }

    /// Shows the run what is left to do.
    fn tell(&self) {
        let offers = self.hub.map_or(0, |hub| self.outbox.index().offers(hub).count());
        let mut place = self.world.till(self.n);
        place.waiting =
            self.outbox.index().waiting().len() + self.queue.len() + usize::from(self.flight.is_some());
        place.offers_left = offers;
        place.hub = self.hub;
        place.offering = self
            .hub
            .map_or_else(BTreeSet::new, |hub| self.outbox.index().offers(hub).map(|kept| kept.id).collect());
    }
}

/// The planted mistake: the same request as if it were another one.
fn under_a_new_id(bytes: &Bytes, random: u64) -> Bytes {
    match Request::parse(bytes) {
        Ok(Request::Command(mut message)) => {
            message.id = CommandId(Uuid::from_u128((0xBAD << 64) | u128::from(random)));
            Request::Command(message).to_bytes().into()
        }
        _ => bytes.clone(),
    }
}

fn short(reply: &Reply) -> String {
    match &reply.answer {
        Answer::Accepted { position, .. } => format!("{} accepted at {}", reply.id, position.seq),
        Answer::Refused { position, code, .. } => format!("{} refused at {}: {code}", reply.id, position.seq),
        Answer::Retry { code, .. } => format!("{} retry: {code}", reply.id),
        Answer::Rejected { code, .. } => format!("{} rejected: {code}", reply.id),
    }
}
