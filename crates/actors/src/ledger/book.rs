//! The ledger's book: state, what waits for the disk, what memory still holds for facts that were read earlier.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use holdfast_domain::attempt::{Attempt, AttemptStanding};
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::catalog::Catalog;
use holdfast_domain::command::HubCommand;
use holdfast_domain::context::Context;
use holdfast_domain::decide::accept_offer;
use holdfast_domain::event::{DocumentOutcome, Event};
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{CommandId, EpochId, ReconciliationId, TerminalId, TransactionId};
use holdfast_domain::invariant::check_event;
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::refusal::{Refusal, RefusalNote};
use holdfast_domain::state::{Need, State};
use holdfast_domain::{Decision, Effect, Origin, Outcome, Record, decide, decide_hub};
use holdfast_planted::{Bug, is_planted};
use holdfast_protocol::encode_record;
use holdfast_protocol::message::{ReplyPosition, StockEntry, StoredRecord, TenderView};
use ractor::RpcReplyPort;

use tokio::time::Instant;

use super::clock::{Reading, RecordClock};
use super::{
    Ask, Facts, HubAsk, LedgerError, Observation, OfferAsk, OpenDocuments, OpenTenders, Touched, Verdict,
    mistakes,
};
use crate::house::House;
use crate::payment::Wanted;
use crate::printer::Paper;

/// The most documents that one settlement record names.
const SETTLED_AT_ONCE_MAX: usize = 256;

/// Someone who waits for a record to be synced.
#[derive(Debug)]
pub(super) enum Waiter {
    Till(RpcReplyPort<Verdict>),
    /// The till asked for something else under a used id: it hears so once that is recorded.
    IdReused(RpcReplyPort<Verdict>),
    Hub(RpcReplyPort<Result<ReplyPosition, LedgerError>>),
    Nobody,
}

/// A record that is decided and not yet synced, with everything that leaves once it is.
#[derive(Debug)]
pub(super) struct Pending {
    pub stored: Arc<StoredRecord>,
    pub waiters: Vec<Waiter>,
    /// The tills whose drawers open.
    pub drawers: Vec<TillNumber>,
    pub stock: Vec<StockEntry>,
    pub papers: Vec<Paper>,
    pub wanted: Vec<Wanted>,
    /// Attempts that changed, for the tills that began them.
    pub tenders: Vec<(TerminalId, TenderView)>,
    pub catalog: Option<Arc<Catalog>>,
}

/// A command whose outcome memory still holds.
#[derive(Debug, Clone, Copy)]
struct Recent {
    seq: u64,
    fingerprint: [u8; 32],
}

#[derive(Debug)]
pub(crate) struct Book {
    pub(super) house: Arc<House>,
    state: State,
    catalog: Arc<Catalog>,
    clock: RecordClock,
    clock_looked: Instant,
    pub(super) pending: VecDeque<Pending>,
    recent: HashMap<CommandId, Recent>,
    touched: VecDeque<Touched>,
    /// How many entries of `touched` name a thing.
    held: HashMap<Need, u32>,
    /// Facts older than this may miss something that memory has forgotten.
    forgotten_through: u64,
    pub(super) synced: u64,
    pub(super) streams: super::release::Streams,
    unprinted: Vec<TransactionId>,
    decided: u64,
    refused: u64,
    repeated: u64,
    faults: u64,
    violations: u64,
}

