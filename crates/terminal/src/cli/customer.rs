//! `customer`

use std::collections::BTreeSet;

use anyhow::Result;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use holdfast_domain::ids::SubjectId;
use holdfast_protocol::subject::{Details, DetailsUpdate, Mention, Private, Purpose, Subject, SubjectSearch};
use holdfast_terminal::Till;
use holdfast_terminal::hub_api::HubApi;

use super::ask::Desk;

/// Customers whose details the store keeps. Nothing of them is written to the till's disk.
#[derive(Debug, Subcommand)]
pub enum Customer {
    /// Register somebody who agrees to it, and print their id
    Add(Add),
    /// Change what is kept of somebody; what is not mentioned stays
    Change(Change),
    /// Find somebody by their exact address, number or card, and print what is kept of them
    Find(Find),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("told").args(["name", "email", "phone", "card", "tax_id", "notes"]).required(true).multiple(true))]
pub struct Add {
    #[command(flatten)]
    desk: Desk,
    #[command(flatten)]
    told: Told,
    /// What the person agrees to; may be given several times
    #[arg(long, value_enum)]
    consent: Vec<Agreed>,
}

#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    desk: Desk,
    /// As `add` and `find` print it
    #[arg(long, value_name = "ID")]
    customer: SubjectId,
    /// `none` takes a detail away
    #[command(flatten)]
    told: Told,
    /// What the person agrees to beside what they agreed to before; may be given several times
    #[arg(long, value_enum)]
    consent: Vec<Agreed>,
    /// What the person does not agree to any more; may be given several times
    #[arg(long, value_enum)]
    withdraw: Vec<Agreed>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("by").args(["email", "phone", "card"]).required(true).multiple(false))]
pub struct Find {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    email: Option<String>,
    #[arg(long)]
    phone: Option<String>,
    /// As typed or scanned
    #[arg(long)]
    card: Option<String>,
}

/// What the person tells. When changed, `none` takes it away.
#[derive(Debug, Args)]
struct Told {
    #[arg(long)]
    name: Option<String>,
    #[arg(long)]
    email: Option<String>,
    #[arg(long)]
    phone: Option<String>,
    /// The number of a card that the shop gave out, as typed or scanned; never a payment card
    #[arg(long)]
    card: Option<String>,
    /// A VAT number and the like
    #[arg(long)]
    tax_id: Option<String>,
    #[arg(long)]
    notes: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Agreed {
    ReceiptsByEmail,
    MarketingByEmail,
    MarketingByPhone,
    Loyalty,
}

impl From<Agreed> for Purpose {
    fn from(agreed: Agreed) -> Self {
        match agreed {
            Agreed::ReceiptsByEmail => Self::ReceiptsByEmail,
            Agreed::MarketingByEmail => Self::MarketingByEmail,
            Agreed::MarketingByPhone => Self::MarketingByPhone,
            Agreed::Loyalty => Self::Loyalty,
        }
    }
}

fn purposes(agreed: &[Agreed]) -> BTreeSet<Purpose> {
    agreed.iter().copied().map(Purpose::from).collect()
}

impl Customer {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::Change(change) => change.run().await,
            Self::Find(find) => find.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> Result<()> {
        let Self { desk, told, consent } = self;
        let mut update = told.onto(Details::default());
        if !consent.is_empty() {
            update.consents = Mention::Said(purposes(&consent));
        }
        let add = async |till: &Till, api: &HubApi| {
            let customer = SubjectId(till.mint()?);
            // Before it is sent: whoever does not hear the answer can go on with `change`.
            println!("customer {customer}");
            api.put_subject(customer, &update).await
        };
        desk.visit(add).await
    }
}

impl Change {
    async fn run(self) -> Result<()> {
        let Self { desk, customer, told, consent, withdraw } = self;
        let change = async |_: &Till, api: &HubApi| {
            let Subject { subject, details, .. } = api.subject(customer).await?;
            let mut agreed: BTreeSet<Purpose> = details.consents.iter().map(|(purpose, _)| purpose).collect();
            let mut update = told.onto(details);
            if !consent.is_empty() || !withdraw.is_empty() {
                agreed.extend(purposes(&consent));
                let withdrawn = purposes(&withdraw);
                agreed.retain(|purpose| !withdrawn.contains(purpose));
                update.consents = Mention::Said(agreed);
            }
            api.put_subject(subject, &update).await?;
            api.subject(subject).await
        };
        show(&desk.visit(change).await?);
        Ok(())
    }
}

impl Find {
    async fn run(self) -> Result<()> {
        let Self { desk, email, phone, card } = self;
        let by_email = email.map(|email| SubjectSearch::Email(Private::new(email)));
        let by_phone = phone.map(|phone| SubjectSearch::Phone(Private::new(phone)));
        let by_card = card.map(|card| SubjectSearch::Card(Private::new(card)));
        let search = by_email.or(by_phone).or(by_card).expect("one of them is required");
        let found = desk.visit(async |_, api| api.find_subjects(&search).await).await?;
        if found.is_empty() {
            println!("nobody is found");
        }
        found.iter().for_each(show);
        Ok(())
    }
}

impl Told {
    /// What is sent of somebody of whom these details are known. The hub takes what the first four are as all there is of
    /// them, so what is not mentioned is sent as it is.
    fn onto(self, known: Details) -> DetailsUpdate {
        let said = |told: Option<String>| told.map(|text| (text != "none").then(|| Private::new(text)));
        let mention = |told: Option<String>| said(told).map_or(Mention::Unsaid, Mention::Said);
        DetailsUpdate {
            name: said(self.name).unwrap_or(known.name),
            email: said(self.email).unwrap_or(known.email),
            phone: said(self.phone).unwrap_or(known.phone),
            notes: said(self.notes).unwrap_or(known.notes),
            card: mention(self.card),
            tax_id: mention(self.tax_id),
            consents: Mention::Unsaid,
        }
    }
}

fn show(known: &Subject) {
    println!("customer {}", known.subject);
    for (what, text) in known.details.texts() {
        if let Some(text) = text {
            println!("  {what:<8}{}", text.reveal().replace('\n', "\n          "));
        }
    }
    for (purpose, _) in known.details.consents.iter() {
        println!("  agreed  to {purpose}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(text: &str) -> Option<Private> {
        Some(Private::new(text))
    }

    #[test]
    fn what_is_not_mentioned_stays_and_none_takes_away() {
        let known = Details { name: private("Ada"), phone: private("+43 1"), ..Details::default() };
        let nothing = || Told { name: None, email: None, phone: None, card: None, tax_id: None, notes: None };
        let update = nothing().onto(known.clone());
        assert_eq!((update.name, update.phone), (private("Ada"), private("+43 1")));
        assert_eq!((update.card, update.consents), (Mention::Unsaid, Mention::Unsaid));
        let text = |text: &str| Some(text.to_owned());
        let told = Told { phone: text("none"), card: text("none"), tax_id: text("ATU1"), ..nothing() };
        let update = told.onto(known);
        assert_eq!((update.name, update.phone), (private("Ada"), None));
        assert_eq!((update.card, update.tax_id), (Mention::Said(None), Mention::Said(private("ATU1"))));
    }
}
