//! How Log Service words things: errors in JSON, whatever was asked for, and ids in headers.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::answer::{Answer, Payload, set, text};
use crate::sandbox::date;
use crate::sandbox::error::Error;
use crate::sandbox::verify::{Claim, Denial};

/// A success with something to say.
pub(super) fn told(value: &Value) -> Answer {
    text(200, "application/json", value.to_string())
}

/// A success without: no body, and so no media type, for SDKs read one where a type is said.
pub(super) fn done() -> Answer {
    Answer::new(Payload::empty())
}

/// A success in bytes.
pub(super) fn bytes(media_type: &'static str, body: Vec<u8>) -> Answer {
    let mut answer = Answer::new(Payload::Whole(body.into()));
    *answer.status_mut() = StatusCode::OK;
    set(&mut answer, "content-type", media_type);
    answer
}

/// An error. From "Common error codes".
pub(super) fn refusal(error: &Error) -> Answer {
    let value = json!({ "errorCode": error.code, "errorMessage": error.message });
    text(error.status, "application/json", value.to_string())
}

/// Sets what every answer has.
pub(super) fn finish(answer: &mut Answer, request_id: &str) {
    set(answer, "x-log-requestid", request_id);
    set(answer, "server", "nginx");
}

/// A denial, in the codes of "Common error codes". It has none for a token that is over: the code is what SDKs know.
pub(super) fn words(denial: &Denial, claim: Option<&Claim>) -> Error {
    let signature = claim.map(|claim| claim.signature.as_str()).unwrap_or_default();
    let id = claim.map(|claim| claim.access_key_id.as_str()).unwrap_or_default();
    let missing = |name: &str| format!("{name} does not exist in http header.");
    let (status, code, message) = match denial {
        Denial::Missing("Authorization") => {
            (401, "Unauthorized", "The request has no Authorization header.".to_owned())
        }
        Denial::Missing("x-log-apiversion") => (400, "MissingAPIVersion", missing("x-log-apiversion")),
        Denial::Missing("x-log-signaturemethod") => {
            (400, "MissingSignatureMethod", missing("x-log-signaturemethod"))
        }
        Denial::Missing("Date" | "x-log-date") => (400, "MissingDate", missing("Date")),
        Denial::Missing(name) => (400, "ParameterInvalid", missing(name)),
        Denial::BadDate(_) => (400, "InvalidDateFormat", "Date must follow RFC822.".to_owned()),
        Denial::Skewed { signed_at, now } => {
            let (signed_at, now) = (date::iso(*signed_at), date::iso(*now));
            let message = format!("Request time {signed_at} has been expired while server time is {now}.");
            (400, "RequestTimeExpired", message)
        }
        Denial::UnknownKey | Denial::TokenMissing => {
            (401, "Unauthorized", format!("AccessKeyId not found: {id}"))
        }
        Denial::TokenMalformed | Denial::TokenOfAnotherKey => {
            (401, "Unauthorized", "The security token you provided is invalid.".to_owned())
        }
        Denial::TokenExpired => {
            (401, "SecurityTokenExpired", "The security token you provided has expired.".to_owned())
        }
        Denial::Mismatch | Denial::BodyHash | Denial::WrongRegion(_) | Denial::WrongProduct(_) => {
            (401, "SignatureNotMatch", format!("signature {signature} not match"))
        }
        Denial::Malformed("x-log-signaturemethod is hmac-sha1 or hmac-sha256") => {
            (400, "InvalidSignatureMethod", "The signature method is unsupported.".to_owned())
        }
        Denial::Repeated(_) | Denial::Malformed(_) | Denial::Uncovered(_) | Denial::NonceUsed => {
            (401, "Unauthorized", "The Authorization header or a signed one is invalid.".to_owned())
        }
    };
    Error::new(status, code, &message)
}
