//! What a basket costs, to the cent, worked out by hand.

use holdfast_domain::Event;
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::line::{AppliedPrice, LineInput};
use holdfast_domain::money::Money;
use holdfast_domain::tax::{TaxBasis, TaxRounding};

use crate::shop::*;

use TaxBasis::{Exclusive, Inclusive};
use TaxRounding::{PerLine, PerTotal};

struct Basket {
    what: &'static str,
    basis: TaxBasis,
    rounding: TaxRounding,
    lines: Vec<LineInput>,
    /// Net, tax and gross of the whole.
    totals: [&'static str; 3],
    /// Net and gross of each kept line.
    each: Vec<[&'static str; 2]>,
    /// Code, net and tax by rate.
    rates: Vec<(&'static str, &'static str, &'static str)>,
}

fn check(basket: &Basket) {
    let mut shop = Shop::open_with(|profile| {
        profile.basis = basket.basis;
        profile.tax_rounding = basket.rounding;
    });
    shop.sign_on(TILL, MANAGER);
    let order = shop.place(&basket.lines);
    let placed = shop.order(order).clone();
    let what = basket.what;
    let [net, tax, gross] = basket.totals.map(eur);
    assert_eq!((placed.totals.net, placed.totals.tax, placed.totals.gross), (net, tax, gross), "{what}");
    let each: Vec<[Money; 2]> = placed.kept_lines().map(|line| [line.net, line.gross]).collect();
    assert_eq!(each, basket.each.iter().map(|each| each.map(eur)).collect::<Vec<_>>(), "{what}");
    let paid = shop.pay(order, &["100000"]).expect("enough");
    let Some(Event::SaleCompleted { taxes, totals, .. }) = paid.events.first() else { panic!("{what}") };
    let rates: Vec<_> = taxes.iter().map(|t| (t.code.as_str(), t.net, t.tax)).collect();
    let expected: Vec<_> = basket.rates.iter().map(|(code, net, tax)| (*code, eur(net), eur(tax))).collect();
    assert_eq!(rates, expected, "{what}");
    assert_eq!(*totals, placed.totals, "{what}: a sale settles what was placed");
}

#[test]
fn tax_is_worked_out_as_the_seller_chose() {
    let three_teas = || (1..=3).map(|n| line(n, "TEA", "1")).collect::<Vec<_>>();
    let three_syrups = || (1..=3).map(|n| line(n, "SYRUP", "1")).collect::<Vec<_>>();
    for basket in [
        Basket {
            // 3.99 / 6 = 0.665, up to 0.67, three times.
            what: "inclusive by line",
            basis: Inclusive,
            rounding: PerLine,
            lines: three_teas(),
            totals: ["9.96", "2.01", "11.97"],
            each: vec![["3.32", "3.99"]; 3],
            rates: vec![("A", "9.96", "2.01")],
        },
        Basket {
            // 11.97 / 6 = 1.995, up to 2.00; the two odd cents go to the first lines.
            what: "inclusive by total",
            basis: Inclusive,
            rounding: PerTotal,
            lines: three_teas(),
            totals: ["9.97", "2.00", "11.97"],
            each: vec![["3.32", "3.99"], ["3.32", "3.99"], ["3.33", "3.99"]],
            rates: vec![("A", "9.97", "2.00")],
        },
        Basket {
            // 1.10 * 5 % = 0.055, up to 0.06; 1.10 * 9.975 % = 0.109725, up to 0.11.
            what: "two rates on a line, exclusive by line",
            basis: Exclusive,
            rounding: PerLine,
            lines: three_syrups(),
            totals: ["3.30", "0.51", "3.81"],
            each: vec![["1.10", "1.27"]; 3],
            rates: vec![("G", "3.30", "0.18"), ("Q", "3.30", "0.33")],
        },
        Basket {
            // 3.30 * 5 % = 0.165, up to 0.17; 3.30 * 9.975 % = 0.329175, to 0.33.
            what: "two rates on a line, exclusive by total",
            basis: Exclusive,
            rounding: PerTotal,
            lines: three_syrups(),
            totals: ["3.30", "0.50", "3.80"],
            each: vec![["1.10", "1.27"], ["1.10", "1.27"], ["1.10", "1.26"]],
            rates: vec![("G", "3.30", "0.17"), ("Q", "3.30", "0.33")],
        },
        Basket {
            // 1.10 / 1.14975: 5 % is 0.04784, 9.975 % is 0.09543.
            what: "two rates inside the price",
            basis: Inclusive,
            rounding: PerLine,
            lines: vec![line(1, "SYRUP", "1")],
            totals: ["0.95", "0.15", "1.10"],
            each: vec![["0.95", "1.10"]],
            rates: vec![("G", "0.95", "0.05"), ("Q", "0.95", "0.10")],
        },
        Basket {
            // 0.333 * 2.99 = 0.99567 → 1.00; 1.00 / 11 = 0.0909 → 0.09. Bread 2.50 / 11 = 0.22727 → 0.23.
            what: "weighed goods, several classes, no tax at all",
            basis: Inclusive,
            rounding: PerLine,
            lines: vec![
                line(1, "APPLES", "0.333"),
                line(2, "BREAD", "1"),
                line(3, "BOOK", "1"),
                line(4, "TEA", "1"),
            ],
            totals: ["16.50", "0.99", "17.49"],
            each: vec![["0.91", "1.00"], ["2.27", "2.50"], ["10.00", "10.00"], ["3.32", "3.99"]],
            rates: vec![("A", "3.32", "0.67"), ("B", "3.18", "0.32")],
        },
        Basket {
            // 10 % of 3.99 is 0.399 → 0.40, so 3.59; / 6 = 0.59833 → 0.60.
            what: "discount first, then tax",
            basis: Inclusive,
            rounding: PerLine,
            lines: vec![line(1, "TEA", "1").percent_off("10")],
            totals: ["2.99", "0.60", "3.59"],
            each: vec![["2.99", "3.59"]],
            rates: vec![("A", "2.99", "0.60")],
        },
        Basket {
            // 2 * 3.99 - 1.00 = 6.98; * 20 % = 1.396 → 1.40.
            what: "an amount off, exclusive",
            basis: Exclusive,
            rounding: PerLine,
            lines: vec![line(1, "TEA", "2").off("1.00")],
            totals: ["6.98", "1.40", "8.38"],
            each: vec![["6.98", "8.38"]],
            rates: vec![("A", "6.98", "1.40")],
        },
        Basket {
            what: "given away",
            basis: Inclusive,
            rounding: PerTotal,
            lines: vec![line(1, "TEA", "1").percent_off("100")],
            totals: ["0.00", "0.00", "0.00"],
            each: vec![["0.00", "0.00"]],
            rates: vec![("A", "0.00", "0.00")],
        },
        Basket {
            // Voided lines stay in the history and count for nothing. 3.00 / 6 = 0.50.
            what: "another price, and a line taken off",
            basis: Inclusive,
            rounding: PerTotal,
            lines: vec![line(1, "TEA", "1").at("3.00"), line(2, "TEA", "5").voided()],
            totals: ["2.50", "0.50", "3.00"],
            each: vec![["2.50", "3.00"]],
            rates: vec![("A", "2.50", "0.50")],
        },
    ] {
        check(&basket);
    }
}

#[test]
fn a_line_is_a_snapshot_of_everything_that_made_its_price() {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    let barcode = holdfast_domain::bounded::Barcode::new(TEA_BARCODE).expect("a barcode");
    let scanned = LineInput { item: ItemRef::Barcode(barcode.clone()), ..line(1, "BOOK", "2") };
    let order = shop.place(&[scanned.at("3.00").percent_off("10"), line(2, "BREAD", "1").voided()]);
    let [kept, voided] = &shop.order(order).lines[..] else { panic!("two lines") };
    assert_eq!((kept.sku.as_str(), &kept.scanned), ("TEA", &Some(barcode)));
    let AppliedPrice::Override { unit_price, list_price, reason } = &kept.price else { panic!("{kept:?}") };
    assert_eq!((unit_price.value(), list_price.value()), (decimal("3.00"), decimal("3.99")));
    assert_eq!(reason.as_str(), "damaged box");
    assert_eq!(
        (kept.extended, kept.discount.amount(), kept.gross),
        (eur("6.00"), Some(eur("0.60")), eur("5.40"))
    );
    assert_eq!(kept.price_list.as_str(), "standard");
    assert_eq!(shop.order(order).totals.discount, eur("0.60"));
    assert!(!voided.is_kept() && voided.gross == eur("2.50"));
}

#[test]
fn a_later_change_of_rates_does_not_touch_what_was_sold() {
    let mut shop = Shop::open();
    let sale = shop.sell(&[line(1, "TEA", "1")]);
    let mut dearer = profile();
    dearer.taxes[0].rates[0].rate = holdfast_domain::money::Rate::percent(decimal("25")).expect("a rate");
    dearer.basis = Exclusive;
    let command = holdfast_domain::command::HubCommand::ConfigureStore { profile: Box::new(dearer) };
    shop.hub(command).expect("settings change");
    let back = shop.bring_back(sale, &[(1, "1")]).expect("a return");
    let Some(Event::GoodsReturned { totals, basis, .. }) = back.events.first() else { panic!("{back:?}") };
    assert_eq!((*basis, totals.gross, totals.tax), (Inclusive, eur("3.99"), eur("0.67")));
}

#[test]
fn the_largest_basket_is_priced_and_one_cent_more_is_refused() {
    let mut shop = Shop::open_with(|profile| profile.tax_rounding = PerTotal);
    shop.sign_on(TILL, MANAGER);
    let most = [line(1, "BOOK", "9999").at("1000000000"), line(2, "BOOK", "1").at("1000000000")];
    let order = shop.place(&most);
    assert_eq!(shop.order(order).totals.gross, eur("10000000000000"));
    let more = [most[0].clone(), most[1].clone(), line(3, "SWEET", "1")];
    let refused = shop.try_place(TILL, holdfast_domain::order::Channel::Counter, &more);
    assert_eq!(refused.map_err(|r| r.code()), Err("HF-CMD-128"));
}
