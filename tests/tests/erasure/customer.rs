//! A customer whose every detail can be recognised, and the till that serves them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use holdfast_domain::bounded::Barcode;
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{Action, Settlement};
use holdfast_domain::ids::{OrderId, ShiftId, StoreId, SubjectId};
use holdfast_domain::line::{LineInput, LineNumber};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::tender::TenderInput;
use holdfast_hub::cloud::{Cloud, install_cryptography};
use holdfast_hub::folder::DataFolder;
use holdfast_hub::identity::Identity;
use holdfast_hub::recovery::code::RecoveryCode;
use holdfast_hub::recovery::vault;
use holdfast_money::{Currency, Decimal, Money, Quantity};
use holdfast_protocol::message::{Answer, Pin};
use holdfast_protocol::subject::file::{Part, decode_part};
use holdfast_protocol::subject::{Details, Private, SubjectSearch};
use holdfast_terminal::client::accepted;
use holdfast_terminal::hub_api::HubApi;
use holdfast_terminal::{Folder, Pace, Till, TillError};

use crate::search::Wanted;
use crate::shop::{PIN, STAFF, Shop};

pub const NAME: &str = "Canaria Kanarienvogel";
pub const EMAIL: &str = "canary.7c1f@example-aviary.com";
pub const PHONE: &str = "+43 660 7351 8824 19";
pub const NOTES: &str = "Sings at dawn; whistle code Zwitscher-90817263";
pub const CARD: &str = "Kanari-Klub 552 918";
pub const TAX_ID: &str = "ATU-KANARIEN-1";
const WITHIN: Duration = Duration::from_secs(30);

pub fn details() -> Details {
    let text = |text: &str| Some(Private::new(text));
    let (card, tax_id) = (text(CARD), text(TAX_ID));
    Details {
        name: text(NAME),
        email: text(EMAIL),
        phone: text(PHONE),
        notes: text(NOTES),
        card,
        tax_id,
        ..Details::default()
    }
}

/// Everything by which the customer is recognised.
pub fn canaries() -> Wanted {
    let mut wanted = Wanted::default();
    for (what, text) in [
        ("name", NAME),
        ("e-mail", EMAIL),
        ("phone", PHONE),
        ("notes", NOTES),
        ("card", CARD),
        ("tax id", TAX_ID),
    ] {
        wanted.text(what, text);
    }
    wanted.text("phone as it is compared", "+436607351882419");
    wanted
}

/// A till of the shop with its own folder, as a program of the shop would use it.
pub struct Counter {
    till: Till,
    pub api: HubApi,
}

impl Counter {
    pub async fn open(folder: &Path) -> Result<Self> {
        let (till, api) = Till::open(&Folder::new(folder), Pace::default()).await?;
        till.ready(WITHIN).await?;
        Ok(Self { till, api })
    }

    pub async fn close(self) -> Result<()> {
        Ok(self.till.close().await?)
    }

    pub fn mint(&self) -> Result<SubjectId> {
        Ok(SubjectId(self.till.mint()?))
    }

    async fn ask(&self, action: Action) -> Result<Answer, TillError> {
        let reply = tokio::time::timeout(WITHIN, self.till.send(action)).await;
        accepted(reply.map_err(|_| TillError::NoAnswer { seconds: WITHIN.as_secs() })??)
    }

    /// The manager signs on and opens the drawer, if nobody has.
    pub async fn sign_on(&self) -> Result<()> {
        let number = StaffNumber(STAFF.parse()?);
        accepted(tokio::time::timeout(WITHIN, self.till.sign_on(number, Pin(PIN.into()))).await??)?;
        if self.till.refresh(WITHIN).await?.till.shift.is_none() {
            let (shift, float) = (ShiftId(self.till.mint()?), Money::zero(Currency::GBP));
            self.ask(Action::OpenShift { shift, float, day: BusinessDay::Today, mode: Mode::Live }).await?;
        }
        Ok(())
    }

    /// Sells a bottle of milk for cash.
    ///
    /// # Errors
    /// The hub's refusal.
    pub async fn sell_to(&self, customer: Option<SubjectId>) -> Result<(), TillError> {
        let order = OrderId(self.till.mint()?);
        let line = LineInput::of(
            LineNumber(1),
            ItemRef::Barcode(Barcode::new("4006381333931").expect("a barcode")),
            Quantity::pieces(1),
        );
        let place = PlaceOrder { customer, ..PlaceOrder::of(order, Channel::Counter, vec![line]) };
        self.ask(Action::PlaceOrder(place)).await?;
        let amount = Money::new(Decimal::from(5), Currency::GBP).expect("an amount");
        self.ask(Action::Pay {
            tips: Vec::new(),
            order,
            tenders: vec![TenderInput::cash(amount)],
            settlement: Settlement::Full,
            receipt: ReceiptSource::Hub,
        })
        .await
        .map(drop)
    }

    /// Everything that the till can ask about the customer answers with all of it.
    pub async fn knows(&self, customer: SubjectId) -> Result<()> {
        ensure!(self.api.subject(customer).await?.details == details(), "by the id");
        for search in [
            SubjectSearch::Email(Private::new(EMAIL.to_uppercase())),
            SubjectSearch::Phone(Private::new("+43(660)7351-8824/19")),
            SubjectSearch::Card(Private::new("KANARI-klub552918")),
        ] {
            let found = self.api.find_subjects(&search).await?;
            ensure!(found.len() == 1 && found[0].details == details(), "by {search:?}: {}", found.len());
        }
        Ok(())
    }

    /// Nothing that the till can ask answers with anything, and nothing can be done with the id any more.
    pub async fn has_lost(&self, customer: SubjectId) -> Result<()> {
        refused(self.api.subject(customer).await, "HF-CMD-191")?;
        refused(self.api.put_subject(customer, &details().into()).await, "HF-CMD-191")?;
        refused(self.sell_to(Some(customer)).await, "HF-CMD-191")?;
        for search in [
            SubjectSearch::Email(Private::new(EMAIL)),
            SubjectSearch::Phone(Private::new(PHONE)),
            SubjectSearch::Card(Private::new(CARD)),
        ] {
            ensure!(self.api.find_subjects(&search).await?.is_empty(), "found by {search:?}");
        }
        Ok(())
    }
}

/// The hub's refusal with this code.
pub fn refused<T>(answer: Result<T, TillError>, expected: &str) -> Result<()> {
    match answer {
        Err(TillError::Refused { code, text }) if code == expected || text.contains(expected) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("{expected} was expected")),
        Ok(_) => bail!("{expected} was expected, and it was accepted"),
    }
}

/// HQ's vault as it is now, sealed.
pub async fn sealed_vault(shop: &Shop) -> Result<Option<Vec<u8>>> {
    install_cryptography();
    let identity = Identity::read(&DataFolder::new(&shop.data))?.context("an identity")?;
    Ok(Cloud::new(Arc::new(identity), None)?.vault(shop.id.parse()?).await?)
}

/// What HQ's vault has of the customers, opened with the recovery code.
pub async fn in_vault(shop: &Shop) -> Result<Part> {
    let Some(sealed) = sealed_vault(shop).await? else { return Ok(Part::default()) };
    let store: StoreId = shop.id.parse()?;
    let opener = RecoveryCode::parse(&shop.recovery_code)?.opener(store);
    let opened = vault::open(&opener, store, &sealed)?;
    opened.subjects.map_or(Ok(Part::default()), |part| Ok(decode_part(&part)?))
}
