use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::MapAccess};

use crate::{
    discreet::discreet,
    fields::Wire,
    lenient::{Found, Lenient, Seed},
    patch::Patch,
    rfc3339,
    scalar::Scalar,
};

/// A point in time: milliseconds since the Unix epoch, in UTC.
///
/// Converts from and to [`SystemTime`], RFC 3339 text, and the types of the crates `jiff`, `time`
/// and `chrono` with the features of the same names. Setters accept anything that converts into it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use clerk_backend_api::Timestamp;
///
/// let then = Timestamp::from_millis(1_700_690_400_000);
/// let same = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_690_400);
/// assert_eq!(then, Timestamp::from(same));
/// assert_eq!(then.to_string(), "2023-11-22T22:00:00.000Z");
/// assert_eq!("2023-11-22T23:00:00+01:00".parse(), Ok(then));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Creates the point in time this many milliseconds after the Unix epoch, or before it if
    /// negative.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Converts to the type of the standard library. Returns `None` if it is out of range.
    #[must_use]
    pub fn to_system_time(self) -> Option<SystemTime> {
        let distance = Duration::from_millis(self.0.unsigned_abs());
        if self.0 < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        }
    }

    /// Formats the point in time as RFC 3339 text in UTC, such as `2023-11-22T22:00:00.000Z`.
    /// Returns `None` for years outside 0 to 9999, which that format cannot represent.
    #[must_use]
    pub fn to_rfc3339(self) -> Option<String> {
        rfc3339::format(self.0)
    }
}

impl From<SystemTime> for Timestamp {
    /// Drops fractions of a millisecond; a time out of range is clamped to the range.
    fn from(time: SystemTime) -> Self {
        let millis = |distance: Duration| i64::try_from(distance.as_millis()).unwrap_or(i64::MAX);
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self(millis(after)),
            Err(before) => Self(-millis(before.duration())),
        }
    }
}

/// An error for text that is not an RFC 3339 time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a time such as 2023-11-22T22:00:00Z")]
pub struct ParseTimestampError(());

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// Parses RFC 3339 text. Also accepts a space instead of `T`, times without seconds or offset
    /// (read as UTC), and dates without a time (read as midnight UTC).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        rfc3339::parse(text)
            .map(Self)
            .ok_or(ParseTimestampError(()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_rfc3339() {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} ms", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

discreet!(Timestamp);

impl Wire for Timestamp {
    fn wire(self) -> Option<serde_json::Value> {
        Some(self.0.into())
    }
}

/// A point in time that is sent as RFC 3339 text.
pub(crate) struct Rfc3339(pub(crate) Timestamp);

impl Wire for Rfc3339 {
    fn wire(self) -> Option<serde_json::Value> {
        self.0.to_rfc3339().map(Into::into)
    }
}

impl From<SystemTime> for Patch<Timestamp> {
    fn from(time: SystemTime) -> Self {
        Self::Set(time.into())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self)
    }
}

/// Reads milliseconds in any form, or RFC 3339 text. Fractions of a millisecond are dropped, and
/// times out of range are clamped.
impl<'de> Lenient<'de> for Timestamp {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        read_in_units_of(deserializer, 1)
    }
}

/// Reads a point in time given in seconds.
pub(crate) fn seconds<'de, A: MapAccess<'de>>(
    field: &mut Timestamp,
    map: &mut A,
) -> Result<Found, A::Error> {
    let value = map.next_value_seed(Seed::<Seconds>::new())?;
    *field = value.unwrap_or_default().0;
    Ok(Found::Value)
}

/// A point in time that is received and written in seconds.
#[derive(Default)]
pub(crate) struct Seconds(pub(crate) Timestamp);

/// Drops fractions of a second.
#[cfg(feature = "serialize")]
impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.as_millis().div_euclid(1000))
    }
}

impl<'de> Lenient<'de> for Seconds {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(read_in_units_of(deserializer, 1000)?.map(Self))
    }
}

