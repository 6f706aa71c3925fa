//! Appending to an object.

use hyper::body::Incoming;
use md5::{Digest, Md5};

use super::crc64::joined;
use super::objects::Call;
use super::receive::{self, Received, UPLOAD_MOST};
use super::store::{Kind, Object};
use super::{buckets, headers, invalid_argument, not_played};
use crate::sandbox::answer::{Answer, Payload, set};
use crate::sandbox::encode::{base64, hex};
use crate::sandbox::error::Error;

/// Takes the body in and puts it behind what is there, if what is there still ends where the caller believes.
pub(super) async fn answer(call: Call<'_>, body: &mut Incoming) -> Result<Answer, Error> {
    let pairs = call.heard.query_pairs();
    if pairs.iter().any(|(name, _)| name != b"append" && name != b"position") {
        return Err(not_played());
    }
    let text = call.heard.query_value("position").unwrap_or_default();
    let ec = if text.is_empty() { "0016-00000501" } else { "0016-00000502" };
    let position: u64 = text
        .parse()
        .map_err(|_| invalid_argument("position", &text, "The position is invalid.").with("EC", ec))?;
    // Judged twice: now, so that a misplaced body costs nothing, and when the body has come.
    ends_there(call.object().as_deref(), position)?;
    let received = receive::body(&call.cloud.store.scratch, call.heard, body).await?;

    let md5 = base64(&received.md5);
    let mut buckets = call.cloud.store.buckets();
    let bucket = buckets::find_mut(&mut buckets, call.place, call.bucket)?;
    let before = bucket.objects.get(call.key);
    ends_there(before.map(AsRef::as_ref), position)?;
    if position + received.content.length() > UPLOAD_MOST {
        let message = "The object would be larger than 5 GB, the most that appending can make.";
        return Err(Error::new(409, "FileSizeTooLarge", message));
    }
    let object = appended(before.map(AsRef::as_ref), received, call);
    let mut answer = Answer::new(Payload::empty());
    headers::describe(&mut answer, &object);
    set(&mut answer, "content-md5", &md5);
    set(&mut answer, "x-oss-next-append-position", &object.content.length().to_string());
    bucket.insert(call.key.to_vec(), object)?;
    Ok(answer)
}

fn ends_there(object: Option<&Object>, position: u64) -> Result<(), Error> {
    if object.is_some_and(|object| object.kind != Kind::Appendable) {
        let message = "The object is not appendable.";
        return Err(Error::new(409, "ObjectNotAppendable", message).with("EC", "0026-00000017"));
    }
    let length = object.map_or(0, |object| object.content.length());
    if position == length {
        return Ok(());
    }
    let message = "Position is not equal to file length.";
    Err(Error::new(409, "PositionNotEqualToLength", message)
        .with("EC", "0026-00000016")
        .with("x-oss-next-append-position", &length.to_string()))
}

/// What it becomes. Headers are those of the first appending.
fn appended(before: Option<&Object>, received: Received, call: Call<'_>) -> Object {
    let (mut content, sum, kept) = match before {
        Some(before) => (before.content.clone(), before.crc64, before.headers.clone()),
        None => (super::scratch::Content::default(), 0, headers::kept(call.heard)),
    };
    content.append(&received.content);
    let crc64 = joined(sum, received.crc64.value(), received.content.length());
    // OSS documents no rule for this ETag, only its form: 24 digits that change, and eight zeros.
    let digits = hex(&Md5::digest(format!("{crc64} {}", content.length()))).to_uppercase();
    let etag = format!("\"{}00000000\"", digits.get(..24).unwrap_or_default());
    let modified_at = call.cloud.now();
    Object { kind: Kind::Appendable, content, etag, md5: None, crc64, modified_at, headers: kept }
}
