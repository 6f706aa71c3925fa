//! How DataHub words its errors: JSON, with one code for all that is wrong with a signature.

use serde_json::json;

use crate::sandbox::answer::{Answer, set, text};
use crate::sandbox::error::Error;
use crate::sandbox::verify::{Claim, Denial};

/// A denial. `Unauthorized` is what DataHub's reference has for wrong keys and wrong dates alike.
pub(super) fn words(denial: &Denial, _: Option<&Claim>) -> Error {
    let message = match denial {
        Denial::UnknownKey | Denial::TokenMissing => "The specified access key is not found.".to_owned(),
        Denial::TokenMalformed | Denial::TokenOfAnotherKey => "The security token is invalid.".to_owned(),
        Denial::TokenExpired => "The security token has expired.".to_owned(),
        Denial::Skewed { .. } => "The request has expired: its date is more than 15 minutes away.".to_owned(),
        Denial::Mismatch | Denial::WrongRegion(_) | Denial::WrongProduct(_) => {
            "The request signature we calculated does not match the signature you provided.".to_owned()
        }
        Denial::Missing(name) | Denial::BadDate(name) => format!("{name} is missing or not well formed."),
        Denial::Repeated(name) | Denial::Uncovered(name) => format!("{name} comes more than once."),
        Denial::Malformed(_) | Denial::BodyHash | Denial::NonceUsed => {
            "The authorization header is invalid.".to_owned()
        }
    };
    Error::new(401, "Unauthorized", &message)
}

/// An error.
pub(super) fn error(error: &Error, request_id: &str) -> Answer {
    let value = json!({"RequestId": request_id, "ErrorCode": error.code, "ErrorMessage": error.message});
    text(error.status, "application/json", value.to_string())
}

/// What every answer carries.
pub(super) fn finish(answer: &mut Answer, request_id: &str) {
    set(answer, "x-datahub-request-id", request_id);
}
