//! Any day of any shop: applied piece by piece, replayed at once, on disk or in memory, the state is the same.

use holdfast_domain::command::{Action, HubCommand, Settlement};
use holdfast_domain::event::DocumentOutcome;
use holdfast_domain::ids::{OrderId, TransactionId, Uuid};
use holdfast_domain::order::Channel;
use holdfast_domain::shift::Mode;
use holdfast_store::{MemoryStore, StateStore};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::disk::{folder, open};
use crate::shop::{Shop, TILLS, reason};

#[derive(Debug, Clone)]
enum Step {
    Sell { lines: u16 },
    Place { lines: u16, counter: bool },
    Pay { order: Index },
    Deposit { order: Index },
    Cancel { order: Index },
    Fulfil { order: Index },
    Return { sale: Index, line: u16 },
    PostVoid { sale: Index },
    Abandon,
    CloseShift,
    OpenShift { training: bool },
    SignOff,
    Settle { sale: Index },
}

fn step() -> impl Strategy<Value = Step> {
    let pick = any::<Index>;
    prop_oneof![
        4 => (1_u16..6).prop_map(|lines| Step::Sell { lines }),
        3 => (1_u16..40, any::<bool>()).prop_map(|(lines, counter)| Step::Place { lines, counter }),
        3 => pick().prop_map(|order| Step::Pay { order }),
        2 => pick().prop_map(|order| Step::Deposit { order }),
        1 => pick().prop_map(|order| Step::Cancel { order }),
        1 => pick().prop_map(|order| Step::Fulfil { order }),
        4 => (pick(), 1_u16..4).prop_map(|(sale, line)| Step::Return { sale, line }),
        2 => pick().prop_map(|sale| Step::PostVoid { sale }),
        1 => Just(Step::Abandon),
        1 => Just(Step::CloseShift),
        2 => any::<bool>().prop_map(|training| Step::OpenShift { training }),
        1 => Just(Step::SignOff),
        1 => pick().prop_map(|sale| Step::Settle { sale }),
    ]
}

/// Refusals are part of any day: they are records too.
fn take(shop: &mut Shop, till: usize, step: &Step) {
    let order = |shop: &Shop, index: &Index| match shop.orders.as_slice() {
        [] => OrderId(Uuid::nil()),
        orders => *index.get(orders),
    };
    let sale = |shop: &Shop, index: &Index| -> Option<TransactionId> {
        (!shop.sales.is_empty()).then(|| *index.get(&shop.sales))
    };
    let _ = match step {
        Step::Sell { lines } => match shop.place(till, *lines, Channel::Counter) {
            Ok(order) => shop.pay(till, order, 1_000_000, Settlement::Full).map(drop),
            Err(refusal) => Err(refusal),
        },
        Step::Place { lines, counter } => {
            let channel = if *counter { Channel::Counter } else { Channel::NotInHand };
            shop.place(till, *lines, channel).map(drop)
        }
        Step::Pay { order: index } => {
            shop.pay(till, order(shop, index), 1_000_000, Settlement::Full).map(drop)
        }
        Step::Deposit { order: index } => {
            shop.pay(till, order(shop, index), 150, Settlement::Deposit).map(drop)
        }
        Step::Cancel { order: index } => {
            let order = order(shop, index);
            shop.act(till, Action::CancelOrder { order, reason: reason() }).map(drop)
        }
        Step::Fulfil { order: index } => {
            let order = order(shop, index);
            shop.act(till, Action::FulfilOrder { order }).map(drop)
        }
        Step::Return { sale: index, line } => match sale(shop, index) {
            Some(sale) => shop.give_back(till, sale, *line).map(drop),
            None => Ok(()),
        },
        Step::PostVoid { sale: index } => match sale(shop, index) {
            Some(original) => shop.act(till, Action::PostVoid { original, reason: reason() }).map(drop),
            None => Ok(()),
        },
        Step::Abandon => {
            shop.act(till, Action::AbandonBasket { lines: Shop::lines(2), reason: reason() }).map(drop)
        }
        Step::CloseShift => shop.close_shift(till).map(drop),
        Step::OpenShift { training } => {
            shop.open_shift(till, if *training { Mode::Training } else { Mode::Live }).map(drop)
        }
        Step::SignOff => shop.act(till, Action::SignOff).map(drop),
        Step::Settle { sale: index } => {
            if let Some(transaction) = sale(shop, index) {
                shop.hub(&HubCommand::SettleDocument { transaction, outcome: DocumentOutcome::Printed });
            }
            Ok(())
        }
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_way_to_the_state_leads_to_the_same_state(
        steps in prop::collection::vec((0..TILLS, step()), 1..60),
        sizes in prop::collection::vec(1_usize..9, 1..8),
        reopened_at in any::<Index>(),
    ) {
        let shop = Shop::empty();
        let (_first, dir) = folder();
        let (_second, fresh) = folder();
        let (mut piecewise, _) = open(&dir, &shop.reader, "monday");
        let in_memory = MemoryStore::new();
        let mut shop = shop.opened_as(1);
        for (till, step) in &steps {
            take(&mut shop, *till, step);
        }
        let reopened_at = reopened_at.index(shop.records.len());
        let mut applied = 0;
        let mut sizes = sizes.iter().cycle();
        while applied < shop.records.len() {
            let size = *sizes.next().expect("a cycle");
            let until = (applied + size).min(shop.records.len());
            piecewise.apply(&shop.records[applied..until]).expect("they follow");
            in_memory.apply(&shop.records[applied..until]).expect("they follow");
            if (applied..until).contains(&reopened_at) {
                drop(piecewise);
                // Opening replays what is left; what was read back must carry it.
                let (reopened, report) = open(&dir, &shop.reader, "monday");
                prop_assert_eq!(report.rebuilt, None);
                prop_assert_eq!(report.replayed, (shop.records.len() - until) as u64);
                piecewise = reopened;
                in_memory.apply(&shop.records[until..]).expect("they follow");
                break;
            }
            applied = until;
        }
        let (rebuilt, report) = open(&fresh, &shop.reader, "monday");
        prop_assert_eq!(report.replayed, shop.records.len() as u64);
        shop.check(&*piecewise);
        shop.check(&*in_memory);
        shop.check(&*rebuilt);
        let hash = rebuilt.state_hash().expect("readable");
        prop_assert_eq!(piecewise.state_hash().expect("readable"), hash);
        prop_assert_eq!(in_memory.state_hash().expect("readable"), hash);
    }
}
