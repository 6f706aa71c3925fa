//! Function Compute: functions of version 3.0 that return what they are called with, and version 2.0's HTTP triggers.

mod functions;
#[cfg(test)]
mod tests;

pub(crate) use functions::Functions;

use serde_json::json;

use super::admission::Admission;
use super::answer::{Answer, set, text};
use super::cloud::Cloud;
use super::echo;
use super::encode::path_decoded;
use super::error::Error;
use super::heard::Heard;
use super::place::Place;
use super::verify::{Claim, Denial};

/// Answers a request to a host of Function Compute. Its body has been read whole.
pub(crate) fn answer(cloud: &Cloud, place: &Place, heard: &Heard) -> Answer {
    let request_id = format!("1-{}", cloud.request_id().to_lowercase());
    let admission = Admission::of(cloud, place, heard, words);
    let path = String::from_utf8_lossy(&path_decoded(heard.path.trim_start_matches('/'))).into_owned();
    let parts: Vec<&str> = path.split('/').collect();
    let is_old = matches!(parts.as_slice(), ["2016-08-15" | "2021-04-06", ..]);
    let (action, reply) = match &admission.caller {
        Err(error) => ("unknown", Err(error.clone())),
        Ok(_) => perform(cloud, place, heard, &parts),
    };
    let mut answer = reply.unwrap_or_else(|error| refusal(&error, &request_id, is_old));
    set(&mut answer, "x-fc-request-id", &request_id);
    set(&mut answer, "x-acs-request-id", &request_id);
    admission.note(cloud, place, action, answer.status().as_u16());
    answer
}

fn perform(
    cloud: &Cloud,
    place: &Place,
    heard: &Heard,
    parts: &[&str],
) -> (&'static str, Result<Answer, Error>) {
    let functions = &cloud.functions;
    let region = place.region.as_deref().unwrap_or_default();
    match (heard.method.as_str(), parts) {
        (_, ["2016-08-15", "proxy", _, _, ..]) => ("InvokeHTTPTrigger", Ok(echo::reflection(heard))),
        ("POST", ["2023-03-30", "functions"]) => {
            ("CreateFunction", functions.create(region, &heard.body, (cloud.now(), &cloud.random(16))))
        }
        ("GET", ["2023-03-30", "functions"]) => ("ListFunctions", functions.list(region, heard)),
        ("GET", ["2023-03-30", "functions", name]) => ("GetFunction", functions.get(region, name)),
        ("DELETE", ["2023-03-30", "functions", name]) => ("DeleteFunction", functions.delete(region, name)),
        ("POST", ["2023-03-30", "functions", name, "invocations"]) => {
            ("InvokeFunction", functions.invoke(region, name, heard))
        }
        _ => {
            let message = format!("'{}' against '{}' is not supported", heard.method, heard.path);
            ("unknown", Err(Error::new(400, "PathNotSupported", &message)))
        }
    }
}

/// An error: of versions 1 and 2 of the API with its code in `ErrorCode`, of the third in `Code`.
pub(crate) fn refusal(error: &Error, request_id: &str, is_old: bool) -> Answer {
    let told = if is_old {
        json!({ "ErrorCode": error.code, "ErrorMessage": error.message })
    } else {
        json!({ "Code": error.code, "Message": error.message, "RequestId": request_id })
    };
    text(error.status, "application/json", told.to_string())
}

/// A denial, from "Error codes" of Function Compute. It has none for a token that is over: OpenAPI's stand in.
pub(crate) fn words(denial: &Denial, claim: Option<&Claim>) -> Error {
    match denial {
        Denial::Missing(name) => {
            let message = format!("required HTTP header {name} was not specified");
            Error::new(400, "MissingRequiredHeader", &message)
        }
        Denial::UnknownKey => {
            let id = claim.map(|claim| claim.access_key_id.as_str()).unwrap_or_default();
            Error::new(403, "InvalidAccessKeyID", &format!("invalid access key ID '{id}'"))
        }
        Denial::Skewed { signed_at, now } => {
            let message = format!(
                "the difference between the request time '{signed_at}' and the current time '{now}' is too large"
            );
            Error::new(403, "AccessDenied", &message)
        }
        Denial::Mismatch | Denial::BodyHash => {
            let message = "The request signature we calculated does not match the signature you provided. \
                           Check your access key and signing method.";
            Error::new(403, "SignatureNotMatch", message)
        }
        other => other.open_api(claim),
    }
}
