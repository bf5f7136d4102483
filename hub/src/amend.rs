//! What a manager changes at the store while HQ is not asked: a product that is in no catalog, a price that falls, somebody
//! who is taken on. Each is a record that names who did it, and HQ is shown it.

use std::sync::Arc;

use holdfast_domain::Refusal;
use holdfast_domain::amendment::{AddedItem, AmendedCatalog, CatalogChange};
use holdfast_domain::bounded::{Label, Reason};
use holdfast_domain::calendar::{BusinessDate, LocalTime};
use holdfast_domain::catalog::{Catalog, ItemRef, PriceBook, Product};
use holdfast_domain::command::HubCommand;
use holdfast_domain::ids::StaffId;
use holdfast_domain::price_list::{Period, PriceList, listed};
use holdfast_domain::staff::{Role, StaffNumber};
use holdfast_money::{UnitPrice, parse_decimal};
use zeroize::Zeroizing;

use crate::admin::{label, on_blocking, prepare, tax_classes};
use crate::calendar;
use crate::clock::Machine;
use crate::console::with_state;
use crate::error::HubError;
use crate::http::{App, of_ledger};
use crate::import::{self, Mapping};
use crate::people;

/// How often a change is made again because the catalog changed meanwhile.
const ROUNDS_MAX: usize = 4;
/// What the price list of a marked down product begins with; the product's number follows.
const MARKDOWN: &str = "markdown";

/// A product as it is typed: the words of a row of an import.
#[derive(Debug, Clone)]
pub(crate) struct TypedItem {
    pub sku: String,
    pub description: String,
    pub barcode: String,
    pub unit: String,
    pub tax_class: String,
    pub unit_price: String,
}

/// A price that falls, as it is typed.
#[derive(Debug, Clone)]
pub(crate) struct TypedMarkdown {
    /// A product number or a barcode.
    pub item: String,
    pub price: String,
    /// The last day of it; for good when there is none.
    pub until: Option<BusinessDate>,
    pub reason: String,
}

/// The version of the catalog that a change led to, and whose product it is.
#[derive(Debug, Clone)]
pub(crate) struct Amended {
    pub version: u64,
    pub sku: String,
}

/// Sells a product from now on that no catalog has.
///
/// # Errors
/// HF-HUB-022 naming what is wrong with it; a refusal of the domain.
pub(crate) async fn add_item(app: &Arc<App>, by: StaffId, typed: &TypedItem) -> Result<Amended, HubError> {
    let classes = with_state(app.state.as_ref(), tax_classes);
    let product = product(typed, &classes)?;
    amend(app, by, move |catalog| {
        let known = |item: &ItemRef| catalog.find(item).map(|known| known.sku.to_string());
        let barcodes = product.barcodes.iter().cloned().map(ItemRef::Barcode);
        if let Some(known) =
            std::iter::once(ItemRef::Sku(product.sku.clone())).chain(barcodes).find_map(|item| known(&item))
        {
            return Err(request(format!("the store sells that already, as product {known}")));
        }
        let item = Box::new(AddedItem::from(&product));
        let products = catalog.products().cloned().chain([product.clone()]).collect();
        Ok((CatalogChange::ItemAdded { item }, products, catalog.book().clone()))
    })
    .await
}

/// Sells a product for less from now on: a price list of its own, beside whatever else says what it costs.
///
/// # Errors
/// As [`add_item`].
pub(crate) async fn mark_down(
    app: &Arc<App>,
    by: StaffId,
    typed: &TypedMarkdown,
) -> Result<Amended, HubError> {
    let price = parse_decimal(&typed.price).map_err(|error| request(format!("the price: {error}")))?;
    let after = UnitPrice::new(price).map_err(|error| request(format!("the price: {error}")))?;
    let reason = Reason::new(&typed.reason).map_err(|error| request(format!("the reason: {error}")))?;
    let until = typed.until.map(|last| calendar::day_after(last).map(LocalTime::midnight));
    let until = until.transpose().map_err(|error| request(error.to_string()))?;
    let named = item(&typed.item)?;
    let zone = with_state(app.state.as_ref(), |state| {
        state.profile.as_ref().map(|profile| profile.time_zone.to_string())
    });
    let now = holdfast_domain::calendar::Timestamp(Machine.now_ms());
    let now =
        calendar::local_time(&zone.unwrap_or_default(), now).map_err(|error| request(error.to_string()))?;
    amend(app, by, move |catalog| {
        let unknown = || Refusal::UnknownItem { item: named.to_string() };
        let product = catalog.find(&named).ok_or_else(|| refused(unknown()))?;
        let sku = product.sku.clone();
        let code = Label::new(&format!("{MARKDOWN} {sku}")).map_err(|error| request(error.to_string()))?;
        let mut book = catalog.book().clone();
        // An earlier mark-down is replaced, so that a mistake can be put right.
        book.lists.retain(|list| list.code != code);
        let before = listed(&book.lists, &sku, None, now).map_or(product.unit_price, |(_, price)| price);
        // Beside the list that is looked at first, so that of two the lower price is taken.
        let beside =
            book.lists.iter().filter(|list| list.prices.contains_key(&sku)).map(|list| list.priority);
        let priority = beside.min().unwrap_or(1);
        let period = Period { from: None, until };
        let prices = [(sku.clone(), after)].into();
        book.lists.push(PriceList { code, priority, group: None, period, prices });
        let products = catalog.products().cloned().collect();
        Ok((CatalogChange::MarkedDown { sku, before, after, until, reason: reason.clone() }, products, book))
    })
    .await
}

