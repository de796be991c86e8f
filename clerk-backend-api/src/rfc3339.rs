//! Conversion between RFC 3339 text and milliseconds since the Unix epoch. Small enough that users
//! of this crate need not compile a calendar crate; the tests compare it with one.

/// Milliseconds per day.
const DAY: i64 = 86_400_000;

/// Returns the number of days from 1970-01-01 to a date of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that leap days come last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Returns the date that is this number of days after 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// Formats a point in time in UTC. Returns `None` for years with more than four digits.
pub(crate) fn format(millis: i64) -> Option<String> {
    let (year, month, day) = date(millis.div_euclid(DAY));
    let rest = millis.rem_euclid(DAY);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1000 % 60, rest % 1000);
    (0..=9999).contains(&year).then(|| {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    })
}

/// Parses a point in time. Fractions of a millisecond are dropped, and a leap second is read as the
/// second after it.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let mut rest = text.trim().as_bytes();
    let year = digits(&mut rest, 4)?;
    let month = after(&mut rest, b"-").then(|| digits(&mut rest, 2))??;
    let day = after(&mut rest, b"-").then(|| digits(&mut rest, 2))??;
    let days = days(year, month, day);
    if date(days) != (year, month, day) {
        return None;
    }
    let midnight = days * DAY;
    if rest.is_empty() {
        return Some(midnight);
    }
    let hour = after(&mut rest, b"Tt ").then(|| digits(&mut rest, 2))??;
    let minute = after(&mut rest, b":").then(|| digits(&mut rest, 2))??;
    let (mut second, mut milli) = (0, 0);
    if after(&mut rest, b":") {
        second = digits(&mut rest, 2)?;
        if after(&mut rest, b".,") {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, tail) = rest.split_at(length);
            rest = tail;
            if fraction.is_empty() {
                return None;
            }
            let padded = fraction.iter().chain(b"00").take(3);
            milli = padded.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        }
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset = match rest {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), tail @ ..] => {
            rest = tail;
            let hours = digits(&mut rest, 2)?;
            after(&mut rest, b":");
            let minutes = if rest.is_empty() {
                0
            } else {
                digits(&mut rest, 2)?
            };
            if !rest.is_empty() || hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * 60 + minutes;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    Some(midnight + (hour * 60 + minute - offset) * 60_000 + second * 1000 + milli)
}

/// Takes exactly this number of digits.
fn digits(rest: &mut &[u8], count: usize) -> Option<i64> {
    let (number, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    number.iter().try_fold(0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + i64::from(digit - b'0'))
    })
}

/// Takes one of these characters if it comes next.
fn after(rest: &mut &[u8], one_of: &[u8]) -> bool {
    match rest.split_first() {
        Some((first, tail)) if one_of.contains(first) => {
            *rest = tail;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_agrees() {
        let mut random = fastrand::Rng::with_seed(7);
        for round in 0..20_000 {
            // Years 0 to 9999.
            let millis = random.i64(-62_167_219_200_000..253_402_300_800_000);
            let theirs = jiff::Timestamp::from_millisecond(millis).unwrap();
            let text = format(millis).unwrap();
            assert_eq!(text, format!("{theirs:.3}"), "{millis}");
            assert_eq!(parse(&text), Some(millis), "{text}");
            let offset = jiff::tz::Offset::from_seconds(random.i32(-1439..1440) * 60).unwrap();
            if (-62_100_000_000_000..253_300_000_000_000).contains(&millis) {
                let local = format!("{:.*}", round % 10, theirs.display_with_offset(offset));
                let parsed = local.parse::<jiff::Timestamp>().unwrap();
                let floor = parsed.as_nanosecond().div_euclid(1_000_000);
                assert_eq!(parse(&local).map(i128::from), Some(floor), "{local}");
            }
        }
    }

    #[test]
    fn forms_near_the_standard_are_read_and_others_are_not() {
        let day = 1_778_544_000_000;
        for (text, millis) in [
            ("2026-05-12", day),
            (" 2026-05-12T00:00Z ", day),
            ("2026-05-12 00:00:00", day),
            ("2026-05-12t01:00:00,5+0100", day + 500),
            ("2026-05-12T00:00:00.1234567Z", day + 123),
            ("2026-05-12T00:00:00.05Z", day + 50),
            ("2026-05-11T23:59:60Z", day),
            ("2026-05-12T00:00:00-00", day),
        ] {
            assert_eq!(parse(text), Some(millis), "{text}");
        }
        for text in [
            "",
            "2026",
            "2026-5-12",
            "2026-02-30",
            "2026-13-01",
            "2026-00-10",
            "2026-05-12T",
            "2026-05-12T24:00:00Z",
            "2026-05-12T00:00:00.Z",
            "2026-05-12T00:00:00Zx",
            "2026-05-12T00:00:00+1",
            "yesterday",
            "+026-05-12",
            "2026-05-12T00:00:00+99:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(format(i64::MAX), None);
        assert_eq!(format(i64::MIN), None);
    }
}
