//! The encodings that the schemes share: percent, hexadecimal, base64. They append to a buffer and allocate nothing else.

use super::text::Text;
use crate::wire::{Parameter, Spelling, decoded, is_unreserved};

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

#[inline]
fn digits(byte: u8, alphabet: &[u8; 16]) -> [u8; 2] {
    let digit = |nibble: u8| alphabet.get(usize::from(nibble)).copied().unwrap_or_default();
    [digit(byte >> 4), digit(byte & 15)]
}

/// `enc(dec(text))`: everything but unreserved bytes becomes `%XX` in upper case.
pub fn percent(out: &mut Vec<u8>, text: &[u8], spelling: Spelling) {
    out.extend(encoded(text, spelling));
}

/// The same into a text of a signature.
pub(super) fn put_percent(out: &mut Text, text: &[u8], spelling: Spelling) {
    write_encoded(out, text, spelling, |byte| {
        let [high, low] = digits(byte, UPPER);
        [b'%', high, low]
    });
}

/// Writes what `text` stands for, each byte that is not unreserved as `escape` has it. Most bytes are, so that whole runs
/// of them are copied.
#[inline]
fn write_encoded<const N: usize>(
    out: &mut Text,
    mut text: &[u8],
    spelling: Spelling,
    escape: impl Fn(u8) -> [u8; N],
) {
    loop {
        let run = text.iter().position(|&byte| !is_unreserved(byte));
        let (run, rest) = text.split_at_checked(run.unwrap_or(text.len())).unwrap_or_default();
        out.put(run);
        let mut rest = decoded(rest, spelling);
        match rest.next() {
            None => break,
            Some(byte) if is_unreserved(byte) => out.push(byte),
            Some(byte) => out.put(&escape(byte)),
        }
        text = rest.rest();
    }
}

/// `enc(name) "=" enc(value)`.
pub(super) fn write_pair(out: &mut Text, parameter: &Parameter<'_>) {
    let Parameter { name, value, spelling, .. } = *parameter;
    if parameter.is_unreserved() {
        if parameter.raw.len() > name.len() {
            out.put(parameter.raw);
        } else {
            out.put(name);
            out.push(b'=');
            out.put(value);
        }
        return;
    }
    put_percent(out, name, spelling);
    out.push(b'=');
    put_percent(out, value, spelling);
}

/// The same as it stands in the RPC string-to-sign: encoded once more, the `=` as well.
pub(super) fn write_pair_twice(out: &mut Text, parameter: &Parameter<'_>) {
    let Parameter { name, value, spelling, .. } = *parameter;
    if parameter.is_unreserved() {
        out.put(name);
        out.put(b"%3D");
        out.put(value);
        return;
    }
    percent_twice(out, name, spelling);
    out.put(b"%3D");
    match parameter.twice() {
        Some(twice) => out.put(twice),
        None => percent_twice(out, value, spelling),
    }
}

/// The bytes that [`put_percent`] would append, for comparing without a copy.
pub(super) fn encoded(text: &[u8], spelling: Spelling) -> impl Iterator<Item = u8> {
    escaped(decoded(text, spelling))
}

/// The same of bytes that are decoded.
pub(super) fn escaped(bytes: impl Iterator<Item = u8>) -> impl Iterator<Item = u8> {
    bytes.flat_map(|byte| {
        let [high, low] = digits(byte, UPPER);
        let (spelled, length) = if is_unreserved(byte) { ([byte, 0, 0], 1) } else { ([b'%', high, low], 3) };
        spelled.into_iter().take(length)
    })
}

/// `enc(enc(dec(text)))`, as a parameter stands in the RPC string-to-sign.
fn percent_twice(out: &mut Text, text: &[u8], spelling: Spelling) {
    write_encoded(out, text, spelling, |byte| {
        let [high, low] = digits(byte, UPPER);
        [b'%', b'2', b'5', high, low]
    });
}

