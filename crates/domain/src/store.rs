//! What a store is: its settings as HQ gave them at provisioning.

use holdfast_money::{Currency, Decimal};

use crate::bounded::{Address, Label, TimeZoneName};
use crate::ids::StoreId;
use crate::tax::{TaxBasis, TaxRounding, TaxRule};

/// The settings that decisions read. A change is a new event; sales keep the snapshot they were made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreProfile {
    pub store: StoreId,
    pub name: Label,
    pub legal_name: Label,
    pub address: Address,
    /// As printed on receipts; its form differs by country.
    pub tax_id: Label,
    pub currency: Currency,
    pub basis: TaxBasis,
    pub tax_rounding: TaxRounding,
    /// The smallest coin in major units, such as 0.05; zero where cash is paid to the minor unit.
    pub cash_step: Decimal,
    pub time_zone: TimeZoneName,
    /// Minutes after local midnight at which the business day changes.
    pub cut_over_minutes: u16,
    pub taxes: Vec<TaxRule>,
}

impl StoreProfile {
    /// The rates of a tax class, if the store has a rule for it.
    pub fn rates(&self, class: &crate::bounded::TaxClass) -> Option<&[crate::tax::TaxRate]> {
        self.taxes.iter().find(|rule| rule.class == *class).map(|rule| rule.rates.as_slice())
    }
}
