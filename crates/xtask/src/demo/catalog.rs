//! A grocery of about 300 products that no shop sells and that reads as if one did.
//!
//! Barcodes begin with 952, the prefix that GS1 keeps for demonstrations, so none belongs to a real product; the
//! range 200–299 stays free because shops print their own weight and price labels there.

use std::fmt::Write;

/// The header of the CSV, as `holdfast-hub import catalog` reads it without a mapping.
const HEADER: &str = "sku,description,barcode,unit,tax_class,unit_price,stock";

/// What is sold in one shelf: every maker in every size.
struct Shelf {
    department: &'static str,
    goods: &'static str,
    makers: &'static [&'static str],
    /// Words on the label and the price in percent of the shelf's price.
    sizes: &'static [(&'static str, u32)],
    tax_class: &'static str,
    price_cents: u32,
    unit: &'static str,
    stock: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub sku: String,
    pub description: String,
    /// GTIN-13.
    pub barcode: String,
    /// `piece` or `kg`.
    pub unit: &'static str,
    pub tax_class: &'static str,
    /// Price of one unit in minor units of a currency with two decimals.
    pub price_cents: u32,
    pub stock: &'static str,
}

const ONE: &[(&str, u32)] = &[("", 100)];
const LOOSE: &[(&str, u32)] = &[("loose", 100)];

/// A shelf of packed food, counted, at the reduced rate.
const fn food(
    department: &'static str,
    goods: &'static str,
    makers: &'static [&'static str],
    sizes: &'static [(&'static str, u32)],
    price_cents: u32,
) -> Shelf {
    Shelf {
        department,
        goods,
        makers,
        sizes,
        tax_class: "reduced",
        price_cents,
        unit: "piece",
        stock: "counter",
    }
}

/// A shelf of loose food, weighed, at the reduced rate; the price is for a kilogram.
const fn weighed(
    department: &'static str,
    goods: &'static str,
    kinds: &'static [&'static str],
    price_cents: u32,
) -> Shelf {
    let sizes = LOOSE;
    Shelf {
        department,
        goods,
        makers: kinds,
        sizes,
        tax_class: "reduced",
        price_cents,
        unit: "kg",
        stock: "counter",
    }
}

/// A shelf at the standard rate, counted.
const fn goods(
    department: &'static str,
    goods: &'static str,
    makers: &'static [&'static str],
    sizes: &'static [(&'static str, u32)],
    price_cents: u32,
) -> Shelf {
    let (tax_class, unit, stock) = ("standard", "piece", "counter");
    Shelf { department, goods, makers, sizes, tax_class, price_cents, unit, stock }
}

