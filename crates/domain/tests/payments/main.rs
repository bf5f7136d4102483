//! A payment with a device as a model that is searched as a whole: tills, a hub that crashes or is replaced, a device that
//! answers late or never, a line that loses things. Whatever order they come in, nobody is charged twice and nothing counts as
//! paid that was not.
//!
//! The rules are the real ones: every state holds the real [`holdfast_domain::State`], and every record is decided and folded
//! by the domain. What is written down a second time here is only what the hub's payment actor does between two records. The
//! same model with one careless change must fail, and says how.
//!
//! A run is a finite one: each move asks something new, adds a record, brings an attempt on or spends one of the few troubles,
//! so that a state in which nothing happens by itself is where every run ends.

mod device;
mod ledger;
mod moves;
mod promises;
#[path = "../rules/shop.rs"]
#[allow(dead_code, reason = "the rules' tests need more of the shop than this")]
mod shop;
mod till;
mod told;
mod world;

use std::sync::Arc;
use std::time::Instant;

use holdfast_domain::attempt::{AttemptStanding, PaymentDevice, RefundMeans, Turn};
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::catalog::Catalog;
use holdfast_domain::command::HubCommand;
use holdfast_domain::order::Channel;
use holdfast_domain::shift::Mode;
use stateright::{Checker, HasDiscoveries, Model, Property};

use device::{Device, Kind};
use ledger::Ledger;
use shop::{CASHIER, OTHER_TILL, Shop, TILL, line, tender_code};
use till::Till;
use world::{Bounds, Design, Move, World};

/// A shop within bounds, and where it begins: open, with an order for each till that nobody has paid for.
#[derive(Clone)]
struct Payments {
    bounds: Bounds,
    catalog: Arc<Catalog>,
    begin: World,
}

impl Payments {
    fn within(bounds: Bounds) -> Self {
        let mut shop = Shop::open();
        shop.sign_on(OTHER_TILL, CASHIER);
        shop.open_shift(OTHER_TILL, Mode::Live);
        let device = PaymentDevice {
            name: DeviceName::new("poi").expect("a name"),
            tender: tender_code("terminal"),
            tills: Vec::new(),
            turn: match bounds.kind {
                Kind::Terminal => Turn::OneAtATime,
                Kind::Gateway => Turn::Many,
            },
            refunds: RefundMeans::ByOriginal,
            reverses: true,
            simulated: false,
        };
        shop.hub(HubCommand::ConfigureDevices { devices: vec![device] }).expect("a list of devices");
        let tills = [TILL, OTHER_TILL].into_iter().take(bounds.tills).map(|terminal| {
            let order = shop.try_place(terminal, Channel::Counter, &[line(1, "BOOK", "1")]);
            Till::at(terminal, order.expect("an order"))
        });
        let tills = tills.collect();
        let durable = Ledger::of(shop.state.clone());
        let begin = World {
            tills,
            copy: Arc::clone(&durable),
            durable,
            run: None,
            line: Vec::new(),
            device: Device::of(bounds.kind),
            troubles: 0,
            replaced: false,
        };
        Self { bounds, catalog: Arc::new(shop.catalog), begin }
    }
}

impl Model for Payments {
    type State = World;
    type Action = Move;

    fn init_states(&self) -> Vec<World> {
        vec![self.begin.clone()]
    }

    fn actions(&self, world: &World, moves: &mut Vec<Move>) {
        world.moves(&self.bounds, moves);
    }

    fn next_state(&self, world: &World, one: Move) -> Option<World> {
        let mut next = world.clone();
        next.play(one, &self.bounds, &self.catalog);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("one capture for an attempt", |_, world| {
                promises::one_capture_for_an_attempt(world)
            }),
            Property::always("what is paid was taken", |_, world| promises::what_is_paid_was_taken(world)),
            Property::always("a decline moved no money", |_, world| {
                promises::a_decline_moved_no_money(world)
            }),
            Property::always("all is known in the end", |model: &Self, world| {
                promises::all_is_known_in_the_end(world, &model.bounds)
            }),
            Property::sometimes(PAYS, |_, world| {
                promises::some(world, |standing| matches!(standing, AttemptStanding::Taken { .. }))
            }),
            Property::sometimes(GOES_BACK, |_, world| {
                promises::some(world, |standing| matches!(standing, AttemptStanding::GivenBack))
            }),
        ]
    }
}

