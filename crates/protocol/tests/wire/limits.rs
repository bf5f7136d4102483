//! The largest order fits everywhere it has to go, and nothing larger is unpacked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_domain::bounded::{Barcode, Description, Reason, Sku, TaxClass, TaxCode};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::catalog::{Catalog, ItemRef, Product, ProductDetails, StockRule, Unit};
use holdfast_domain::command::Action;
use holdfast_domain::ids::{EpochId, OrderId, Uuid};
use holdfast_domain::line::{DiscountInput, LINES_MAX, LineFate, LineInput, LineNumber, PriceInput};
use holdfast_domain::money::{Decimal, Quantity, Rate, UnitPrice};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::pricing::{Circumstances, Priced, Rules};
use holdfast_domain::tax::{TaxRate, TaxRule};
use holdfast_domain::{Event, Outcome, Record, pricing};
use holdfast_protocol::encode_record;
use holdfast_protocol::message::{
    CommandMessage, MalformedRequest, OfferError, OfferMessage, OfferRecord, PayloadEncoding,
    REQUEST_BYTES_MAX, ReplyPosition, Request, StoredRecord, accepted_or_refused,
};
use holdfast_protocol::record::PAYLOAD_BYTES_MAX;

use crate::arbitrary::Source;

fn position() -> ReplyPosition {
    ReplyPosition { epoch: EpochId(Uuid::from_u128(1)), seq: u64::MAX, hash: [255; 32] }
}

/// Words as product names have them, so that compression is not flattered.
fn description(source: &mut Source) -> Description {
    const WORDS: [&str; 24] = [
        "organic", "green", "tea", "bags", "box", "of", "rosewood", "candle", "holder", "vintage", "red",
        "paper", "napkins", "lunch", "cutlery", "set", "ceramic", "heart", "storage", "jar", "wooden",
        "alarm", "clock", "ivory",
    ];
    let words: Vec<&str> = (0..6).map(|_| WORDS[usize::try_from(source.below(24)).unwrap()]).collect();
    Description::new(&format!("{} {}", words.join(" "), source.below(1_000))).unwrap()
}

fn price(source: &mut Source) -> UnitPrice {
    UnitPrice::new(Decimal::new(1 + i64::try_from(source.below(9_999)).unwrap(), 2)).unwrap()
}

/// 2,000 scanned lines; every `nth` has its own price with a reason.
fn order_with_overrides(nth: u16) -> (Request, StoredRecord) {
    let mut source = Source(7);
    let mut profile = source.profile();
    profile.currency = holdfast_domain::money::Currency::EUR;
    let class = TaxClass::new("standard").unwrap();
    let rate = TaxRate { code: TaxCode::new("A").unwrap(), rate: Rate::percent(Decimal::from(20)).unwrap() };
    profile.taxes = vec![TaxRule { class: class.clone(), rates: vec![rate] }];
    let products: Vec<Product> = (0..LINES_MAX)
        .map(|index| Product {
            sku: Sku::new(&format!("{}", 80_000 + index)).unwrap(),
            description: description(&mut source),
            barcodes: vec![
                Barcode::new(&format!("{:013}", 4_006_381_000_000_u64 + source.below(999_999_999))).unwrap(),
            ],
            unit: Unit::Piece,
            tax_class: class.clone(),
            unit_price: price(&mut source),
            stock: StockRule::Counter,
            details: ProductDetails::default(),
        })
        .collect();
    let reasons = ["damaged box", "price match", "shelf label", "end of line"];
    let inputs: Vec<LineInput> = (1..)
        .zip(&products)
        .map(|(number, product)| LineInput {
            number: LineNumber(number),
            item: ItemRef::Barcode(product.barcodes[0].clone()),
            quantity: Quantity::pieces(1 + i32::try_from(source.below(12)).unwrap()),
            price: if number % nth == 0 {
                PriceInput::Override {
                    unit_price: price(&mut source),
                    reason: Reason::new(reasons[usize::from(number % 4)]).unwrap(),
                }
            } else {
                PriceInput::List
            },
            discount: DiscountInput::None,
            fate: LineFate::Kept,
        })
        .collect();
    let catalog = Catalog::new(1, products).expect("distinct barcodes");
    let rules = Rules { profile: &profile, taxes: None, catalog: &catalog };
    let now = LocalTime::midnight(BusinessDate::new(2026, 11, 20).expect("a date"));
    let Priced { lines, totals, .. } =
        pricing::price(&rules, &inputs, &Circumstances::plain(now)).expect("a basket");
    let order = OrderId(source.uuid());
    let event = Event::OrderPlaced {
        stamp: source.stamp(),
        order,
        channel: Channel::Counter,
        customer: None,
        basis: profile.basis,
        lines,
        totals,
    };
    let record = Record {
        recorded_at: Timestamp(1_790_000_000_000),
        origin: source.origin(1),
        outcome: Outcome::Accepted { events: vec![event] },
    };
    let place = PlaceOrder::of(order, Channel::Counter, inputs);
    let request = Request::Command(CommandMessage {
        id: source.command(),
        occurred_at: Timestamp(1_790_000_000_000),
        action: Action::PlaceOrder(place),
    });
    (request, StoredRecord { position: position(), payload: encode_record(&record), record })
}

