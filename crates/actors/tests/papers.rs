//! Papers of a shop as pictures: what they look like in every language and on both widths, and that a scanner finds their
//! receipt again.
//!
//! `HOLDFAST_BLESS=1` writes the pictures anew; look at each of them.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

use std::path::PathBuf;
use std::sync::Arc;

use holdfast_actors::printer::paper::{
    Paper, PaperKind, Receipt, Report, ReportKind, ShiftPaper, ShiftTenders, Slip, document, papers,
};
use holdfast_actors::template::{Language, Template, Word};
use holdfast_devices::document::{Columns, Picture, code128};
use holdfast_devices::escpos::Profile;
use holdfast_devices::simulated::preview_png;
use holdfast_domain::attempt::{
    Approval, Attempt, AttemptStanding, CardEntry, CardFacts, OpenTender, OpenTenderState, Purpose,
};
use holdfast_domain::bounded::{
    Address, CardEnding, CardWord, Description, DeviceName, Label, PoiReference, Reason, Sku, TaxClass,
    TaxCode, TenderCode, TimeZoneName,
};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::cash::CashFlow;
use holdfast_domain::catalog::{StockRule, Unit};
use holdfast_domain::command::HubCommand;
use holdfast_domain::effect::PaperForm;
use holdfast_domain::event::Stamp;
use holdfast_domain::ids::{
    AttemptId, CommandId, EpochId, OrderId, ShiftId, StaffId, StoreId, TerminalId, TransactionId, Uuid,
};
use holdfast_domain::line::{AppliedDiscount, AppliedPrice, Line, LineFate, LineNumber};
use holdfast_domain::order::Totals;
use holdfast_domain::receipt::{ReceiptNumber, Series, TillNumber};
use holdfast_domain::shift::{Mode, ShiftFigures};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{AppliedTax, TaxBasis, TaxRounding, TaxTotal};
use holdfast_domain::tender::{
    ElectronicTender, Payment, Tender, TenderClass, TenderCount, TenderKind, TenderLine, TenderType,
};
use holdfast_domain::till::{LastNumbers, Standing, Till};
use holdfast_domain::value::ValueFlow;
use holdfast_domain::{Effect, Event, Origin, Outcome, Record, State};
use holdfast_money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice};
use holdfast_protocol::message::ReplyPosition;
use holdfast_testkit::paper::Sheet;

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn id(of: u128) -> CommandId {
    CommandId(Uuid::from_u128(of))
}

fn date() -> BusinessDate {
    BusinessDate::new(2026, 3, 14).unwrap()
}

fn stamp() -> Stamp {
    Stamp {
        terminal: TerminalId(Uuid::from_u128(1)),
        operator: StaffId(Uuid::from_u128(2)),
        shift: ShiftId(Uuid::from_u128(3)),
        business_date: date(),
        mode: Mode::Live,
        occurred_at: Timestamp(1_773_500_000_000),
    }
}

fn profile() -> StoreProfile {
    StoreProfile {
        store: StoreId(Uuid::from_u128(4)),
        name: Label::new("Feinkost am Markt").unwrap(),
        legal_name: Label::new("Alpine Foods GmbH").unwrap(),
        address: Address::new("Hauptstraße 12, 6020 Innsbruck").unwrap(),
        tax_id: Label::new("ATU12345678").unwrap(),
        currency: Currency::EUR,
        basis: TaxBasis::Inclusive,
        tax_rounding: TaxRounding::PerTotal,
        cash_step: Decimal::ZERO,
        time_zone: TimeZoneName::new("Europe/Vienna").unwrap(),
        cut_over_minutes: 0,
        taxes: Vec::new(),
    }
}

fn template(language: Language) -> Arc<Template> {
    let (header, footer) = match language {
        Language::English => ("Open Monday to Saturday, 8 to 19", "Thank you for shopping with us"),
        Language::German => ("Montag bis Samstag von 8 bis 19 Uhr", "Vielen Dank für Ihren Einkauf"),
    };
    let logo = std::fs::read(golden("logo.png")).unwrap();
    Arc::new(Template {
        language,
        logo: Some(Picture::from_png(&logo).unwrap()),
        header: vec![header.to_owned()],
        footer: vec![footer.to_owned(), "shop.example".to_owned()],
    })
}

