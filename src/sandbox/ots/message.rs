//! Tablestore's messages: which fields must be there, and what is said when they are not.

use crate::sandbox::error::Error;
use crate::sandbox::protobuf;

/// A message that was read.
#[derive(Debug, Default)]
pub(super) struct Message<'a>(protobuf::Message<'a>);

impl<'a> Message<'a> {
    /// Reads a whole message.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        protobuf::Message::read(bytes).map(Self).ok_or_else(malformed)
    }

    /// The number in a field.
    pub(super) fn number(&self, tag: u64) -> Option<u64> {
        self.0.number(tag)
    }

    /// The same where it has a sign.
    pub(super) fn signed(&self, tag: u64) -> Option<i64> {
        self.number(tag).map(u64::cast_signed)
    }

    /// The bytes of every field of this tag.
    pub(super) fn all(&self, tag: u64) -> impl Iterator<Item = &'a [u8]> {
        self.0.all(tag)
    }

    /// The bytes of a field.
    pub(super) fn bytes(&self, tag: u64) -> Option<&'a [u8]> {
        self.0.bytes(tag)
    }

    /// The bytes of a field that must be there.
    pub(super) fn required(&self, tag: u64) -> Result<&'a [u8], Error> {
        self.bytes(tag).ok_or_else(malformed)
    }

    /// The text of a field that must be there.
    pub(super) fn text(&self, tag: u64) -> Result<&'a str, Error> {
        std::str::from_utf8(self.required(tag)?).map_err(|_| malformed())
    }

    /// The texts of every field of this tag.
    pub(super) fn texts(&self, tag: u64) -> Result<Vec<String>, Error> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| malformed());
        self.all(tag).map(text).collect()
    }

    /// The message in a field that must be there.
    pub(super) fn message(&self, tag: u64) -> Result<Self, Error> {
        Self::read(self.required(tag)?)
    }

    /// The message in a field that may be there.
    pub(super) fn optional(&self, tag: u64) -> Result<Option<Self>, Error> {
        self.bytes(tag).map(Self::read).transpose()
    }
}

/// "Error codes" of Tablestore: a body that is no message of the call.
fn malformed() -> Error {
    Error::new(400, "OTSParameterInvalid", "Fail to parse protobuf in request.")
}
