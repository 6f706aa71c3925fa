//! Uploads in parts: begin, take parts, join them, give up.

use std::collections::BTreeMap;

use hyper::StatusCode;
use hyper::body::Incoming;
use md5::{Digest, Md5};

use super::conditions::allow_overwriting;
use super::crc64::joined;
use super::objects::Call;
use super::receive::{self, Received};
use super::scratch::Content;
use super::store::{Bucket, Kind, Object, Part, Upload};
use super::{buckets, headers, invalid_argument, malformed_xml, xml_answer};
use crate::sandbox::answer::{Answer, Payload, set};
use crate::sandbox::element::Element;
use crate::sandbox::encode::{base64, hex, percent, percent_path, xml};
use crate::sandbox::error::Error;

/// The smallest part but the last, in bytes, and the highest number. From the references of the calls.
const PART_LEAST: u64 = 100 * 1024;
const NUMBER_MOST: u16 = 10_000;

/// `InitiateMultipartUpload`.
pub(super) fn initiate(call: Call<'_>) -> Result<Answer, Error> {
    let id = hex(&call.cloud.random(16)).to_uppercase();
    let upload =
        Upload { initiated_at: call.cloud.now(), headers: headers::kept(call.heard), parts: BTreeMap::new() };
    let mut buckets = call.cloud.store.buckets();
    let bucket = buckets::find_mut(&mut buckets, call.place, call.bucket)?;
    allow_overwriting(call.heard, bucket.objects.contains_key(call.key))?;
    bucket.begin(call.key.to_vec(), id.clone(), upload)?;
    Ok(xml_answer(&format!(
        "<InitiateMultipartUploadResult>{}<Bucket>{}</Bucket><Key>{}</Key><UploadId>{id}</UploadId>\
         </InitiateMultipartUploadResult>",
        encoding(call),
        call.bucket,
        spelled(call, call.key),
    )))
}