impl Book {
    /// Brings the state on disk up to the journal's end and starts from a copy of it. Blocking.
    pub fn load(house: Arc<House>) -> Result<Self, holdfast_store::StoreError> {
        house.catch_up()?;
        let mut state = State::default();
        house.store.with_state(&mut |known| state = known.clone());
        let applied = house.store.applied().map_or(0, |at| at.seq);
        let last_recorded_at = match applied {
            0 => Timestamp(0),
            seq => match house.reader.read(seq) {
                Ok(Some(record)) => holdfast_store::stored_record(record)?.record.recorded_at,
                Ok(None) | Err(_) => Timestamp(0),
            },
        };
        let mut book = Self {
            catalog: house.decided_catalog(),
            state,
            clock: RecordClock::new(last_recorded_at, house.clock.now()),
            clock_looked: Instant::now(),
            pending: VecDeque::new(),
            recent: HashMap::new(),
            touched: VecDeque::new(),
            held: HashMap::new(),
            forgotten_through: applied,
            synced: applied,
            streams: super::release::Streams::starting_at(applied),
            unprinted: Vec::new(),
            decided: 0,
            refused: 0,
            repeated: 0,
            faults: 0,
            violations: 0,
            house,
        };
        book.settle_what_nobody_prints()?;
        book.configure_devices();
        book.limit_offline();
        Ok(book)
    }

    /// Of the documents that are open the printers' actors take up those that have a printer, and know what to do with each.
    /// What nobody prints is settled here: a paper that may have begun under other settings, or that an earlier hub had in
    /// hand, may lie somewhere.
    fn settle_what_nobody_prints(&mut self) -> Result<(), holdfast_store::StoreError> {
        if self.state.documents.is_empty() {
            return Ok(());
        }
        let open: Vec<TransactionId> = self.state.documents.iter().copied().collect();
        let open = crate::printer::read_open(&self.house, &self.state, &open)?;
        let has_printer = |till| crate::printer::of_till(&self.house.printers, till).is_some();
        let orphans = open.papers.iter().filter(|open| !has_printer(open.paper.till())).map(|open| {
            let outcome =
                if open.may_have_begun { DocumentOutcome::Unknown } else { DocumentOutcome::NotPrinted };
            (open.paper.transaction(), outcome)
        });
        let nowhere = open.without.iter().map(|transaction| (*transaction, DocumentOutcome::Unknown));
        let outcomes: Vec<_> = orphans.chain(nowhere).collect();
        // A journal without room takes them at the next start.
        let _ = self.settle(&outcomes);
        Ok(())
    }

    /// What is open and was handed out. A document that is not synced is handed out once it is.
    pub fn open_documents(&self) -> OpenDocuments {
        let to_come: HashSet<TransactionId> =
            self.pending.iter().flat_map(|pending| &pending.papers).map(Paper::transaction).collect();
        let documents = self.state.documents.iter().filter(|document| !to_come.contains(document));
        OpenDocuments { seq: self.synced, documents: documents.copied().collect() }
    }

    /// The settings' list of payment devices becomes the store's, where it is another one.
    fn configure_devices(&mut self) {
        let devices: Vec<_> = self.house.payments.iter().map(|setup| setup.device.clone()).collect();
        if self.state.epoch.is_none() || self.state.devices == devices {
            return;
        }
        match decide_hub(&self.state, &HubCommand::ConfigureDevices { devices }) {
            Ok(Decision { events, effects }) => {
                let Some((recorded_at, ..)) = self.now() else { return };
                let record =
                    Record { recorded_at, origin: Origin::Hub, outcome: Outcome::Accepted { events } };
                self.commit(record, effects, Waiter::Nobody, None);
            }
            Err(refusal) => tracing::error!(code = refusal.code(), "the list of payment devices is wrong"),
        }
    }

    /// The settings' limits become the store's, where they are others and in its currency.
    fn limit_offline(&mut self) {
        let limits = self.house.offline_limits.clone();
        if self.state.profile.is_none() || self.state.offline_limits == limits {
            return;
        }
        match decide_hub(&self.state, &HubCommand::SetOfflineLimits { limits }) {
            Ok(Decision { events, effects }) => {
                let Some((recorded_at, ..)) = self.now() else { return };
                let record =
                    Record { recorded_at, origin: Origin::Hub, outcome: Outcome::Accepted { events } };
                self.commit(record, effects, Waiter::Nobody, None);
            }
            Err(refusal) => {
                tracing::error!(code = refusal.code(), "the limits for payments without a bank are wrong");
            }
        }
    }

