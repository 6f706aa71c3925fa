//! Dates as the cloud spells them, reckoned in whole seconds since 1970-01-01T00:00:00Z.

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn month_length(year: i64, month: usize) -> i64 {
    match month {
        1 => 28 + i64::from(is_leap(year)),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// Year, month counted from 0, day counted from 1. Counts year by year: slow, and plainly right.
fn civil(mut days: i64) -> (i64, usize, i64) {
    let mut year = 1970;
    while days >= 365 + i64::from(is_leap(year)) {
        days -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let mut month = 0;
    while month < 11 && days >= month_length(year, month) {
        days -= month_length(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

/// `2024-03-07T08:09:05Z`.
pub(crate) fn iso(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.max(0) / 86_400);
    let (hour, minute, second) = clock_face(seconds);
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", month + 1)
}

/// `2024-03-07T08:09:05.000Z`, as OSS writes into its answers.
pub(crate) fn iso_milliseconds(seconds: i64) -> String {
    iso(seconds).replace('Z', ".000Z")
}

/// `Thu, 07 Mar 2024 08:09:05 GMT`.
pub(crate) fn gmt(seconds: i64) -> String {
    let days = seconds.max(0) / 86_400;
    let (year, month, day) = civil(days);
    let (hour, minute, second) = clock_face(seconds);
    let week_day = usize::try_from(days % 7).ok().and_then(|at| DAYS.get(at)).unwrap_or(&"");
    let month = MONTHS.get(month).unwrap_or(&"");
    format!("{week_day}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

fn clock_face(seconds: i64) -> (i64, i64, i64) {
    let rest = seconds.max(0) % 86_400;
    (rest / 3_600, rest / 60 % 60, rest % 60)
}

/// Reads `2024-03-07T08:09:05Z`, with or without a fraction of a second.
pub(crate) fn from_iso(text: &str) -> Option<i64> {
    let (whole, fraction) = text.strip_suffix('Z')?.split_once('.').unwrap_or((text.strip_suffix('Z')?, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    from_basic(&format!("{}Z", whole.replace(['-', ':'], "")))
        .filter(|&seconds| iso(seconds) == format!("{whole}Z"))
}

/// Reads `20240307T080905Z`.
pub(crate) fn from_basic(text: &str) -> Option<i64> {
    let digits = text.strip_suffix('Z')?.replacen('T', "", 1);
    if digits.len() != 14 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i64>().ok();
    let month = usize::try_from(part(4, 6)?.checked_sub(1)?).ok()?;
    seconds_of((part(0, 4)?, month, part(6, 8)?), (part(8, 10)?, part(10, 12)?, part(12, 14)?))
}

/// Reads `Thu, 07 Mar 2024 08:09:05 GMT`, and nothing looser.
pub(crate) fn from_gmt(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = words.as_slice() else { return None };
    let month = MONTHS.iter().position(|known| known == month)?;
    let face: Vec<i64> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hour, minute, second] = face.as_slice() else { return None };
    let seconds = seconds_of((year.parse().ok()?, month, day.parse().ok()?), (*hour, *minute, *second))?;
    (gmt(seconds) == text).then_some(seconds)
}

fn seconds_of((year, month, day): (i64, usize, i64), (hour, minute, second): (i64, i64, i64)) -> Option<i64> {
    let sane = (1970..=9999).contains(&year)
        && month < 12
        && (1..=month_length(year, month)).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    let days: i64 = (1970..year).map(|year| 365 + i64::from(is_leap(year))).sum::<i64>()
        + (0..month).map(|month| month_length(year, month)).sum::<i64>()
        + day
        - 1;
    sane.then_some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_reads_back_to_the_second() {
        // From 1970 to 2096 in steps that meet every hour, month and leap year.
        let moments: Vec<i64> = (0..4_000).map(|step| step * 999_983).collect();
        assert!(moments.len() >= 4_000);
        for moment in moments {
            assert_eq!(from_iso(&iso(moment)), Some(moment));
            assert_eq!(from_iso(&iso_milliseconds(moment)), Some(moment));
            assert_eq!(from_gmt(&gmt(moment)), Some(moment));
            assert_eq!(from_basic(&iso(moment).replace(['-', ':'], "")), Some(moment));
        }
    }

    #[test]
    fn a_leap_day_has_its_name() {
        assert_eq!(gmt(1_709_171_832), "Thu, 29 Feb 2024 01:57:12 GMT");
        assert_eq!(iso(1_709_171_832), "2024-02-29T01:57:12Z");
    }

    #[test]
    fn dates_that_no_calendar_holds_are_not_read() {
        for text in
            ["2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-1-01T00:00:00Z"]
        {
            assert_eq!(from_iso(text), None, "{text}");
        }
        assert_eq!(from_gmt("Fri, 29 Feb 2024 01:57:12 GMT"), None);
        assert_eq!(from_gmt("Thu, 29 Feb 2024 01:57:12 +0000"), None);
    }
}
