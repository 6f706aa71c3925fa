//! One header line, as slices of the bytes that arrived.

use std::cmp::Ordering;
use std::fmt;

/// A header's name and value. The name keeps its letter case, the value its bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// A token of RFC 9110.
    pub name: &'a [u8],
    /// Without the spaces around it.
    pub value: &'a [u8],
}

impl fmt::Debug for Field<'_> {
    /// Never the value: it may be a token or a signature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({}: {} bytes)", self.name.escape_ascii(), self.value.len())
    }
}

impl<'a> Field<'a> {
    /// Nothing, to fill an array with.
    pub const EMPTY: Self = Self { name: b"", value: b"" };

    /// A header of ours.
    pub const fn new(name: &'a str, value: &'a [u8]) -> Self {
        Self { name: name.as_bytes(), value }
    }

    /// Whether this is the header `name`, in any letter case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether both have the same name, in any letter case.
    pub fn has_name_of(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(other.name)
    }

    /// Orders by the name in lower case, byte by byte: the rule of every scheme.
    pub fn compare_names(&self, other: &Self) -> Ordering {
        for (ours, theirs) in self.name.iter().zip(other.name) {
            let order = ours.to_ascii_lowercase().cmp(&theirs.to_ascii_lowercase());
            if order.is_ne() {
                return order;
            }
        }
        self.name.len().cmp(&other.name.len())
    }
}
