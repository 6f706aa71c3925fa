//! The buffers that signing reuses, so that it allocates nothing once they have grown.

use std::fmt;

use super::sorted::{Headers, Parameters};
use super::text::Text;
use crate::names::calendar;

/// One per worker. Between two signatures it holds nothing but its capacity and the last texts, for `--explain`.
#[derive(Default)]
pub struct Workspace {
    /// The canonical request. Empty for a scheme that has none.
    pub(super) canonical: Text,
    /// The string-to-sign.
    pub(super) string_to_sign: Text,
    /// The names that the signature lists: SignedHeaders, AdditionalHeaders.
    pub(super) names: Text,
    parameters: Parameters<'static>,
    headers: Headers<'static>,
    /// The second that was signed last, and its spelling.
    iso: Option<(i64, [u8; 20])>,
}

impl fmt::Debug for Workspace {
    /// Never the texts: under RPC version 1 the string-to-sign holds the security token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workspace({} bytes to sign)", self.string_to_sign.len())
    }
}

impl Workspace {
    /// The canonical request of the last signature. Empty for a scheme that has none.
    pub fn canonical_request(&self) -> &[u8] {
        self.canonical.as_bytes()
    }

    /// The string-to-sign of the last signature.
    pub fn string_to_sign(&self) -> &[u8] {
        self.string_to_sign.as_bytes()
    }

    /// The names of the headers that the last signature lists, as it lists them.
    pub fn signed_headers(&self) -> &[u8] {
        self.names.as_bytes()
    }

    /// Empties the texts before a signature.
    pub(super) fn clear(&mut self) {
        for text in [&mut self.canonical, &mut self.string_to_sign, &mut self.names] {
            text.clear();
        }
    }

    /// [`calendar::iso`], made once a second: a twenty-fifth of an ACS3 signature's time otherwise.
    pub(super) fn iso(&mut self, unix_seconds: i64) -> [u8; 20] {
        match self.iso {
            Some((of, text)) if of == unix_seconds => text,
            _ => {
                let text = calendar::iso(unix_seconds);
                self.iso = Some((unix_seconds, text));
                text
            }
        }
    }

    /// The list of parameters, empty. Give it back with [`Self::put_parameters`].
    pub(super) fn take_parameters<'a>(&mut self) -> Parameters<'a> {
        std::mem::take(&mut self.parameters).recycled()
    }

    /// The list of headers, empty. Give it back with [`Self::put_headers`].
    pub(super) fn take_headers<'a>(&mut self) -> Headers<'a> {
        std::mem::take(&mut self.headers).recycled()
    }

    pub(super) fn put_parameters(&mut self, list: Parameters<'_>) {
        self.parameters = list.recycled();
    }

    pub(super) fn put_headers(&mut self, list: Headers<'_>) {
        self.headers = list.recycled();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_is_spelled_as_itself_whichever_came_before() {
        let mut workspace = Workspace::default();
        for second in [1_709_171_832, 1_709_171_832, 1_709_171_833, 0, 1_709_171_832] {
            assert_eq!(workspace.iso(second), calendar::iso(second));
        }
    }
}
