//! The date forms that the cloud and our logs use, from whole seconds and back.

/// One second, taken apart in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

/// Days to year, month and day in the proleptic Gregorian calendar, with years that begin in March so that
/// the leap day comes last.
const fn civil(unix_seconds: i64) -> Civil {
    let (days, second_of_day) = (unix_seconds.div_euclid(86_400), unix_seconds.rem_euclid(86_400));
    let shifted = days + 719_468; // 0000-03-01
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    Civil {
        year: year_of_era + era * 400 + if month <= 2 { 1 } else { 0 },
        month,
        day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        hour: second_of_day / 3_600,
        minute: second_of_day / 60 % 60,
        second: second_of_day % 60,
    }
}

/// The numbers below a hundred, in two digits.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse it")]
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Writes the last two digits of each value at its place.
#[inline]
fn fill<const N: usize, const COUNT: usize>(template: &[u8; N], values: [(usize, i64); COUNT]) -> [u8; N] {
    let mut text = *template;
    for (at, value) in values {
        let pair = PAIRS.get(value.rem_euclid(100) as usize);
        if let (Some(slot), Some(pair)) = (text.get_mut(at..at + 2), pair) {
            slot.copy_from_slice(pair);
        }
    }
    text
}

/// `2024-02-29T01:57:12Z`: OpenAPI's Timestamp and `x-acs-date`.
pub fn iso(unix_seconds: i64) -> [u8; 20] {
    let Civil { year, month, day, hour, minute, second } = civil(unix_seconds);
    fill(
        b"0000-00-00T00:00:00Z",
        [(0, year / 100), (2, year % 100), (5, month), (8, day), (11, hour), (14, minute), (17, second)],
    )
}

/// `20240307T080905Z`: `x-oss-date`. Its first eight characters are the day of a V4 scope.
pub fn iso_basic(unix_seconds: i64) -> [u8; 16] {
    let Civil { year, month, day, hour, minute, second } = civil(unix_seconds);
    fill(
        b"00000000T000000Z",
        [(0, year / 100), (2, year % 100), (4, month), (6, day), (9, hour), (11, minute), (13, second)],
    )
}

