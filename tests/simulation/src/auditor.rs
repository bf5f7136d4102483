//! What must hold whatever has happened: compared between the journal's bytes, HQ's copy, the state, and what the people
//! in the shop were told. The auditor trusts none of them.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_devices::simulated::poi::SimulatedPoi;
use holdfast_domain::ids::CommandId;
use holdfast_domain::order::Claim;
use holdfast_domain::record::{Origin, Outcome, Record as Meaning};
use holdfast_domain::shift::Mode;
use holdfast_domain::{Action, Event};
use holdfast_journal::{Record, Storage as _};
use holdfast_protocol::message::{Answer, OfferRecord, ReplyPosition};
use holdfast_protocol::{chain_hash, decode_record, fingerprint};
use holdfast_replication::Point;
use holdfast_store::StateStore;

use crate::alphabet;
use crate::books::{Books, Day, other_than_told};
use crate::headquarters::Headquarters;
use crate::model::{Asked, KnownOrder, Model, Stage};
use crate::people;
use crate::shop::{SKUS, TERMINALS};

/// What the run hands over at its end.
#[derive(Debug)]
pub struct Evidence<'a> {
    pub journal: Vec<Record>,
    pub model: &'a Model,
    pub headquarters: &'a Headquarters,
    pub state: &'a dyn StateStore,
    pub observed: &'a holdfast_actors::Observation,
    /// The card terminals, with their own books.
    pub terminals: &'a [SimulatedPoi],
    /// No disk was replaced in this run: positions are for ever, and stock is known in full at every decision.
    pub one_history: bool,
    /// Both histories of a rolled-back disk count as kept.
    pub forks_are_kept: bool,
    /// What tills still hold and go on offering, because it contradicts what came before it.
    pub offering: BTreeSet<CommandId>,
}

/// Everything that is wrong, named by the promise it breaks.
pub fn audit(evidence: &Evidence<'_>, reached: &mut BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    chain(&evidence.journal, &mut wrong);
    let meanings = meanings(&evidence.journal, &mut wrong);
    for (_, meaning) in &meanings {
        for event in meaning.outcome.events() {
            reached.insert(format!("event:{}", alphabet::event(event)));
            reached.extend(behind(event).iter().map(|name| (*name).to_owned()));
        }
    }
    clocks(&meanings, &mut wrong);
    commands(evidence, &meanings, &mut wrong);
    acknowledged(evidence, &meanings, &mut wrong);
    sold_alone(evidence, &meanings, &mut wrong);
    books(evidence, &meanings, &mut wrong);
    people::audit(meanings.iter().map(|(seq, meaning)| (*seq, meaning)), evidence.state, &mut wrong);
    copy_at_headquarters(evidence, &mut wrong);
    observed(evidence, reached, &mut wrong);
    wrong
}

/// What devices and their actors do shows in what follows from it.
fn behind(event: &Event) -> &'static [&'static str] {
    match event {
        Event::PaymentDevicesConfigured { .. } => &["hub_command:configure_devices"],
        Event::OfflineLimitsSet { .. } => &["hub_command:set_offline_limits"],
        Event::TenderSent { .. } => &["hub_command:send_tender", "effect:start_tender"],
        Event::TenderApproved { .. } | Event::TenderDeclined { .. } => &["hub_command:settle_tender"],
        Event::TenderAbortAsked { .. } => &["effect:abort_tender"],
        Event::DeviceReconciled { .. } => &["hub_command:settle_reconciliation", "effect:reconcile_device"],
        _ => &[],
    }
}

/// P9: numbers without a gap, every hash follows from the one before.
fn chain(journal: &[Record], wrong: &mut Vec<String>) {
    let mut before = [0; 32];
    for (expected, record) in (1..).zip(journal) {
        let position = record.position;
        let hash = chain_hash(&before, &position.epoch, expected, &record.payload);
        if position.seq != expected || position.hash != hash {
            wrong.push(format!("P9: the chain breaks at record {expected}"));
            return;
        }
        before = hash;
    }
}

