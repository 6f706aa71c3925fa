//! `PostObject`: a form that uploads one object, with its signature in its fields.

use hyper::StatusCode;
use hyper::body::Incoming;

use super::objects::{Call, hold_to_naming};
use super::parts::{Parts, malformed};
use super::policy::Policy;
use super::receive::Growing;
use super::store::{Kind, Object, etag};
use super::{buckets, conditions, headers, not_played, xml_answer};
use crate::sandbox::answer::{Answer, Payload, set};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::encode::{percent_path, xml};
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;
use crate::sandbox::ledger::Outcome;
use crate::sandbox::place::Place;
use crate::sandbox::verify::{self, Claim};

/// Whether a request is such a form: to the bucket itself, with no signature in its head.
pub(super) fn is_one(place: &Place, heard: &Heard) -> bool {
    let content_type = heard.header("content-type").unwrap_or_default().to_ascii_lowercase();
    heard.method == "POST"
        && heard.path == "/"
        && heard.query.is_empty()
        && place.bucket.is_some()
        && content_type.starts_with("multipart/form-data")
        && heard.header("authorization").is_none()
}

/// Verifies a form and does what it asks.
pub(super) async fn answer(
    (cloud, place, heard): (&Cloud, &Place, &Heard),
    body: &mut Incoming,
) -> (Option<Claim>, Outcome, Result<Answer, Error>) {
    let content_type = heard.header("content-type").unwrap_or_default();
    let refused = |claim, error: Error| (claim, Outcome::Refused(error.code.clone()), Err(error));
    let mut parts = match Parts::new(&content_type, body) {
        Ok(parts) => parts,
        Err(error) => return refused(None, error),
    };
    let (mut fields, opening) = match parts.fields().await {
        Ok(read) => read,
        Err(error) => return refused(None, error),
    };
    let claim = match verify::read_form(&fields, place, cloud.now()) {
        Ok(Some(claim)) => claim,
        Ok(None) => return refused(None, super::anonymous()),
        Err(denial) => return refused(None, denial.oss(None)),
    };
    if let Err(denial) = cloud.bench().judge(&claim) {
        let error = denial.oss(Some(&claim));
        return refused(Some(claim), error);
    }
    let bucket = place.bucket.as_deref().unwrap_or_default();
    fields.insert("bucket".to_owned(), bucket.to_owned());
    let key = fields.get("key").map(|key| key.replace("${filename}", &opening.file_name));
    let done = async {
        let key = key.filter(|key| !key.is_empty()).ok_or_else(malformed)?;
        let policy = Policy::read(fields.get("policy").map_or("", String::as_str))?;
        let must: &[&str] = match claim.scheme {
            crate::names::Scheme::OssV4 => &["x-oss-signature-version", "x-oss-credential", "x-oss-date"],
            _ => &[],
        };
        policy.hold(&fields, must, cloud.now())?;
        hold_to_naming(key.as_bytes())?;
        buckets::find(&cloud.store.buckets(), place, bucket)?;
        let received = parts.file(Growing::new(&cloud.store.scratch)?).await?;
        policy.hold_length(received.content.length())?;
        // What else the form says is said as the headers of an upload say it.
        let mut said: Vec<(String, Vec<u8>)> =
            fields.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
        if let Some(content_type) = opening.content_type.filter(|_| !fields.contains_key("content-type")) {
            said.push(("content-type".to_owned(), content_type.into_bytes()));
        }
        let said = Heard { headers: said, ..Heard::default() };
        let object = Object {
            kind: Kind::Normal,
            content: received.content,
            etag: etag(&received.md5),
            md5: Some(received.md5),
            crc64: received.crc64.value(),
            modified_at: cloud.now(),
            headers: headers::kept(&said),
        };
        let call = Call { cloud, place, bucket, key: key.as_bytes(), heard: &said };
        conditions::allow_overwriting(&said, call.object().is_some())?;
        let answer = stored(call, &object, fields.get("success_action_status").map(String::as_str))?;
        call.insert(object)?;
        Ok(answer)
    };
    let reply = done.await;
    (Some(claim), Outcome::Verified, reply)
}

/// The answer in the form that the form asks for.
fn stored(call: Call<'_>, object: &Object, status: Option<&str>) -> Result<Answer, Error> {
    if call.heard.header("success_action_redirect").is_some() {
        return Err(not_played());
    }
    let location = format!("http://{}/{}", call.place.host, percent_path(call.key));
    let mut answer = match status {
        Some("201") => xml_answer(&format!(
            "<PostResponse><Bucket>{}</Bucket><ETag>{}</ETag><Key>{}</Key><Location>{location}</Location></PostResponse>",
            call.bucket,
            xml(&object.etag),
            xml(&String::from_utf8_lossy(call.key)),
        )),
        _ => Answer::new(Payload::empty()),
    };
    *answer.status_mut() = match status {
        Some("200") => StatusCode::OK,
        Some("201") => StatusCode::CREATED,
        _ => StatusCode::NO_CONTENT,
    };
    headers::describe(&mut answer, object);
    set(&mut answer, "content-md5", &object.content_md5().unwrap_or_default());
    Ok(answer)
}