    /// Attempts of which their devices may still have something to say.
    pub fn open_attempts(&self) -> impl Iterator<Item = Attempt> {
        let is_open = |attempt: &&Attempt| {
            attempt.occupies_device() || matches!(attempt.standing, AttemptStanding::Disowned { .. })
        };
        self.state.attempts.values().filter(is_open).cloned()
    }

    /// The devices that are asked to end their days.
    pub fn open_days(&self) -> impl Iterator<Item = (DeviceName, ReconciliationId)> {
        let days = self.state.device_days.iter();
        days.filter_map(|(device, day)| Some((device.clone(), day.asked?.id)))
    }

    pub fn open_tenders(&self, device: &DeviceName, reply: RpcReplyPort<OpenTenders>) {
        let attempts = self.open_attempts().filter(|attempt| attempt.device == *device).collect();
        let reconciliation = self.open_days().find(|(of, _)| of == device).map(|(_, id)| id);
        answer(reply, OpenTenders { seq: self.head_seq(), attempts, reconciliation });
    }

    pub fn decide(&mut self, ask: Ask, reply: RpcReplyPort<Verdict>) {
        let Ask { command, fingerprint, facts } = ask;
        let Some(reply) = self.known(command.id, fingerprint, &facts, Some(command.terminal), reply) else {
            return;
        };
        if crate::space::begins_work(&command.action) && self.room_is_short() {
            answer(reply, Verdict::NoRoom);
            return;
        }
        self.bring(facts);
        let Some((recorded_at, business_date, local)) = self.now() else {
            answer(reply, Verdict::Busy);
            return;
        };
        let out_of_reach = match command.action {
            holdfast_domain::Action::StartTender(_) => crate::payment::out_of_reach(&self.house),
            _ => Vec::new(),
        };
        let catalog = &self.catalog;
        let context = Context { recorded_at, business_date, local, catalog, out_of_reach: &out_of_reach };
        let decided = catch_unwind(AssertUnwindSafe(|| decide(&self.state, &command, &context)));
        let outcome = match decided {
            Ok(outcome) => outcome,
            Err(_) => {
                self.faults += 1;
                tracing::error!(command = %command.id, "a decision panicked; nothing was recorded");
                answer(reply, Verdict::Fault);
                return;
            }
        };
        let origin = Origin::Till { terminal: command.terminal, command: command.id, fingerprint };
        let (outcome, effects) = match outcome {
            Ok(Decision { events, effects }) => (Outcome::Accepted { events }, effects),
            Err(refusal) => {
                self.refused += 1;
                if let Refusal::DeviceOutOfReach { device, .. } = &refusal {
                    crate::payment::look_again(&self.house, device);
                }
                (Outcome::Refused { refusal: refusal.note() }, Vec::new())
            }
        };
        self.commit(Record { recorded_at, origin, outcome }, effects, Waiter::Till(reply), None);
    }

    pub fn offer(&mut self, offer: OfferAsk, reply: RpcReplyPort<Verdict>) {
        let OfferAsk { terminal, command, record, epoch, seq, facts } = offer;
        let Some((offered, fingerprint)) = record.origin.command() else {
            answer(reply, Verdict::OfferRefused(holdfast_domain::Refusal::TillUnknown));
            return;
        };
        if offered != command {
            answer(reply, Verdict::OfferRefused(holdfast_domain::Refusal::TillUnknown));
            return;
        }
        let Some(reply) = self.known(command, fingerprint, &facts, None, reply) else { return };
        self.bring(facts);
        match accept_offer(&self.state, terminal, &record, epoch, seq) {
            Err(refusal) => answer(reply, Verdict::OfferRefused(refusal)),
            Ok(taken_over) => match self.now() {
                None => answer(reply, Verdict::Busy),
                Some((recorded_at, ..)) => {
                    let record = Record { recorded_at, ..taken_over };
                    // What may have left at another hub is asked about.
                    let begun = record.outcome.events().iter().filter_map(|event| match event {
                        Event::TenderStarted { attempt, .. } => {
                            Some(Effect::StartTender { attempt: *attempt })
                        }
                        _ => None,
                    });
                    let begun = begun.collect();
                    self.commit(record, begun, Waiter::Till(reply), None);
                }
            },
        }
    }

