//! Calls on an object: put, get, head, delete.

use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};

use super::store::{Object, Upload};
use super::{buckets, not_played, range};
use crate::sandbox::answer::{Answer, Payload, set};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::date;
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// The longest key and the largest object that one upload can make, in bytes. From the reference of `PutObject`.
const KEY_MOST: usize = 1_023;
const OBJECT_MOST: u64 = 5 * 1024 * 1024 * 1024;

/// Headers of an upload that come back with the object. `x-oss-meta-*` come back too.
const KEPT_HEADERS: [&str; 6] = [
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
];

/// Parameters of a download that replace a header of the answer.
const REPLACED: [(&str, &str); 6] = [
    ("response-content-type", "content-type"),
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
    ("response-content-language", "content-language"),
    ("response-expires", "expires"),
];

/// Answers a call on one object, named by its bucket and its decoded key.
pub(super) async fn answer(
    cloud: &Cloud,
    place: &Place,
    (bucket, key): (&str, Vec<u8>),
    heard: &Heard,
    body: &mut Incoming,
) -> Result<Answer, Error> {
    buckets::find(&cloud.store.buckets(), place, bucket)?;
    let is_played = |name: &[u8]| {
        name == b"objectMeta"
            || name == b"x-oss-traffic-limit"
            || REPLACED.iter().any(|(known, _)| known.as_bytes() == name)
    };
    let is_copy = heard.header("x-oss-copy-source").is_some();
    if is_copy || heard.query_pairs().iter().any(|(name, _)| !is_played(name)) {
        return Err(not_played());
    }
    match heard.method.as_str() {
        "PUT" => put(cloud, place, (bucket, key), heard, body).await,
        "DELETE" => {
            let mut buckets = cloud.store.buckets();
            // Deleting what is not there succeeds, as in OSS.
            buckets.get_mut(bucket).and_then(|bucket| bucket.objects.remove(&key));
            let mut answer = Answer::new(Payload::empty());
            *answer.status_mut() = StatusCode::NO_CONTENT;
            Ok(answer)
        }
        "GET" | "HEAD" => {
            let found =
                cloud.store.buckets().get(bucket).and_then(|bucket| bucket.objects.get(&key).cloned());
            let absent = || {
                Error::new(404, "NoSuchKey", "The specified key does not exist.")
                    .with("Key", &String::from_utf8_lossy(&key))
                    .with("EC", "0026-00000001")
            };
            fetch(found.ok_or_else(absent)?.as_ref(), heard)
        }
        _ => Err(not_played()),
    }
}

/// Takes the body in as it comes, and shows the object only when it is whole.
async fn put(
    cloud: &Cloud,
    place: &Place,
    (bucket, key): (&str, Vec<u8>),
    heard: &Heard,
    body: &mut Incoming,
) -> Result<Answer, Error> {
    if key.len() > KEY_MOST {
        return Err(Error::new(
            400,
            "InvalidObjectName",
            "The length of the object name must be at most 1023 bytes.",
        ));
    }
    let broken = |_| Error::new(500, "InternalError", "The sandbox could not keep the object.");
    let mut upload = Upload::new(&cloud.store);
    let mut length = 0_u64;
    while let Some(frame) = body.frame().await {
        let ended = |_| Error::new(400, "IncompleteBody", "The request body is incomplete.");
        let Ok(bytes) = frame.map_err(ended)?.into_data() else { continue };
        length += bytes.len() as u64;
        if length > OBJECT_MOST {
            return Err(Error::new(
                400,
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size.",
            ));
        }
        upload.push(&bytes).map_err(broken)?;
    }
    let object = Arc::new(upload.finish(cloud.now(), kept_headers(heard)));
    if heard.header("content-md5").is_some_and(|claimed| claimed != object.content_md5()) {
        return Err(Error::new(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
            .with("Content-MD5", &object.content_md5()));
    }
    let mut answer = Answer::new(Payload::empty());
    describe(&mut answer, &object);
    set(&mut answer, "content-md5", &object.content_md5());
    let mut buckets = cloud.store.buckets();
    // It may have been deleted while the body came in.
    buckets::find(&buckets, place, bucket)?;
    if let Some(bucket) = buckets.get_mut(bucket) {
        bucket.objects.insert(key, object);
    }
    Ok(answer)
}

fn kept_headers(heard: &Heard) -> Vec<(String, Vec<u8>)> {
    let is_kept = |name: &str| KEPT_HEADERS.contains(&name) || name.starts_with("x-oss-meta-");
    let mut kept: Vec<_> = heard.headers.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
    if heard.header("content-type").is_none() {
        kept.push(("content-type".to_owned(), b"application/octet-stream".to_vec()));
    }
    kept
}

fn describe(answer: &mut Answer, object: &Object) {
    set(answer, "etag", &object.etag());
    set(answer, "x-oss-hash-crc64ecma", &object.crc64.to_string());
}

/// The object, or the stretch of it that `Range` asks for. A HEAD gets the same head.
fn fetch(object: &Object, heard: &Heard) -> Result<Answer, Error> {
    let asked = heard.header("range");
    let stretch = asked.as_deref().and_then(|header| range::stretch(header, object.length));
    let is_strict = heard.header("x-oss-range-behavior").as_deref() == Some("standard");
    if asked.is_some() && stretch.is_none() && is_strict {
        return Err(Error::new(416, "InvalidRange", "The requested range cannot be satisfied."));
    }
    let (from, length) = stretch.unwrap_or((0, object.length));
    let is_head = heard.method == "HEAD";
    let mut answer = Answer::new(if is_head { Payload::empty() } else { object.read(from, length) });
    describe(&mut answer, object);
    set(&mut answer, "content-length", &length.to_string());
    set(&mut answer, "last-modified", &date::gmt(object.modified_at));
    set(&mut answer, "accept-ranges", "bytes");
    set(&mut answer, "x-oss-object-type", "Normal");
    set(&mut answer, "x-oss-storage-class", "Standard");
    set(&mut answer, "content-md5", &object.content_md5());
    for (name, value) in &object.headers {
        put_header(&mut answer, name, value);
    }
    for (parameter, header) in REPLACED {
        if let Some(value) = heard.query_value(parameter) {
            set(&mut answer, header, &value);
        }
    }
    if stretch.is_some() {
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        let last = (from + length).saturating_sub(1);
        set(&mut answer, "content-range", &format!("bytes {from}-{last}/{}", object.length));
    }
    Ok(answer)
}

fn put_header(answer: &mut Answer, name: &str, value: &[u8]) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
        answer.headers_mut().insert(name, value);
    }
}
