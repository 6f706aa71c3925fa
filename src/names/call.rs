//! What is asked: one call of one product.

use std::fmt;

use super::Scheme;

/// A short name in ASCII kept inline, so that classifying a request allocates nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Inline<const N: usize> {
    length: u8,
    bytes: [u8; N],
}

impl<const N: usize> Inline<N> {
    fn new(bytes: impl Iterator<Item = u8>) -> Option<Self> {
        let mut inline = Self { length: 0, bytes: [0; N] };
        for byte in bytes {
            if !is_name_byte(byte) {
                return None;
            }
            *inline.bytes.get_mut(usize::from(inline.length))? = byte;
            inline.length += 1;
        }
        (inline.length > 0).then_some(inline)
    }

    fn from_plain(bytes: &[u8]) -> Option<Self> {
        let mut inline = Self { length: u8::try_from(bytes.len()).ok()?, bytes: [0; N] };
        inline.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        (!bytes.is_empty() && bytes.iter().copied().all(is_name_byte)).then_some(inline)
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

impl<const N: usize> std::hash::Hash for Inline<N> {
    /// The name alone, not the room behind it.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

/// The name of an operation, decoded: `DescribeRegions`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Action(Inline<95>);

impl Action {
    /// `None` when empty, longer than 95 bytes, or not made of letters, digits, `-`, `_` and `.`:
    /// the longest of the 16,242 published names has 57.
    pub fn new(decoded: impl Iterator<Item = u8>) -> Option<Self> {
        Inline::new(decoded).map(Self)
    }

    /// The same of a name that needs no decoding, faster.
    pub fn from_plain(name: &[u8]) -> Option<Self> {
        Inline::from_plain(name).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same, for the wire and for logs: without looking at it again.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Action({})", self.as_str())
    }
}

/// The API version that a call names: `2014-05-26`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Version(Inline<23>);

impl Version {
    /// `None` when empty, longer than 23 bytes, or of other characters than a date or a name has.
    pub fn new(decoded: impl Iterator<Item = u8>) -> Option<Self> {
        Inline::new(decoded).map(Self)
    }

    /// The same of a text that needs no decoding, faster.
    pub fn from_plain(text: &[u8]) -> Option<Self> {
        Inline::from_plain(text).map(Self)
    }

    /// The version's text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same, for the wire: without looking at it again.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", self.as_str())
    }
}

/// What a request asks for, and as what it will leave.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The operation, where the request names one.
    pub action: Option<Action>,
    /// The API version, explicit or the table's.
    pub version: Option<Version>,
    /// The scheme that the caller signed with. `None`: unsigned.
    pub caller_scheme: Option<Scheme>,
    /// The scheme that the request leaves with. `None`: it carries its own proof and leaves unsigned.
    pub scheme: Option<Scheme>,
    /// Whether sending it twice does no harm: its operation only reads, by its name or its method, or a `ClientToken`
    /// tells the cloud that both are one.
    pub may_be_sent_twice: bool,
}

/// What a signature with a day key is limited to, as its text spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// A region's id, or `center` for a host that serves them all.
    pub region: &'a str,
    /// The product's code in the letter case that the gateway knows: `Ecs`, `DlfNext`.
    pub product: &'a str,
}
