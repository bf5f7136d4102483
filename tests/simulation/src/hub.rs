//! The hub's machine: the real actors over the real journal, on a disk and with a clock that the run controls.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use holdfast_actors::{
    BlockingWork, Calendar, Clock, HeadquartersMark, Ids, Looks, Notary, Pace, Parts, Patience,
    PaymentPatience, PaymentSetup, Pins, PrinterSetup, Running, TillLink, Uplink, UplinkFailure, Wanted,
    Watch,
};
use holdfast_devices::escpos::Profile;
use holdfast_devices::printer::{FlowControl, Printer, PrinterAddress, Timings};
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::catalog::Catalog;
use holdfast_domain::command::{HubCommand, NumberChoice};
use holdfast_domain::event::{CatalogSource, Parent};
use holdfast_domain::exposure::OfflineLimits;
use holdfast_domain::ids::{EpochId, TerminalId, Uuid};
use holdfast_domain::staff::{PinVerdict, Role, StaffNumber};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::{Origin, Outcome, Record, Refusal, decide_hub};
use holdfast_journal::{CommitMode, Journal, Options, Reader, Writer};
use holdfast_money::{Currency, Money};
use holdfast_planted::{Bug, is_planted};
use holdfast_protocol::head::{Head, SignedHead, SignedHeadJson};
use holdfast_protocol::message::{StatusMessage, TenderNews, TenderState, TillEvent};
use holdfast_protocol::topics::Stream;
use holdfast_protocol::uplink::batch::Header;
use holdfast_protocol::uplink::{BatchAccepted, EpochRegistered, Heartbeat, HeartbeatAnswer, RegisterEpoch};
use holdfast_protocol::{chain_hash, encode_record, fingerprint};
use holdfast_store::{MemoryStore, StateStore};
use holdfast_terminal::dice::Dice;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::alphabet;
use crate::headquarters::{Answered, ask_batch, ask_hash, ask_head, ask_heartbeat, ask_register};
use crate::network::{FRAME_BYTES_MAX, Frame, Mouth};
use crate::shop;
use crate::state::FailingStore;
use crate::world::{HEADQUARTERS_HOST, World, epoch, locked, terminal, till_host, till_of};

/// How long the hub waits for HQ's answer.
const UPLINK_DEADLINE: Duration = Duration::from_millis(1_500);
/// The journal's folder on the simulated disk.
pub const JOURNAL: &str = "/journal";

/// Set by the journal when it can promise nothing any more; one run is one process.
static FATAL: AtomicBool = AtomicBool::new(false);

/// The journal's options: as a hub's own, smaller, committed by the simulated disk.
pub fn journal_options(witness_seq: u64) -> Options {
    Options {
        segment_bytes: 96 << 10,
        record_bytes_max: 24 << 10,
        group_bytes_max: 32 << 10,
        queue_records_max: 4_096,
        commit: CommitMode::Manual,
        on_fatal: |_| FATAL.store(true, Ordering::Relaxed),
        witness_seq,
        ..Options::new(PathBuf::from(JOURNAL), chain_hash)
    }
}

#[derive(Debug)]
struct WallClock(Arc<World>);
impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.clock_ms())
    }
}

#[derive(Debug)]
struct Minted(Mutex<Dice>);
impl Ids for Minted {
    fn uuid(&self) -> Uuid {
        let mut dice = locked(&self.0);
        Uuid::from_u64_pair(dice.throw(), dice.throw())
    }
    fn random(&self) -> u64 {
        locked(&self.0).throw()
    }
}

/// Business days change with the day of the wall clock, shifted by the cut-over.
#[derive(Debug)]
struct Days;
impl Calendar for Days {
    fn business_date(&self, profile: &StoreProfile, at: Timestamp) -> BusinessDate {
        let minutes = at.0.div_euclid(60_000) - i64::from(profile.cut_over_minutes);
        civil(minutes.div_euclid(1_440))
    }
    fn local_time(&self, _: &StoreProfile, at: Timestamp) -> LocalTime {
        let minutes = at.0.div_euclid(60_000);
        let minute = u16::try_from(minutes.rem_euclid(1_440)).expect("minutes of a day");
        LocalTime { date: civil(minutes.div_euclid(1_440)), minute }
    }
}