/// Takes somebody on; they sign on with this PIN from now on.
///
/// # Errors
/// HF-HUB-031 and -032 for the name and the PIN; a refusal of the domain.
pub(crate) async fn add_staff(
    app: &Arc<App>,
    by: StaffId,
    number: StaffNumber,
    name: &str,
    role: Role,
    pin: Zeroizing<String>,
) -> Result<StaffId, HubError> {
    let name = label("name", name)?;
    people::check_form(&pin)?;
    let staff = StaffId(Machine.fresh_id());
    app.ledger.hub_command(HubCommand::AddStaff { by, staff, number, role }).await.map_err(of_ledger)?;
    let writing = Arc::clone(app);
    on_blocking(move || writing.people.put(staff, number, &name, &pin)).await?;
    tracing::info!(%by, %staff, "somebody was taken on at the store");
    Ok(staff)
}

type Next = (CatalogChange, Vec<Product>, PriceBook);

/// Makes the next version of the catalog from the one in force. Made again when another one came between.
async fn amend(
    app: &Arc<App>,
    by: StaffId,
    change: impl Fn(&Catalog) -> Result<Next, HubError> + Clone + Send + 'static,
) -> Result<Amended, HubError> {
    let mut outcome = Err(request("the catalog changes too often to be changed here; try again"));
    for _ in 0..ROUNDS_MAX {
        let (making, change) = (Arc::clone(app), change.clone());
        let made = on_blocking(move || {
            // The version that is changed, and not the one that the state names by now: between the two another can come.
            let catalog = Arc::clone(&making.catalog.borrow());
            let base = catalog.version();
            let (change, products, book) = change(&catalog)?;
            let (content_hash, next) = prepare(&making, &products, &book)?;
            let products = u32::try_from(next.products().len()).unwrap_or(u32::MAX);
            Ok((change, AmendedCatalog { base, content_hash, products }, next))
        });
        let (change, amended, next) = made.await?;
        let sku = match &change {
            CatalogChange::ItemAdded { item } => item.sku.to_string(),
            CatalogChange::MarkedDown { sku, .. } => sku.to_string(),
        };
        let version = next.version();
        let command = HubCommand::AmendCatalog { by, change, amended };
        match app.ledger.activate_catalog(next, command).await.map_err(of_ledger) {
            Ok(_) => {
                tracing::info!(%by, version, "the catalog was changed at the store");
                return Ok(Amended { version, sku });
            }
            Err(HubError::Refused { refusal }) if matches!(*refusal, Refusal::CatalogChanged { .. }) => {
                outcome = Err(HubError::Refused { refusal });
            }
            Err(other) => return Err(other),
        }
    }
    outcome
}

/// Reads one product by the rules of an import, so that a store's own is as good as one from a file.
fn product(typed: &TypedItem, classes: &[holdfast_domain::bounded::TaxClass]) -> Result<Product, HubError> {
    let sku = if typed.sku.trim().is_empty() { &typed.barcode } else { &typed.sku };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["sku", "description", "barcode", "unit", "tax_class", "unit_price"];
    let row = [sku, &typed.description, &typed.barcode, &typed.unit, &typed.tax_class, &typed.unit_price];
    let written = writer.write_record(header).and_then(|()| writer.write_record(row));
    written.map_err(|error| request(error.to_string()))?;
    let file = writer.into_inner().map_err(|error| request(error.to_string()))?;
    let sheet = import::read("the product", &file, &Mapping::parse(&[])?, classes)?;
    if let Some(bad) = sheet.bad.first() {
        return Err(request(format!("{}: {} {}", bad.column, bad.code, bad.text)));
    }
    sheet.products.into_iter().next().ok_or_else(|| request("give a number or a barcode, a name and a price"))
}

/// A product by its number or one of its barcodes, whichever the text is.
fn item(text: &str) -> Result<ItemRef, HubError> {
    let text = text.trim();
    if let Ok(barcode) = holdfast_domain::bounded::Barcode::new(text)
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.len() >= 8
    {
        return Ok(ItemRef::Barcode(barcode));
    }
    let sku = holdfast_domain::bounded::Sku::new(text);
    sku.map(ItemRef::Sku).map_err(|error| request(format!("the product: {error}")))
}

fn request(problem: impl Into<String>) -> HubError {
    HubError::Request { problem: problem.into() }
}

fn refused(refusal: Refusal) -> HubError {
    HubError::Refused { refusal: Box::new(refusal) }
}
