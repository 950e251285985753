//! What a column holds, whichever database keeps it.

use jiff::Timestamp;
use jiff::civil::Date;

/// A value, or nothing, of a known type: a column of nothing but nulls still has its type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Truth(Option<bool>),
    Integer(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
    Instant(Option<Timestamp>),
    Day(Option<Date>),
}

macro_rules! value_from {
    ($($from:ty => $variant:ident),+) => {
        $(
            impl From<$from> for Value {
                fn from(value: $from) -> Self {
                    Self::$variant(Some(value.into()))
                }
            }

            impl From<Option<$from>> for Value {
                fn from(value: Option<$from>) -> Self {
                    Self::$variant(value.map(Into::into))
                }
            }
        )+
    };
}

value_from!(bool => Truth, i32 => Integer, u32 => Integer, i64 => Integer, f64 => Real, String => Text,
    Timestamp => Instant, Date => Day);