const OURS: Bounds = Bounds {
    kind: Kind::Terminal,
    design: Design::Ours,
    tills: 1,
    troubles: 2,
    replaces: false,
    people: false,
};

/// The promises are not kept by doing nothing: this happens in some run, and with people at the till so does the other.
const PAYS: &str = "a card pays for a sale";
const GOES_BACK: &str = "what came too late goes back";
/// No careless design needs more moves than this to be found out.
const DEEP_MAX: usize = 40;

/// Searches all of it, and says how far that was.
fn holds(name: &str, bounds: Bounds) {
    let began = Instant::now();
    let checker = Payments::within(bounds).checker().threads(2).spawn_bfs().join();
    println!(
        "payment model: {} states, {} moves, {} deep, {:.1} s: {name}",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f32()
    );
    let mut discoveries = checker.discoveries();
    assert!(discoveries.remove(PAYS).is_some(), "{name}: nothing is ever paid for");
    assert_eq!(discoveries.remove(GOES_BACK).is_some(), bounds.people, "{name}: {GOES_BACK}");
    if let Some((promise, path)) = discoveries.into_iter().next() {
        panic!("{name}: not true that {promise}:\n{}", told::path(&path));
    }
}

/// The shortest way to what a careless design does.
fn fails(name: &str, bounds: Bounds, promise: &'static str) {
    let found = (1..=DEEP_MAX).find_map(|deep| {
        let checker = Payments::within(bounds).checker().target_max_depth(deep);
        let checker = checker.finish_when(HasDiscoveries::AnyOf([promise].into())).spawn_bfs().join();
        checker.discovery(promise)
    });
    let path = found.unwrap_or_else(|| panic!("{name} is not found out to break: {promise}"));
    println!("payment model: {name} breaks \"{promise}\":\n{}", told::path(&path));
}

const BOTH: [(Kind, &str); 2] =
    [(Kind::Terminal, "a terminal that knows no ids"), (Kind::Gateway, "a gateway whose network reorders")];

#[test]
fn whatever_breaks_twice_while_people_try_again_and_say_what_they_saw() {
    for (kind, name) in BOTH {
        holds(&format!("{name}, people"), Bounds { kind, people: true, ..OURS });
    }
}

#[test]
fn a_hub_is_lost_and_something_else_breaks() {
    for (kind, name) in BOTH {
        holds(&format!("{name}, another hub"), Bounds { kind, replaces: true, troubles: 3, ..OURS });
    }
}

#[test]
fn a_hub_is_lost_while_people_try_again_and_say_what_they_saw() {
    for (kind, name) in BOTH {
        let bounds = Bounds { kind, replaces: true, people: true, troubles: 1, ..OURS };
        holds(&format!("{name}, another hub, people"), bounds);
    }
}

#[test]
fn two_tills_at_one_terminal_whose_hub_is_lost() {
    holds("two tills at one terminal", Bounds { tills: 2, replaces: true, troubles: 1, ..OURS });
}

#[test]
fn sending_again_charges_twice() {
    let bounds = Bounds { design: Design::ResendsOnTimeout, ..OURS };
    fails("sending again what was not answered", bounds, "one capture for an attempt");
}

#[test]
fn sending_before_it_is_durable_charges_twice() {
    let bounds = Bounds { design: Design::SendsBeforeDurable, ..OURS };
    fails("sending before the intent is durable", bounds, "one capture for an attempt");
}

#[test]
fn taking_a_broken_line_for_a_decline_forgets_a_charge() {
    let bounds = Bounds { design: Design::TakesBrokenLineForDecline, ..OURS };
    fails("taking a broken line for a decline", bounds, "a decline moved no money");
}

#[test]
fn believing_that_a_gateway_never_heard_of_it_forgets_a_charge() {
    let bounds = Bounds { kind: Kind::Gateway, design: Design::BelievesNotFound, ..OURS };
    fails("believing that it was never heard of", bounds, "a decline moved no money");
}