    pub fn hub(&mut self, ask: HubAsk, reply: RpcReplyPort<Result<ReplyPosition, LedgerError>>) {
        let HubAsk { command, catalog, facts } = ask;
        if let Some(facts) = facts {
            if facts.as_of_seq < self.forgotten_through {
                answer(reply, Err(LedgerError::StaleFacts));
                return;
            }
            self.bring(facts);
        }
        let decision = match decide_hub(&self.state, &command) {
            Ok(decision) => decision,
            Err(refusal) => {
                answer(reply, Err(LedgerError::Refused(refusal)));
                return;
            }
        };
        let Some((recorded_at, ..)) = self.now() else {
            answer(reply, Err(LedgerError::Busy));
            return;
        };
        if let HubCommand::OpenEpoch { epoch, .. } = command
            && let Some(writer) = self.house.writer().as_mut()
            && !(is_planted(Bug::EpochIgnored) && writer.epoch().is_some())
        {
            writer.begin_epoch(epoch.0.into_bytes());
        }
        let outcome = Outcome::Accepted { events: decision.events };
        let record = Record { recorded_at, origin: Origin::Hub, outcome };
        self.commit(record, decision.effects, Waiter::Hub(reply), catalog);
        self.configure_devices();
        self.limit_offline();
    }

    /// Records what became of printed documents. Says at which sequence all of it is durable.
    pub fn settle(&mut self, outcomes: &[(TransactionId, DocumentOutcome)]) -> Result<u64, LedgerError> {
        for some in outcomes.chunks(SETTLED_AT_ONCE_MAX) {
            let settled = some.iter().filter(|(transaction, _)| self.state.documents.contains(transaction));
            let events: Vec<Event> = settled
                .map(|&(transaction, outcome)| Event::DocumentSettled { transaction, outcome })
                .collect();
            if events.is_empty() {
                continue;
            }
            let Some((recorded_at, ..)) = self.now() else { return Err(LedgerError::Busy) };
            let record = Record { recorded_at, origin: Origin::Hub, outcome: Outcome::Accepted { events } };
            self.commit(record, Vec::new(), Waiter::Nobody, None);
            if some.iter().any(|(transaction, _)| self.state.documents.contains(transaction)) {
                return Err(LedgerError::Busy);
            }
        }
        Ok(self.head_seq())
    }

    /// Frees goods that were held for their customers long enough.
    pub fn expire_reservations(&mut self) {
        if self.state.reservations_due(self.house.clock.now()).is_empty() {
            return;
        }
        let Some((recorded_at, ..)) = self.now() else { return };
        let decided = decide_hub(&self.state, &HubCommand::ExpireReservations { at: recorded_at });
        if let Ok(Decision { events, effects }) = decided
            && !events.is_empty()
        {
            let record = Record { recorded_at, origin: Origin::Hub, outcome: Outcome::Accepted { events } };
            self.commit(record, effects, Waiter::Nobody, None);
        }
    }

    /// Settles the documents of tills that have no printer, once the sales themselves are safe.
    pub(super) fn settle_unprinted(&mut self) {
        if !self.unprinted.is_empty() {
            let unprinted = std::mem::take(&mut self.unprinted);
            let settled: Vec<_> = unprinted.into_iter().map(|t| (t, DocumentOutcome::NotPrinted)).collect();
            // What the journal has no room for stays open, and is settled at the next start.
            let _ = self.settle(&settled);
        }
    }

    pub(super) fn no_printer_for(&mut self, transaction: TransactionId) {
        self.unprinted.push(transaction);
    }

