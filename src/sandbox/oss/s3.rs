//! The dialect of Amazon S3: what its clients call a header, and what OSS calls it.

use hyper::header::HeaderName;

use crate::sandbox::answer::Answer;
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
    crate::sandbox::answer::set(answer, "x-amz-request-id", request_id);
}
