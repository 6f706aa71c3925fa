//! OSS: buckets and objects behind each of its signatures, that of Amazon S3 among them. Bodies stream both ways.
//!
//! Verifies the head before it reads a byte of the body, so a refused upload costs its head only.

mod append;
mod buckets;
mod conditions;
mod copy;
mod crc64;
mod delete;
mod form;
mod headers;
mod listing;
mod multipart;
mod objects;
mod parts;
mod policy;
mod range;
mod receive;
mod s3;
mod scratch;
mod store;
mod uploads;

pub(crate) use scratch::Reader;
pub(crate) use store::Store;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};

use super::answer::{Answer, Payload, set, text};
use super::cloud::Cloud;
use super::encode::{base64, hex, path_decoded, xml};
use super::error::Error;
use super::heard::Heard;
use super::ledger::{Outcome, Verdict};
use super::place::Place;
use super::verify::{self, Claim};

/// Who owns every bucket and object.
const OWNER: &str = "<Owner><ID>1000000000000001</ID><DisplayName>1000000000000001</DisplayName></Owner>";

/// How much of a refused upload is read and thrown away, in bytes. The largest that a demonstration sends.
const DRAINED: usize = 64 * 1024 * 1024;

/// Answers a request to an OSS host.
pub(crate) async fn answer(cloud: &Cloud, place: &Place, heard: &Heard, mut body: Incoming) -> Answer {
    let request_id = hex(&cloud.random(12)).to_uppercase();
    let (claim, outcome, reply) = decide(cloud, place, heard, &mut body).await;
    if reply.is_err() && heard.header("expect").is_none() {
        drain(&mut body).await;
    }
    let mut answer = reply.unwrap_or_else(|error| render(&error, place, heard, &request_id));
    set(&mut answer, "x-oss-request-id", &request_id);
    set(&mut answer, "server", "AliyunOSS");
    if is_s3(heard) {
        s3::name_for_s3(&mut answer, &request_id);
    }
    let status = answer.status().as_u16();
    cloud.ledger.note(Verdict::new(place, &heard.method, claim.as_ref(), outcome, status));
    answer
}

/// Whether the caller speaks as clients of Amazon S3 do.
fn is_s3(heard: &Heard) -> bool {
    heard.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 "))
}

/// Verifies a request and does what it asks.
async fn decide(
    cloud: &Cloud,
    place: &Place,
    heard: &Heard,
    body: &mut Incoming,
) -> (Option<Claim>, Outcome, Result<Answer, Error>) {
    if let Some(error) = cloud.faults.product_failure("oss") {
        return (None, Outcome::Failed(error.code.clone()), Err(error));
    }
    if form::is_one(place, heard) {
        return form::answer((cloud, place, heard), body).await;
    }
    let (claim, outcome, admission) = admit(cloud, place, heard);
    let reply = match admission {
        Ok(()) if is_s3(heard) => perform(cloud, place, &s3::as_oss(heard), body).await,
        Ok(()) => perform(cloud, place, heard, body).await,
        Err(error) => Err(error),
    };
    (claim, outcome, reply)
}

/// Verifies the head.
fn admit(cloud: &Cloud, place: &Place, heard: &Heard) -> (Option<Claim>, Outcome, Result<(), Error>) {
    let refused = |claim, error: Error| (claim, Outcome::Refused(error.code.clone()), Err(error));
    if is_s3(heard)
        && let Err(error) = s3::hold_to_whole_bodies(heard)
    {
        return refused(None, error);
    }
    let claim = match verify::read(heard, place) {
        Ok(Some(claim)) => claim,
        Ok(None) => return refused(None, anonymous()),
        Err(denial) => return refused(None, denial.oss(None)),
    };
    match cloud.bench().judge(&claim) {
        Ok(_) => (Some(claim), Outcome::Verified, Ok(())),
        Err(denial) => {
            let error = denial.oss(Some(&claim));
            refused(Some(claim), error)
        }
    }
}

/// No bucket here is public.
fn anonymous() -> Error {
    let message = "You have no right to access this object because of bucket acl.";
    Error::new(403, "AccessDenied", message).with("EC", "0003-00000001")
}

/// Does what a verified request asks.
async fn perform(cloud: &Cloud, place: &Place, heard: &Heard, body: &mut Incoming) -> Result<Answer, Error> {
    let Some(bucket) = &place.bucket else {
        return buckets::without_a_bucket(cloud, heard);
    };
    let key = path_decoded(&heard.path).split_off(1);
    let call = objects::Call { cloud, place, bucket, key: &key, heard };
    if key.is_empty() {
        return buckets::answer(call, body).await;
    }
    objects::answer(call, body).await
}

/// Reads on after a refusal, so that a client that sends its whole body before it reads can read the answer too.
/// One that asked to wait for a go-ahead gets its refusal at once.
async fn drain(body: &mut Incoming) {
    let mut left = DRAINED;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            break;
        }
    }
}

/// A call that OSS knows and the sandbox does not play.
fn not_played() -> Error {
    Error::new(501, "NotImplemented", "The sandbox does not play this call.")
}

/// A list that cannot be read.
fn malformed_xml() -> Error {
    let message =
        "The XML you provided was not well-formed or did not validate against our published schema.";
    Error::new(400, "MalformedXML", message)
}

/// A parameter or header that is none of those that can be.
fn invalid_argument(name: &str, value: &str, message: &str) -> Error {
    Error::new(400, "InvalidArgument", message).with("ArgumentName", name).with("ArgumentValue", value)
}

fn xml_answer(body: &str) -> Answer {
    text(200, "application/xml", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"))
}

/// An error as OSS words it. What it names in lower case is a header. The answer to a HEAD has no body, so there the XML goes into a header.
fn render(error: &Error, place: &Place, heard: &Heard, request_id: &str) -> Answer {
    let mut body = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n");
    let mut line = |name: &str, value: &str| body.push_str(&format!("  <{name}>{}</{name}>\n", xml(value)));
    line("Code", &error.code);
    line("Message", &error.message);
    line("RequestId", request_id);
    line("HostId", &place.host);
    let is_header = |name: &str| name.starts_with("x-oss-");
    for (name, value) in error.more.iter().filter(|(name, _)| !is_header(name)) {
        line(name, value);
    }
    body.push_str("</Error>\n");
    let ec = error.more.iter().find(|(name, _)| *name == "EC").map_or("", |(_, value)| value);
    let mut answer = text(error.status, "application/xml", body.clone());
    if heard.method == "HEAD" {
        *answer.body_mut() = Payload::empty();
        set(&mut answer, "x-oss-err", &base64(body.as_bytes()));
    }
    if !ec.is_empty() {
        set(&mut answer, "x-oss-ec", ec);
    }
    for (name, value) in error.more.iter().filter(|(name, _)| is_header(name)) {
        set(&mut answer, name, value);
    }
    answer
}