/// The day of [`iso_basic`]: `20240307`.
pub fn day(unix_seconds: i64) -> [u8; 8] {
    let Civil { year, month, day, .. } = civil(unix_seconds);
    fill(b"00000000", [(0, year / 100), (2, year % 100), (4, month), (6, day)])
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Thu, 29 Feb 2024 01:57:12 GMT`: the `Date` of an answer and of older signatures (RFC 9110).
pub fn imf(unix_seconds: i64) -> [u8; 29] {
    const DAYS: [&[u8; 3]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
    let Civil { year, month, day, hour, minute, second } = civil(unix_seconds);
    let mut text = fill(
        b"---, 00 --- 0000 00:00:00 GMT",
        [(5, day), (12, year / 100), (14, year % 100), (17, hour), (20, minute), (23, second)],
    );
    // The first day of 1970 was a Thursday.
    let name = DAYS.get(unix_seconds.div_euclid(86_400).rem_euclid(7) as usize);
    let month = MONTHS.get((month - 1) as usize);
    for (at, word) in [(0, name.map(|name| &name[..])), (8, month.map(|month| month.as_bytes()))] {
        if let (Some(slot), Some(word)) = (text.get_mut(at..at + 3), word) {
            slot.copy_from_slice(word);
        }
    }
    text
}

/// The same as a `String`.
pub fn http(unix_seconds: i64) -> String {
    String::from_utf8_lossy(&imf(unix_seconds)).into_owned()
}

/// Reads `Thu, 29 Feb 2024 01:57:12 GMT`, the form that every answer's `Date` must have (RFC 9110). The name of the day
/// is not looked at.
pub fn parse_http(value: &[u8]) -> Option<i64> {
    let mut parts = std::str::from_utf8(value.trim_ascii()).ok()?.split_once(", ")?.1.split(' ');
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next()? != "GMT" || parts.next().is_some() {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    parse_iso(&format!("{year}-{month:02}-{day}T{time}Z"))
}

/// Reads `2024-02-29T01:57:12Z` back. `None` for any other form, fractions and offsets included.
pub fn parse_iso(text: &str) -> Option<i64> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let number = |at: usize, width: usize| {
        let digits = bytes.get(at..at + width)?;
        digits.iter().all(u8::is_ascii_digit).then_some(())?;
        std::str::from_utf8(digits).ok()?.parse::<i64>().ok()
    };
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let year_from_march = if month > 2 { year } else { year - 1 };
    let era = year_from_march.div_euclid(400);
    let year_of_era = year_from_march.rem_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let seconds = (era * 146_097 + day_of_era - 719_468) * 86_400 + hour * 3_600 + minute * 60 + second;
    // The way back must give the same text: that refuses 31 February, hour 24 and a wrong punctuation mark alike.
    (iso(seconds) == *bytes).then_some(seconds)
}

/// Reads `2024-02-29T01:57:12Z` and `2024-02-29T01:57:12.345Z`, with one to nine digits, which are dropped. `None` for any
/// other form, offsets included.
pub fn parse_iso_fraction(text: &str) -> Option<i64> {
    let Some((seconds, fraction)) = text.split_once('.') else { return parse_iso(text) };
    let digits = fraction.strip_suffix('Z')?;
    let is_fraction = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_fraction { parse_iso(&format!("{seconds}Z")) } else { None }
}

/// Reads `20240307T080905Z` back.
pub fn parse_iso_basic(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let parts =
        [date.get(..4)?, date.get(4..6)?, date.get(6..)?, time.get(..2)?, time.get(2..4)?, time.get(4..)?];
    let [year, month, day, hour, minute, second] = parts;
    parse_iso(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_the_same_second() {
        let second = 1_709_171_832;
        assert_eq!(&iso(second), b"2024-02-29T01:57:12Z");
        assert_eq!(&iso_basic(second), b"20240229T015712Z");
        assert_eq!(&day(second), b"20240229");
        assert_eq!(http(second), "Thu, 29 Feb 2024 01:57:12 GMT");
        assert_eq!(http(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn the_corners_of_the_calendar_are_right() {
        for (second, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
        ] {
            assert_eq!(std::str::from_utf8(&iso(second)), Ok(text));
            assert_eq!(parse_iso(text), Some(second));
        }
    }

    #[test]
    fn a_fraction_of_a_second_is_dropped_where_it_may_be_written() {
        let second = Some(1_709_171_832);
        for text in ["2024-02-29T01:57:12Z", "2024-02-29T01:57:12.3Z", "2024-02-29T01:57:12.999999999Z"] {
            assert_eq!(parse_iso_fraction(text), second, "{text}");
        }
        for text in [
            "2024-02-29T01:57:12.Z",
            "2024-02-29T01:57:12.1234567890Z",
            "2024-02-29T01:57:12.3",
            "2024-02-29T01:57:12.3+00:00",
            "2024-02-29T01:57:12.-3Z",
            "2024-02-30T01:57:12.3Z",
        ] {
            assert_eq!(parse_iso_fraction(text), None, "{text}");
        }
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        assert_eq!(parse_http(b"Thu, 29 Feb 2024 01:57:12 GMT"), Some(1_709_171_832));
        assert_eq!(parse_http(b" Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        for text in [
            "",
            "now",
            "06 Nov 1994",
            "Thu, 29 Feb 2024 01:57:12 +0000",
            "Thu 29 Feb 2024 01:57:12 GMT",
            "Thu, 29 Feb 2024 01:57:12 GMT GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse_http(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_date_that_is_not_one_is_refused() {
        for text in [
            "2024-02-30T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00.5Z",
            "2024-01-01 00:00:00Z",
            "",
        ] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
    }
}