    /// The command's first fate, if it has one. Gives the reply port back when the command is new.
    fn known(
        &mut self,
        id: CommandId,
        fingerprint: [u8; 32],
        facts: &Facts,
        record_reuse_by: Option<holdfast_domain::ids::TerminalId>,
        reply: RpcReplyPort<Verdict>,
    ) -> Option<RpcReplyPort<Verdict>> {
        let on_disk = facts.outcome.map(|entry| Recent { seq: entry.seq, fingerprint: entry.fingerprint });
        let on_disk = on_disk.filter(|_| !is_planted(Bug::OutcomesForgottenAtRestart));
        let known = self.recent.get(&id).copied().or(on_disk);
        if let Some(known) = known.filter(|_| !is_planted(Bug::NoDedupe)) {
            self.repeated += 1;
            if known.fingerprint == fingerprint || is_planted(Bug::FingerprintIgnored) {
                self.answer_again(known.seq, reply);
            } else {
                self.id_reused(id, known, fingerprint, record_reuse_by, reply);
            }
            return None;
        }
        if facts.as_of_seq < self.forgotten_through {
            answer(reply, Verdict::StaleFacts);
            return None;
        }
        Some(reply)
    }

    /// A duplicate of a command in flight waits for the first; one that is durable gets the first answer at once.
    fn answer_again(&mut self, seq: u64, reply: RpcReplyPort<Verdict>) {
        match self.pending.iter_mut().find(|pending| pending.stored.position.seq == seq) {
            Some(pending) => pending.waiters.push(Waiter::Till(reply)),
            None => answer(reply, Verdict::Known { seq }),
        }
    }

    /// The same id with another body is refused, and that it was tried is kept. The first outcome stays the id's outcome.
    fn id_reused(
        &mut self,
        id: CommandId,
        first: Recent,
        fingerprint: [u8; 32],
        by: Option<holdfast_domain::ids::TerminalId>,
        reply: RpcReplyPort<Verdict>,
    ) {
        let (Some(terminal), Some((recorded_at, ..))) = (by, self.now()) else {
            answer(reply, Verdict::IdReused);
            return;
        };
        self.refused += 1;
        let refusal =
            RefusalNote { code: "HF-CMD-003".to_owned(), text: crate::terminal::ID_REUSED_TEXT.to_owned() };
        let record = Record {
            recorded_at,
            origin: Origin::Till { terminal, command: id, fingerprint },
            outcome: Outcome::Refused { refusal },
        };
        // What is recorded now must not pass for the id's outcome, not even until the state has it.
        self.recent.entry(id).or_insert(first);
        self.commit(record, Vec::new(), Waiter::IdReused(reply), None);
    }

    /// Puts what was read from disk where decisions look, unless memory knows better.
    fn bring(&mut self, facts: Facts) {
        let mut needs = Vec::new();
        for order in facts.orders {
            needs.push(Need::Order(order.id));
            self.state.orders.entry(order.id).or_insert(order);
        }
        for sale in facts.sales {
            needs.push(Need::Sale(sale.transaction));
            self.state.sales.entry(sale.transaction).or_insert(sale);
        }
        for shift in facts.closed_shifts {
            needs.push(Need::ClosedShift(shift));
            self.state.closed_shifts.insert(shift);
        }
        for (subject, standing) in facts.subjects {
            needs.push(Need::Subject(subject));
            self.state.subjects.entry(subject).or_insert(standing);
        }
        if !needs.is_empty() {
            // They may go again once the next record is applied.
            self.touch(self.head_seq() + 1, needs, None);
        }
    }

    fn touch(&mut self, seq: u64, needs: Vec<Need>, command: Option<CommandId>) {
        for need in &needs {
            *self.held.entry(*need).or_default() += 1;
        }
        self.touched.push_back((seq, needs, command));
    }

    fn head_seq(&self) -> u64 {
        self.house.writer().as_ref().and_then(holdfast_journal::Writer::head).map_or(0, |head| head.seq)
    }

