//! The functions of version 3.0. Each returns what it is called with; none of their code is kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value, json};

use crate::sandbox::answer::{Answer, Payload, set, text};
use crate::sandbox::cloud::ACCOUNT;
use crate::sandbox::date;
use crate::sandbox::encode::{base64, hex};
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;

/// How many there can be.
const MOST: usize = 1_000;
/// How much one's definition may hold without its code, in bytes.
const DEFINITION_BYTES_MOST: usize = 32 * 1024;

/// By region and name, what `GetFunction` shows.
#[derive(Debug, Default)]
pub(crate) struct Functions(Mutex<BTreeMap<(String, String), Map<String, Value>>>);

impl Functions {
    fn all(&self) -> MutexGuard<'_, BTreeMap<(String, String), Map<String, Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `CreateFunction`.
    pub(super) fn create(
        &self,
        region: &str,
        body: &[u8],
        (now, fresh): (i64, &[u8]),
    ) -> Result<Answer, Error> {
        let Ok(Value::Object(mut given)) = serde_json::from_slice(body) else {
            return Err(invalid("the body is no JSON object"));
        };
        given.remove("code");
        let name = given.get("functionName").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.len() <= 64
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !is_name {
            return Err(invalid(
                "functionName is 1 to 64 letters, digits, - and _, and begins with a letter or _",
            ));
        }
        if let Some(missing) = ["runtime", "handler"].iter().find(|key| !given.contains_key(**key)) {
            return Err(invalid(&format!("{missing} is missing")));
        }
        if Value::Object(given.clone()).to_string().len() > DEFINITION_BYTES_MOST {
            return Err(invalid("the definition is larger than 32 KiB"));
        }
        let stamp = date::iso(now);
        let more = [
            ("functionArn", json!(format!("acs:fc:{region}:{ACCOUNT}:functions/{name}"))),
            ("functionId", json!(hex(fresh))),
            ("createdTime", json!(stamp)),
            ("lastModifiedTime", json!(stamp)),
            ("state", json!("Active")),
            ("lastUpdateStatus", json!("Successful")),
        ];
        given.extend(more.map(|(key, value)| (key.to_owned(), value)));
        let mut all = self.all();
        let key = (region.to_owned(), name);
        if all.contains_key(&key) {
            let message = format!("function '{}' already exists", key.1);
            return Err(Error::new(409, "FunctionAlreadyExists", &message));
        }
        if all.len() >= MOST {
            return Err(Error::new(400, "LimitExceeded", "the sandbox holds as many functions as it can"));
        }
        let answer = json_answer(201, &Value::Object(given.clone()));
        all.insert(key, given);
        Ok(answer)
    }

    /// `GetFunction`.
    pub(super) fn get(&self, region: &str, name: &str) -> Result<Answer, Error> {
        let all = self.all();
        let function = all.get(&(region.to_owned(), name.to_owned())).ok_or_else(|| not_there(name))?;
        Ok(json_answer(200, &Value::Object(function.clone())))
    }

    /// `ListFunctions`, by prefix and in pages.
    pub(super) fn list(&self, region: &str, heard: &Heard) -> Result<Answer, Error> {
        let prefix = heard.query_value("prefix").unwrap_or_default();
        let from = heard.query_value("nextToken").unwrap_or_default();
        let limit = match heard.query_value("limit") {
            None => 20,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=100).contains(limit))
                .ok_or_else(|| invalid("limit is a number from 1 to 100"))?,
        };
        let all = self.all();
        let mut own =
            all.iter().filter(|((at, name), _)| at == region && name.starts_with(&prefix) && *name >= from);
        let page: Vec<&Map<String, Value>> = own.by_ref().take(limit).map(|(_, function)| function).collect();
        let mut told = json!({ "functions": page });
        if let (Some(((_, name), _)), Some(told)) = (own.next(), told.as_object_mut()) {
            told.insert("nextToken".to_owned(), json!(name));
        }
        Ok(json_answer(200, &told))
    }

    /// `DeleteFunction`.
    pub(super) fn delete(&self, region: &str, name: &str) -> Result<Answer, Error> {
        let gone = self.all().remove(&(region.to_owned(), name.to_owned()));
        gone.ok_or_else(|| not_there(name))?;
        Ok(empty(StatusCode::NO_CONTENT))
    }

    /// `InvokeFunction`: the payload comes back, of an asynchronous call nothing.
    pub(super) fn invoke(&self, region: &str, name: &str, heard: &Heard) -> Result<Answer, Error> {
        if !self.all().contains_key(&(region.to_owned(), name.to_owned())) {
            return Err(not_there(name));
        }
        let header = |name: &str| heard.header(name).unwrap_or_default();
        if header("x-fc-invocation-type").eq_ignore_ascii_case("async") {
            return Ok(empty(StatusCode::ACCEPTED));
        }
        let mut answer = Answer::new(Payload::Whole(heard.body.clone().into()));
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        if header("x-fc-log-type").eq_ignore_ascii_case("tail") {
            let log = format!("FC Invoke Start\n{} bytes\nFC Invoke End\n", heard.body.len());
            set(&mut answer, "x-fc-log-result", &base64(log.as_bytes()));
        }
        Ok(answer)
    }
}

fn json_answer(status: u16, value: &Value) -> Answer {
    text(status, "application/json", value.to_string())
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::new(Payload::empty());
    *answer.status_mut() = status;
    answer
}

fn invalid(why: &str) -> Error {
    Error::new(400, "InvalidArgument", why)
}

fn not_there(name: &str) -> Error {
    Error::new(404, "FunctionNotFound", &format!("function '{name}' does not exist"))
}
