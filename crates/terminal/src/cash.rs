//! What a customer can hand over in coins.

use holdfast_domain::pricing::ROUNDING;
use holdfast_domain::store::StoreProfile;
use holdfast_money::Money;

/// `amount` to the store's smallest coin, as the hub asks for it in cash.
pub fn payable(profile: &StoreProfile, amount: Money) -> Money {
    Money::round(ROUNDING.to_step(amount.amount(), profile.cash_step), amount.currency(), ROUNDING)
}
