//! The `Range` header: one stretch of an object.

/// First byte and length of what a `Range` asks for, out of `total` bytes. `None` when the header is none that can be
/// met: OSS then sends the whole object. Told to be standard, it takes a range that ends too late as one that ends with
/// the object, and refuses the others. From "Range download".
pub(super) fn stretch(header: &str, total: u64, is_standard: bool) -> Option<(u64, u64)> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let number =
        |text: &str| text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    let end = total.checked_sub(1)?;
    let (first, last) = match (first.is_empty(), last.is_empty()) {
        (true, _) => (total.saturating_sub(number(last).filter(|&count| count > 0)?), end),
        (false, true) => (number(first)?, end),
        (false, false) => {
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return None;
            }
            (first, if is_standard { last.min(end) } else { last })
        }
    };
    if first > last || last > end {
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
            assert_eq!(stretch(header, 100, false), expected, "{header}");
            let standard = if header == "bytes=0-100" { Some((0, 100)) } else { expected };
            assert_eq!(stretch(header, 100, true), standard, "{header}");
        }
        assert_eq!(stretch("bytes=100-200", 100, true), None);
        assert_eq!(stretch("bytes=300-200", 100, true), None);
        assert_eq!(stretch("bytes=-5", 0, false), None);
    }
}
