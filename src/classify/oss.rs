//! As what a request to OSS leaves, in its own dialect or that of S3.

use crate::names::{Action, Call, Product, Scheme};
use crate::refusal::{Code, Refusal};
use crate::wire::{Framing, Head, Method, NameSet};

use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape, has_body};
use super::strip;
use super::unavailable::unavailable;

/// With what the caller signed: the URL, or a header. S3's dialect shows in its own headers, too.
pub(super) fn caller_scheme(head: &Head, signed_url: Option<Scheme>) -> Result<Option<Scheme>, Refusal> {
    let authorization = head.field("authorization").unwrap_or_default();
    let starts = |prefix: &str| authorization.starts_with(prefix.as_bytes());
    if let Some(scheme) = signed_url {
        // The cloud refuses a signature in both places.
        if !authorization.is_empty() {
            return Err(Refusal::new(
                Code::PresignedUrl,
                "both the URL and `Authorization` carry a signature",
                "send the plain request: countersign signs it",
            ));
        }
        return Ok(Some(scheme));
    }
    let is_s3 = starts("AWS4-HMAC-SHA256 ")
        || starts("AWS ")
        || head.fields().any(|field| starts_ignoring_case(field.name, b"x-amz-"));
    Ok(if is_s3 {
        Some(Scheme::S3)
    } else if starts("OSS4-HMAC-SHA256 ") {
        Some(Scheme::OssV4)
    } else if starts("OSS ") || starts("OSS2 ") {
        Some(Scheme::OssV1)
    } else {
        None
    })
}

/// Decides.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    let product = shape.endpoint.product();
    let scheme = scheme(asked, shape, product)?;
    let is_form_upload = is_form_upload(shape);
    if is_form_upload && (scheme == Scheme::S3 || product.code != "oss") {
        return Err(Refusal::new(
            Code::SchemeUnavailable,
            "a form upload in the dialect of S3 carries a signature that this version does not make",
            "upload the form to the bucket's own endpoint, or use PutObject",
        ));
    }
    if scheme != Scheme::OssV1 && shape.endpoint.region().is_none() {
        return Err(Refusal::new(
            Code::SchemeUnavailable,
            "the host names no region, and the signature must",
            "use the bucket's regional endpoint",
        ));
    }
    let may_be_sent_twice = matches!(shape.head.method(), Some(Method::Get | Method::Head));
    let owned = strip::oss_parameters(asked.is_signed_url);
    let is_object_call = matches!(product.code, "oss-tables" | "oss-vectors");
    let call = Call {
        action: oss_action(shape, owned).filter(|_| !is_object_call),
        version: None,
        caller_scheme: asked.caller_scheme,
        scheme: Some(scheme),
        may_be_sent_twice,
    };
    let body = match scheme {
        _ if is_form_upload => BodyPlan::FormUpload,
        Scheme::S3 => s3_body(shape)?,
        _ => own_body(shape.head)?,
    };
    Ok(Plan {
        owned,
        call,
        body,
        adds_action: false,
        adds_version: false,
        needs_credential: true,
        doubt: None,
    })
}

/// PostObject: a form to the bucket itself. At an object's path, a body of that type is a body like any other.
fn is_form_upload(shape: &Shape<'_>) -> bool {
    let Shape { head, target, query, endpoint, .. } = shape;
    let is_multipart = || {
        head.field("content-type").is_some_and(|value| starts_ignoring_case(value, b"multipart/form-data"))
    };
    head.method() == Some(Method::Post)
        && target.is_root()
        && query.is_empty()
        && endpoint.tenant().is_some()
        && is_multipart()
        && has_body(head)
}

fn scheme(asked: &Asked, shape: &Shape<'_>, product: &'static Product) -> Result<Scheme, Refusal> {
    let speaks_s3 = asked.caller_scheme == Some(Scheme::S3)
        || asked.caller_scheme.is_none() && product.schemes.first() == Some(&Scheme::S3);
    match product.code {
        "oss-tables" | "oss-vectors" if speaks_s3 => Err(unavailable(product, Scheme::S3)),
        // Their resources have names that V1 does not know.
        "oss-tables" | "oss-vectors" => Ok(Scheme::OssV4),
        _ if speaks_s3 => Ok(Scheme::S3),
        _ if shape.oss_v1 => Ok(Scheme::OssV1),
        _ => Ok(Scheme::OssV4),
    }
}