fn position() -> ReplyPosition {
    ReplyPosition { epoch: EpochId(Uuid::from_u128(5)), seq: 1_042, hash: [0xA7; 32] }
}

fn code(code: &str) -> TenderCode {
    TenderCode::new(code).unwrap()
}

fn number(number: u32) -> ReceiptNumber {
    ReceiptNumber { till: TillNumber(1), series: Series::Hub, number }
}

fn rate(code: &str) -> (TaxCode, Rate) {
    let percent = if code == "A" { 20 } else { 10 };
    (TaxCode::new(code).unwrap(), Rate::percent(Decimal::from(percent)).unwrap())
}

fn line(name: &str, thousandths: i64, unit: Unit, price: i64, minor: i64, tax: &str) -> Line {
    let (code, rate) = rate(tax);
    Line {
        number: LineNumber(1),
        sku: Sku::new("1001").unwrap(),
        description: Description::new(name).unwrap(),
        scanned: None,
        unit,
        stock: StockRule::Counter,
        quantity: Quantity::from_thousandths(thousandths),
        price_list: Label::new("standard").unwrap(),
        price: AppliedPrice::List { unit_price: UnitPrice::from_ten_thousandths(price).unwrap() },
        extended: eur(minor),
        discount: AppliedDiscount::None,
        tax_class: TaxClass::new("standard").unwrap(),
        taxes: vec![AppliedTax { code, rate, tax: eur(0) }],
        net: eur(minor),
        gross: eur(minor),
        fate: LineFate::Kept,
    }
}

fn taxes() -> Vec<TaxTotal> {
    let total = |code: &str, net, tax| {
        let (code, rate) = rate(code);
        TaxTotal { code, rate, net: eur(net), tax: eur(tax) }
    };
    vec![total("A", 356, 71), total("B", 322, 32)]
}

fn card() -> CardFacts {
    CardFacts {
        scheme: Some(CardWord::new("Mastercard").unwrap()),
        last_four: Some(CardEnding::new("4711").unwrap()),
        entry: Some(CardEntry::Contactless),
        wallet: None,
        aid: Some(CardWord::new("A0000000041010").unwrap()),
        auth_code: Some(CardWord::new("083412").unwrap()),
        token: None,
    }
}

fn attempt_id() -> AttemptId {
    AttemptId(id(6))
}

fn sale(language: Language) -> Receipt {
    let water = Line {
        discount: AppliedDiscount::Percent {
            rate: Rate::percent(Decimal::from(10)).unwrap(),
            amount: eur(47),
            reason: Reason::new("Stammkunde").unwrap(),
        },
        ..line("Mineralwasser 6 x 1,5 l", 1_000, Unit::Piece, 47_400, 474, "A")
    };
    let electronic = ElectronicTender {
        code: code("terminal"),
        attempt: attempt_id(),
        device: DeviceName::new("terminal-1").unwrap(),
        transaction: PoiReference::new("000317").unwrap(),
        card: card(),
    };
    let tenders = vec![
        Tender { kind: TenderKind::Electronic(Box::new(electronic)), amount: eur(500) },
        Tender { kind: TenderKind::Cash, amount: eur(500) },
    ];
    Receipt {
        template: template(language),
        transaction: TransactionId(id(7)),
        terminal: stamp().terminal,
        till: TillNumber(1),
        form: PaperForm::Original,
        kind: PaperKind::Sale,
        profile: profile(),
        stamp: stamp(),
        operator: Some(StaffNumber(7)),
        receipt: number(123),
        alias: None,
        original: None,
        lines: vec![
            line("Vollmilch 1 l", 1_000, Unit::Piece, 14_900, 149, "B"),
            line(
                "Bananen aus Ecuador, lose, im Netz zu etwa einem Kilogramm",
                824,
                Unit::Kilogram,
                24_900,
                205,
                "B",
            ),
            water,
        ],
        totals: Totals { net: eur(678), tax: eur(103), gross: eur(781), discount: eur(47) },
        taxes: taxes(),
        payment: Payment { due: eur(781), tenders, rounding: eur(0), change: eur(219) },
        tender_types: TenderType::defaults(Currency::EUR),
        reason: None,
        tips: Vec::new(),
        values: Vec::new(),
        exchange: None,
        notes: Vec::new(),
    }
}