/// `ENC/(PDEC(path))`: as [`percent`], but `/` stands for itself.
pub(super) fn percent_path(out: &mut Text, path: &[u8]) {
    for byte in decoded(path, Spelling::Path) {
        if is_unreserved(byte) || byte == b'/' {
            out.push(byte);
        } else {
            let [high, low] = digits(byte, UPPER);
            out.put(&[b'%', high, low]);
        }
    }
}

/// The two lower-case digits of every byte.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse it")]
static PAIRS: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [LOWER[byte >> 4], LOWER[byte & 15]];
        byte += 1;
    }
    table
};

/// Lower-case hexadecimal of a 32-byte digest.
pub fn hex(digest: [u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(digest) {
        *pair = PAIRS.get(usize::from(byte)).copied().unwrap_or_default();
    }
    text
}

/// Standard base64, padded. `TEXT` is four bytes for every three of `BYTES`, rounded up.
pub(super) fn base64<const BYTES: usize, const TEXT: usize>(digest: [u8; BYTES]) -> [u8; TEXT] {
    const { assert!(TEXT == BYTES.div_ceil(3) * 4, "three bytes are four digits") };
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sextet =
        |group: u32, shift: u32| ALPHABET.get((group >> shift & 63) as usize).copied().unwrap_or_default();
    let mut text = [b'='; TEXT];
    for (quad, triple) in text.chunks_exact_mut(4).zip(digest.chunks(3)) {
        let mut group = 0_u32;
        for index in 0..3 {
            group = group << 8 | u32::from(triple.get(index).copied().unwrap_or(0));
        }
        for (slot, shift) in quad.iter_mut().zip([18, 12, 6, 0]).take(triple.len() + 1) {
            *slot = sextet(group, shift);
        }
    }
    text
}

/// Writes what a name, a value or a path stands for.
pub(super) fn put_decoded(text: &mut Text, spelled: &[u8], spelling: Spelling) {
    for byte in decoded(spelled, spelling) {
        text.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, spelling: Spelling) -> String {
        let (mut out, mut put) = (Vec::new(), Text::default());
        percent(&mut out, text.as_bytes(), spelling);
        put_percent(&mut put, text.as_bytes(), spelling);
        assert_eq!(put.as_bytes(), out, "{text}");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_spelling_of_a_value_encodes_alike() {
        for spelled in ["a+b*~!'()", "a%20b%2A%7E%21%27%28%29", "a+b%2a%7e!'()"] {
            assert_eq!(encoded(spelled, Spelling::Form), "a%20b%2A~%21%27%28%29", "{spelled}");
        }
        assert_eq!(encoded("a+b", Spelling::Path), "a%2Bb");
        assert_eq!(encoded("a%20b", Spelling::Plain), "a%2520b");
    }

    #[test]
    fn a_lone_percent_stands_for_itself() {
        assert_eq!(encoded("100%", Spelling::Form), "100%25");
        assert_eq!(encoded("%zz%4", Spelling::Form), "%25zz%254");
    }

    #[test]
    fn twice_is_the_same_as_two_times_once() {
        for text in ["plain", "a b/ü+=&", "%41%2f"] {
            let (mut twice, mut once) = (Text::default(), Vec::new());
            percent_twice(&mut twice, text.as_bytes(), Spelling::Form);
            percent(&mut once, encoded(text, Spelling::Form).as_bytes(), Spelling::Plain);
            assert_eq!(twice.as_bytes(), once, "{text}");
        }
    }

    #[test]
    fn a_path_keeps_its_slashes_and_loses_its_escapes() {
        let mut out = Text::default();
        percent_path(&mut out, b"/a//b%2Fc/%e4%BD%a0 +$");
        assert_eq!(out.as_bytes(), b"/a//b/c/%E4%BD%A0%20%2B%24");
    }

    #[test]
    fn digests_are_spelled_as_the_standards_say() {
        let mut digest = [0; 20];
        digest[..6].copy_from_slice(b"foobar");
        assert_eq!(&base64::<20, 28>(digest), b"Zm9vYmFyAAAAAAAAAAAAAAAAAAA=");
        assert_eq!(&hex([0xa5; 32])[..4], b"a5a5");
    }
}
