//! Dates as the cloud writes and reads them, reckoned by another library than the product's own calendar.

use std::time::{Duration, UNIX_EPOCH};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Thu, 07 Mar 2024 08:09:05 GMT`.
pub(crate) fn http(seconds: i64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap()))
}

/// `2024-03-07T08:09:05Z`.
pub(crate) fn iso(seconds: i64) -> String {
    let http = http(seconds);
    let [_, day, month, year, time, "GMT"] = http.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{http}")
    };
    let month = 1 + MONTHS.iter().position(|known| *known == month).unwrap();
    format!("{year}-{month:02}-{day}T{time}Z")
}

/// Reads what `iso` writes, and the same without separators, as OSS has it: in whole seconds since 1970.
pub(crate) fn seconds(stamp: &str) -> i64 {
    let digits: String = stamp.chars().filter(char::is_ascii_digit).collect();
    let [year, month, day, hour, minute, second] =
        [0..4, 4..6, 6..8, 8..10, 10..12, 12..14].map(|place| &digits[place]);
    let month = MONTHS[month.parse::<usize>().unwrap() - 1];
    // Only one day of the week is taken.
    let moment = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].iter().find_map(|name| {
        let http = format!("{name}, {day} {month} {year} {hour}:{minute}:{second} GMT");
        httpdate::parse_http_date(&http).ok()
    });
    let seconds = moment.unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap();
    let iso = iso(seconds);
    assert!(stamp == iso || stamp == iso.replace(['-', ':'], ""), "{stamp} is no date of the cloud's");
    seconds
}

#[test]
fn the_cloud_spells_a_moment_as_it_does_in_its_documents() {
    assert_eq!(http(1_709_171_832), "Thu, 29 Feb 2024 01:57:12 GMT");
    assert_eq!(iso(1_709_171_832), "2024-02-29T01:57:12Z");
    for (stamp, expected) in [
        ("2024-02-29T01:57:12Z", 1_709_171_832),
        ("20240229T015712Z", 1_709_171_832),
        ("2024-03-01T00:00:00Z", 1_709_251_200),
    ] {
        assert_eq!(seconds(stamp), expected, "{stamp}");
    }
}