fn meanings(journal: &[Record], wrong: &mut Vec<String>) -> Vec<(u64, Meaning)> {
    let mut meanings = Vec::with_capacity(journal.len());
    for record in journal {
        match decode_record(&record.payload) {
            Ok(meaning) => meanings.push((record.position.seq, meaning)),
            Err(error) => wrong.push(format!("P9: record {} cannot be read: {error}", record.position.seq)),
        }
    }
    meanings
}

/// Time never runs back in the journal but across a record that says so.
fn clocks(meanings: &[(u64, Meaning)], wrong: &mut Vec<String>) {
    for pair in meanings.windows(2) {
        let [(_, before), (seq, after)] = pair else { continue };
        if after.recorded_at >= before.recorded_at {
            continue;
        }
        let said = after.outcome.events().iter().any(|event| {
            matches!(event, Event::ClockStepped { before: b, after: a }
                if *b == before.recorded_at && *a == after.recorded_at)
        });
        if !said {
            wrong.push(format!("P9: time runs back at record {seq} and nothing says so"));
        }
    }
}

/// P2: each id has one outcome, each was asked for, and each attempt to use one twice is on record.
fn commands(evidence: &Evidence<'_>, meanings: &[(u64, Meaning)], wrong: &mut Vec<String>) {
    let mut outcomes: BTreeMap<CommandId, u64> = BTreeMap::new();
    let mut reuses: BTreeSet<CommandId> = BTreeSet::new();
    for (seq, meaning) in meanings {
        let Some((id, print)) = meaning.origin.command() else { continue };
        if is_reuse(meaning) {
            reuses.insert(id);
            continue;
        }
        if let Some(first) = outcomes.insert(id, *seq) {
            wrong.push(format!("P2: {id} has two outcomes, at {first} and {seq}"));
        }
        let Some(asked) = evidence.model.asked.get(&id) else {
            wrong.push(format!("P2: {id} at {seq} was asked for by nobody"));
            continue;
        };
        // What a till keeps of a request is what it is known by: never a PIN.
        if asked.action.is_some() && fingerprint(&asked.bytes) != print {
            wrong.push(format!("P2: {id} at {seq} stands for other bytes than were asked"));
        }
    }
    for id in &reuses {
        if !evidence.model.misused.contains(id) {
            wrong.push(format!("P2: {id} was never used for two things and is recorded as such"));
        }
    }
    for id in &evidence.model.misuse_refused {
        if !reuses.contains(id) {
            wrong.push(format!("P2: the second use of {id} is not on record"));
        }
    }
}

fn is_reuse(meaning: &Meaning) -> bool {
    matches!(&meaning.outcome, Outcome::Refused { refusal } if refusal.code == "HF-CMD-003")
}

/// P1: everything that a person was told is in the journal, at its place, with its bytes; after a disk was lost, with its
/// outcome.
fn acknowledged(evidence: &Evidence<'_>, meanings: &[(u64, Meaning)], wrong: &mut Vec<String>) {
    let mut by_command: BTreeMap<CommandId, (u64, &Meaning)> = BTreeMap::new();
    for (seq, meaning) in meanings.iter().filter(|(_, meaning)| !is_reuse(meaning)) {
        if let Some((id, _)) = meaning.origin.command() {
            by_command.entry(id).or_insert((*seq, meaning));
        }
    }
    for (id, asked) in &evidence.model.asked {
        let Some(told) = &asked.told else { continue };
        let (Answer::Accepted { position, record, .. } | Answer::Refused { position, record, .. }) =
            &told.reply.answer
        else {
            continue;
        };
        let held = by_command.get(id);
        let whole =
            held.is_some_and(|(seq, meaning)| holds(evidence, *seq, meaning, asked, position, record));
        let kept_elsewhere = evidence.forks_are_kept && fork_has(evidence.headquarters, record);
        let still_offered = !evidence.one_history && evidence.offering.contains(id);
        if !whole && !kept_elsewhere && !still_offered {
            let at = held.map_or_else(|| "nowhere".to_owned(), |(seq, _)| format!("other at {seq}"));
            wrong.push(format!("P1: {} {id} was told at {} and is {at}", asked.name, position.seq));
        }
    }
    for (name, position, _) in &evidence.model.console {
        let held =
            usize::try_from(position.seq).ok().and_then(|seq| evidence.journal.get(seq.checked_sub(1)?));
        if held.is_none_or(|record| record.position.hash != position.hash) && !evidence.forks_are_kept {
            wrong.push(format!("P1: the console's {name} was told at {} and is not there", position.seq));
        }
    }
}