/// The date so many days after 1970-01-01, by the proleptic Gregorian calendar.
fn civil(days: i64) -> BusinessDate {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let narrow = |n: i64| u8::try_from(n).unwrap_or(1);
    // Before 1970 there is no business day: a clock that shows one is wrong, and the first day stands for it.
    if days < 0 {
        return civil(0);
    }
    BusinessDate::new(i16::try_from(year).unwrap_or(1970), narrow(month), narrow(day))
        .expect("a day of the Gregorian calendar is a date")
}

#[derive(Debug)]
struct OnePin;
impl Pins for OnePin {
    fn check(&self, _: TerminalId, _: StaffNumber, pin: &str) -> PinVerdict {
        match pin {
            shop::PIN => PinVerdict::Correct,
            "locked" => PinVerdict::LockedOut,
            _ => PinVerdict::Wrong,
        }
    }
}

/// The way to the tills: sessions, and what each is told.
#[derive(Debug)]
struct Link {
    world: Arc<World>,
    mouth: Mouth,
    sessions: Mutex<BTreeMap<usize, u64>>,
    /// Which history this hub writes.
    history: u32,
}

impl Link {
    fn session(&self, till: usize) -> Option<u64> {
        locked(&self.sessions).get(&till).copied()
    }

    fn status(&self, till: usize, payload: &Bytes) {
        if let Some(session) = self.session(till) {
            self.mouth.say(&till_host(till), &Frame::Status { session, payload: payload.clone() });
        }
    }
}

impl TillLink for Link {
    fn reply(&self, terminal: TerminalId, _connection: u64, payload: Bytes) {
        let Some(till) = till_of(terminal) else { return };
        if let Some(session) = self.session(till) {
            self.mouth.say(&till_host(till), &Frame::Reply { session, payload });
        }
    }

    fn event(&self, _: TerminalId, payload: Bytes) {
        // Whoever misses one asks. That a payment is in doubt the whole shop hears of.
        let Ok(TillEvent { attempt, news: TenderNews::Standing { tender, .. }, .. }) =
            serde_json::from_slice(&payload)
        else {
            return;
        };
        let mut model = self.world.model();
        model.doubted.retain(|known| *known != attempt);
        if matches!(tender.state, TenderState::InDoubt { .. } | TenderState::Unclaimed { .. }) {
            model.doubted.push(attempt);
        }
    }

    fn show(&self, _: TerminalId, _: Bytes) -> bool {
        false
    }

    fn publish(&self, stream: Stream, payload: Bytes) {
        if stream != Stream::Status {
            return;
        }
        if let Ok(status) = serde_json::from_slice::<StatusMessage>(&payload) {
            let told = self.world.headquarters().durable_high.clone();
            let held = history_durable(&told, &status);
            if status.headquarters_seq > held {
                let said = status.headquarters_seq;
                self.world.violated("P5", format!("the status says HQ has {said}, it called {held} durable"));
            }
        }
        let tills: Vec<usize> = locked(&self.sessions).keys().copied().collect();
        for till in tills {
            self.status(till, &payload);
        }
    }

    fn disconnect(&self, terminal: TerminalId) {
        if let Some(till) = till_of(terminal) {
            locked(&self.sessions).remove(&till);
        }
    }

    fn present(&self) -> Vec<TerminalId> {
        locked(&self.sessions).keys().map(|till| terminal(*till)).collect()
    }
}

/// The highest record that HQ ever called durable, over all epochs: numbers go on across epochs.
fn history_durable(told: &BTreeMap<[u8; 16], u64>, _: &StatusMessage) -> u64 {
    told.values().copied().max().unwrap_or(0)
}

/// The way to HQ: one question, one answer, or silence.
#[derive(Debug)]
struct Wan {
    hub: Uuid,
    mouth: Mouth,
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
}

