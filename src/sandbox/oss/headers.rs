//! Headers that are kept with an object and come back with it.

use hyper::header::{HeaderName, HeaderValue};

use super::store::{Kind, Object};
use crate::sandbox::answer::{Answer, set};
use crate::sandbox::date;
use crate::sandbox::heard::Heard;

/// Headers of an upload that come back with the object. `x-oss-meta-*` come back too.
const KEPT: [&str; 6] = [
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
];

/// Parameters of a download that replace a header of the answer.
pub(super) const REPLACED: [(&str, &str); 6] = [
    ("response-content-type", "content-type"),
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
    ("response-content-language", "content-language"),
    ("response-expires", "expires"),
];

/// What a request wants to be kept.
pub(super) fn kept(heard: &Heard) -> Vec<(String, Vec<u8>)> {
    let is_kept = |name: &str| KEPT.contains(&name) || name.starts_with("x-oss-meta-");
    let mut kept: Vec<_> = heard.headers.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
    if heard.header("content-type").is_none() {
        kept.push(("content-type".to_owned(), b"application/octet-stream".to_vec()));
    }
    kept
}

/// What every answer about an object says.
pub(super) fn describe(answer: &mut Answer, object: &Object) {
    set(answer, "etag", &object.etag);
    set(answer, "x-oss-hash-crc64ecma", &object.crc64.to_string());
}

/// What an answer says that stands for the object itself.
pub(super) fn describe_whole(answer: &mut Answer, object: &Object, heard: &Heard) {
    describe(answer, object);
    set(answer, "last-modified", &date::gmt(object.modified_at));
    set(answer, "accept-ranges", "bytes");
    set(answer, "x-oss-object-type", object.kind.name());
    set(answer, "x-oss-storage-class", "Standard");
    if let Some(md5) = object.content_md5() {
        set(answer, "content-md5", &md5);
    }
    if object.kind == Kind::Appendable {
        set(answer, "x-oss-next-append-position", &object.content.length().to_string());
    }
    for (name, value) in &object.headers {
        put(answer, name, value);
    }
    for (parameter, header) in REPLACED {
        if let Some(value) = heard.query_value(parameter) {
            set(answer, header, &value);
        }
    }
}

fn put(answer: &mut Answer, name: &str, value: &[u8]) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
        answer.headers_mut().insert(name, value);
    }
}