fn holds(
    evidence: &Evidence<'_>,
    seq: u64,
    meaning: &Meaning,
    asked: &Asked,
    position: &ReplyPosition,
    record: &OfferRecord,
) -> bool {
    let index = usize::try_from(seq - 1).unwrap_or(usize::MAX);
    let Some(stored) = evidence.journal.get(index) else { return false };
    let Ok(payload) = record.stored_payload() else { return false };
    if stored.position.hash == position.hash {
        return seq == position.seq && stored.payload == payload;
    }
    if evidence.one_history {
        return false;
    }
    // Taken over from a till: the same outcome of the same command.
    let Ok(told) = decode_record(&payload) else { return false };
    let taken_over = matches!(meaning.origin, Origin::Offered { .. } | Origin::Till { .. });
    let same_bytes = meaning.origin.command() == told.origin.command();
    taken_over && same_bytes && told.outcome == meaning.outcome && asked.told.is_some()
}

fn fork_has(headquarters: &Headquarters, record: &OfferRecord) -> bool {
    let Ok(payload) = record.stored_payload() else { return false };
    headquarters.line.epochs().iter().any(|line| line.records.iter().any(|held| held.payload == payload))
}

/// P6: what a till sold alone is in the journal as the till told it, whatever the hub knew by then.
fn sold_alone(evidence: &Evidence<'_>, meanings: &[(u64, Meaning)], wrong: &mut Vec<String>) {
    for (_, meaning) in meanings {
        let (Some((id, _)), Outcome::Accepted { events }) = (meaning.origin.command(), &meaning.outcome)
        else {
            continue;
        };
        let action = evidence.model.asked.get(&id).and_then(|asked| asked.action.as_ref());
        if let Some(Action::IslandSale(sale)) = action {
            wrong.extend(other_than_told(id, sale, events).map(|what| format!("P6: {what}")));
        }
        if let Some(Action::SignedOnAlone { number, at, failed_attempts }) = action {
            let told = events.iter().any(|event| {
                matches!(event, Event::SignedOnAlone { number: n, at: a, failed_attempts: f, .. }
                    if (n, a, f) == (number, at, failed_attempts))
            });
            if !told {
                wrong.push(format!("P6: {id} told of a sign-on, and the journal says something else"));
            }
        }
    }
}