const SHELVES: &[Shelf] = &[
    food(
        "DAI",
        "Milk",
        &["Almgold", "Brookside", "Heidi's"],
        &[("whole 1 l", 100), ("low fat 1 l", 96), ("whole 0.5 l", 62)],
        149,
    ),
    food(
        "DAI",
        "Yoghurt",
        &["Almgold", "Kefalos"],
        &[("natural 250 g", 100), ("strawberry 180 g", 92), ("vanilla 180 g", 92), ("greek 500 g", 240)],
        99,
    ),
    food(
        "DAI",
        "Butter",
        &["Almgold", "Brookside"],
        &[("250 g", 100), ("salted 250 g", 104), ("500 g", 190)],
        289,
    ),
    food(
        "DAI",
        "Cheese",
        &["Bergkas", "Caseificio Rosso"],
        &[
            ("mild slices 150 g", 100),
            ("aged slices 150 g", 128),
            ("grated 200 g", 112),
            ("block 400 g", 230),
        ],
        259,
    ),
    food(
        "DAI",
        "Eggs",
        &["Sunny Yard"],
        &[("free range 6 pieces", 100), ("free range 10 pieces", 155), ("organic 6 pieces", 142)],
        279,
    ),
    weighed(
        "CHE",
        "Cheese from the counter:",
        &["Emmental", "Gruyere", "Gouda", "Brie", "Pecorino", "Blue"],
        2190,
    ),
    weighed(
        "MEA",
        "Butcher's counter:",
        &["beef for roasting", "minced beef", "pork chops", "chicken breast", "lamb leg", "veal schnitzel"],
        1690,
    ),
    weighed("FIS", "Fish counter:", &["salmon fillet", "trout", "cod loin"], 2890),
    weighed("FRU", "Apples", &["Gala", "Braeburn", "Elstar", "Granny Smith"], 269),
    weighed(
        "FRU",
        "Fruit:",
        &["bananas", "pears", "oranges", "lemons", "grapes white", "grapes red", "plums", "kiwi"],
        329,
    ),
    weighed(
        "VEG",
        "Vegetables:",
        &[
            "tomatoes",
            "vine tomatoes",
            "cucumbers",
            "carrots",
            "onions",
            "potatoes waxy",
            "potatoes floury",
            "peppers red",
            "courgettes",
            "aubergines",
            "mushrooms",
            "leeks",
        ],
        299,
    ),
    food(
        "VEG",
        "Salad",
        &["Gartenfrisch"],
        &[("iceberg", 100), ("rocket 125 g", 125), ("lamb's lettuce 150 g", 150), ("mixed 200 g", 140)],
        149,
    ),
    food(
        "BAK",
        "Bread",
        &["Backhaus", "Forno Due"],
        &[("rye 750 g", 100), ("wheat 500 g", 84), ("wholegrain 500 g", 112), ("ciabatta 300 g", 76)],
        359,
    ),
    food(
        "BAK",
        "Rolls",
        &["Backhaus"],
        &[("plain", 100), ("poppy seed", 115), ("pumpkin seed", 140), ("pretzel", 160)],
        55,
    ),
    food(
        "BAK",
        "Pastry",
        &["Backhaus", "Forno Due"],
        &[("butter croissant", 100), ("apple turnover", 135), ("cinnamon bun", 142)],
        149,
    ),
    food(
        "PAN",
        "Pasta",
        &["Molino Chiaro", "Tre Spighe", "House brand"],
        &[("spaghetti 500 g", 100), ("penne 500 g", 100), ("fusilli 500 g", 100), ("tagliatelle 250 g", 120)],
        139,
    ),
    food(
        "PAN",
        "Rice",
        &["Padma", "House brand"],
        &[("basmati 1 kg", 100), ("jasmine 1 kg", 104), ("risotto 500 g", 88)],
        319,
    ),
    food(
        "PAN",
        "Flour",
        &["Steinmühle", "House brand"],
        &[("wheat 1 kg", 100), ("spelt 1 kg", 165), ("rye 1 kg", 120)],
        109,
    ),
    food(
        "PAN",
        "Sugar",
        &["Sweetfield"],
        &[("fine 1 kg", 100), ("brown 500 g", 105), ("icing 250 g", 70)],
        149,
    ),
    food(
        "PAN",
        "Olive oil",
        &["Villa Serena", "Kefalos"],
        &[("extra virgin 0.5 l", 100), ("extra virgin 1 l", 185)],
        799,
    ),
    food(
        "PAN",
        "Tomatoes",
        &["Tre Spighe", "House brand"],
        &[("peeled 400 g", 100), ("passata 700 g", 150), ("paste 200 g", 95)],
        119,
    ),
    food(
        "PAN",
        "Beans",
        &["Campo"],
        &[("kidney 400 g", 100), ("white 400 g", 100), ("chick peas 400 g", 105)],
        99,
    ),
    food(
        "PAN",
        "Muesli",
        &["Kornkraft", "Heidi's"],
        &[("fruit 500 g", 100), ("nut 500 g", 118), ("crunchy 375 g", 95)],
        349,
    ),
    food(
        "PAN",
        "Jam",
        &["Grossmutters"],
        &[("strawberry 350 g", 100), ("apricot 350 g", 100), ("raspberry 350 g", 112)],
        289,
    ),
    food("PAN", "Honey", &["Imkerei Lang"], &[("blossom 500 g", 100), ("forest 500 g", 125)], 649),
    food(
        "SNA",
        "Chocolate",
        &["Cacaotal", "Nocturne"],
        &[("milk 100 g", 100), ("dark 70% 100 g", 120), ("hazelnut 100 g", 115)],
        149,
    ),
    food(
        "SNA",
        "Biscuits",
        &["Teatime"],
        &[("butter 200 g", 100), ("oat 250 g", 108), ("filled wafer 150 g", 90)],
        189,
    ),
    food(
        "SNA",
        "Crisps",
        &["Knusper", "Golden Acre"],
        &[("salted 175 g", 100), ("paprika 175 g", 100), ("vinegar 150 g", 96)],
        199,
    ),
    food(
        "SNA",
        "Nuts",
        &["Knusper"],
        &[("peanuts 200 g", 100), ("cashews 150 g", 190), ("almonds 200 g", 175)],
        199,
    ),
    food(
        "PAN",
        "Sauce",
        &["Campo", "House brand"],
        &[("ketchup 500 ml", 100), ("mustard 200 g", 68), ("mayonnaise 250 ml", 96), ("soy 150 ml", 110)],
        219,
    ),
    food(
        "PAN",
        "Soup",
        &["Grossmutters"],
        &[("tomato 400 ml", 100), ("lentil 400 ml", 104), ("chicken 400 ml", 118)],
        229,
    ),
    food(
        "PAN",
        "Spice",
        &["Padma"],
        &[
            ("pepper 50 g", 100),
            ("paprika 50 g", 92),
            ("curry 50 g", 96),
            ("cinnamon 40 g", 90),
            ("oregano 15 g", 84),
        ],
        249,
    ),
    food(
        "PAN",
        "Canned fish",
        &["Mar Azul"],
        &[("tuna 150 g", 100), ("sardines 125 g", 94), ("herring 200 g", 118)],
        199,
    ),
    food(
        "DEL",
        "Ham",
        &["Hofmetzger"],
        &[("cooked 100 g", 100), ("smoked 100 g", 115), ("prosciutto 80 g", 160)],
        249,
    ),
    food(
        "DEL",
        "Sausage",
        &["Hofmetzger"],
        &[("salami 100 g", 100), ("frankfurter 4 pieces", 130), ("liver pate 150 g", 85)],
        229,
    ),
    food(
        "BAB",
        "Baby food",
        &["Sprout"],
        &[
            ("carrot 190 g", 100),
            ("apple 190 g", 100),
            ("spelt porridge 250 g", 260),
            ("milk powder 600 g", 1150),
        ],
        129,
    ),
    food(
        "FRO",
        "Frozen pizza",
        &["Forno Due"],
        &[("margherita", 100), ("salami", 112), ("vegetables", 110)],
        329,
    ),
    food(
        "FRO",
        "Frozen vegetables",
        &["Gartenfrisch"],
        &[("peas 450 g", 100), ("spinach 500 g", 105), ("stir fry 600 g", 150)],
        229,
    ),
    food(
        "FRO",
        "Ice cream",
        &["Gelato Bianco"],
        &[("vanilla 500 ml", 100), ("chocolate 500 ml", 100), ("lemon 500 ml", 96)],
        449,
    ),
    goods(
        "DRI",
        "Mineral water",
        &["Quellbach", "Montefonte"],
        &[("still 1.5 l", 100), ("sparkling 1.5 l", 100), ("still 0.5 l", 68), ("6 x 1.5 l", 560)],
        79,
    ),
    goods(
        "DRI",
        "Lemonade",
        &["Fizzwell", "Almgold"],
        &[("cola 1 l", 100), ("orange 1 l", 100), ("lemon 1 l", 100), ("cola zero 0.5 l", 75)],
        159,
    ),
    goods(
        "DRI",
        "Juice",
        &["Obsthof"],
        &[("apple 1 l", 100), ("orange 1 l", 125), ("multivitamin 1 l", 118)],
        219,
    ),
    goods(
        "DRI",
        "Beer",
        &["Stiftsbrau", "Northgate"],
        &[("lager 0.5 l", 100), ("wheat 0.5 l", 115), ("alcohol free 0.5 l", 105), ("lager 6 x 0.33 l", 520)],
        129,
    ),
    goods(
        "DRI",
        "Wine",
        &["Weingut Hofer", "Cantina Alta"],
        &[("white 0.75 l", 100), ("red 0.75 l", 108), ("rose 0.75 l", 104), ("sparkling 0.75 l", 165)],
        699,
    ),
    goods(
        "DRI",
        "Coffee",
        &["Morning Mill", "Caffe Ponte"],
        &[("ground 500 g", 100), ("beans 1 kg", 215), ("capsules 10 pieces", 52)],
        699,
    ),
    goods(
        "DRI",
        "Tea",
        &["Teatime"],
        &[("black 25 bags", 100), ("green 25 bags", 110), ("peppermint 25 bags", 95)],
        249,
    ),
    goods(
        "HOU",
        "Washing powder",
        &["Blankweiss", "House brand"],
        &[("20 washes", 100), ("50 washes", 215)],
        599,
    ),
    goods("HOU", "Washing-up liquid", &["Blankweiss"], &[("500 ml", 100), ("1 l", 175)], 169),
    goods(
        "HOU",
        "Paper",
        &["Softy", "House brand"],
        &[("kitchen rolls 4", 100), ("toilet rolls 8", 145), ("tissues 15 x 10", 90)],
        299,
    ),
    goods("HOU", "Rubbish bags", &["Handwerk"], &[("35 l 20 pieces", 100), ("60 l 10 pieces", 105)], 199),
    goods("HOU", "Candles", &["Handwerk"], &[("tea lights 50", 100), ("pillar", 85)], 399),
    goods(
        "HYG",
        "Toothpaste",
        &["Dentaria"],
        &[("mint 75 ml", 100), ("sensitive 75 ml", 150), ("children 50 ml", 90)],
        199,
    ),
    goods(
        "HYG",
        "Shampoo",
        &["Lavanda", "House brand"],
        &[("normal 250 ml", 100), ("dry hair 250 ml", 106)],
        299,
    ),
    goods("HYG", "Soap", &["Lavanda"], &[("bar 100 g", 100), ("liquid 300 ml", 190)], 129),
    goods("HYG", "Nappies", &["Sprout"], &[("size 3", 100), ("size 4", 104), ("size 5", 108)], 999),
    goods(
        "PET",
        "Cat food",
        &["Mauser"],
        &[("beef 100 g", 100), ("salmon 100 g", 105), ("dry 1 kg", 620)],
        79,
    ),
    goods(
        "PET",
        "Dog food",
        &["Bello"],
        &[("chicken 400 g", 100), ("dry 2 kg", 480), ("snack 150 g", 140)],
        139,
    ),
    goods(
        "HOU",
        "Cleaner",
        &["Blankweiss", "House brand"],
        &[("bathroom 750 ml", 100), ("glass 750 ml", 92), ("all purpose 1 l", 96)],
        249,
    ),
    goods(
        "NON",
        "Batteries",
        &["Voltara"],
        &[("AA 4 pieces", 100), ("AAA 4 pieces", 100), ("9 V", 120)],
        399,
    ),
    goods("NON", "Carrier bag", &["House brand"], &[("paper", 100), ("cotton", 900)], 25),
    Shelf {
        department: "PRE",
        goods: "Newspaper",
        makers: &["The Courier", "Morgenblatt"],
        sizes: ONE,
        tax_class: "zero",
        price_cents: 250,
        unit: "piece",
        stock: "none",
    },
    Shelf {
        department: "SER",
        goods: "Service:",
        makers: &["bottle deposit", "gift wrapping", "home delivery"],
        sizes: ONE,
        tax_class: "zero",
        price_cents: 100,
        unit: "piece",
        stock: "none",
    },
];

