//! The parameters of a query or a form, as slices of the bytes that arrived.

use std::cmp::Ordering;
use std::fmt;

use super::percent::{Spelling, decoded, is_unreserved};

/// One `name=value` piece.
#[derive(Clone, Copy)]
pub struct Parameter<'a> {
    /// The whole piece as it stood, to be forwarded untouched. Empty for one of ours that is to be encoded.
    pub raw: &'a [u8],
    /// The name, spelled as `spelling` says.
    pub name: &'a [u8],
    /// The value. Empty when the piece has no `=`.
    pub value: &'a [u8],
    /// How name and value are written.
    pub spelling: Spelling,
    /// Whether the name stands for itself, so that it need not be decoded to be compared.
    has_plain_name: bool,
    /// Whether name and value are known to be of unreserved bytes alone, which no encoding changes.
    is_unreserved: bool,
    /// The value percent-encoded twice, where that was known beforehand.
    twice: Option<&'a [u8]>,
}

impl fmt::Debug for Parameter<'_> {
    /// Never the contents: either may be anything that a caller thought fit to send, a token included.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameter({} bytes = {} bytes)", self.name.len(), self.value.len())
    }
}

impl<'a> Parameter<'a> {
    /// A parameter of ours, as it is.
    pub fn plain(name: &'a [u8], value: &'a [u8]) -> Self {
        Self {
            raw: &[],
            name,
            value,
            spelling: Spelling::Plain,
            has_plain_name: true,
            is_unreserved: name.iter().chain(value).copied().all(is_unreserved),
            twice: None,
        }
    }

    /// One of ours of unreserved bytes alone.
    pub fn unreserved(name: &'a [u8], value: &'a [u8]) -> Self {
        debug_assert!(name.iter().chain(value).copied().all(is_unreserved), "a byte must be encoded");
        let (spelling, has_plain_name, is_unreserved) = (Spelling::Plain, true, true);
        Self { raw: &[], name, value, spelling, has_plain_name, is_unreserved, twice: None }
    }

    /// One of ours of which every spelling is known beforehand: the whole piece as it goes on the wire, and the value
    /// encoded once more than there.
    pub const fn prepared(raw: &'a [u8], name: &'a [u8], value: &'a [u8], twice: &'a [u8]) -> Self {
        let (spelling, has_plain_name, is_unreserved) = (Spelling::Plain, true, false);
        Self { raw, name, value, spelling, has_plain_name, is_unreserved, twice: Some(twice) }
    }

    /// One as it arrived.
    pub fn spelled(raw: &'a [u8], name: &'a [u8], value: &'a [u8], spelling: Spelling) -> Self {
        let has_plain_name =
            spelling == Spelling::Plain || !name.iter().any(|byte| matches!(byte, b'%' | b'+'));
        Self { raw, name, value, spelling, has_plain_name, is_unreserved: false, twice: None }
    }

    /// Whether the decoded name is exactly `name`. Names are case-sensitive.
    #[inline]
    pub fn is(&self, name: &str) -> bool {
        if self.has_plain_name {
            return self.name == name.as_bytes();
        }
        decoded(self.name, self.spelling).eq(name.bytes())
    }

    /// Whether the decoded name is `name` in any letter case.
    pub fn is_ignoring_case(&self, name: &str) -> bool {
        if self.has_plain_name {
            return self.name.eq_ignore_ascii_case(name.as_bytes());
        }
        let lower = |byte: u8| byte.to_ascii_lowercase();
        decoded(self.name, self.spelling).map(lower).eq(name.bytes().map(lower))
    }

