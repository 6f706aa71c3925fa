//! A request's target, taken apart.

use std::fmt;

/// A request target, taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// The authority of an absolute target.
    pub authority: Option<&'a [u8]>,
    /// From the first slash up to the question mark. Empty for an absolute target without one.
    pub path: &'a [u8],
    /// Behind the question mark.
    pub query: &'a [u8],
}

impl fmt::Debug for Target<'_> {
    /// Never the bytes: a query may hold tokens and signatures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target(a path of {} bytes, a query of {})", self.path.len(), self.query.len())
    }
}

impl Target<'_> {
    /// Whether the path is `/` or nothing: where RPC calls go, and what a bucket's or service's own path is.
    pub fn is_root(&self) -> bool {
        matches!(self.path, b"" | b"/")
    }
}
