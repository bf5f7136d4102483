//! What holds for every basket, whatever the rule book says about this one.

use holdfast_price_reference::Decimal;
use holdfast_price_reference::case::{Basis, Case};
use holdfast_price_reference::expected::{Expected, Outcome};
use holdfast_price_reference::{generate, price};

const CASES: u64 = 4_000;

fn each_case(mut look: impl FnMut(u64, Case, Expected)) {
    for seed in 0..CASES {
        let case = generate::case(seed);
        let expected = price(&case).unwrap_or_else(|error| panic!("seed {seed}: {error:#}"));
        look(seed, case, expected);
    }
}

/// Minor units of an amount of the case's currency.
fn minor(case: &Case, amount: Decimal) -> i128 {
    let exponent = case.store.exponent().expect("the reference priced it");
    amount.money(exponent).expect("answers are in minor units")
}

#[test]
fn a_line_is_what_it_costs_less_what_is_taken_off_and_its_taxes_are_between_net_and_gross() {
    each_case(|seed, case, expected| {
        for line in &expected.lines {
            let minor = |amount| minor(&case, amount);
            let promotions: i128 = line.promotions.iter().map(|taken| minor(taken.amount)).sum();
            let off = minor(line.manual) + promotions + minor(line.basket_discount);
            let charged = minor(line.extended) - off;
            assert!(charged >= 0, "seed {seed}: more is taken off than the line costs");
            let tax: i128 = line.taxes.iter().map(|tax| minor(tax.tax)).sum();
            let (net, gross) = (minor(line.net), minor(line.gross));
            assert_eq!(net + tax, gross, "seed {seed}");
            match case.store.basis {
                Basis::Exclusive => assert_eq!(net, charged, "seed {seed}"),
                Basis::Inclusive if case.basket.exempt => assert!(gross <= charged, "seed {seed}"),
                Basis::Inclusive => assert_eq!(gross, charged, "seed {seed}"),
            }
            assert!(net >= 0 && tax >= 0, "seed {seed}");
        }
    });
}

#[test]
fn totals_and_promotions_are_the_sums_of_the_kept_lines() {
    each_case(|seed, case, expected| {
        let minor = |amount| minor(&case, amount);
        let kept = || expected.lines.iter().zip(&case.basket.lines).filter(|(_, line)| !line.voided);
        let sum = |amount: &dyn Fn(&holdfast_price_reference::expected::ExpectedLine) -> i128| -> i128 {
            kept().map(|(line, _)| amount(line)).sum()
        };
        assert_eq!(minor(expected.totals.net), sum(&|line| minor(line.net)), "seed {seed}");
        assert_eq!(minor(expected.totals.gross), sum(&|line| minor(line.gross)), "seed {seed}");
        assert_eq!(
            minor(expected.totals.tax),
            sum(&|line| line.taxes.iter().map(|tax| minor(tax.tax)).sum()),
            "seed {seed}"
        );
        for said in &expected.promotions {
            let taken: i128 = expected
                .lines
                .iter()
                .flat_map(|line| &line.promotions)
                .filter(|taken| taken.code == said.code)
                .map(|taken| minor(taken.amount))
                .sum();
            assert_eq!(said.amount.map_or(0, minor), taken, "seed {seed}: {}", said.code);
            assert_eq!(said.outcome == Outcome::Applied, taken > 0, "seed {seed}: {}", said.code);
        }
        let coin = minor(case.store.cash_step);
        let rounding = minor(expected.payable) - minor(expected.totals.gross);
        assert!(minor(expected.payable) % coin == 0 && 2 * rounding.abs() <= coin, "seed {seed}");
    });
}

#[test]
fn when_everything_came_back_everything_was_given_back() {
    let mut complete = 0;
    each_case(|seed, case, expected| {
        let kept = case.basket.lines.iter().filter(|line| !line.voided);
        let all_back = kept.clone().all(|line| {
            let back = case.returns.iter().flatten().filter(|part| part.line == line.number);
            back.map(|part| part.quantity.exact()).sum::<num_rational::BigRational>() == line.quantity.exact()
        });
        if case.returns.is_empty() || !all_back {
            return;
        }
        complete += 1;
        let sum = |amount: &dyn Fn(&holdfast_price_reference::expected::Refund) -> Decimal| -> i128 {
            expected.refunds.iter().map(|refund| minor(&case, amount(refund))).sum()
        };
        assert_eq!(sum(&|refund| refund.gross), minor(&case, expected.totals.gross), "seed {seed}");
        assert_eq!(sum(&|refund| refund.tax), minor(&case, expected.totals.tax), "seed {seed}");
        assert_eq!(sum(&|refund| refund.net), minor(&case, expected.totals.net), "seed {seed}");
        assert_eq!(sum(&|refund| refund.cash), minor(&case, expected.payable), "seed {seed}");
    });
    assert!(complete > 1_000, "only {complete} sales came back whole");
}

#[test]
fn the_order_in_which_promotions_and_lists_are_written_down_does_not_matter() {
    each_case(|seed, mut case, expected| {
        case.catalog.promotions.reverse();
        case.catalog.price_lists.reverse();
        case.catalog.products.reverse();
        assert_eq!(price(&case).unwrap(), expected, "seed {seed}");
    });
}

#[test]
fn a_promotion_that_cannot_apply_to_the_basket_might_as_well_not_be_there() {
    let mut removed = 0;
    each_case(|seed, mut case, mut expected| {
        let idle = |outcome| {
            matches!(
                outcome,
                Outcome::NotNow | Outcome::OtherGroup | Outcome::CouponMissing | Outcome::NothingMatches
            )
        };
        let before = expected.promotions.len();
        expected.promotions.retain(|said| !idle(said.outcome));
        removed += before - expected.promotions.len();
        case.catalog.promotions.retain(|one| expected.promotions.iter().any(|said| said.code == one.code));
        assert_eq!(price(&case).unwrap(), expected, "seed {seed}");
    });
    assert!(removed > 2_000, "only {removed} promotions were idle");
}

#[test]
fn a_voided_line_might_as_well_never_have_been_there() {
    each_case(|seed, mut case, expected| {
        case.basket.lines.retain(|line| !line.voided);
        let without = price(&case).unwrap();
        assert_eq!(without.totals, expected.totals, "seed {seed}");
        assert_eq!(without.promotions, expected.promotions, "seed {seed}");
        assert_eq!(without.refunds, expected.refunds, "seed {seed}");
    });
}

#[test]
fn a_promotion_never_makes_the_basket_dearer() {
    each_case(|seed, mut case, expected| {
        if case.basket.discount.is_some() {
            return;
        }
        case.catalog.promotions.clear();
        let plain = price(&case).unwrap();
        let minor = |amount| minor(&case, amount);
        assert!(minor(expected.totals.discount) >= minor(plain.totals.discount), "seed {seed}");
    });
}

#[test]
fn a_case_is_read_as_it_was_written() {
    each_case(|seed, case, expected| {
        let text = serde_json::to_string(&(&case, &expected)).unwrap();
        let again: (Case, Expected) = serde_json::from_str(&text).unwrap();
        assert_eq!(again, (case, expected), "seed {seed}");
    });
}
