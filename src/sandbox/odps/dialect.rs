//! How MaxCompute words its errors: XML where SQL is run, JSON where a tunnel is.

use serde_json::json;

use crate::sandbox::answer::{Answer, set, text};
use crate::sandbox::date;
use crate::sandbox::encode::xml;
use crate::sandbox::error::Error;
use crate::sandbox::place::Place;
use crate::sandbox::verify::{Claim, Denial, SKEW_ALLOWED};

/// Whether the host is a tunnel's.
pub(super) fn is_tunnel(place: &Place) -> bool {
    place.host.starts_with("dt.")
}

/// A denial as MaxCompute words it. The numbers are those of "API errors"; the names are those that its SDKs know.
pub(super) fn words(denial: &Denial, _: Option<&Claim>) -> Error {
    let (status, code, message) = match denial {
        Denial::UnknownKey | Denial::TokenMissing => {
            (401, "InvalidParameter", "ODPS-0410051:Invalid credentials - accessKeyId not found".to_owned())
        }
        // One number stands for all that is wrong with a credential.
        Denial::TokenMalformed | Denial::TokenOfAnotherKey => (
            401,
            "InvalidParameter",
            "ODPS-0410051:Invalid credentials - the security token is invalid".to_owned(),
        ),
        Denial::TokenExpired => (
            401,
            "InvalidParameter",
            "ODPS-0410051:Invalid credentials - the security token has expired".to_owned(),
        ),
        Denial::Mismatch | Denial::WrongRegion(_) | Denial::WrongProduct(_) => {
            let message = "ODPS-0410042:Invalid signature value - User signature does not match";
            (401, "SignatureNotMatch", message.to_owned())
        }
        Denial::Skewed { signed_at, now } => {
            let (most, at, now) =
                (SKEW_ALLOWED * 1_000, date::iso_milliseconds(*signed_at), date::iso_milliseconds(*now));
            // Spelled so by MaxCompute, as Python's SDK notes.
            (
                400,
                "RequestTimeTooSkewd",
                format!(
                    "ODPS-0410031:Authentication request expired - the expire time interval exceeds the max limitation: \
                 {most}, max_interval_date:{most},expire_date:{at},now_date:{now}"
                ),
            )
        }
        Denial::Missing("Authorization") | Denial::Malformed(_) => {
            let message = "ODPS-0410011:Invalid authentication parameters - \
                           the request authorization header is invalid or missing";
            (401, "AuthorizationRequired", message.to_owned())
        }
        Denial::Missing(name) | Denial::BadDate(name) => {
            (400, "InvalidParameter", format!("ODPS-0410011:Invalid authentication parameters - {name}"))
        }
        Denial::Repeated(name) | Denial::Uncovered(name) => {
            let message =
                format!("ODPS-0410011:Invalid authentication parameters - {name} comes more than once");
            (400, "InvalidParameter", message)
        }
        Denial::BodyHash | Denial::NonceUsed => {
            (400, "InvalidParameter", "ODPS-0410011:Invalid authentication parameters".to_owned())
        }
    };
    Error::new(status, code, &message)
}

/// An error, in the dialect of the host.
pub(super) fn error(error: &Error, place: &Place, request_id: &str) -> Answer {
    let Error { status, code, message, .. } = error;
    if is_tunnel(place) {
        let value = json!({"Code": code, "Message": message, "RequestId": request_id, "HostId": place.host});
        return text(*status, "application/json", value.to_string());
    }
    let (code, message) = (xml(code), xml(message));
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n\t<Code>{code}</Code>\n\t<Message>{message}</Message>\n\
         \t<RequestId>{request_id}</RequestId>\n\t<HostId>{}</HostId>\n</Error>",
        xml(&place.host)
    );
    text(*status, "application/xml", body)
}

/// What every answer carries.
pub(super) fn finish(answer: &mut Answer, request_id: &str) {
    set(answer, "x-odps-request-id", request_id);
}

/// An answer of XML.
pub(super) fn document(body: &str) -> Answer {
    text(200, "application/xml", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"))
}
