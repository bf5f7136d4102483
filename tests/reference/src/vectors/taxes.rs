//! Section 8.

use super::picked::{Picked, decimal, percent, shop};
use crate::case::TaxBase::{Net, NetAndTaxes};
use crate::case::{Basis, TaxRate, TaxRounding, TaxRule};

pub fn tax() -> Vec<Picked> {
    let exclusive = |picked: Picked| picked.store(|store| store.basis = Basis::Exclusive);
    let per_total = |picked: Picked| picked.store(|store| store.tax_rounding = TaxRounding::PerTotal);
    let three = |picked: Picked, rate: &str, price: &str| {
        picked
            .tax(None, &[("VAT", rate, Net)])
            .product("tea", price)
            .line("tea", "1")
            .line("tea", "1")
            .line("tea", "1")
    };
    let stacked = |picked: Picked| picked.tax(None, &[("GST", "0.05", Net), ("PST", "0.09975", NetAndTaxes)]);
    let by_tag = |name: &str, tag: &str| {
        shop(name)
            .tax(None, &[("VAT", "0.2", Net)])
            .tax(Some("take-away"), &[("VAT", "0.07", Net)])
            .product("tea", "12.84")
            .basket(|basket| basket.tag = Some(tag.to_owned()))
            .line("tea", "1")
    };
    vec![
        // Goods at 5 % alone and at 5 % beside another 5 %, one after the other: 5 % of all of them is 7.835 exactly.
        two_rules(per_total(shop("a tax on goods of two rules is rounded from their exact sum"))).is(&[
            ("tax", "11.54"),
            ("net", "156.69"),
            ("gross", "168.23"),
        ]),
        // A sixth of 1.00 is 0.1667.
        three(shop("in prices with tax each line's tax is rounded"), "0.2", "1.00").is(&[
            ("tax", "0.51"),
            ("net", "2.49"),
            ("gross", "3.00"),
        ]),
        three(per_total(shop("in prices with tax the total's tax is rounded and shared")), "0.2", "1.00")
            .is(&[("tax", "0.50"), ("net", "2.50"), ("line 1 tax", "0.17"), ("line 3 tax", "0.16")]),
        // 7 % of 0.35 is 0.0245.
        three(exclusive(shop("on prices without tax each line's tax is rounded")), "0.07", "0.35").is(&[
            ("tax", "0.06"),
            ("net", "1.05"),
            ("gross", "1.11"),
        ]),
        three(
            per_total(exclusive(shop("on prices without tax the total's tax is rounded and shared"))),
            "0.07",
            "0.35",
        )
        .is(&[("tax", "0.07"), ("gross", "1.12"), ("line 1", "0.38"), ("line 2", "0.37")]),
        // 9.975 % of 105.00 is 10.47375.
        stacked(exclusive(shop("a tax on taxes is charged on those before it")))
            .product("desk", "100.00")
            .line("desk", "1")
            .is(&[("line 1 tax", "5.00 + 10.47"), ("gross", "115.47")]),
        // 115.47 ÷ 1.1547375 is 99.99675.
        stacked(shop("a tax on taxes is found again in a price with tax"))
            .product("desk", "115.47")
            .line("desk", "1")
            .is(&[("line 1 tax", "5.00 + 10.47"), ("net", "100.00")]),
        by_tag("a rule for the basket's tag holds for it", "take-away")
            .is(&[("tax", "0.84"), ("net", "12.00")]),
        by_tag("a tag without a rule has the rates without a tag", "delivery")
            .is(&[("tax", "2.14"), ("net", "10.70")]),
        shop("an exempt basket pays the net of prices with tax")
            .tax(None, &[("VAT", "0.2", Net)])
            .product("tea", "12.00")
            .basket(|basket| basket.exempt = true)
            .line("tea", "1")
            .is(&[("gross", "10.00"), ("net", "10.00"), ("tax", "0.00"), ("line 1 tax", "")]),
        exclusive(shop("an exempt basket pays prices without tax as they are"))
            .tax(None, &[("VAT", "0.2", Net)])
            .product("tea", "12.00")
            .basket(|basket| basket.exempt = true)
            .line("tea", "1")
            .is(&[("gross", "12.00"), ("tax", "0.00")]),
        // The kept lines share 0.049, which is 0.05; the voided line's 0.0245 is 0.02.
        per_total(exclusive(shop("a voided line rounds for itself")))
            .tax(None, &[("VAT", "0.07", Net)])
            .product("tea", "0.35")
            .line_with("tea", "1", |line| line.voided = true)
            .line("tea", "1")
            .line("tea", "1")
            .is(&[("line 1 tax", "0.02"), ("line 2 tax", "0.03"), ("line 3 tax", "0.02"), ("gross", "0.75")]),
        shop("tax is of what is left after every discount")
            .tax(None, &[("VAT", "0.2", Net)])
            .product("tea", "12.00")
            .basket(|basket| basket.discount = Some(percent("0.5")))
            .line("tea", "1")
            .is(&[("tax", "1.00"), ("net", "5.00"), ("gross", "6.00")]),
    ]
}

/// Eighteen goods whose taxes meet the half of a cent only when nothing is lost on the way.
fn two_rules(picked: Picked) -> Picked {
    let prices = [
        "1.88", "2.53", "7.70", "1.64", "14.17", "13.15", "3.24", "13.45", "2.66", "19.53", "14.13", "17.31",
        "18.18", "9.26", "13.99", "2.11", "10.99", "2.31",
    ];
    let one = TaxRate { code: "GST".to_owned(), rate: decimal("0.05"), base: Net };
    let one = TaxRule { class: "one".to_owned(), tag: None, rates: vec![one] };
    let mut picked =
        picked.store(|store| store.taxes.push(one)).tax(None, &[("GST", "0.05", Net), ("PST", "0.05", Net)]);
    for (at, price) in prices.iter().enumerate() {
        let sku = format!("S{}", at + 1);
        picked = picked.product(&sku, price).line(&sku, "1");
        if at % 2 == 0 {
            picked.case.catalog.products.last_mut().expect("just added").tax_class = "one".to_owned();
        }
    }
    picked
}
