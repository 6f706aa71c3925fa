//! The dialect of Amazon S3: what its clients call a header, and what OSS calls it.

use hyper::header::HeaderName;

use super::invalid_argument;
use crate::sandbox::answer::{Answer, set};
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;

/// A request of such a client, as OSS's own clients would put it: `x-amz-meta-a` is `x-oss-meta-a`. `x-id` is the name of
/// the call, which some SDKs add for whoever reads logs.
pub(super) fn as_oss(heard: &Heard) -> Heard {
    let mut heard = heard.clone();
    for (name, _) in &mut heard.headers {
        if let Some(rest) = name.strip_prefix("x-amz-") {
            *name = format!("x-oss-{rest}");
        }
    }
    let pieces = heard.query.split('&').filter(|piece| !piece.starts_with("x-id="));
    heard.query = pieces.collect::<Vec<_>>().join("&");
    heard
}

/// Chunks with signatures or trailers inside a body, which OSS does not take.
pub(super) fn hold_to_whole_bodies(heard: &Heard) -> Result<(), Error> {
    let codings = heard.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
    let payload = heard.header("x-amz-content-sha256").unwrap_or_default();
    if !payload.starts_with("STREAMING-") && !codings.split(',').any(|coding| coding.trim() == "aws-chunked")
    {
        return Ok(());
    }
    let message = "aws-chunked encoding is not supported with the specified x-amz-content-sha256 value.";
    Err(invalid_argument("Content-Encoding", "aws-chunked", message).with("EC", "0017-00000804"))
}

/// Names in an answer what such a client reads: its metadata and the request's id.
pub(super) fn name_for_s3(answer: &mut Answer, request_id: &str) {
    let headers = answer.headers_mut();
    let kept: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("x-oss-meta-")).cloned().collect();
    for name in kept {
        let renamed = HeaderName::from_bytes(name.as_str().replacen("oss", "amz", 1).as_bytes());
        if let (Some(value), Ok(renamed)) = (headers.remove(&name), renamed) {
            headers.insert(renamed, value);
        }
    }
    set(answer, "x-amz-request-id", request_id);
}
