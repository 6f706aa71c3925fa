//! The `Range` header: one stretch of an object.

/// First byte and length of what a `Range` asks for, out of `total` bytes. `None` when the header is none that can be
/// met: OSS then sends the whole object, unless it is told to be standard.
pub(super) fn stretch(header: &str, total: u64) -> Option<(u64, u64)> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let number =
        |text: &str| text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    let (first, last) = match (first.is_empty(), last.is_empty()) {
        (true, _) => (total.saturating_sub(number(last).filter(|&count| count > 0)?), total.checked_sub(1)?),
        (false, true) => (number(first)?, total.checked_sub(1)?),
        (false, false) => (number(first)?, number(last)?),
    };
    if first > last || last >= total {
        return None;
    }
    Some((first, last - first + 1))
}

#[cfg(test)]
mod tests {
    use super::stretch;

    #[test]
    fn a_range_is_met_or_it_is_none() {
        let cases = [
            ("bytes=0-9", Some((0, 10))),
            ("bytes=90-", Some((90, 10))),
            ("bytes=-5", Some((95, 5))),
            ("bytes=-200", Some((0, 100))),
            ("bytes=99-99", Some((99, 1))),
            ("bytes=0-100", None),
            ("bytes=100-", None),
            ("bytes=9-1", None),
            ("bytes=-0", None),
            ("bytes=-", None),
            ("bytes=0-1,3-4", None),
            ("bytes=+1-2", None),
            ("lines=0-1", None),
        ];
        for (header, expected) in cases {
            assert_eq!(stretch(header, 100), expected, "{header}");
        }
        assert_eq!(stretch("bytes=-5", 0), None);
    }
}
