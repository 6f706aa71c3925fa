//! `Authorization: Bearer KEY`, with a key that is the proof itself (Model Studio). Nothing is signed: TLS alone protects it.

use super::Unsigned;
use super::head::{self, Additions};
use crate::secret::ApiKey;
use crate::wire::Signed;

/// Writes the head with the key.
pub fn bearer(unsigned: &Unsigned<'_>, key: &ApiKey, buffer: Vec<u8>) -> Signed {
    let authorization = |out: &mut super::text::Text| {
        out.put(b"Bearer ");
        out.put(key.expose().as_bytes());
    };
    head::write(unsigned, Additions::default(), authorization, buffer)
}