#[test]
fn the_largest_order_fits_request_record_reply_and_offer() {
    // A scanned order of 2,000 lines with another price, and a reason, on every second one.
    let (request, stored) = order_with_overrides(2);
    let reply = serde_json::to_vec(&accepted_or_refused(request.id(), &stored)).expect("JSON");
    let record = OfferRecord::new(stored.position, &stored.payload);
    let offer = Request::Offer(OfferMessage { id: request.id(), record: record.clone() });
    let plain = STANDARD.encode(&stored.payload).len();
    println!(
        "2,000 lines: request {} bytes, record {}, its base64 {plain}, reply {}, offer {}",
        request.to_bytes().len(),
        stored.payload.len(),
        reply.len(),
        offer.to_bytes().len(),
    );
    assert_eq!(Request::parse(&request.to_bytes()).expect("small enough"), request);
    assert!(stored.payload.len() < PAYLOAD_BYTES_MAX);
    assert!(plain > REQUEST_BYTES_MAX, "compression is needed");
    assert!(reply.len() < REQUEST_BYTES_MAX);
    let offer = Request::parse(&offer.to_bytes()).expect("small enough");
    let Request::Offer(offer) = offer else { panic!("an offer") };
    assert_eq!(offer.record.encoding, PayloadEncoding::Zstd);
    assert_eq!(offer.record.stored_payload().expect("its own bytes"), stored.payload);
    assert_eq!(offer.record.decode().expect("its own bytes"), stored.record);
}

#[test]
fn when_every_one_of_2_000_prices_is_set_by_hand_bytes_are_the_limit_before_lines_are() {
    let (request, stored) = order_with_overrides(1);
    let error = Request::parse(&request.to_bytes()).expect_err("a little too large");
    println!("2,000 lines, all set by hand: request {} bytes", request.to_bytes().len());
    assert_eq!(error.code(), "HF-CMD-001");
    assert!(error.to_string().contains("two orders"));
    // 1,900 of them fit, and what the hub answers would fit even for all.
    let Request::Command(mut fewer) = request else { panic!("a command") };
    let Action::PlaceOrder(place) = &mut fewer.action else { panic!("an order") };
    place.lines.truncate(1_900);
    assert!(Request::parse(&Request::Command(fewer.clone()).to_bytes()).is_ok());
    let reply = serde_json::to_vec(&accepted_or_refused(fewer.id, &stored)).expect("JSON");
    assert!(stored.payload.len() < PAYLOAD_BYTES_MAX && reply.len() < REQUEST_BYTES_MAX);
}

#[test]
fn small_records_travel_plain_and_records_without_a_tag_are_plain() {
    let payload = encode_record(&Source(3).record());
    let record = OfferRecord::new(position(), &payload);
    assert_eq!(record.encoding, PayloadEncoding::Plain);
    let mut untagged = serde_json::to_value(&record).expect("JSON");
    untagged.as_object_mut().expect("an object").remove("encoding");
    let read: OfferRecord = serde_json::from_value(untagged).expect("a record");
    assert_eq!(read.stored_payload().expect("plain"), payload);
}

#[test]
fn a_request_over_the_limit_is_not_even_read() {
    let payload = vec![b' '; REQUEST_BYTES_MAX + 1];
    let error = Request::parse(&payload).expect_err("too large");
    assert!(matches!(error, MalformedRequest::TooLarge { bytes } if bytes == REQUEST_BYTES_MAX + 1));
    assert_eq!(error.code(), "HF-CMD-001");
}

#[test]
fn a_packed_record_that_unpacks_to_too_much_is_refused() {
    let packed = |bytes: &[u8]| OfferRecord {
        position: position(),
        encoding: PayloadEncoding::Zstd,
        payload: STANDARD.encode(zstd::bulk::compress(bytes, 3).expect("memory")),
    };
    let bomb = packed(&vec![0; 256 * 1024 * 1024]);
    assert!(bomb.payload.len() < REQUEST_BYTES_MAX, "it would come through the gate");
    assert!(matches!(bomb.stored_payload(), Err(OfferError::TooLarge | OfferError::NotZstd(_))));
    assert!(matches!(packed(&vec![0; PAYLOAD_BYTES_MAX + 1]).stored_payload(), Err(OfferError::TooLarge)));
    assert_eq!(
        packed(&vec![0; PAYLOAD_BYTES_MAX]).stored_payload().expect("the limit").len(),
        PAYLOAD_BYTES_MAX
    );
    let garbled = OfferRecord { payload: STANDARD.encode(b"no frame at all"), ..packed(b"") };
    assert!(matches!(garbled.stored_payload(), Err(OfferError::NotZstd(_))));
    let no_base64 = OfferRecord { payload: "*".into(), ..packed(b"") };
    assert!(matches!(no_base64.decode(), Err(OfferError::NotBase64(_))));
    assert!(matches!(packed(b"no record").decode(), Err(OfferError::NotARecord(_))));
}