/// P4 and P9: the books add up, the state says the same, numbers have no gaps.
fn books(evidence: &Evidence<'_>, meanings: &[(u64, Meaning)], wrong: &mut Vec<String>) {
    let mut books = Books::of(evidence.one_history);
    let take_over =
        |asked: &&Asked| matches!(asked.action, Some(Action::RetrieveOrder { claim: Claim::TakeOver, .. }));
    let forced = evidence.model.asked.iter().filter(|(_, asked)| take_over(asked));
    books.take_overs = forced.map(|(id, _)| *id).collect();
    for (_, meaning) in meanings {
        books.add(meaning);
    }
    books.check_numbers();
    books.check_values();
    books.tenders.check(evidence.terminals, evidence.one_history, evidence.forks_are_kept, wrong);
    if evidence.one_history {
        let devices = TERMINALS.iter().map(|(name, ..)| *name).zip(evidence.terminals);
        books.device_days.check(devices, evidence.state, wrong);
    }
    wrong.append(&mut books.wrong);
    let mut levels = BTreeMap::new();
    evidence.state.with_state(&mut |state| {
        for (sku, level) in &state.stock {
            levels.insert(sku.to_string(), (level.on_hand.thousandths(), level.reserved.thousandths()));
        }
    });
    for sku in SKUS {
        let ours = books.stock.get(sku).copied().unwrap_or_default();
        let theirs = levels.get(sku).copied().unwrap_or_default();
        if (ours.on_hand, ours.reserved) != theirs {
            wrong.push(format!("P4: {sku} adds up to {ours:?}, the state says {theirs:?}"));
        }
    }
    if evidence.one_history {
        for sku in SKUS {
            let (ours, promised) =
                (books.stock.get(sku).copied().unwrap_or_default(), reserved(evidence.model, &books, sku));
            if ours.reserved != promised {
                let books = ours.reserved;
                wrong.push(format!("P4: {promised} of {sku} wait for customers, the books reserve {books}"));
            }
        }
    }
    let mut uses = 0;
    evidence.state.with_state(&mut |state| uses = state.coupons.values().sum());
    if uses != books.coupons {
        wrong.push(format!("P4: the coupon was used {} times, the state says {uses}", books.coupons));
    }
    let mut days = BTreeMap::new();
    evidence.state.with_state(&mut |state| {
        let open = state.days.iter().filter(|(_, day)| !day.gathered.is_none());
        days = open.map(|(date, day)| (*date, Day::of(&day.gathered))).collect();
    });
    if days != books.days.waiting() {
        let ours = books.days.waiting();
        wrong.push(format!("P4: {ours:?} waits for a day Z, the state says {days:?}"));
    }
    let mut held = BTreeMap::new();
    evidence.state.with_state(&mut |state| {
        let values = state.values.iter().map(|(account, value)| (account.to_string(), value.balance.minor()));
        held = values.collect();
    });
    if held != books.values {
        wrong.push(format!("VAL-1: stored value adds up to {:?}, the state says {held:?}", books.values));
    }
    let mut open_drawers = BTreeSet::new();
    evidence.state.with_state(&mut |state| {
        open_drawers = state.open_drawers.iter().map(ToString::to_string).collect();
    });
    if open_drawers != books.open_drawers {
        let ours = books.open_drawers;
        wrong.push(format!("the sensors say that {ours:?} stand open, the state says {open_drawers:?}"));
    }
    for (transaction, alias) in &books.aliases {
        let found = evidence.state.transaction_by_receipt(*alias);
        let leads = matches!(&found, Ok(Some(entry)) if entry.view.transaction == *transaction);
        let sale = evidence.state.sale(*transaction);
        let bears = matches!(&sale, Ok(Some(sale)) if sale.alias == Some(*alias));
        if !leads || !bears {
            wrong
                .push(format!("P9: {alias} leads to {found:?} and not to {transaction}, or that has it not"));
        }
    }
    let totals = evidence.state.totals();
    let (gross, cash, counted) = (books.gross_minor, books.cash_minor, books.counted);
    if (totals.gross_minor, totals.cash_minor, totals.transactions) != (gross, cash, counted) {
        wrong.push(format!(
            "P4: the books add up to {gross}, {cash} and {counted}, the state says {totals:?}"
        ));
    }
    if evidence.state.applied().map_or(0, |at| at.seq) != evidence.journal.len() as u64 {
        wrong.push("P4: the state has not followed to the end".to_owned());
    }
    let mut violations = evidence.state.violations();
    if !evidence.one_history {
        // Two tills' acknowledged returns of one line, one of them decided again after a disk was lost, are both true.
        violations.remove("RET-1");
        violations.remove("RET-2");
    }
    if !violations.is_empty() {
        wrong.push(format!("invariants: {violations:?}"));
    }
}