/// The element that says how keys are spelled.
pub(super) fn encoding(call: Call<'_>) -> &'static str {
    if is_encoded(call) { "<EncodingType>url</EncodingType>" } else { "" }
}

/// A key as the caller wants it spelled.
pub(super) fn spelled(call: Call<'_>, key: &[u8]) -> String {
    if is_encoded(call) { percent(key) } else { xml(&String::from_utf8_lossy(key)) }
}

fn is_encoded(call: Call<'_>) -> bool {
    call.heard.query_value("encoding-type").as_deref() == Some("url")
}

/// The upload that the call names.
pub(super) fn id(call: Call<'_>) -> (Vec<u8>, String) {
    (call.key.to_vec(), call.heard.query_value("uploadId").unwrap_or_default())
}

/// The answer to a name that no upload has.
pub(super) fn no_such_upload(call: Call<'_>) -> Error {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                   aborted or completed.";
    Error::new(404, "NoSuchUpload", message).with("UploadId", &id(call).1).with("EC", "0042-00000002")
}

/// The number that the call gives its part.
pub(super) fn part_number(call: Call<'_>) -> Result<u16, Error> {
    let text = call.heard.query_value("partNumber").unwrap_or_default();
    let message = "Part number must be an integer between 1 and 10000, inclusive.";
    text.parse()
        .ok()
        .filter(|number| (1..=NUMBER_MOST).contains(number))
        .ok_or_else(|| invalid_argument("PartNumber", &text, message).with("EC", "0017-00000220"))
}

/// `UploadPart`.
pub(super) async fn upload_part(call: Call<'_>, body: &mut Incoming) -> Result<Answer, Error> {
    let number = part_number(call)?;
    let is_there = |buckets: &BTreeMap<String, Bucket>| {
        buckets.get(call.bucket).is_some_and(|b| b.uploads.contains_key(&id(call)))
    };
    if !is_there(&call.cloud.store.buckets()) {
        return Err(no_such_upload(call));
    }
    let received = receive::body(&call.cloud.store.scratch, call.heard, body).await?;
    let part = insert_part(call, number, received)?;
    let mut answer = Answer::new(Payload::empty());
    set(&mut answer, "etag", &part.etag());
    set(&mut answer, "content-md5", &base64(&part.md5));
    set(&mut answer, "x-oss-hash-crc64ecma", &part.crc64.to_string());
    Ok(answer)
}

/// Puts a part in the place of whatever has its number. The upload may have ended while it came in.
pub(super) fn insert_part(call: Call<'_>, number: u16, received: Received) -> Result<Part, Error> {
    let Received { content, md5, crc64 } = received;
    let part = Part { content, md5, crc64: crc64.value(), modified_at: call.cloud.now() };
    let mut buckets = call.cloud.store.buckets();
    let bucket = buckets::find_mut(&mut buckets, call.place, call.bucket)?;
    let upload = bucket.uploads.get_mut(&id(call)).ok_or_else(|| no_such_upload(call))?;
    upload.parts.insert(number, part.clone());
    Ok(part)
}

/// `AbortMultipartUpload`.
pub(super) fn abort(call: Call<'_>) -> Result<Answer, Error> {
    let mut buckets = call.cloud.store.buckets();
    let bucket = buckets::find_mut(&mut buckets, call.place, call.bucket)?;
    bucket.uploads.remove(&id(call)).ok_or_else(|| no_such_upload(call))?;
    let mut answer = Answer::new(Payload::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    Ok(answer)
}

/// `CompleteMultipartUpload`.
pub(super) async fn complete(call: Call<'_>, body: &mut Incoming) -> Result<Answer, Error> {
    let list = receive::list(call.heard, body).await?;
    let takes_all = call.heard.header("x-oss-complete-all").is_some_and(|value| value == "yes");
    if takes_all && !list.is_empty() {
        let message = "A request with x-oss-complete-all has no body.";
        return Err(invalid_argument("x-oss-complete-all", "yes", message));
    }
    let named = if takes_all { None } else { Some(named(&list)?) };
    let mut buckets = call.cloud.store.buckets();
    let bucket = buckets::find_mut(&mut buckets, call.place, call.bucket)?;
    let upload = bucket.uploads.get(&id(call)).ok_or_else(|| no_such_upload(call))?;
    let parts = match &named {
        Some(named) => chosen(upload, named)?,
        None => upload.parts.values().collect(),
    };
    let object = whole(&parts, upload, call.cloud.now())?;
    allow_overwriting(call.heard, bucket.objects.contains_key(call.key))?;
    let host = &call.place.host;
    let mut answer = xml_answer(&format!(
        "<CompleteMultipartUploadResult>{}<Location>http://{host}/{}</Location><Bucket>{}</Bucket><Key>{}</Key>\
         <ETag>{}</ETag></CompleteMultipartUploadResult>",
        encoding(call),
        percent_path(call.key),
        call.bucket,
        spelled(call, call.key),
        xml(&object.etag),
    ));
    headers::describe(&mut answer, &object);
    bucket.insert(call.key.to_vec(), object)?;
    bucket.uploads.remove(&id(call));
    Ok(answer)
}

/// Numbers and ETags of the parts that the caller wants.
fn named(list: &[u8]) -> Result<Vec<(u16, String)>, Error> {
    let root = Element::read(list).filter(|root| root.name == "CompleteMultipartUpload");
    let root = root.ok_or_else(malformed_xml)?;
    let part = |element: &Element| {
        let number = element.child("PartNumber")?.trim().parse().ok()?;
        Some((number, element.child("ETag")?.trim().trim_matches('"').to_uppercase()))
    };
    let parts = root.children.iter().filter(|child| child.name == "Part").map(part);
    let parts: Vec<_> = parts.collect::<Option<_>>().ok_or_else(malformed_xml)?;
    if parts.is_empty() {
        return Err(malformed_xml());
    }
    if parts.windows(2).any(|pair| matches!(pair, [(first, _), (second, _)] if first >= second)) {
        let message = "The list of parts was not in ascending order. Parts list must be specified in order by part number.";
        return Err(Error::new(400, "InvalidPartOrder", message).with("EC", "0042-00000209"));
    }
    Ok(parts)
}

fn chosen<'a>(upload: &'a Upload, named: &[(u16, String)]) -> Result<Vec<&'a Part>, Error> {
    let find = |(number, etag): &(u16, String)| {
        let part = upload.parts.get(number).filter(|part| part.etag().trim_matches('"') == etag);
        part.ok_or_else(|| {
            let message = "One or more of the specified parts could not be found or the specified entity tag might \
                           not have matched the part's entity tag.";
            Error::new(400, "InvalidPart", message)
                .with("PartNumber", &number.to_string())
                .with("ETag", etag)
        })
    };
    named.iter().map(find).collect()
}

/// The parts as one object.
fn whole(parts: &[&Part], upload: &Upload, now: i64) -> Result<Object, Error> {
    let Some((_, all_but_last)) = parts.split_last() else { return Err(malformed_xml()) };
    if all_but_last.iter().any(|part| part.content.length() < PART_LEAST) {
        let message = "Your proposed upload is smaller than the minimum allowed size.";
        return Err(Error::new(400, "EntityTooSmall", message)
            .with("MinSizeAllowed", &PART_LEAST.to_string())
            .with("EC", "0042-00000213"));
    }
    let (mut content, mut crc64, mut md5) = (Content::default(), 0, Md5::new());
    for part in parts {
        content.append(&part.content);
        crc64 = joined(crc64, part.crc64, part.content.length());
        md5.update(&part.md5);
    }
    let etag = format!("\"{}-{}\"", hex(&md5.finalize()).to_uppercase(), parts.len());
    let headers = upload.headers.clone();
    Ok(Object { kind: Kind::Multipart, content, etag, md5: None, crc64, modified_at: now, headers })
}