impl Wan {
    async fn ask(&self, payload: Bytes) -> Result<Answered, UplinkFailure> {
        let question = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        locked(&self.waiting).insert(question, sender);
        self.mouth.say(HEADQUARTERS_HOST, &Frame::Uplink { question, payload });
        let answered = timeout(UPLINK_DEADLINE, answer).await;
        locked(&self.waiting).remove(&question);
        let silent = || UplinkFailure::Unreachable("no answer".to_owned());
        let bytes = answered.map_err(|_| silent())?.map_err(|_| silent())?;
        match serde_json::from_slice(&bytes) {
            Ok(Answered::Refused(error)) => Err(UplinkFailure::Refused(error)),
            Ok(answered) => Ok(answered),
            Err(error) => Err(UplinkFailure::Unreachable(error.to_string())),
        }
    }

    fn answered(&self, question: u64, payload: Bytes) {
        if let Some(waiting) = locked(&self.waiting).remove(&question) {
            // Whoever asked may have given up.
            let _gone = waiting.send(payload);
        }
    }
}

fn unhex(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte =
            std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
    }
    hash
}

fn confused<T>() -> Result<T, UplinkFailure> {
    Err(UplinkFailure::Unreachable("an answer to another question".to_owned()))
}

impl Uplink for Wan {
    fn register_epoch(
        &self,
        request: RegisterEpoch,
    ) -> BoxFuture<'_, Result<EpochRegistered, UplinkFailure>> {
        async move {
            match self.ask(ask_register(self.hub, &request)).await? {
                Answered::Registered(registered) => Ok(registered),
                _ => confused(),
            }
        }
        .boxed()
    }

    fn send(
        &self,
        header: Header,
        records: Vec<holdfast_journal::Record>,
    ) -> BoxFuture<'_, Result<BatchAccepted, UplinkFailure>> {
        async move {
            match self.ask(ask_batch(&header, &records)).await? {
                Answered::Accepted(accepted) => Ok(accepted),
                _ => confused(),
            }
        }
        .boxed()
    }

    fn hash_at(&self, epoch: Uuid, seq: u64) -> BoxFuture<'_, Result<Option<[u8; 32]>, UplinkFailure>> {
        async move {
            match self.ask(ask_hash(epoch, seq)).await? {
                Answered::Hash(hash) => Ok(hash.map(|hash| unhex(&hash))),
                _ => confused(),
            }
        }
        .boxed()
    }

    fn send_head(&self, head: SignedHeadJson) -> BoxFuture<'_, Result<(), UplinkFailure>> {
        async move {
            match self.ask(ask_head(&head)).await? {
                Answered::HeadTaken => Ok(()),
                _ => confused(),
            }
        }
        .boxed()
    }

    fn heartbeat(&self, beat: Heartbeat) -> BoxFuture<'_, Result<HeartbeatAnswer, UplinkFailure>> {
        async move {
            match self.ask(ask_heartbeat(&beat)).await? {
                Answered::Beaten(answer) => Ok(answer),
                _ => confused(),
            }
        }
        .boxed()
    }
}

/// The hub's key and the file of its last head, which is written whole and synced. Nobody verifies heads here: a
/// signature is the hash of what is signed.
#[derive(Debug)]
struct Seal(Arc<World>);

impl Notary for Seal {
    fn public_key(&self) -> [u8; 32] {
        [1; 32]
    }
    fn sign(&self, head: &Head) -> [u8; 64] {
        let print = fingerprint(&head.signing_bytes());
        std::array::from_fn(|at| print[at % 32])
    }
    fn kept(&self) -> std::io::Result<Option<SignedHead>> {
        Ok(self.0.hub().head)
    }
    fn keep(&self, signed: &SignedHead) -> std::io::Result<()> {
        self.0.hub().head = Some(*signed);
        Ok(())
    }
}

/// Longer than any day here lasts.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A printer whose cable is not there: every document and every drawer gets its honest outcome at once.
fn unplugged() -> PrinterSetup {
    let path = PathBuf::from("/dev/null/no-printer");
    let address = PrinterAddress::Serial { path, baud: 9_600, flow: FlowControl::None };
    let device = Printer::new(&address, Profile::MM80, Timings::default()).expect("a serial line is a line");
    // Nobody waits for paper here, so that a day ends with every document settled.
    let wanted = Wanted { receipt: Duration::ZERO, slip: Duration::ZERO, report: Duration::ZERO };
    let pace = Pace { look_every: NEVER, ask_again: NEVER, ask_again_max: NEVER };
    PrinterSetup { wanted, pace, ..PrinterSetup::new("receipts", device) }
}

