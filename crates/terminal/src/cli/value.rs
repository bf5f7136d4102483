//! `value`, `issue-value`, `block-value` and `set-account`

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use holdfast_domain::bounded::{Reason, ValueNumber};
use holdfast_domain::command::Action;
use holdfast_domain::ids::{CommandId, SubjectId};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::value::{AccountTerms, IssueValue, ValueKind, ValueStanding};
use holdfast_money::{Decimal, Money};
use holdfast_terminal::{Folder, Pace, Till};

use super::ask::{Desk, WITHIN, typed};
use super::settle::PaymentArgs;

/// Prints what a gift card or store credit has left, or what is owed on an account. It changes nothing.
#[derive(Debug, Args)]
pub struct Value {
    /// The till's folder
    #[arg(long)]
    data: PathBuf,
    /// Its number, as typed or scanned
    #[arg(long)]
    account: ValueNumberArg,
}

/// Takes money for a gift card or store credit, new or known, or for what is owed on an account, and prints what the receipt
/// says.
#[derive(Debug, Args)]
pub struct Issue {
    #[command(flatten)]
    desk: Desk,
    #[arg(long, value_enum, default_value = "gift-card")]
    kind: Kind,
    /// The number on the card, or of an account to top up; without it the till mints one
    #[arg(long)]
    account: Option<ValueNumberArg>,
    /// What it is worth
    #[arg(long, allow_negative_numbers = true)]
    amount: Decimal,
    #[command(flatten)]
    payment: PaymentArgs,
}

/// Blocks a gift card, store credit or account, or opens it again; needs a supervisor.
#[derive(Debug, Args)]
pub struct Block {
    #[command(flatten)]
    desk: Desk,
    #[arg(long)]
    account: ValueNumberArg,
    /// It pays again
    #[arg(long)]
    release: bool,
    /// Why; it stands in the shop's books
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    GiftCard,
    StoreCredit,
    CustomerAccount,
}

/// Opens a customer's account, or changes how much may be owed on it; needs a manager.
#[derive(Debug, Args)]
pub struct SetAccount {
    #[command(flatten)]
    desk: Desk,
    /// The number of a known account; without it the till mints one
    #[arg(long)]
    account: Option<ValueNumberArg>,
    /// Whose it is
    #[arg(long)]
    customer: SubjectId,
    /// How much may be owed on it; zero where nothing more is to be bought
    #[arg(long, allow_negative_numbers = true)]
    limit: Decimal,
}

impl From<Kind> for ValueKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::GiftCard => Self::GiftCard,
            Kind::StoreCredit => Self::StoreCredit,
            Kind::CustomerAccount => Self::CustomerAccount,
        }
    }
}

#[derive(Debug, Clone)]
struct ValueNumberArg(ValueNumber);

impl std::str::FromStr for ValueNumberArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        ValueNumber::new(text).map(Self).map_err(|error| error.to_string())
    }
}

/// The letters of a minted number: no vowel makes a word of it, and nothing reads like something else.
const LETTERS: &[u8; 16] = b"BCDFGHJKMNPQRTVX";
/// How many of them: 60 bits of the id that nobody can guess.
const LETTERS_COUNT: u32 = 15;

/// A number from the random end of an id, in groups of five.
fn minted(id: CommandId) -> ValueNumber {
    let random = id.0.as_u128();
    let mut number = String::new();
    for at in 0..LETTERS_COUNT {
        if at > 0 && at % 5 == 0 {
            number.push('-');
        }
        let nibble = usize::try_from((random >> (4 * at)) & 0xF).expect("four bits");
        number.push(char::from(LETTERS[nibble]));
    }
    ValueNumber::new(&number).expect("letters and dashes are a number")
}

impl Value {
    pub async fn run(self) -> Result<()> {
        let (till, api) = Till::open(&Folder::new(&self.data), Pace::default()).await?;
        let read = api.value(&self.account.0).await;
        till.close().await?;
        let value = read?;
        println!("account  {}", value.account);
        println!(
            "kind     {}",
            match value.kind {
                ValueKind::GiftCard => "gift card",
                ValueKind::StoreCredit => "store credit",
                ValueKind::CustomerAccount => "account",
            }
        );
        println!("balance  {:>14}", value.balance.to_string());
        if let Some(AccountTerms { customer, limit }) = value.terms {
            println!("limit    {:>14}", limit.to_string());
            println!("customer {customer}");
        }
        if value.standing == ValueStanding::Blocked {
            println!("blocked: it does not pay");
        }
        println!("as of record {}", value.as_of_seq);
        Ok(())
    }
}

impl Issue {
    pub async fn run(self) -> Result<()> {
        let Self { desk, kind, account, amount, payment } = self;
        let issue = async |till: &Till| {
            let currency = till.refresh(WITHIN).await?.profile.currency;
            let account = match account {
                Some(ValueNumberArg(account)) => account,
                None => minted(CommandId(till.mint()?)),
            };
            println!("account  {account}");
            Ok(Action::IssueValue(IssueValue {
                account,
                kind: kind.into(),
                amount: typed("amount", Money::new(amount, currency))?,
                tenders: payment.tenders(currency)?,
                receipt: ReceiptSource::Hub,
            }))
        };
        desk.ask(issue).await
    }
}

impl SetAccount {
    pub async fn run(self) -> Result<()> {
        let Self { desk, account, customer, limit } = self;
        let set = async |till: &Till| {
            let currency = till.refresh(WITHIN).await?.profile.currency;
            let account = match account {
                Some(ValueNumberArg(account)) => account,
                None => minted(CommandId(till.mint()?)),
            };
            println!("account  {account}");
            let limit = typed("limit", Money::new(limit, currency))?;
            Ok(Action::SetAccount { account, terms: AccountTerms { customer, limit } })
        };
        desk.ask(set).await
    }
}

impl Block {
    pub async fn run(self) -> Result<()> {
        let standing = if self.release { ValueStanding::Open } else { ValueStanding::Blocked };
        let (account, reason) = (self.account.0, typed("reason", Reason::new(&self.reason))?);
        self.desk.ask(async |_| Ok(Action::SetValueStanding { account, standing, reason })).await
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::bounded::TenderReference;
    use holdfast_domain::ids::Uuid;
    use holdfast_domain::tender::TenderClass;

    use super::*;

    #[test]
    fn a_minted_number_is_no_word_and_no_cards_number_and_another_for_every_id() {
        let of = |id: u128| minted(CommandId(Uuid::from_u128(id)));
        assert_eq!(of(0x0123_4567_89AB_CDEF).as_str(), "XVTRQ-PNMKJ-HGFDC");
        assert_ne!(of(1), of(2));
        assert!(!TenderReference::from(of(3)).holds_card_data(TenderClass::StoredValue));
    }
}