fn goods_back(language: Language) -> Receipt {
    let sale = sale(language);
    let tenders = vec![Tender { kind: TenderKind::Cash, amount: eur(-427) }];
    Receipt {
        kind: PaperKind::Return,
        receipt: number(131),
        alias: None,
        original: Some(sale.receipt),
        lines: vec![sale.lines[2].clone()],
        totals: Totals { net: eur(356), tax: eur(71), gross: eur(427), discount: eur(47) },
        taxes: taxes()[..1].to_vec(),
        payment: Payment { due: eur(-427), tenders, rounding: eur(0), change: eur(0) },
        ..sale
    }
}

fn z(language: Language) -> Report {
    let counted = |code: TenderCode, class, count, taken, refunded, expected, declared: Option<i64>| {
        let counted = declared.map_or(TenderCount::NotCounted, |declared| TenderCount::Counted {
            declared: eur(declared),
            over_short: eur(declared - expected),
            pieces: Vec::new(),
        });
        let (taken, refunded, expected) = (eur(taken), eur(refunded), eur(expected));
        TenderLine { code, class, count, taken, refunded, expected, counted }
    };
    let figures = ShiftFigures {
        sales: 41,
        returns: 1,
        cancelled: 2,
        gross: eur(123_456),
        net: eur(108_210),
        discount: eur(947),
        returned: eur(427),
        taxes: vec![
            TaxTotal { net: eur(56_430), tax: eur(11_286), ..taxes()[0].clone() },
            TaxTotal { net: eur(51_780), tax: eur(3_960), ..taxes()[1].clone() },
        ],
        ..ShiftFigures::new(eur(20_000))
    };
    let open = OpenTender {
        attempt: attempt_id(),
        code: code("terminal"),
        amount: eur(1_990),
        state: OpenTenderState::InDoubt,
    };
    Report {
        template: template(language),
        transaction: stamp().shift.document(),
        till: TillNumber(1),
        profile: profile(),
        staff: Some(StaffNumber(7)),
        tender_types: TenderType::defaults(Currency::EUR),
        number: 318,
        business_date: date(),
        kind: ReportKind::Shift(Box::new(ShiftPaper {
            figures,
            cash: CashFlow { dropped: eur(50_000), no_sales: 1, ..CashFlow::none(eur(0)) },
            tenders: ShiftTenders::Counted(vec![
                counted(code("cash"), TenderClass::Cash, 30, 71_300, 427, 40_873, Some(40_850)),
                counted(code("terminal"), TenderClass::Electronic, 11, 52_583, 0, 52_583, None),
            ]),
            value: ValueFlow { issued: eur(5_000), redeemed: eur(1_250), ..ValueFlow::none(eur(0)) },
            accounts: ValueFlow::none(eur(0)),
            tips: vec![(Some(StaffNumber(7)), eur(350))],
            orders_left: Some((2, eur(4_980))),
            payments_left: vec![open],
        })),
    }
}

fn approval() -> Approval {
    Approval {
        amount: eur(2_180),
        tip: eur(190),
        transaction: PoiReference::new("000318").unwrap(),
        card: card(),
        signature: true,
    }
}

fn a_slip(language: Language) -> Slip {
    let state = shop(Purpose::Sale { order: OrderId(Uuid::from_u128(8)) });
    let approved = Event::TenderApproved { attempt: attempt_id(), approval: Box::new(approval()) };
    let print = Effect::Print {
        terminal: stamp().terminal,
        transaction: attempt_id().document(),
        form: PaperForm::Original,
    };
    match papers(&template(language), &state, &record(vec![approved]), &[print]).pop() {
        Some(Paper::Slip(slip)) => *slip,
        other => panic!("no slip: {other:?}"),
    }
}

fn record(events: Vec<Event>) -> Record {
    Record { recorded_at: Timestamp(0), origin: Origin::Hub, outcome: Outcome::Accepted { events } }
}

