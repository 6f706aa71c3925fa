//! LZ4's block format, packed and unpacked: Log Service's SDKs and DataHub's pack what they send unless told otherwise.
//!
//! From "LZ4 Block Format Description".

use super::bytes::{array, byte, take};

/// The fewest bytes that a match stands for.
const MATCH_LEAST: usize = 4;

/// The last bytes of a block are literals, and no match begins closer to its end than this.
const END_LITERALS: usize = 5;
const END_WITHOUT_MATCH: usize = 12;

/// How far back a match may lie.
const OFFSET_MOST: usize = 0xFFFF;

/// How many places are remembered, as a power of two.
const PLACES_BITS: u32 = 14;

/// Packs into one block: at each place the last earlier one with the same four bytes, if it is still remembered.
pub(crate) fn packed(plain: &[u8]) -> Vec<u8> {
    let (mut out, mut seen) = (Vec::new(), vec![None; 1 << PLACES_BITS]);
    let (mut at, mut written) = (0, 0);
    while at + END_WITHOUT_MATCH <= plain.len() {
        let earlier = seen.get_mut(place(plain, at)).and_then(|known: &mut Option<usize>| known.replace(at));
        let matched = earlier.filter(|earlier| at - earlier <= OFFSET_MOST).and_then(|earlier| {
            let ours = plain.get(at..plain.len() - END_LITERALS)?;
            let theirs = plain.get(earlier..)?;
            let length = ours.iter().zip(theirs).take_while(|(left, right)| left == right).count();
            (length >= MATCH_LEAST).then_some((at - earlier, length))
        });
        let Some((offset, length)) = matched else {
            at += 1;
            continue;
        };
        sequence(&mut out, plain.get(written..at).unwrap_or_default(), Some((offset, length)));
        at += length;
        written = at;
    }
    sequence(&mut out, plain.get(written..).unwrap_or_default(), None);
    out
}

/// Where the four bytes at `at` are remembered: others may share their place. Knuth's multiplicative hash.
fn place(plain: &[u8], at: usize) -> usize {
    let four = plain
        .get(at..at + 4)
        .unwrap_or_default()
        .iter()
        .fold(0_u32, |four, byte| four << 8 | u32::from(*byte));
    (four.wrapping_mul(2_654_435_761) >> (32 - PLACES_BITS)) as usize
}

/// Literals, and a match behind them by its offset and length. Only the last sequence has none.
fn sequence(out: &mut Vec<u8>, literals: &[u8], matched: Option<(usize, usize)>) {
    let beyond = matched.map_or(0, |(_, length)| length - MATCH_LEAST);
    let nibble = |length: usize| u8::try_from(length.min(15)).unwrap_or(15);
    out.push(nibble(literals.len()) << 4 | nibble(beyond));
    extend(out, literals.len());
    out.extend_from_slice(literals);
    if let Some((offset, _)) = matched {
        out.extend_from_slice(&u16::try_from(offset).unwrap_or_default().to_le_bytes());
        extend(out, beyond);
    }
}

/// What of a length does not fit into four bits.
fn extend(out: &mut Vec<u8>, length: usize) {
    let Some(mut rest) = length.checked_sub(15) else { return };
    while rest >= 255 {
        out.push(255);
        rest -= 255;
    }
    out.push(u8::try_from(rest).unwrap_or_default());
}

/// Unpacks a block to exactly so many bytes. `None`: it is none.
pub(crate) fn unpacked(block: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = block;
    loop {
        let token = usize::from(byte(&mut rest)?);
        let literals = extended(token >> 4, &mut rest)?;
        out.extend_from_slice(take(&mut rest, literals)?);
        // Only the last sequence has no match.
        if rest.is_empty() {
            return (out.len() == length).then_some(out);
        }
        let offset = usize::from(u16::from_le_bytes(array(&mut rest)?));
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
            let more = byte(rest)?;
            length = length.checked_add(usize::from(more))?;
            if more != 255 {
                break;
            }
        }
    }
    Some(length)
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

    #[test]
    fn what_is_packed_is_unpacked_and_smaller_where_it_repeats() {
        let mixed: Vec<u8> = (0..70_000_u32).flat_map(|number| (number / 7 * number).to_le_bytes()).collect();
        let long = [mixed.as_slice(), b"a tail that repeats, a tail that repeats", &mixed].concat();
        for plain in
            [b"".as_slice(), b"a", b"aaaaaaaaaaaa", b"aaaaaaaaaaaaa", b"abcdabcdabcdabcdabcd", &mixed, &long]
        {
            let packed = packed(plain);
            assert_eq!(unpacked(&packed, plain.len()).as_deref(), Some(plain), "{} bytes", plain.len());
        }
        assert!(packed(&b"level=info path=/a ".repeat(100)).len() < 60);
    }

    /// Where each match of a block begins in what it unpacks to, and how many literals are last. Reads tokens alone, so as to
    /// say what `unpacked` lets pass.
    fn matches(block: &[u8]) -> (Vec<usize>, usize) {
        let (mut rest, mut begins, mut at) = (block, Vec::new(), 0);
        loop {
            let token = usize::from(byte(&mut rest).unwrap());
            let literals = extended(token >> 4, &mut rest).unwrap();
            take(&mut rest, literals).unwrap();
            at += literals;
            if rest.is_empty() {
                return (begins, literals);
            }
            begins.push(at);
            array::<2>(&mut rest).unwrap();
            at += extended(token & 15, &mut rest).unwrap() + 4;
        }
    }

    #[test]
    fn a_block_ends_in_literals_and_no_match_begins_near_its_end() {
        // Every length, so that a match would reach into the end, and begin in it, at each of its bytes.
        for period in [1, 4, 5, 11] {
            for length in 0..200_usize {
                let plain: Vec<u8> = (0..length).map(|at| (at % period) as u8).collect();
                let (begins, literals) = matches(&packed(&plain));
                assert!(literals >= length.min(5), "{length} bytes end in {literals} literals");
                assert!(begins.iter().all(|begin| begin + 12 <= length), "{length}: {begins:?}");
                assert!(length < 32 || !begins.is_empty(), "{length} bytes have no match");
            }
        }
    }
}