/// All products, always the same ones in the same order.
pub fn products() -> Vec<Product> {
    let mut found: Vec<Product> = Vec::new();
    for shelf in SHELVES {
        for (rank, maker) in (0u32..).zip(shelf.makers) {
            for (label, percent) in shelf.sizes {
                let number = found.len() + 1;
                // Each maker further down the shelf is a little dearer.
                let cents = shelf.price_cents * percent / 100 * (100 + 7 * rank) / 100;
                found.push(Product {
                    sku: format!("{}-{number:03}", shelf.department),
                    description: describe(shelf.goods, maker, label),
                    barcode: gtin13(&format!("952{:04}{number:05}", 1000 + rank)),
                    unit: shelf.unit,
                    tax_class: shelf.tax_class,
                    price_cents: shop_price(cents),
                    stock: shelf.stock,
                });
            }
        }
    }
    found
}

/// The catalog as the hub's importer reads it.
pub fn csv() -> String {
    let mut text = String::from(HEADER);
    text.push('\n');
    for product in products() {
        let Product { sku, description, barcode, unit, tax_class, price_cents, stock } = product;
        let (whole, cents) = (price_cents / 100, price_cents % 100);
        writeln!(text, "{sku},\"{description}\",{barcode},{unit},{tax_class},{whole}.{cents:02},{stock}")
            .expect("a String takes all");
    }
    text
}