/// A shop with one till and one attempt that has left.
fn shop(purpose: Purpose) -> State {
    let mut state = State { profile: Some(profile()), ..State::default() };
    let till = Till {
        terminal: stamp().terminal,
        number: TillNumber(1),
        name: Label::new("front").unwrap(),
        secret_hash: [0; 32],
        standing: Standing::Enrolled,
        operator: None,
        locked: false,
        shift: None,
        numbers: LastNumbers::default(),
        skipped: Default::default(),
    };
    state.tills.insert(till.terminal, till);
    let attempt = Attempt {
        id: attempt_id(),
        stamp: stamp(),
        purpose,
        code: code("terminal"),
        device: DeviceName::new("terminal-1").unwrap(),
        amount: eur(2_180),
        tip: eur(190),
        standing: AttemptStanding::Sent { mark: holdfast_domain::bounded::PoiMark::new("317").unwrap() },
    };
    state.attempts.insert(attempt.id, attempt);
    state
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/papers").join(name)
}

/// Every kind of paper with its name, in one language.
fn all(language: Language) -> Vec<(&'static str, Paper)> {
    let gift = Receipt { form: PaperForm::Gift { number: 1 }, ..sale(language) };
    vec![
        ("receipt", Paper::Receipt(Box::new(sale(language)))),
        ("gift-receipt", Paper::Receipt(Box::new(gift))),
        ("return", Paper::Receipt(Box::new(goods_back(language)))),
        ("z", Paper::Report(Box::new(z(language)))),
        ("slip", Paper::Slip(Box::new(a_slip(language)))),
    ]
}

#[test]
fn papers_look_as_they_did_in_every_language_and_their_codes_read_back() {
    let mut differ = Vec::new();
    for language in Language::ALL {
        for (name, paper) in all(language) {
            for (width, profile) in [("80mm", Profile::MM80), ("58mm", Profile::MM58)] {
                let document = document(&paper, &position());
                let picture =
                    preview_png(&document, 0, &profile).expect("the strict decoder takes every paper");
                let sheet = Sheet::of_png(&picture);
                let numbers = match &paper {
                    Paper::Receipt(receipt) => vec![receipt.receipt.to_string()],
                    Paper::Report(_) | Paper::Slip(_) => Vec::new(),
                };
                assert_eq!(sheet.barcodes(code128), numbers, "{name} in {language:?}");
                let file = golden(&format!("{name}-{width}-{}.png", language.code()));
                if std::env::var_os("HOLDFAST_BLESS").is_some() {
                    std::fs::write(&file, &picture).unwrap();
                }
                let same = std::fs::read(&file).is_ok_and(|before| Sheet::of_png(&before) == sheet);
                if !same {
                    differ.push(file);
                }
            }
        }
    }
    assert!(differ.is_empty(), "differ from what they were: {differ:?}");
}

#[test]
fn every_paper_names_the_seller_and_its_place_in_the_journal() {
    for language in Language::ALL {
        for (name, paper) in all(language) {
            let text = document(&paper, &position()).to_text(Columns::MM80);
            for said in ["Alpine Foods GmbH", "ATU12345678", "Hauptstraße 12", "Journal 1042-"] {
                assert!(text.contains(said), "{name}: {said} is not on\n{text}");
            }
            let is_customers = ["receipt", "gift-receipt", "return"].contains(&name);
            assert_eq!(text.contains("shop.example"), is_customers, "{name}: what the store says at the end");
            let is_taxed = ["receipt", "return", "z"].contains(&name);
            let tax = Word::Gross.text(language);
            assert_eq!(text.contains(tax), is_taxed, "{name}: the summary of taxes\n{text}");
        }
    }
}

