use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::MapAccess};

use crate::lenient::{Found, Lenient, Seed};

/// A point in time: milliseconds since the Unix epoch, in UTC.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use clerk_backend_api::Timestamp;
///
/// let then = Timestamp::from_millis(1_700_690_400_000);
/// let same = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_690_400);
/// assert_eq!(then, Timestamp::from(same));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point this many milliseconds after the Unix epoch; before it when negative.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The point as the standard library has it, or `None` when it is out of its range.
    #[must_use]
    pub fn to_system_time(self) -> Option<SystemTime> {
        let distance = Duration::from_millis(self.0.unsigned_abs());
        if self.0 < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        }
    }
}

impl From<SystemTime> for Timestamp {
    /// Parts of a millisecond are dropped; what lies beyond the range becomes its end.
    fn from(time: SystemTime) -> Self {
        let millis = |distance: Duration| i64::try_from(distance.as_millis()).unwrap_or(i64::MAX);
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self(millis(after)),
            Err(before) => Self(-millis(before.duration())),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
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

impl<'de> Lenient<'de> for Timestamp {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::read(deserializer).map(Self)
    }
}

/// Reads a point in time given in seconds.
pub(crate) fn seconds<'de, A: MapAccess<'de>>(
    field: &mut Timestamp,
    map: &mut A,
) -> Result<Found, A::Error> {
    let seconds = map.next_value_seed(Seed::<i64>::new())?;
    *field = Timestamp::from_millis(seconds.saturating_mul(1000));
    Ok(Found::Value)
}