    /// Whether what room is left is kept for what is already open. What was decided before keeps its answer all the same.
    fn room_is_short(&self) -> bool {
        self.house.room.borrow().level == crate::space::Level::Short
            || self.house.writer().as_mut().is_some_and(|writer| writer.room().is_short())
    }

    /// The time, business day and local time of the next record; None when the journal has no room.
    fn now(&mut self) -> Option<(Timestamp, BusinessDate, LocalTime)> {
        let room = self.house.writer().as_ref().map_or(0, holdfast_journal::Writer::queue_room_records);
        if room < 2 {
            return None;
        }
        let since = std::mem::replace(&mut self.clock_looked, Instant::now()).elapsed();
        let recorded_at = match self.clock.look(self.house.clock.now(), since) {
            Reading::Goes(at) => at,
            Reading::Stepped { before, after } => {
                let outcome = Outcome::Accepted { events: vec![Event::ClockStepped { before, after }] };
                if !is_planted(Bug::ClockStepNotRecorded) {
                    let record = Record { recorded_at: after, origin: Origin::Hub, outcome };
                    self.commit(record, Vec::new(), Waiter::Nobody, None);
                }
                after
            }
        };
        let calendar = &self.house.calendar;
        let (business_date, local) = match &self.state.profile {
            Some(profile) => {
                (calendar.business_date(profile, recorded_at), calendar.local_time(profile, recorded_at))
            }
            None => {
                let first = BusinessDate::new(1970, 1, 1).expect("the epoch's first day is a date");
                (first, LocalTime::midnight(first))
            }
        };
        Some((recorded_at, business_date, local))
    }

    /// Appends a record, folds it, and keeps everything that leaves once it is synced.
    fn commit(
        &mut self,
        mut record: Record,
        effects: Vec<Effect>,
        waiter: Waiter,
        catalog: Option<Arc<Catalog>>,
    ) {
        if let Outcome::Accepted { events } = &mut record.outcome {
            mistakes::plant_into(events, &self.state);
        }
        let payload = encode_record(&record);
        let appended = match self.house.writer().as_mut() {
            Some(writer) => writer.append(payload.clone()),
            None => return refuse(waiter, false),
        };
        let position = match appended {
            Ok(position) => position,
            Err(error) => {
                tracing::warn!(code = error.code(), "the journal takes no record now");
                return refuse(waiter, error.is_out_of_space());
            }
        };
        self.decided += 1;
        self.clock.wrote(record.recorded_at);
        let position = ReplyPosition {
            epoch: EpochId(holdfast_domain::ids::Uuid::from_bytes(position.epoch)),
            seq: position.seq,
            hash: position.hash,
        };
        let changes = self.fold(&record);
        if let Some((id, fingerprint)) = record.origin.command() {
            self.recent.entry(id).or_insert(Recent { seq: position.seq, fingerprint });
        }
        let needs = changes
            .orders
            .iter()
            .map(|order| Need::Order(*order))
            .chain(changes.sales.iter().map(|sale| Need::Sale(*sale)))
            .chain(changes.shifts.iter().map(|shift| Need::ClosedShift(*shift)))
            .chain(changes.subjects.iter().map(|subject| Need::Subject(*subject)))
            .collect();
        self.touch(position.seq, needs, record.origin.command().map(|(id, _)| id));
        if let Some(catalog) = &catalog {
            self.catalog = Arc::clone(catalog);
            self.house.keep_decided_catalog(Arc::clone(catalog));
        }
        let stock = changes
            .stock
            .iter()
            .map(|sku| StockEntry::new(sku.clone(), &self.state.stock_level(sku)))
            .collect();
        let papers = crate::printer::papers(&self.house.template, &self.state, &record, &effects);
        let drawers = effects.iter().filter_map(|effect| match effect {
            Effect::OpenDrawer { terminal } => self.state.tills.get(terminal).map(|till| till.number),
            Effect::Print { .. }
            | Effect::StartTender { .. }
            | Effect::AbortTender { .. }
            | Effect::ReconcileDevice { .. } => None,
        });
        let drawers = drawers.collect();
        let attempt = |id| self.state.attempts.get(id).cloned().map(Box::new);
        let wanted = effects.iter().filter_map(|effect| match effect {
            Effect::StartTender { attempt: id } => attempt(id).map(Wanted::Start),
            Effect::AbortTender { attempt: id } => attempt(id).map(Wanted::Abort),
            Effect::ReconcileDevice { reconciliation } => self
                .open_days()
                .find(|(_, id)| id == reconciliation)
                .map(|(device, id)| Wanted::Reconcile(device, id)),
            Effect::Print { .. } | Effect::OpenDrawer { .. } => None,
        });
        let wanted = wanted.collect();
        let tenders = changes.attempts.iter().filter_map(|id| {
            let attempt = self.state.attempts.get(id)?;
            Some((attempt.stamp.terminal, TenderView::of(attempt)))
        });
        let tenders = tenders.collect();
        let stored = Arc::new(StoredRecord { position, payload, record });
        let pending =
            Pending { stored, waiters: vec![waiter], drawers, stock, papers, wanted, tenders, catalog };
        if is_planted(Bug::ReplyBeforeSync) {
            self.release_one(pending);
        } else {
            self.pending.push_back(pending);
        }
    }

