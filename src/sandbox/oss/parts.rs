//! The body of a form as it comes: its fields in memory, its file piece by piece.

use std::collections::BTreeMap;

use hyper::body::Incoming;

use super::receive::{Growing, Received, next};
use crate::sandbox::error::Error;

/// Bytes of fields before the file. Twice what the proxy lets through, so that the proxy's limit shows first.
const FIELDS_MOST: usize = 128 * 1024;

/// A form under way.
pub(super) struct Parts<'a> {
    body: &'a mut Incoming,
    /// What was read and is not used yet.
    ahead: Vec<u8>,
    /// CR LF, two dashes and the boundary: what every part ends with.
    end: Vec<u8>,
}

/// What stands before the content of a part.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// In lower case.
    pub(super) name: String,
    pub(super) file_name: String,
    pub(super) content_type: Option<String>,
}

pub(super) fn malformed() -> Error {
    let message = "The body of your POST request is not well-formed multipart/form-data.";
    Error::new(400, "MalformedPOSTRequest", message)
}

impl<'a> Parts<'a> {
    /// At the start of a body, by its content type.
    pub(super) fn new(content_type: &str, body: &'a mut Incoming) -> Result<Self, Error> {
        let boundary = content_type.split(';').find_map(|part| part.trim().strip_prefix("boundary="));
        let boundary = boundary.map(|boundary| boundary.trim_matches('"')).filter(|text| !text.is_empty());
        let end = format!("\r\n--{}", boundary.ok_or_else(malformed)?).into_bytes();
        // The first boundary has no line in front of it.
        Ok(Self { body, ahead: b"\r\n".to_vec(), end })
    }

    /// Every field before the file, by name in lower case, and the opening of the file. Of two of one name, neither.
    pub(super) async fn fields(&mut self) -> Result<(BTreeMap<String, String>, Opening), Error> {
        let (mut fields, mut size) = (BTreeMap::new(), 0);
        let end = self.end.clone();
        self.up_to(&end, &mut size).await?;
        loop {
            let head = self.up_to(b"\r\n\r\n", &mut size).await?;
            let opening = Opening::read(&String::from_utf8_lossy(&head)).ok_or_else(malformed)?;
            if opening.name == "file" {
                return Ok((fields, opening));
            }
            let value = String::from_utf8(self.up_to(&end, &mut size).await?).map_err(|_| malformed())?;
            if fields.insert(opening.name, value).is_some() {
                return Err(malformed());
            }
        }
    }

    /// The content of the file, up to the boundary behind it. What follows is read and left.
    pub(super) async fn file(mut self, mut growing: Growing) -> Result<Received, Error> {
        loop {
            if let Some(at) = find(&self.ahead, &self.end) {
                growing.push(self.ahead.get(..at).unwrap_or_default())?;
                while next(self.body).await?.is_some() {}
                return Ok(growing.end());
            }
            // The boundary may have begun.
            let sure = self.ahead.len().saturating_sub(self.end.len());
            growing.push(&self.ahead.drain(..sure).collect::<Vec<u8>>())?;
            self.more().await?;
        }
    }

    /// What comes before `mark`, which is passed over.
    async fn up_to(&mut self, mark: &[u8], size: &mut usize) -> Result<Vec<u8>, Error> {
        loop {
            if let Some(at) = find(&self.ahead, mark) {
                let mut found: Vec<u8> = self.ahead.drain(..at + mark.len()).collect();
                found.truncate(at);
                *size += found.len();
                return Ok(found);
            }
            if *size + self.ahead.len() > FIELDS_MOST {
                return Err(malformed());
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<(), Error> {
        let piece = next(self.body).await?.ok_or_else(malformed)?;
        self.ahead.extend_from_slice(&piece);
        Ok(())
    }
}

impl Opening {
    /// Reads the lines before a content. The rest of the boundary's own line comes first, and is empty.
    fn read(head: &str) -> Option<Self> {
        let mut opening = Self::default();
        for line in head.strip_prefix("\r\n")?.split("\r\n") {
            let (name, value) = line.split_once(':')?;
            match name.trim().to_ascii_lowercase().as_str() {
                "content-disposition" => {
                    opening.name = quoted(value, "; name=")?.to_lowercase();
                    opening.file_name = quoted(value, "; filename=").unwrap_or_default();
                }
                "content-type" => opening.content_type = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        (!opening.name.is_empty()).then_some(opening)
    }
}

fn quoted(value: &str, lead: &str) -> Option<String> {
    Some(value.split_once(lead)?.1.strip_prefix('"')?.split_once('"')?.0.to_owned())
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}