/// The shop's card terminals, as this hub's settings name them.
fn terminals(world: &World) -> Vec<PaymentSetup> {
    let patience = PaymentPatience {
        mark: Duration::from_secs(1),
        carry_out: Duration::from_secs(4),
        ask: Duration::from_secs(1),
        ask_again: Duration::from_millis(200),
        ask_again_max: Duration::from_secs(2),
        looks: Looks {
            every: Duration::from_secs(10),
            again: Duration::from_secs(1),
            limit: Duration::from_secs(1),
        },
    };
    let setups = shop::TERMINALS.into_iter().zip(&world.terminals).map(|((name, tender, turn), poi)| {
        let practice = poi.practice();
        let mut setup = PaymentSetup::new(
            DeviceName::new(name).expect("a short name"),
            TenderCode::new(tender).expect("a short code"),
            Vec::new(),
            turn,
            Arc::new(poi.clone()),
            Arc::new(practice),
        );
        setup.patience = patience;
        setup
    });
    setups.collect()
}

/// The hub's machine.
///
/// # Errors
/// When the simulation ends, or the actors do not start.
pub async fn run(world: Arc<World>, seed: u64) -> turmoil::Result {
    let outcome = machine(Arc::clone(&world), seed).await;
    if let Err(error) = &outcome {
        // The process ends; its supervisor starts it again.
        world.note(|| format!("hub ends: {error}"));
        world.hub().unopened = Some(error.to_string());
    }
    Ok(())
}

async fn machine(world: Arc<World>, seed: u64) -> turmoil::Result {
    FATAL.store(false, Ordering::Relaxed);
    let (disk, kept_state, rebuild, hub_id, witness) = {
        let mut hub = world.hub();
        hub.serving = false;
        hub.unopened = None;
        hub.fatal = false;
        hub.state_fails = false;
        let witness = hub.head.map_or(0, |signed| signed.head.seq);
        (hub.disk.clone(), hub.state.take(), hub.rebuild.clone(), hub.identity(), witness)
    };
    let (mut writer, reader, recovery) = match Journal::open(journal_options(witness), Arc::new(disk)) {
        Ok(opened) => opened,
        Err(error) => {
            world.note(|| format!("hub cannot open its journal: {error}"));
            world.hub().unopened = Some(error.to_string());
            return Ok(());
        }
    };
    let state = kept_state.unwrap_or_else(MemoryStore::new);
    if let Some(records) = &rebuild {
        // A rebuild that was cut off goes on where it was.
        let have = reader.head().map_or(0, |head| head.seq);
        for record in records.iter().filter(|record| record.position.seq > have) {
            writer.import(record)?;
        }
        writer.commit()?;
        holdfast_store::catch_up(state.as_ref(), &reader, 512)?;
        replace(&world, &mut writer, &reader, state.as_ref())?;
    }
    let head = reader.head();
    world.note(|| format!("hub starts at {}, clean {}", head.map_or(0, |head| head.seq), recovery.clean_end));
    let store = Arc::new(FailingStore::new(Arc::clone(&state), Arc::clone(&world)));
    holdfast_store::catch_up(state.as_ref(), &reader, 512)?;
    let mut catalog = Catalog::empty();
    state.with_state(&mut |known| {
        if known.catalog_version > 0 {
            catalog = shop::catalog(known.catalog_version);
        }
    });
    let mut dice = Dice::new(seed);
    let mouth = Mouth::open(Arc::clone(&world)).await?;
    let link = Arc::new(Link {
        world: Arc::clone(&world),
        mouth: mouth.clone(),
        sessions: Mutex::default(),
        history: world.model().history,
    });
    let wan = Arc::new(Wan {
        hub: hub_id.0,
        mouth: mouth.clone(),
        next: AtomicU64::new(dice.throw() >> 8),
        waiting: Mutex::default(),
    });
    let running = holdfast_actors::start(Parts {
        hub: hub_id,
        writer,
        reader: reader.clone(),
        store: store as Arc<dyn StateStore>,
        catalog: Arc::new(catalog),
        clock: Arc::new(WallClock(Arc::clone(&world))),
        ids: Arc::new(Minted(Mutex::new(Dice::new(dice.throw())))),
        calendar: Arc::new(Days),
        pins: Arc::new(OnePin),
        link: Arc::clone(&link) as _,
        uplink: Some(Arc::clone(&wan) as _),
        printers: vec![unplugged()],
        template: Arc::default(),
        payments: terminals(&world),
        offline_limits: Some(OfflineLimits {
            floor: Money::from_minor(4_000, Currency::EUR),
            velocity: 3,
            window_minutes: 24 * 60,
            cumulative: Money::from_minor(6_000, Currency::EUR),
        }),
        scanners: Vec::new(),
        scales: Vec::new(),
        software: "simulation".to_owned(),
        work: BlockingWork::Inline,
        notary: Some(Arc::new(Seal(Arc::clone(&world)))),
        space: None,
        watch: Watch {
            patience: Patience { look_every: Duration::from_secs(5), ..Patience::default() },
            faults: None,
        },
    })
    .await?;
    let running = Arc::new(running);
    tokio::spawn(disk_turns(Arc::clone(&world), Arc::clone(&running), Dice::new(dice.throw())));
    tokio::spawn({
        let (world, running) = (Arc::clone(&world), Arc::clone(&running));
        async move {
            running.gave_up().await;
            world.note(|| "the supervisors give up; the process ends".to_owned());
            world.hub().fatal = true;
        }
    });
    if head.is_none() {
        found(&world, &running).await;
    }
    {
        let mut hub = world.hub();
        hub.rebuild = None;
        hub.state = Some(state);
        hub.reader = Some(reader);
        hub.serving = true;
    }
    serve(&world, &running, &link, &wan, &mouth).await
}