fn read_in_units_of<'de, D: Deserializer<'de>>(
    deserializer: D,
    millis: i64,
) -> Result<Option<Timestamp>, D::Error> {
    let scalar = Scalar::read(deserializer)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "the range is small, and the cast saturates"
    )]
    let of_float = |value: f64| (value * millis as f64).floor() as i64;
    let point = match &scalar {
        Scalar::Null => return Ok(None),
        Scalar::Signed(value) => Some(value.saturating_mul(millis)),
        Scalar::Unsigned(_) => Some(i64::MAX),
        Scalar::Float(value) => Some(of_float(*value)),
        Scalar::Text(text) if text.trim().is_empty() => return Ok(None),
        Scalar::Text(text) => {
            let text = text.trim();
            let whole = text
                .parse::<i64>()
                .ok()
                .map(|value| value.saturating_mul(millis));
            let number = || text.parse().ok().filter(|value: &f64| value.is_finite());
            whole
                .or_else(|| rfc3339::parse(text))
                .or_else(|| number().map(of_float))
        }
        Scalar::Bool(_) => None,
    };
    match point {
        Some(point) => Ok(Some(Timestamp(point))),
        None => Err(scalar.unfit(&"a point in time")),
    }
}

/// An error for a time that the other type cannot represent.
#[cfg(any(feature = "jiff", feature = "time", feature = "chrono"))]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time is out of the range of the other type")]
pub struct TimestampRangeError(());

#[cfg(feature = "jiff")]
mod with_jiff {
    use super::{Patch, Timestamp, TimestampRangeError};

    impl From<jiff::Timestamp> for Timestamp {
        /// Drops fractions of a millisecond.
        fn from(time: jiff::Timestamp) -> Self {
            Self(time.as_millisecond())
        }
    }

    impl From<&jiff::Zoned> for Timestamp {
        /// Drops fractions of a millisecond and the time zone.
        fn from(time: &jiff::Zoned) -> Self {
            time.timestamp().into()
        }
    }

    impl From<jiff::Timestamp> for Patch<Timestamp> {
        fn from(time: jiff::Timestamp) -> Self {
            Self::Set(time.into())
        }
    }

    impl From<&jiff::Zoned> for Patch<Timestamp> {
        fn from(time: &jiff::Zoned) -> Self {
            Self::Set(time.into())
        }
    }

    impl TryFrom<Timestamp> for jiff::Timestamp {
        type Error = TimestampRangeError;

        fn try_from(time: Timestamp) -> Result<Self, Self::Error> {
            Self::from_millisecond(time.0).map_err(|_| TimestampRangeError(()))
        }
    }
}

#[cfg(feature = "time")]
mod with_time {
    use time::{OffsetDateTime, UtcDateTime};

    use super::{Patch, Timestamp, TimestampRangeError};

    impl From<OffsetDateTime> for Timestamp {
        /// Drops fractions of a millisecond and the offset.
        fn from(time: OffsetDateTime) -> Self {
            let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
            // The times of the crate `time` are within a million years.
            Self(i64::try_from(millis).unwrap_or(i64::MAX))
        }
    }

    impl From<UtcDateTime> for Timestamp {
        /// Drops fractions of a millisecond.
        fn from(time: UtcDateTime) -> Self {
            OffsetDateTime::from(time).into()
        }
    }

    impl From<OffsetDateTime> for Patch<Timestamp> {
        fn from(time: OffsetDateTime) -> Self {
            Self::Set(time.into())
        }
    }

    impl From<UtcDateTime> for Patch<Timestamp> {
        fn from(time: UtcDateTime) -> Self {
            Self::Set(time.into())
        }
    }

    impl TryFrom<Timestamp> for OffsetDateTime {
        type Error = TimestampRangeError;

        fn try_from(time: Timestamp) -> Result<Self, Self::Error> {
            let nanos = i128::from(time.0) * 1_000_000;
            Self::from_unix_timestamp_nanos(nanos).map_err(|_| TimestampRangeError(()))
        }
    }
}

#[cfg(feature = "chrono")]
mod with_chrono {
    use chrono::{DateTime, TimeZone, Utc};

    use super::{Patch, Timestamp, TimestampRangeError};

    impl<Z: TimeZone> From<DateTime<Z>> for Timestamp {
        /// Drops fractions of a millisecond and the time zone.
        fn from(time: DateTime<Z>) -> Self {
            Self(time.timestamp_millis())
        }
    }

    impl<Z: TimeZone> From<DateTime<Z>> for Patch<Timestamp> {
        fn from(time: DateTime<Z>) -> Self {
            Self::Set(time.into())
        }
    }

    impl TryFrom<Timestamp> for DateTime<Utc> {
        type Error = TimestampRangeError;

        fn try_from(time: Timestamp) -> Result<Self, Self::Error> {
            Self::from_timestamp_millis(time.0).ok_or(TimestampRangeError(()))
        }
    }
}
