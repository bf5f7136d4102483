//! Ids, amounts, dates and texts.

use holdfast_domain::bounded::{
    Address, Barcode, CardEnding, CardWord, Category, CouponCode, Description, DeviceName, Label, OrderTag,
    PoiMark, PoiReference, PriceGroup, PromotionCode, Reason, Sku, TaxClass, TaxCode, TenderCode,
    TenderReference, TimeZoneName, ValueNumber,
};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::ids::{
    AttemptId, CommandId, CountId, EpochId, HubId, OrderId, ReconciliationId, ShiftId, StaffId, StoreId,
    SubjectId, TerminalId, TransactionId, Uuid,
};
use holdfast_domain::line::LineNumber;
use holdfast_domain::receipt::{ReceiptNumber, Series, TillNumber};
use holdfast_domain::staff::{RoleNumber, StaffNumber};
use holdfast_money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice, parse_decimal};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Wire;

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer)
}

impl Wire for Uuid {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&self.hyphenated())
        } else {
            self.as_bytes().serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = text(deserializer)?;
            Uuid::try_parse(&text).map_err(|_| D::Error::custom(format_args!("`{text}` is not a UUID")))
        } else {
            <[u8; 16]>::deserialize(deserializer).map(Uuid::from_bytes)
        }
    }
}

macro_rules! transparent {
    ($($ty:ident($inner:ty)),+ $(,)?) => {$(
        impl Wire for $ty {
            fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Wire::put(&self.0, serializer)
            }

            fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$inner as Wire>::get(deserializer).map(Self)
            }
        }
    )+};
}

transparent!(
    StoreId(Uuid),
    HubId(Uuid),
    EpochId(Uuid),
    TerminalId(Uuid),
    CommandId(Uuid),
    OrderId(Uuid),
    ShiftId(Uuid),
    StaffId(Uuid),
    SubjectId(Uuid),
    CountId(Uuid),
    ReconciliationId(Uuid),
    TransactionId(CommandId),
    AttemptId(CommandId),
    LineNumber(u16),
    TillNumber(u16),
    StaffNumber(u32),
    RoleNumber(u16),
);

macro_rules! native {
    ($($ty:ty),+) => {$(
        impl Wire for $ty {
            fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }

            fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$ty>::deserialize(deserializer)
            }
        }
    )+};
}

native!(bool, u8, u16, u32, String);

/// 64-bit numbers are strings in JSON: a browser's number cannot hold them.
impl Wire for u64 {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.serialize(serializer) }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = text(deserializer)?;
            text.parse()
                .map_err(|_| D::Error::custom(format_args!("`{text}` is not a whole number in a string")))
        } else {
            u64::deserialize(deserializer)
        }
    }
}

/// A SHA-256: 64 hex digits in JSON.
impl Wire for [u8; 32] {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&hex::encode(self))
        } else {
            self.serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let mut bytes = [0; 32];
            hex::decode_to_slice(text(deserializer)?, &mut bytes)
                .map_err(|_| D::Error::custom("a hash is written as 64 hex digits"))?;
            Ok(bytes)
        } else {
            <[u8; 32]>::deserialize(deserializer)
        }
    }
}

impl Wire for Timestamp {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let instant = jiff::Timestamp::from_millisecond(self.0).map_err(serde::ser::Error::custom)?;
            serializer.collect_str(&format_args!("{instant:.3}"))
        } else {
            self.0.serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = text(deserializer)?;
            let instant: jiff::Timestamp = text.parse().map_err(|_| {
                D::Error::custom(format_args!(
                    "`{text}` is not an instant; write it as 2026-11-30T14:05:00.000Z"
                ))
            })?;
            Ok(Self(instant.as_millisecond()))
        } else {
            // What has no readable form is not stored either.
            let milliseconds = i64::deserialize(deserializer)?;
            jiff::Timestamp::from_millisecond(milliseconds).map_err(D::Error::custom)?;
            Ok(Self(milliseconds))
        }
    }
}

impl Wire for BusinessDate {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            (self.year(), self.month(), self.day()).serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            text(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            let (year, month, day) = <(i16, u8, u8)>::deserialize(deserializer)?;
            Self::new(year, month, day).map_err(D::Error::custom)
        }
    }
}

impl Wire for Currency {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.code())
        } else {
            self.numeric().serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::from_code(&text(deserializer)?).map_err(D::Error::custom)
        } else {
            Self::from_numeric(u16::deserialize(deserializer)?).map_err(D::Error::custom)
        }
    }
}

/// `{"amount": "12.50", "currency": "EUR"}`; currency and minor units in the journal.
impl Wire for Money {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let mut amount = self.amount();
            amount.rescale(self.currency().exponent());
            Readable { amount: amount.to_string(), currency: self.currency().code().to_owned() }
                .serialize(serializer)
        } else {
            (self.currency().numeric(), self.minor()).serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let readable = Readable::deserialize(deserializer)?;
            let currency = Currency::from_code(&readable.currency).map_err(D::Error::custom)?;
            let amount = parse_decimal(&readable.amount).map_err(D::Error::custom)?;
            Money::new(amount, currency).map_err(D::Error::custom)
        } else {
            let (currency, minor) = <(u16, i64)>::deserialize(deserializer)?;
            Ok(Self::from_minor(minor, Currency::from_numeric(currency).map_err(D::Error::custom)?))
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Readable {
    amount: String,
    currency: String,
}

fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    parse_decimal(&text(deserializer)?).map_err(D::Error::custom)
}

impl Wire for Decimal {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            (self.mantissa(), self.scale()).serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            decimal(deserializer)
        } else {
            let (mantissa, scale) = <(i128, u32)>::deserialize(deserializer)?;
            Decimal::try_from_i128_with_scale(mantissa, scale).map_err(D::Error::custom)
        }
    }
}

impl Wire for Quantity {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.thousandths().serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::new(decimal(deserializer)?).map_err(D::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Self::from_thousandths)
        }
    }
}

impl Wire for UnitPrice {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.ten_thousandths().serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::new(decimal(deserializer)?).map_err(D::Error::custom)
        } else {
            Self::from_ten_thousandths(i64::deserialize(deserializer)?).map_err(D::Error::custom)
        }
    }
}

/// A fraction: `"0.19"` is 19 %.
impl Wire for Rate {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&self.fraction())
        } else {
            self.millionths().serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::new(decimal(deserializer)?).map_err(D::Error::custom)
        } else {
            Self::from_millionths(u32::deserialize(deserializer)?).map_err(D::Error::custom)
        }
    }
}

macro_rules! texts {
    ($($ty:ident),+ $(,)?) => {$(
        impl Wire for $ty {
            fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }

            fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&text(deserializer)?).map_err(D::Error::custom)
            }
        }
    )+};
}

texts!(
    Sku,
    Barcode,
    Description,
    Label,
    Address,
    TaxClass,
    TaxCode,
    Reason,
    TimeZoneName,
    TenderCode,
    TenderReference,
    PromotionCode,
    CouponCode,
    PriceGroup,
    Category,
    OrderTag,
    ValueNumber,
    DeviceName,
    PoiReference,
    PoiMark,
    CardWord,
    CardEnding,
);

wire_enum!(Series { Hub, Island, Training });

/// The printed form in JSON.
impl Wire for ReceiptNumber {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            (self.till.0, super::Borrowed(&self.series), self.number).serialize(serializer)
        }
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            text(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            let (till, series, number) = <(u16, super::Wired<Series>, u32)>::deserialize(deserializer)?;
            Ok(Self { till: TillNumber(till), series: series.0, number })
        }
    }
}