/// What the orders that the clerks know to be open hold of a product.
fn reserved(model: &Model, books: &Books, sku: &str) -> i64 {
    let held = |order: &&KnownOrder| order.stage == Stage::Open && !books.expired.contains(&order.id);
    let open = model.orders.iter().filter(held).filter(|order| order.mode == Mode::Live);
    let lines = open.flat_map(|order| &order.lines);
    let goods = lines.flat_map(|(sku, thousandths)| crate::shop::parts(sku, *thousandths));
    goods.filter(|(of, _)| of == sku).map(|(_, thousandths)| thousandths).sum()
}

/// REP-1: HQ's newest line is the hub's own history, byte for byte and to the end, and nothing is there twice.
fn copy_at_headquarters(evidence: &Evidence<'_>, wrong: &mut Vec<String>) {
    for held in evidence.headquarters.line.epochs() {
        let (order, mut before) = (held.order, held.from);
        for record in &held.records {
            if record.seq != before.seq + 1 {
                wrong.push(format!("REP-1: HQ's epoch {order} has {} after {}", record.seq, before.seq));
                return;
            }
            let hash = chain_hash(&before.hash, &record.epoch.0, record.seq, &record.payload);
            if hash != record.hash {
                wrong.push(format!("REP-1: HQ's epoch {order} breaks at record {}", record.seq));
                return;
            }
            before = Point { seq: record.seq, hash };
        }
        if before != held.last {
            wrong.push(format!("REP-1: HQ's epoch {order} says it ends at {}", held.last.seq));
        }
    }
    let copy = evidence.headquarters.copy();
    if copy != evidence.journal {
        let (theirs, ours) = (copy.len(), evidence.journal.len());
        wrong.push(format!("REP-1: HQ's {theirs} records are not the hub's {ours}"));
    }
}

/// What the actors say of themselves.
fn observed(evidence: &Evidence<'_>, reached: &mut BTreeSet<String>, wrong: &mut Vec<String>) {
    let observed = evidence.observed;
    match &observed.ledger {
        None => wrong.push("the ledger does not answer".to_owned()),
        Some(ledger) => {
            let contradictions = evidence.one_history && ledger.violations > 0;
            if contradictions || ledger.faults > 0 || ledger.waiting > 0 {
                wrong.push(format!("the ledger counts {ledger:?}"));
            }
        }
    }
    for printer in observed.printers.values().flatten() {
        if printer.printed + printer.not_printed + printer.unknown > 0 {
            reached.insert("effect:print".to_owned());
        }
    }
    if observed.drawers.as_ref().is_some_and(|drawers| !drawers.not_opened.is_empty()) {
        reached.insert("effect:open_drawer".to_owned());
    }
}

/// A power cut right after the end loses nothing of the journal.
pub fn survives_a_power_cut(
    disk: &holdfast_journal::MemoryStorage,
    journal: &[Record],
) -> Result<(), String> {
    let cut = disk.power_cut(&mut crate::fate::Lost);
    let folder = std::path::Path::new(crate::hub::JOURNAL);
    let files = cut.list(folder).map_or(0, |files| files.len());
    let opened = holdfast_journal::Journal::open(crate::hub::journal_options(0), std::sync::Arc::new(cut));
    let (_writer, reader, _) =
        opened.map_err(|error| format!("P1: after a power cut, {files} files: {error}"))?;
    let survived: Result<Vec<Record>, _> = reader.scan(1).collect();
    let survived = survived.map_err(|error| format!("P1: after a power cut: {error}"))?;
    if survived == journal {
        Ok(())
    } else {
        Err(format!("P1: {} of {} synced records survive a power cut", survived.len(), journal.len()))
    }
}