fn own_body(head: &Head) -> Result<BodyPlan, Refusal> {
    Ok(if has_body(head) { BodyPlan::Stream } else { BodyPlan::Empty })
}

/// A body in the dialect of S3. OSS takes no `aws-chunked`, and wants an MD5 of what DeleteObjects is told.
fn s3_body(shape: &Shape<'_>) -> Result<BodyPlan, Refusal> {
    let head = shape.head;
    let is_signed_in_pieces =
        head.field("x-amz-content-sha256").is_some_and(|value| value.starts_with(b"STREAMING-"));
    let is_chunked = head
        .fields()
        .filter(|field| field.is("content-encoding"))
        .any(|field| crate::wire::lists(field.value, b"aws-chunked"));
    if is_signed_in_pieces || is_chunked {
        let length = head.field("x-amz-decoded-content-length").and_then(crate::wire::plain_decimal);
        let Some(length) = length else {
            return Err(Refusal::new(
                Code::BadHeader,
                "the body is `aws-chunked`, and `x-amz-decoded-content-length` does not say how long it is inside",
                "send that header",
            ));
        };
        return match head.framing() {
            Framing::None => Ok(BodyPlan::Empty),
            _ => Ok(BodyPlan::Dechunk(length)),
        };
    }
    let deletes_many =
        head.method() == Some(Method::Post) && shape.query.iter().any(|parameter| parameter.is("delete"));
    if deletes_many && has_body(head) && head.field("content-md5").is_none() {
        return Ok(BodyPlan::Hold);
    }
    own_body(head)
}

fn starts_ignoring_case(value: &[u8], prefix: &[u8]) -> bool {
    value.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The plain operations by name. A sub-resource makes another operation of the same request, and is left unnamed; what the
/// caller's own signature put into the query does not.
fn oss_action(shape: &Shape<'_>, owned: &NameSet) -> Option<Action> {
    const LISTING: [&str; 9] = [
        "prefix",
        "marker",
        "max-keys",
        "delimiter",
        "encoding-type",
        "list-type",
        "start-after",
        "continuation-token",
        "fetch-owner",
    ];
    let method = shape.head.method()?;
    let mut query = shape.query.iter().filter(|parameter| !owned.holds_parameter(parameter)).peekable();
    let has_query = query.peek().is_some();
    let is_listing = query.all(|parameter| LISTING.iter().any(|name| parameter.is(name)));
    let has_bucket = shape.endpoint.tenant().is_some();
    let has_key = has_bucket && !shape.target.is_root();
    let name = match (method, has_key, has_bucket) {
        (Method::Get, false, true) if is_listing => "ListObjects",
        (Method::Get, false, false) if is_listing => "ListBuckets",
        _ if has_query => return None,
        (Method::Get, true, _) => "GetObject",
        (Method::Head, true, _) => "HeadObject",
        (Method::Put, true, _) => "PutObject",
        (Method::Delete, true, _) => "DeleteObject",
        (Method::Post, false, true) if is_form_upload(shape) => "PostObject",
        (Method::Put, false, true) => "PutBucket",
        (Method::Delete, false, true) => "DeleteBucket",
        _ => return None,
    };
    Action::new(name.bytes())
}

/// OSS: the names that the caller's own V4 signature listed beside the usual ones.
pub fn additional_headers(head: &Head) -> &[u8] {
    let authorization = head.field("authorization").unwrap_or_default();
    if !authorization.starts_with(b"OSS4-HMAC-SHA256 ") {
        return &[];
    }
    let from = authorization.get(b"OSS4-HMAC-SHA256".len()..).unwrap_or_default();
    from.split(|&byte| byte == b',')
        .find_map(|part| part.trim_ascii().strip_prefix(b"AdditionalHeaders="))
        .unwrap_or_default()
}