fn describe(goods: &str, maker: &str, label: &str) -> String {
    let loose = label == "loose";
    let words = if goods.ends_with(':') || loose { [goods, maker, ""] } else { [maker, goods, label] };
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Prices over a unit of currency end in 9, as shelf prices do.
fn shop_price(cents: u32) -> u32 {
    if cents < 100 { cents.max(1) } else { cents / 10 * 10 + 9 }
}

/// Twelve digits and the check digit (GS1 General Specifications, section 7.9: weights 1 and 3 from the left).
fn gtin13(twelve: &str) -> String {
    let sum: u32 =
        (0u32..).zip(twelve.bytes()).map(|(at, digit)| u32::from(digit - b'0') * (1 + 2 * (at % 2))).sum();
    format!("{twelve}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn check_digits_are_those_of_known_barcodes() {
        for known in ["4006381333931", "5901234123457", "9780306406157", "9521234543213"] {
            assert_eq!(gtin13(&known[..12]), known);
        }
    }

    #[test]
    fn the_shop_is_believable() {
        let products = products();
        assert!((280..=360).contains(&products.len()), "{} products", products.len());
        let distinct = |of: fn(&Product) -> String| products.iter().map(of).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(|p| p.sku.clone()), products.len());
        assert_eq!(distinct(|p| p.barcode.clone()), products.len());
        assert_eq!(distinct(|p| p.description.clone()), products.len());
        for product in &products {
            assert_eq!(product.barcode.len(), 13, "{product:?}");
            assert!(!product.barcode.starts_with('2'), "{product:?}");
            assert!((20..=5000).contains(&product.price_cents), "{product:?}");
        }
        for class in ["reduced", "standard", "zero"] {
            assert!(products.iter().any(|p| p.tax_class == class), "{class}");
        }
        assert!(products.iter().filter(|p| p.unit == "kg").count() > 30);
        assert!(products.iter().any(|p| p.stock == "none"));
    }

    #[test]
    fn the_csv_has_a_line_for_every_product() {
        let csv = csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), products().len() + 1);
        assert_eq!(lines[1], "DAI-001,\"Almgold Milk whole 1 l\",9521000000018,piece,reduced,1.49,counter");
    }
}
