//! Bytes read from the front of what is left of them. `None`: they end early, or are no such number.

/// The next so many.
pub(crate) fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(taken)
}

/// The next `N`.
pub(crate) fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    take(rest, N)?.try_into().ok()
}

/// The next one.
pub(crate) fn byte(rest: &mut &[u8]) -> Option<u8> {
    array(rest).map(|[byte]| byte)
}

/// A number in groups of seven bits, the lowest first. One longer than 64 bits is none. From "Encoding" of Protocol Buffers.
pub(crate) fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = byte(rest)?;
        // Of the tenth byte only one bit is left.
        if shift == 63 && byte > 1 {
            return None;
        }
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_64_bits_and_not_one_more() {
        let nine = [0xff; 9];
        for (last, number) in
            [(0, Some(u64::MAX >> 1)), (1, Some(u64::MAX)), (2, None), (0x7f, None), (0x81, None)]
        {
            let bytes = [&nine[..], &[last, 0]].concat();
            let mut rest = bytes.as_slice();
            assert_eq!(varint(&mut rest), number, "{last}");
            assert!(number.is_none() || rest == [0]);
        }
        assert_eq!(varint(&mut &nine[..]), None);
        assert_eq!(varint(&mut &[0xac, 2][..]), Some(300));
    }

    #[test]
    fn what_ends_early_leaves_all_of_it() {
        let mut rest = &[1, 2, 3][..];
        assert_eq!(take(&mut rest, 4), None);
        assert_eq!(array::<4>(&mut rest), None);
        assert_eq!(
            (take(&mut rest, 1), array(&mut rest), byte(&mut rest)),
            (Some(&[1][..]), Some([2]), Some(3))
        );
        assert_eq!(byte(&mut rest), None);
    }
}