    /// A panic here means that the state can no longer be trusted: the process ends and starts from the journal.
    fn fold(&mut self, record: &Record) -> Changes {
        let mut changes = Changes::default();
        let folded = catch_unwind(AssertUnwindSafe(|| {
            self.state.evolve_all(record.recorded_at, record.outcome.events(), &mut changes);
        }));
        if folded.is_err() {
            tracing::error!("folding a record panicked; the process stops and starts again from the journal");
            std::process::abort();
        }
        let broken =
            record.outcome.events().iter().flat_map(check_event).chain(changes.violations.iter().copied());
        for violation in broken {
            self.violations += 1;
            tracing::error!(invariant = violation.id(), "an invariant does not hold");
        }
        changes
    }

    /// Forgets what the state on disk now holds.
    pub fn forget(&mut self, applied: u64) {
        while let Some((seq, _, _)) = self.touched.front()
            && (*seq <= applied || is_planted(Bug::ForgottenTooEarly))
        {
            let (_, needs, command) = self.touched.pop_front().expect("it was just looked at");
            for need in needs {
                // Something later may still need it; then its own entry forgets it.
                if let Some(entries) = self.held.get_mut(&need) {
                    *entries -= 1;
                    if *entries == 0 {
                        self.held.remove(&need);
                        self.state.forget(need);
                    }
                }
            }
            if let Some(command) = command {
                self.recent.remove(&command);
            }
        }
        self.forgotten_through = self.forgotten_through.max(applied);
    }

    pub fn observe(&self) -> Observation {
        Observation {
            head_seq: self.head_seq(),
            synced_seq: self.synced,
            applied_seq: self.forgotten_through,
            decided: self.decided,
            refused: self.refused,
            repeated: self.repeated,
            faults: self.faults,
            waiting: self.pending.len(),
            open_orders: self.state.orders.values().filter(|order| !order.state.is_closed()).count(),
            open_shifts: self.state.shifts.len(),
            violations: self.violations,
        }
    }
}

fn refuse(waiter: Waiter, no_room: bool) {
    let verdict = if no_room { Verdict::NoRoom } else { Verdict::Busy };
    match waiter {
        Waiter::Till(reply) | Waiter::IdReused(reply) => answer(reply, verdict),
        Waiter::Hub(reply) => answer(reply, Err(LedgerError::Busy)),
        Waiter::Nobody => {}
    }
}

/// Whoever asked may have gone: a till asks again with the same id.
pub(super) fn answer<T: Send + 'static>(reply: RpcReplyPort<T>, value: T) {
    let _ = reply.send(value);
}
