//! Calls on an object: which it is, and put, get, head, delete.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Incoming;

use super::conditions::{self, Outcome};
use super::store::{Kind, Object, etag};
use super::{append, buckets, copy, headers, multipart, not_played, range, receive, uploads};
use crate::sandbox::answer::{Answer, Payload, set};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::date;
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// The longest key, in bytes. From "Object naming conventions".
const KEY_MOST: usize = 1_023;

/// A call on one object: who answers, where, and of which object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) place: &'a Place,
    pub(super) bucket: &'a str,
    /// Decoded.
    pub(super) key: &'a [u8],
    pub(super) heard: &'a Heard,
}

impl Call<'_> {
    /// The object as it is now.
    pub(super) fn object(&self) -> Option<Arc<Object>> {
        self.cloud.store.buckets().get(self.bucket)?.objects.get(self.key).cloned()
    }

    /// Puts an object there, unless the bucket has gone or the caller said to write over nothing.
    pub(super) fn insert(&self, object: Object) -> Result<(), Error> {
        let mut buckets = self.cloud.store.buckets();
        let bucket = buckets::find_mut(&mut buckets, self.place, self.bucket)?;
        conditions::allow_overwriting(self.heard, bucket.objects.contains_key(self.key))?;
        bucket.insert(self.key.to_vec(), object)
    }
}

/// Answers a call on one object.
pub(super) async fn answer(call: Call<'_>, body: &mut Incoming) -> Result<Answer, Error> {
    buckets::find(&call.cloud.store.buckets(), call.place, call.bucket)?;
    hold_to_naming(call.key)?;
    let pairs = call.heard.query_pairs();
    let mut asked: Vec<&str> =
        pairs.iter().map(|(name, _)| std::str::from_utf8(name).unwrap_or("?")).collect();
    asked.retain(|name| *name != "x-oss-traffic-limit" && *name != "encoding-type");
    asked.retain(|name| !headers::REPLACED.iter().any(|(known, _)| known == name));
    asked.sort_unstable();
    let is_copy = call.heard.header("x-oss-copy-source").is_some();
    match (call.heard.method.as_str(), asked.as_slice()) {
        ("PUT", []) if is_copy => copy::object(call),
        ("PUT", []) => put(call, body).await,
        ("DELETE", []) => Ok(delete(call)),
        ("GET", []) | ("HEAD", [] | ["objectMeta"]) => fetch(call),
        ("POST", ["append", ..]) => append::answer(call, body).await,
        ("POST", ["uploads"]) => multipart::initiate(call),
        ("PUT", ["partNumber", "uploadId"]) if is_copy => copy::part(call).await,
        ("PUT", ["partNumber", "uploadId"]) => multipart::upload_part(call, body).await,
        ("POST", ["uploadId"]) => multipart::complete(call, body).await,
        ("DELETE", ["uploadId"]) => multipart::abort(call),
        ("GET", ["uploadId"] | ["max-parts", "uploadId"] | ["part-number-marker", "uploadId"])
        | ("GET", ["max-parts", "part-number-marker", "uploadId"]) => uploads::parts(call),
        _ => Err(not_played()),
    }
}

/// From "Object naming conventions".
pub(super) fn hold_to_naming(key: &[u8]) -> Result<(), Error> {
    let ec = match key {
        [b'/' | b'\\', ..] => "0016-00000005",
        key if key.len() > KEY_MOST || std::str::from_utf8(key).is_err() => "0016-00000002",
        _ => return Ok(()),
    };
    let message = "The specified object is not valid.";
    Err(Error::new(400, "InvalidObjectName", message)
        .with("ObjectName", &String::from_utf8_lossy(key))
        .with("EC", ec))
}

pub(super) fn absent(key: &[u8]) -> Error {
    Error::new(404, "NoSuchKey", "The specified key does not exist.")
        .with("Key", &String::from_utf8_lossy(key))
        .with("EC", "0026-00000001")
}

/// Takes the body in as it comes, and shows the object only when it is whole.
async fn put(call: Call<'_>, body: &mut Incoming) -> Result<Answer, Error> {
    conditions::allow_overwriting(call.heard, call.object().is_some())?;
    let received = receive::body(&call.cloud.store.scratch, call.heard, body).await?;
    let object = Object {
        kind: Kind::Normal,
        content: received.content,
        etag: etag(&received.md5),
        md5: Some(received.md5),
        crc64: received.crc64.value(),
        modified_at: call.cloud.now(),
        headers: headers::kept(call.heard),
    };
    let mut answer = Answer::new(Payload::empty());
    headers::describe(&mut answer, &object);
    set(&mut answer, "content-md5", &object.content_md5().unwrap_or_default());
    call.insert(object)?;
    Ok(answer)
}

/// Deleting what is not there succeeds, as in OSS.
fn delete(call: Call<'_>) -> Answer {
    let mut buckets = call.cloud.store.buckets();
    buckets.get_mut(call.bucket).and_then(|bucket| bucket.objects.remove(call.key));
    let mut answer = Answer::new(Payload::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// The object, or the stretch of it that `Range` asks for. A HEAD gets the same head.
fn fetch(call: Call<'_>) -> Result<Answer, Error> {
    let (heard, object) = (call.heard, call.object().ok_or_else(|| absent(call.key))?);
    let mut answer = Answer::new(Payload::empty());
    match conditions::judge(conditions::OWN, heard, &object) {
        Outcome::Met => {}
        Outcome::Failed(name) => return Err(conditions::failed(name)),
        Outcome::NotModified => {
            headers::describe(&mut answer, &object);
            set(&mut answer, "last-modified", &date::gmt(object.modified_at));
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(answer);
        }
    }
    let total = object.content.length();
    if heard.query_value("objectMeta").is_some() {
        headers::describe(&mut answer, &object);
        set(&mut answer, "last-modified", &date::gmt(object.modified_at));
        set(&mut answer, "content-length", &total.to_string());
        return Ok(answer);
    }
    let is_standard = heard.header("x-oss-range-behavior").as_deref() == Some("standard");
    let asked = heard.header("range");
    let stretch = asked.as_deref().and_then(|header| range::stretch(header, total, is_standard));
    if asked.is_some() && stretch.is_none() && is_standard {
        let message = "The requested range cannot be satisfied.";
        return Err(Error::new(416, "InvalidRange", message)
            .with("ActualObjectSize", &total.to_string())
            .with("RangeRequested", &asked.unwrap_or_default()));
    }
    headers::describe_whole(&mut answer, &object, heard);
    let (from, length) = stretch.unwrap_or((0, total));
    set(&mut answer, "content-length", &length.to_string());
    if stretch.is_some() {
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        let last = (from + length).saturating_sub(1);
        set(&mut answer, "content-range", &format!("bytes {from}-{last}/{total}"));
    }
    if heard.method != "HEAD" {
        *answer.body_mut() = Payload::Kept(object.content.stretch(from, length).reader());
    }
    Ok(answer)
}
