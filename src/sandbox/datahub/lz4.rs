//! LZ4's block format, unpacked: Python's SDK packs what it puts unless told otherwise. From "LZ4 Block Format Description".

/// Unpacks a block to exactly so many bytes. `None`: it is none.
pub(super) fn unpacked(block: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = block;
    loop {
        let token = usize::from(take(&mut rest, 1)?.first().copied()?);
        let literals = extended(token >> 4, &mut rest)?;
        out.extend_from_slice(take(&mut rest, literals)?);
        // Only the last sequence has no match.
        if rest.is_empty() {
            return (out.len() == length).then_some(out);
        }
        let offset = take(&mut rest, 2)?;
        let offset = usize::from(u16::from_le_bytes(offset.try_into().ok()?));
        let matched = extended(token & 15, &mut rest)?.checked_add(4)?;
        let from = out.len().checked_sub(offset).filter(|_| offset > 0)?;
        if out.len().checked_add(matched)? > length {
            return None;
        }
        // Byte by byte: a match may reach into what it writes.
        for at in from..from + matched {
            out.push(out.get(at).copied()?);
        }
    }
}

/// Fifteen goes on: each byte that follows is added, up to the first that is not 255.
fn extended(first: usize, rest: &mut &[u8]) -> Option<usize> {
    let mut length = first;
    if first == 15 {
        loop {
            let more = take(rest, 1)?.first().copied()?;
            length = length.checked_add(usize::from(more))?;
            if more != 255 {
                break;
            }
        }
    }
    Some(length)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::encode::hex_decoded;

    #[test]
    fn what_the_reference_packed_is_unpacked() {
        // Python's lz4 4.4.5, `lz4.block.compress(…, store_size=False)`.
        for (packed, plain) in [
            ("1f610100ff14506161616161", "a".repeat(300)),
            ("3f6162630300053f2d2d2d1b00050f1e000c5062632d2d2d", "abcabcabcabcabcabcabcabcabc---".repeat(3)),
            ("7fe4b8ade696872c0700f950ade696872c", "中文,".repeat(40)),
            ("e0696e636f6d707265737369626c65", "incompressible".to_owned()),
        ] {
            let packed = hex_decoded(packed).unwrap();
            assert_eq!(unpacked(&packed, plain.len()).as_deref(), Some(plain.as_bytes()));
            assert_eq!(unpacked(&packed, plain.len() + 1), None);
            assert_eq!(unpacked(&packed, plain.len() - 1), None);
            (0..packed.len()).for_each(|short| assert_eq!(unpacked(&packed[..short], plain.len()), None));
        }
    }

    #[test]
    fn a_match_before_the_beginning_is_none() {
        for block in ["104100000000", "10410200000000", "f0", "", "1041ffff0f"] {
            assert_eq!(unpacked(&hex_decoded(block).unwrap(), 100), None, "{block}");
        }
    }
}
