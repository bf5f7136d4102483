//! How domain values become bytes and back: one definition serves the binary journal (compact) and JSON (readable).
//!
//! The domain never sees serde. [`Wire`] is implemented here for every value that is stored or sent; the macros list each
//! struct's fields and each enum's variants in their stored order, so a change there is a change of the stored format, and
//! the golden files say so. In JSON decimals and 64-bit numbers are strings, ids are hyphenated, instants are RFC 3339.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value with a stored and a readable form.
pub trait Wire: Sized {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Carries a [`Wire`] value through serde.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Wired<T>(pub T);

impl<T: fmt::Debug> fmt::Debug for Wired<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Wire> Serialize for Wired<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.put(serializer)
    }
}

impl<'de, T: Wire> Deserialize<'de> for Wired<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::get(deserializer).map(Self)
    }
}

/// Borrows a [`Wire`] value for serialising.
struct Borrowed<'a, T>(&'a T);

impl<T: Wire> Serialize for Borrowed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.put(serializer)
    }
}

/// For `#[serde(with = "wire::plain")]` on a field that holds a domain value.
pub mod plain {
    use super::{Deserializer, Serializer, Wire};

    pub fn serialize<T: Wire, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.put(serializer)
    }

    pub fn deserialize<'de, T: Wire, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::get(deserializer)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Borrowed))
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Wired<T>>::deserialize(deserializer)?.into_iter().map(|wired| wired.0).collect())
    }
}

impl<T: Wire + Ord> Wire for BTreeSet<T> {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Borrowed))
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Wired<T>>::deserialize(deserializer)?.into_iter().map(|wired| wired.0).collect())
    }
}

/// Pairs in the order of their keys; the same key twice is refused.
impl<K: Wire + Ord, V: Wire> Wire for BTreeMap<K, V> {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|(key, value)| (Borrowed(key), Borrowed(value))))
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = Self::new();
        for (key, value) in Vec::<(Wired<K>, Wired<V>)>::deserialize(deserializer)? {
            if map.insert(key.0, value.0).is_some() {
                return Err(serde::de::Error::custom("the same key is there twice"));
            }
        }
        Ok(map)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Borrowed).serialize(serializer)
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Wired<T>>::deserialize(deserializer)?.map(|wired| wired.0))
    }
}

impl<T: Wire> Wire for Box<T> {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::put(self, serializer)
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::get(deserializer).map(Box::new)
    }
}

/// Lists a struct's fields in their stored order.
macro_rules! wire_struct {
    ($ty:path { $($(#[$attr:meta])* $field:ident: $fty:ty),+ $(,)? }) => {
        impl crate::wire::Wire for $ty {
            fn put<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(serde::Serialize)]
                struct Shadow<'a> { $($field: crate::wire::Borrowed<'a, $fty>),+ }
                serde::Serialize::serialize(
                    &Shadow { $($field: crate::wire::Borrowed(&self.$field)),+ }, serializer)
            }

            fn get<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Shadow { $($(#[$attr])* $field: crate::wire::Wired<$fty>),+ }
                let shadow = <Shadow as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self { $($field: shadow.$field.0),+ })
            }
        }
    };
}

/// Lists an enum's variants in their stored order: unit, `Name(value: Type)` for one unnamed value, or named fields.
/// A variant after `never` has no form: it cannot come from outside.
macro_rules! wire_enum {
    ($ty:path { $($variant:ident $({ $($(#[$attr:meta])* $field:ident: $fty:ty),+ $(,)? })? $(( $inner:ident: $ity:ty ))?),+ $(,)? }
     $(never $never:ident)?) => {
        impl crate::wire::Wire for $ty {
            fn put<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(serde::Serialize)]
                #[serde(rename_all = "snake_case")]
                #[allow(dead_code, reason = "the last variant only uses the lifetime")]
                enum Shadow<'a> {
                    $($variant $({ $($field: crate::wire::Borrowed<'a, $fty>),+ })?
                        $(( crate::wire::Borrowed<'a, $ity> ))?,)+
                    #[serde(skip)]
                    Lifetime(std::marker::PhantomData<&'a ()>),
                }
                let shadow = match self {
                    $(Self::$variant $({ $($field),+ })? $(( $inner ))? =>
                        Shadow::$variant $({ $($field: crate::wire::Borrowed($field)),+ })?
                            $(( crate::wire::Borrowed($inner) ))?,)+
                    $(Self::$never { .. } => {
                        return Err(serde::ser::Error::custom(concat!(stringify!($never), " is never sent")));
                    })?
                };
                serde::Serialize::serialize(&shadow, serializer)
            }

            fn get<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(rename_all = "snake_case", deny_unknown_fields)]
                enum Shadow {
                    $($variant $({ $($(#[$attr])* $field: crate::wire::Wired<$fty>),+ })?
                        $(( crate::wire::Wired<$ity> ))?,)+
                }
                Ok(match <Shadow as serde::Deserialize>::deserialize(deserializer)? {
                    $(Shadow::$variant $({ $($field),+ })? $(( $inner ))? =>
                        Self::$variant $({ $($field: $field.0),+ })? $(( $inner.0 ))?,)+
                })
            }
        }
    };
}

// After the macros that they use.
mod book;
mod electronic;
mod events;
mod leaves;
mod orders;
mod requests;

pub(crate) use book::ProductV1;
