//! Model Studio (DashScope): a model that repeats what it is told, whole or in events, in Model Studio's own dialect and in
//! OpenAI's; and short-lived keys.

mod chat;
mod keys;
#[cfg(test)]
mod tests;

pub(crate) use keys::ApiKeys;

use serde_json::{Value, json};

use super::answer::{Answer, set, text};
use super::cloud::Cloud;
use super::error::Error;
use super::heard::Heard;
use super::ledger::{Outcome, Verdict};
use super::news::masked;
use super::place::Place;
use super::verify::bearer;
use crate::names::Scheme;

/// What OpenAI's dialect lies under.
const COMPATIBLE: &str = "/compatible-mode/v1/";

/// The longest life of a short-lived key, and the usual one, in seconds. From "Generate a temporary API key".
const LIFE_MOST: i64 = 1_800;
const LIFE_USUAL: i64 = 60;

/// Answers a request to a host of Model Studio. Its body has been read whole.
pub(crate) fn answer(cloud: &Cloud, place: &Place, heard: &Heard) -> Answer {
    let request_id = cloud.request_id().to_lowercase();
    let is_compatible = heard.path.starts_with(COMPATIBLE);
    let (key, outcome, admitted) = admit(cloud, heard);
    let reply =
        admitted.and_then(|()| perform(cloud, heard, key.as_deref().unwrap_or_default(), &request_id));
    let mut answer = reply.unwrap_or_else(|error| refusal(&error, is_compatible, &request_id));
    set(&mut answer, "x-request-id", &request_id);
    set(&mut answer, "x-dashscope-request-id", &request_id);
    cloud.ledger.note(Verdict {
        scheme: key.is_some().then(|| Scheme::ApiKey.name()),
        // Unlike an AccessKey's id it is all there is to a key.
        access_key_id: key.as_deref().map(masked),
        ..Verdict::new(place, action(heard), None, outcome, answer.status().as_u16())
    });
    answer
}

/// The key that a request carries, and whether it opens anything.
fn admit(cloud: &Cloud, heard: &Heard) -> (Option<String>, Outcome, Result<(), Error>) {
    if let Some(error) = cloud.faults.product_failure("dashscope") {
        return (None, Outcome::Failed(error.code.clone()), Err(error));
    }
    let (key, message) = match bearer::read(heard) {
        Ok(Some(key)) if cloud.api_keys.opens(&key, cloud.now(), &cloud.faults) => {
            return (Some(key), Outcome::Verified, Ok(()));
        }
        Ok(Some(key)) => (Some(key), "Invalid API-key provided."),
        Ok(None) => (None, "No API-key provided."),
        Err(_) => (None, "The API-key is not where it belongs."),
    };
    let code = "InvalidApiKey";
    (key, Outcome::Refused(code.to_owned()), Err(Error::new(401, code, message)))
}

/// What a request asks, by its path.
fn action(heard: &Heard) -> &'static str {
    match (heard.method.as_str(), heard.path.as_str()) {
        ("POST", "/api/v1/services/aigc/text-generation/generation") => "Generation",
        ("POST", "/compatible-mode/v1/chat/completions") => "ChatCompletions",
        ("GET", "/compatible-mode/v1/models" | "/api/v1/models") => "ListModels",
        ("POST", "/api/v1/tokens") => "CreateToken",
        _ => "unknown",
    }
}

fn perform(cloud: &Cloud, heard: &Heard, key: &str, request_id: &str) -> Result<Answer, Error> {
    match action(heard) {
        "Generation" => chat::generation(heard, request_id),
        "ChatCompletions" => chat::completions(heard, request_id, cloud.now()),
        "ListModels" => Ok(json_answer(200, &chat::models(heard.path.starts_with(COMPATIBLE), request_id))),
        "CreateToken" => create_token(cloud, heard, key),
        _ => Err(Error::new(404, "NotFound", "The sandbox does not play this call.")),
    }
}

/// A short-lived key, made of a lasting one.
fn create_token(cloud: &Cloud, heard: &Heard, key: &str) -> Result<Answer, Error> {
    if !cloud.api_keys.is_lasting(key) {
        let message = "A temporary API-key cannot be made of another.";
        return Err(Error::new(403, "AccessDenied", message));
    }
    let life = match heard.query_value("expire_in_seconds") {
        None => LIFE_USUAL,
        Some(text) => {
            let life = text.parse().ok().filter(|life| (1..=LIFE_MOST).contains(life));
            life.ok_or_else(|| invalid("expire_in_seconds must be a number from 1 to 1800."))?
        }
    };
    let (token, now) = (format!("st-{}", cloud.letters(32)), cloud.now());
    cloud.api_keys.issue(&token, (now, now + life), &cloud.faults);
    Ok(json_answer(200, &json!({ "token": token, "expires_at": now + life })))
}

fn invalid(message: &str) -> Error {
    Error::new(400, "InvalidParameter", message)
}

fn json_answer(status: u16, value: &Value) -> Answer {
    text(status, "application/json", value.to_string())
}

/// An error in either dialect. OpenAI's has words of its own for a wrong key and an unknown model.
fn refusal(error: &Error, is_compatible: bool, request_id: &str) -> Answer {
    let told = if is_compatible {
        let code = match error.code.as_str() {
            "InvalidApiKey" => "invalid_api_key",
            "ModelNotFound" => "model_not_found",
            "InvalidParameter" => "invalid_parameter_error",
            other => other,
        };
        let error = json!({
            "message": error.message, "type": "invalid_request_error", "param": null, "code": code,
        });
        json!({ "error": error, "request_id": request_id })
    } else {
        json!({ "code": error.code, "message": error.message, "request_id": request_id })
    };
    json_answer(error.status, &told)
}