/// The disk: takes its time, then commits whatever waits.
async fn disk_turns(world: Arc<World>, running: Arc<Running>, mut dice: Dice) {
    loop {
        let most = world.hub().disk_pause_ms;
        sleep(Duration::from_millis(dice.between(1, most.max(2)))).await;
        if let Err(error) = running.commit() {
            world.note(|| format!("hub's journal fails: {error}"));
            // The process ends while its other threads are still at work: they must not have told anybody.
            sleep(Duration::from_millis(40)).await;
            world.hub().fatal = true;
            return;
        }
        if FATAL.load(Ordering::Relaxed) {
            world.hub().fatal = true;
            return;
        }
    }
}

/// The epoch that a machine opens: the first of its store, or the one that continues a copy.
fn open_epoch(world: &World, parent: Option<Parent>) -> HubCommand {
    let mut hub = world.hub();
    hub.epochs_opened += 1;
    let (epoch, hub) = (epoch(hub.epochs_opened), hub.identity());
    HubCommand::OpenEpoch { epoch, hub, hub_key: [1; 32], store: shop::profile(240).store, parent }
}

/// A hub that replaces another opens its epoch after the copy and before anybody is served, as provisioning does.
fn replace(world: &World, writer: &mut Writer, reader: &Reader, state: &MemoryStore) -> turmoil::Result {
    let Some(head) = writer.head() else { return Ok(()) };
    let parent = Parent { epoch: EpochId(Uuid::from_bytes(head.epoch)), seq: head.seq, hash: head.hash };
    let last = reader.read(head.seq)?.map(holdfast_store::stored_record).transpose()?;
    let last_ms = last.map_or(0, |stored| stored.record.recorded_at.0);
    let command = open_epoch(world, Some(parent));
    let mut decision = Err(Refusal::StoreMismatch);
    state.with_state(&mut |state| decision = decide_hub(state, &command));
    if let HubCommand::OpenEpoch { epoch, .. } = &command
        && !is_planted(Bug::EpochIgnored)
    {
        writer.begin_epoch(epoch.0.into_bytes());
    }
    let record = Record {
        recorded_at: Timestamp(world.clock_ms().max(last_ms)),
        origin: Origin::Hub,
        outcome: Outcome::Accepted { events: decision?.events },
    };
    writer.append_durable(encode_record(&record))?;
    Ok(())
}