#[test]
fn a_german_paper_has_german_numbers_dates_and_no_english_word() {
    let text = |paper: &Paper| document(paper, &position()).to_text(Columns::MM80);
    let [(_, receipt), _, (_, goods_back), (_, z), (_, slip)] =
        <[_; 5]>::try_from(all(Language::German)).expect("five papers");
    for (paper, says) in [
        (&receipt, ["14.03.2026", "SUMME EUR", "7,81", "0,824 kg x 2,49", "Rückgeld", "Gen. 083412"]),
        (&goods_back, ["Rückgabe", "Zu Beleg 1-", "ERSTATTUNG EUR", "4,27", "Bar ausgezahlt", "Netto"]),
        (&z, ["Z 318", "UMSATZ EUR", "1234,56", "nicht gezählt", "Kartenzahlung", "ungeklärt"]),
        (
            &slip,
            [
                "Zahlungsbeleg für den Händler",
                "Kasse 1",
                "****4711",
                "Davon Trinkgeld",
                "1,90",
                "Unterschrift",
            ],
        ),
    ] {
        let text = text(paper);
        for said in says {
            assert!(text.contains(said), "{said} is not on\n{text}");
        }
        for word in Word::ALL {
            let [english, german] = Language::ALL.map(|language| word.text(language));
            let is_english = english != german && english.len() > 4 && !english.contains("{}");
            let stands = |line: &str| line.trim_start().starts_with(english);
            assert!(!is_english || !text.lines().any(stands), "{english} is on\n{text}");
        }
    }
}

#[test]
fn a_slip_is_made_of_what_the_journal_keeps_whenever_it_is_printed() {
    let order = OrderId(Uuid::from_u128(8));
    let mut state = shop(Purpose::Refund {
        sale: TransactionId(id(7)),
        original: attempt_id(),
        transaction: PoiReference::new("000317").unwrap(),
        means: holdfast_domain::attempt::GivesBack::Refund,
    });
    let settle = |state: &State, signature| {
        let approval = Box::new(Approval { signature, ..approval() });
        let outcome = holdfast_domain::attempt::TenderOutcome::Approved(approval);
        let command = HubCommand::SettleTender { attempt: attempt_id(), outcome };
        holdfast_domain::decide_hub(state, &command).expect("the attempt has left")
    };
    assert!(settle(&state, false).effects.is_empty(), "nobody has to sign");
    let decided = settle(&state, true);
    let record = record(decided.events);
    let mut changes = holdfast_domain::evolve::Changes::default();
    state.evolve_all(record.recorded_at, record.outcome.events(), &mut changes);
    assert!(state.documents.contains(&attempt_id().document()), "what becomes of it is settled");
    let made = || papers(&template(Language::English), &state, &record, &decided.effects);
    let [paper] = made().try_into().expect("one slip");
    assert_eq!((paper.transaction(), paper.till()), (attempt_id().document(), TillNumber(1)));
    let text = document(&paper, &position()).to_text(Columns::MM80);
    for said in
        ["REFUND SLIP FOR THE SHOP", "Terminal terminal-1", "****4711", "auth 083412 ref 000318", "21.80"]
    {
        assert!(text.contains(said), "{said} is not on\n{text}");
    }
    // The approval goes back at once where its order is paid otherwise: nobody signs for that.
    let state = shop(Purpose::Sale { order });
    assert!(settle(&state, true).effects.iter().all(|effect| !matches!(effect, Effect::Print { .. })));
}

#[test]
fn no_cards_number_comes_onto_a_slip_or_a_receipt() {
    for number in ["4111111111111111", "5555555555554444", "4111-1111-1111-1111"] {
        let facts = CardFacts {
            scheme: CardWord::new(number).ok(),
            wallet: CardWord::new(number).ok(),
            aid: CardWord::new(number).ok(),
            auth_code: CardWord::new(number).ok(),
            ..card()
        };
        let transaction = PoiReference::new(number).expect("a driver could say anything");
        let mut slip = a_slip(Language::English);
        slip.approval = Approval { card: facts.clone(), transaction: transaction.clone(), ..approval() };
        let mut receipt = sale(Language::English);
        let electronic = ElectronicTender {
            code: code("terminal"),
            attempt: attempt_id(),
            device: DeviceName::new("terminal-1").expect("a name"),
            transaction,
            card: facts,
        };
        receipt.payment.tenders[0].kind = TenderKind::Electronic(Box::new(electronic));
        for paper in [Paper::Slip(Box::new(slip)), Paper::Receipt(Box::new(receipt))] {
            let text = document(&paper, &position()).to_text(Columns::MM80);
            assert!(!holdfast_pan::holds_pan(&text), "{text}");
            assert!(text.contains("****4711"), "{text}");
        }
    }
}
