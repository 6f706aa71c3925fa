//! Takes the body of a request in: to the file as it comes, or a small one to memory.

use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use md5::{Digest, Md5};
use sha2::Sha256;

use super::crc64::Crc64;
use super::scratch::{Content, Kept, STORAGE_MOST, Scratch, Unkept};
use super::store;
use crate::sandbox::encode::{base64, hex};
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;

/// The largest body that one upload can have, in bytes. From the references of `PutObject` and `UploadPart`.
pub(super) const UPLOAD_MOST: u64 = 5 * 1024 * 1024 * 1024;

/// The largest list of keys or parts, in bytes: ten thousand parts, or a thousand keys of the longest.
const LIST_MOST: usize = 2 * 1024 * 1024;

/// How many bytes are read of a content before others get their turn.
const TURN: u64 = 1024 * 1024;

/// Bytes that were taken in, and their sums.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) content: Content,
    pub(super) md5: Vec<u8>,
    pub(super) crc64: Crc64,
}

/// What was kept, while it grows.
pub(super) struct Growing {
    kept: Kept,
    md5: Md5,
    crc64: Crc64,
}

impl Growing {
    pub(super) fn new(scratch: &Arc<Scratch>) -> Result<Self, Error> {
        Ok(Self { kept: Kept::new(scratch).map_err(unkept)?, md5: Md5::new(), crc64: Crc64::new() })
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.kept.length() + bytes.len() as u64 > UPLOAD_MOST {
            let message = "Your proposed upload exceeds the maximum allowed size.";
            return Err(Error::new(400, "EntityTooLarge", message));
        }
        self.md5.update(bytes);
        self.crc64.update(bytes);
        self.kept.push(bytes).map_err(unkept)
    }

    pub(super) fn end(self) -> Received {
        Received { content: self.kept.into(), md5: self.md5.finalize().to_vec(), crc64: self.crc64 }
    }
}

fn unkept(why: Unkept) -> Error {
    match why {
        Unkept::Full => store::full(&format!("{} GiB of objects, in blocks of 64 KiB", STORAGE_MOST >> 30)),
        Unkept::File(error) => {
            let message = format!("The sandbox could not keep the object: {error}.");
            Error::new(500, "InternalError", &message)
        }
    }
}

/// The next bytes of a body. None at its end.
pub(super) async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Error> {
    let Some(frame) = body.frame().await else { return Ok(None) };
    let ended = |_| Error::new(400, "IncompleteBody", "The request body is incomplete.");
    Ok(Some(frame.map_err(ended)?.into_data().unwrap_or_default()))
}

/// Takes a body in as it comes, and holds it to its `Content-MD5`.
pub(super) async fn body(
    scratch: &Arc<Scratch>,
    heard: &Heard,
    body: &mut Incoming,
) -> Result<Received, Error> {
    let (mut growing, mut sha256) = (Growing::new(scratch)?, Sha256::new());
    let is_hashed = claimed_sha256(heard).is_some();
    while let Some(bytes) = next(body).await? {
        growing.push(&bytes)?;
        if is_hashed {
            sha256.update(&bytes);
        }
    }
    let received = growing.end();
    hold_to_md5(heard, &received.md5)?;
    hold_to_sha256(heard, &sha256.finalize())?;
    Ok(received)
}

/// Takes a list in, whole.
pub(super) async fn list(heard: &Heard, body: &mut Incoming) -> Result<Vec<u8>, Error> {
    let mut list = Vec::new();
    while let Some(bytes) = next(body).await? {
        if list.len() + bytes.len() > LIST_MOST {
            return Err(super::malformed_xml());
        }
        list.extend_from_slice(&bytes);
    }
    hold_to_md5(heard, &Md5::digest(&list))?;
    hold_to_sha256(heard, &Sha256::digest(&list))?;
    Ok(list)
}

/// What a client of Amazon S3 says that its body hashes to, if it says so.
fn claimed_sha256(heard: &Heard) -> Option<String> {
    heard.header("x-oss-content-sha256").filter(|value| value != "UNSIGNED-PAYLOAD")
}

fn hold_to_sha256(heard: &Heard, sha256: &[u8]) -> Result<(), Error> {
    match claimed_sha256(heard) {
        Some(claimed) if !claimed.eq_ignore_ascii_case(&hex(sha256)) => {
            let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
            Err(Error::new(400, "XAmzContentSHA256Mismatch", message)
                .with("ClientComputedContentSHA256", &claimed)
                .with("S3ComputedContentSHA256", &hex(sha256)))
        }
        _ => Ok(()),
    }
}

fn hold_to_md5(heard: &Heard, md5: &[u8]) -> Result<(), Error> {
    let found = base64(md5);
    if heard.header("content-md5").is_none_or(|claimed| claimed == found) {
        return Ok(());
    }
    let message = "The Content-MD5 you specified was invalid.";
    Err(Error::new(400, "InvalidDigest", message).with("Content-MD5", &found))
}

/// The sums of a content that is there already.
pub(super) async fn sums(content: Content) -> Result<Received, Error> {
    let (mut md5, mut crc64, mut turn) = (Md5::new(), Crc64::new(), 0);
    for piece in content.clone().reader() {
        let piece = piece.map_err(|error| unkept(Unkept::File(error)))?;
        md5.update(&piece);
        crc64.update(&piece);
        turn += piece.len() as u64;
        if turn >= TURN {
            turn = 0;
            tokio::task::yield_now().await;
        }
    }
    Ok(Received { content, md5: md5.finalize().to_vec(), crc64 })
}
