//! Times and dates on PostgreSQL's wire. Only their binary form: every query here is a prepared one.

use crate::value::Value;
use jiff::civil::{Date, date};
use jiff::{Timestamp, Unit};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::query::Query;
use sqlx::{Decode, Encode, Postgres, Type};

/// A `timestamptz`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instant(pub(super) Timestamp);

/// A `date`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day(pub(super) Date);

/// 2000-01-01T00:00Z, PostgreSQL's epoch, in microseconds since 1970.
const EPOCH_US: i64 = 946_684_800_000_000;

/// The day PostgreSQL counts from.
const EPOCH_DAY: Date = date(2000, 1, 1);

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl PgHasArrayType for Instant {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1185))
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        // Far from overflow: the years run from -9999 to 9999.
        Encode::<Postgres>::encode(self.0.as_microsecond() - EPOCH_US, buffer)
    }
}

impl Decode<'_, Postgres> for Instant {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let us = <i64 as Decode<Postgres>>::decode(value)?;
        Ok(Self(Timestamp::from_microsecond(us.saturating_add(EPOCH_US))?))
    }
}

impl Type<Postgres> for Day {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1082))
    }
}

impl PgHasArrayType for Day {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1182))
    }
}

impl Encode<'_, Postgres> for Day {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let days = EPOCH_DAY.until((Unit::Day, self.0))?.get_days();
        Encode::<Postgres>::encode(days, buffer)
    }
}

impl Decode<'_, Postgres> for Day {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let days = <i32 as Decode<Postgres>>::decode(value)?;
        Ok(Self(EPOCH_DAY.checked_add(jiff::Span::new().try_days(days)?)?))
    }
}

/// A query whose parameters are being bound.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// The array type whose elements hold such values.
pub(super) fn array_type(value: &Value) -> &'static str {
    match value {
        Value::Truth(_) => "boolean[]",
        Value::Integer(_) => "bigint[]",
        Value::Real(_) => "double precision[]",
        Value::Text(_) => "text[]",
        Value::Instant(_) => "timestamptz[]",
        Value::Day(_) => "date[]",
    }
}

/// Binds one column of values as an array; they are of one type.
pub(super) fn bind_column<'q>(statement: Statement<'q>, column: &[&'q Value]) -> Statement<'q> {
    macro_rules! bind {
        ($variant:ident, $value:ident => $element:expr) => {
            statement.bind(
                column
                    .iter()
                    .map(|value| match value {
                        Value::$variant($value) => $element,
                        _ => None,
                    })
                    .collect::<Vec<_>>(),
            )
        };
    }
    match column.first() {
        Some(Value::Truth(_)) => bind!(Truth, value => *value),
        Some(Value::Integer(_)) => bind!(Integer, value => *value),
        Some(Value::Real(_)) => bind!(Real, value => *value),
        Some(Value::Text(_)) | None => bind!(Text, value => value.as_deref()),
        Some(Value::Instant(_)) => bind!(Instant, value => value.map(Instant)),
        Some(Value::Day(_)) => bind!(Day, value => value.map(Day)),
    }
}
