//! Papers beside the receipt: each has a number, and the count belongs to the sale.

use holdfast_domain::effect::PaperForm;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::sale::CopyForm;
use holdfast_domain::shift::Mode;
use holdfast_domain::{Effect, Event};

use crate::shop::*;

/// Asks for a paper and returns the number that it bears.
fn number(shop: &mut Shop, sale: TransactionId, form: CopyForm) -> u32 {
    let done = shop.ask(TILL, copy(sale, form)).expect("a copy");
    let [Event::CopyPrinted { document, original, copy: number, .. }] = done.events[..] else {
        panic!("{done:?}")
    };
    assert_eq!((document, original), (done.transaction, sale));
    let paper = match form {
        CopyForm::Copy => PaperForm::Copy { number },
        CopyForm::Gift => PaperForm::Gift { number },
    };
    let print = Effect::Print { terminal: TILL, transaction: document, form: paper };
    assert_eq!(done.effects, [print], "the drawer stays shut");
    assert!(shop.state.documents.contains(&document), "its printing is settled like any document's");
    number
}

#[test]
fn copies_are_counted_over_both_forms_and_by_sale() {
    let mut shop = Shop::open();
    let (tea, book) = (shop.sell(&[line(1, "TEA", "1")]), shop.sell(&[line(1, "BOOK", "1")]));
    let before = shop.figures(TILL).clone();
    let tills = shop.state.tills.clone();
    assert_eq!(number(&mut shop, tea, CopyForm::Copy), 1);
    assert_eq!(number(&mut shop, tea, CopyForm::Gift), 2);
    assert_eq!(number(&mut shop, book, CopyForm::Gift), 1);
    assert_eq!(number(&mut shop, tea, CopyForm::Copy), 3);
    assert_eq!((shop.figures(TILL), &shop.state.tills), (&before, &tills), "no figure, no receipt number");
}

#[test]
fn the_count_survives_a_restart_and_a_return_and_another_shift() {
    let mut shop = Shop::open();
    let sale = shop.sell(&[line(1, "TEA", "2")]);
    number(&mut shop, sale, CopyForm::Copy);
    shop.bring_back(sale, &[(1, "1")]).expect("returned");
    let declared = shop.figures(TILL).cash_expected;
    let shift = shop.state.shift_of(TILL).expect("open").id;
    shop.ask(TILL, holdfast_domain::Action::CloseShift { shift, declared, count: Default::default() })
        .expect("closed");
    let mut again = Shop::bare();
    let bare = again.log.len();
    again.fold(&shop.log[bare..]);
    assert_eq!(again.sale(sale).copies, 1);
    shop.open_shift(TILL, Mode::Live);
    assert_eq!(number(&mut shop, sale, CopyForm::Copy), 2);
}