    /// The name, where it stands for itself and need not be decoded.
    pub const fn plain_name(&self) -> Option<&'a [u8]> {
        if self.has_plain_name { Some(self.name) } else { None }
    }

    /// The decoded name.
    pub fn decoded_name(&self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        decoded(self.name, self.spelling)
    }

    /// Orders by decoded name, byte by byte: the rule of every OpenAPI scheme.
    pub fn compare_names(&self, other: &Self) -> Ordering {
        if self.has_plain_name && other.has_plain_name {
            return self.name.cmp(other.name);
        }
        decoded(self.name, self.spelling).cmp(decoded(other.name, other.spelling))
    }

    /// Orders by decoded value.
    pub fn compare_values(&self, other: &Self) -> Ordering {
        decoded(self.value, self.spelling).cmp(decoded(other.value, other.spelling))
    }

    /// Whether name and value are known to be of unreserved bytes alone, so that they stand in a canonical form as they
    /// are. `false` says nothing.
    pub const fn is_unreserved(&self) -> bool {
        self.is_unreserved
    }

    /// The value encoded twice, if it was [prepared](Self::prepared).
    pub const fn twice(&self) -> Option<&'a [u8]> {
        self.twice
    }

    /// The value, where it stands for itself and need not be decoded.
    pub fn plain_value(&self) -> Option<&'a [u8]> {
        let is_plain = self.spelling == Spelling::Plain || memchr::memchr2(b'%', b'+', self.value).is_none();
        is_plain.then_some(self.value)
    }

    /// The decoded value.
    pub fn decoded_value(&self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        decoded(self.value, self.spelling)
    }

    /// The decoded name, `=`, and the decoded value.
    pub fn joined(&self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        self.decoded_name().chain(std::iter::once(b'=')).chain(self.decoded_value())
    }
}

/// The pieces of a raw query or form: split at `&`, empty ones dropped, each split at its first `=`.
pub fn parameters(raw: &[u8]) -> impl Iterator<Item = Parameter<'_>> + Clone {
    Pieces { rest: raw }
}

/// The iterator of [`parameters`]. Every request comes by here, and pieces are short: one pass over the bytes beats
/// searching for one mark after another.
#[derive(Clone, Debug)]
struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Parameter<'a>;

    #[inline]
    fn next(&mut self) -> Option<Parameter<'a>> {
        while let [b'&', rest @ ..] = self.rest {
            self.rest = rest;
        }
        let (mut name_end, mut end) = (None, self.rest.len());
        let (mut has_plain_name, mut is_unreserved_throughout) = (true, true);
        for (at, &byte) in self.rest.iter().enumerate() {
            if is_unreserved(byte) {
                continue;
            }
            match byte {
                b'&' => {
                    end = at;
                    break;
                }
                b'=' if name_end.is_none() => name_end = Some(at),
                _ => {
                    is_unreserved_throughout = false;
                    has_plain_name &= name_end.is_some() || !matches!(byte, b'%' | b'+');
                }
            }
        }
        let (raw, rest) = self.rest.split_at_checked(end).filter(|(raw, _)| !raw.is_empty())?;
        self.rest = rest;
        let (name, value) = match name_end {
            Some(at) => (raw.get(..at)?, raw.get(at + 1..)?),
            None => (raw, &[][..]),
        };
        let (spelling, is_unreserved) = (Spelling::Form, is_unreserved_throughout);
        Some(Parameter { raw, name, value, spelling, has_plain_name, is_unreserved, twice: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_falls_into_its_pieces() {
        let pieces: Vec<_> = parameters(b"&a=1=2&&b&c=").map(|p| (p.raw, p.name, p.value)).collect();
        let expected: [(&[u8], &[u8], &[u8]); 3] =
            [(b"a=1=2", b"a", b"1=2"), (b"b", b"b", b""), (b"c=", b"c", b"")];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn what_no_encoding_changes_is_known() {
        for (raw, is_unreserved) in [
            ("a-b_c.d~=Z09", true),
            ("a", true),
            ("a=", true),
            ("a=b=c", false),
            ("a%41=b", false),
            ("a=b+c", false),
        ] {
            let piece = parameters(raw.as_bytes()).next().unwrap();
            assert_eq!(piece.is_unreserved(), is_unreserved, "{raw}");
        }
    }

    #[test]
    fn names_are_told_apart_after_decoding() {
        let piece = parameters(b"%41ction=Describe%52egions").next().unwrap();
        assert!(piece.is("Action") && !piece.is("action") && piece.is_ignoring_case("action"));
        assert!(piece.decoded_value().eq("DescribeRegions".bytes()));
    }

    #[test]
    fn the_order_is_that_of_the_decoded_names() {
        let mut pieces: Vec<_> = parameters(b"a%2Fb=1&a-b=2&Tag.10=3&Tag.2=4&a!b=5&a+b=6").collect();
        pieces.sort_by(Parameter::compare_names);
        let names: Vec<_> = pieces.iter().map(|p| p.name).collect();
        assert_eq!(names, [&b"Tag.10"[..], b"Tag.2", b"a+b", b"a!b", b"a-b", b"a%2Fb"]);
    }
}