/// The first records of a store.
async fn found(world: &World, running: &Running) {
    let first = open_epoch(world, None);
    console(world, running, first).await;
    console(world, running, HubCommand::ConfigureStore { profile: Box::new(shop::profile(240)) }).await;
    let (staff, number) = (shop::manager(), shop::MANAGER);
    console(world, running, HubCommand::RegisterStaff { staff, number, role: Role::Manager }).await;
    let (staff, number) = (shop::cashier(), shop::CASHIER);
    console(world, running, HubCommand::RegisterStaff { staff, number, role: Role::Cashier }).await;
    let (staff, number) = (shop::second_manager(), shop::SECOND_MANAGER);
    console(world, running, HubCommand::RegisterStaff { staff, number, role: Role::Manager }).await;
    let source = CatalogSource::Import;
    let products = u32::try_from(shop::SKUS.len()).unwrap_or(0);
    console(world, running, HubCommand::ActivateCatalog { content_hash: [2; 32], products, source }).await;
    for n in 0..world.tills.len() {
        let name = shop::label(&format!("Till {n}"));
        let (terminal, number) = (terminal(n), NumberChoice::Next);
        console(world, running, HubCommand::EnrolTerminal { terminal, name, secret_hash: [3; 32], number })
            .await;
    }
}

/// Carries out one command of the console and remembers what the person was told.
async fn console(world: &World, running: &Running, command: HubCommand) {
    let name = alphabet::hub_command(&command);
    let ledger = running.ledger();
    let committed = match &command {
        HubCommand::ActivateCatalog { .. } => {
            let version = running.catalog().borrow().version() + 1;
            ledger.activate_catalog(Arc::new(shop::catalog(version)), command).await
        }
        _ => ledger.hub_command(command).await,
    };
    match committed {
        Ok(committed) => {
            world.note(|| format!("console {name} at {}", committed.position.seq));
            world.model().console_told(name, &committed.position);
        }
        Err(error) => {
            world.note(|| format!("console {name}: {error}"));
            world.model().console_refused(name);
        }
    }
}

async fn serve(
    world: &Arc<World>,
    running: &Arc<Running>,
    link: &Arc<Link>,
    wan: &Arc<Wan>,
    mouth: &Mouth,
) -> turmoil::Result {
    let tills = running.tills();
    let headquarters = running.headquarters();
    let mut buffer = vec![0; FRAME_BYTES_MAX];
    // What was asked of the process before this one still waits.
    world.hub_bell.notify_one();
    loop {
        tokio::select! {
            heard = mouth.hear(&mut buffer) => {
                let (frame, from) = heard?;
                let till = from.strip_prefix("till").and_then(|n| n.parse::<usize>().ok());
                match (frame, till) {
                    (Some(Frame::Hello { session }), Some(till)) => {
                        locked(&link.sessions).insert(till, session);
                        tills.connected(terminal(till), session);
                        let payload = link.history.to_be_bytes().to_vec().into();
                        mouth.say(&from, &Frame::Welcome { session, payload });
                        let status = running.status().borrow().clone();
                        if let Some(status) = status {
                            let payload = serde_json::to_vec(&status)?.into();
                            link.status(till, &payload);
                        }
                    }
                    (Some(Frame::Request { session, payload }), Some(till)) => {
                        if link.session(till) == Some(session) {
                            world.model().delivered(&payload);
                            tills.deliver(terminal(till), session, payload);
                        } else {
                            mouth.say(&from, &Frame::Bye { session });
                        }
                    }
                    (Some(Frame::UplinkAnswer { question, payload }), None) => wan.answered(question, payload),
                    _ => {}
                }
            }
            () = world.hub_bell.notified() => {
                let command = world.hub().console.pop_front();
                if let Some(command) = command {
                    let (world, running) = (Arc::clone(world), Arc::clone(running));
                    tokio::spawn(async move {
                        console(&world, &running, command).await;
                        world.hub_bell.notify_one();
                    });
                }
                if world.hub().asked_to_tell {
                    let mark: HeadquartersMark = *headquarters.borrow();
                    let told = running.observe().await;
                    world.note(|| format!("hub tells {:?}, HQ {mark:?}", told.ledger));
                    let mut hub = world.hub();
                    hub.asked_to_tell = false;
                    hub.told = Some(told);
                }
            }
        }
    }
}
