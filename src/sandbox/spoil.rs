//! Answers that are wrong where it hurts: what a credential is made of comes as a page, in part, out of date or not at all.

use std::fmt;
use std::future;

use hyper::body::Bytes;
use hyper::header::LOCATION;
use serde_json::{Value, json};

use super::answer::{Answer, Payload, text};
use super::cloud::Cloud;
use super::date;
use super::html;
use super::news::News;

/// Bodies up to here are what a client of credentials reads at most.
const READABLE: usize = 64 * 1024;

/// How long ago a credential ended that comes expired, in seconds.
const EXPIRED: i64 = 600;

/// What is wrong with an answer that carries a credential, a token for one or what a key belongs to. Every other answer stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spoil {
    /// The page of a gateway, with status 502.
    Html,
    /// Its first half, whole as a message.
    Truncated,
    /// No body.
    Empty,
    /// 64 KiB and one byte of it and blanks.
    Huge,
    /// Lists in each other, as deep as 64 KiB hold.
    Nested,
    /// A number for the AccessKey's id, the token or the account.
    Mistyped,
    /// Ten minutes past its end; of a key that KMS keeps, past its next rotation.
    Expired,
    /// To end in 2099; of a key that KMS keeps, not to be changed before.
    Endless,
    /// No secret in it, or no token.
    Incomplete,
    /// The secret empty, the token null or empty.
    Blank,
    /// A line end and a header in the token; of a key without one, in the secret.
    LineBreak,
    /// Of another role than was asked for.
    AnotherRole,
    /// A `Code` that is not `Success`, where the answer has one.
    Unsuccessful,
    /// 302 to another path of the same host.
    Redirect,
    /// Nothing, for as long as the client waits.
    Hang,
    /// Its first half, and then the end of the connection.
    Cut,
}

impl Spoil {
    /// All of them, by the names that an operator writes.
    pub const NAMES: [(&'static str, Self); 16] = [
        ("html", Self::Html),
        ("truncated", Self::Truncated),
        ("empty", Self::Empty),
        ("huge", Self::Huge),
        ("nested", Self::Nested),
        ("mistyped", Self::Mistyped),
        ("expired", Self::Expired),
        ("endless", Self::Endless),
        ("incomplete", Self::Incomplete),
        ("blank", Self::Blank),
        ("line-break", Self::LineBreak),
        ("another-role", Self::AnotherRole),
        ("unsuccessful", Self::Unsuccessful),
        ("redirect", Self::Redirect),
        ("hang", Self::Hang),
        ("cut", Self::Cut),
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, spoil)| *spoil)
    }
}

impl fmt::Display for Spoil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, spoil)| spoil == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// The answer as the faults of this product leave it.
pub(crate) async fn apply(cloud: &Cloud, product: &str, answer: Answer) -> Answer {
    let Payload::Whole(body) = answer.body() else { return answer };
    if !answer.status().is_success() || !is_relied_on(product, body) {
        return answer;
    }
    let Some(spoil) = cloud.faults.next_spoil(product) else { return answer };
    cloud.ledger.tell(&News::Failed {
        product: product.to_owned(),
        action: "credential".to_owned(),
        code: spoil.to_string(),
        left: None,
    });
    let body = body.clone();
    match spoil {
        Spoil::Html => html::page(502, "502 Bad Gateway", "<hr>gateway"),
        Spoil::Truncated => with(answer, Payload::Whole(half(&body))),
        Spoil::Empty => with(answer, Payload::empty()),
        Spoil::Huge => {
            let mut huge = body.to_vec();
            huge.resize(READABLE + 1, b' ');
            with(answer, Payload::Whole(huge.into()))
        }
        Spoil::Nested => with(answer, Payload::Whole(vec![b'['; READABLE].into())),
        Spoil::Redirect => {
            let mut redirect = text(302, "text/plain", String::new());
            redirect.headers_mut().insert(LOCATION, hyper::header::HeaderValue::from_static("/followed"));
            redirect
        }
        Spoil::Hang => future::pending().await,
        Spoil::Cut => {
            let length = body.len();
            with(answer, Payload::Cut(super::answer::Cut::new(half(&body), length)))
        }
        of_content => {
            let Ok(mut value) = serde_json::from_slice(&body) else { return answer };
            change(&mut value, of_content, cloud.now());
            with(answer, Payload::Whole(value.to_string().into()))
        }
    }
}

fn with(answer: Answer, payload: Payload) -> Answer {
    answer.map(|_| payload)
}

fn half(body: &Bytes) -> Bytes {
    body.slice(..body.len() / 2)
}

/// Whether there is a secret in it: STS's, the metadata server's, OAuth's or Vault's, in JSON or XML; or KMS's. Or a token
/// that brings one, CloudSSO's, OAuth's or a CI job's; or whose an AccessKey is.
fn is_relied_on(product: &str, body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_lowercase();
    let parts: &[&str] = match product {
        "cloudsso" | "oauth" => &["accesskeysecret", "\"access_token\"", "\"accesstoken\""],
        "github" => &["\"value\""],
        "sts" => &["accesskeysecret", "identitytype"],
        _ => &["accesskeysecret", "\"secret_key\""],
    };
    parts.iter().any(|part| text.contains(part))
}

/// Changes the members that a fault is about, wherever they are, also in JSON that stands in a string.
fn change(value: &mut Value, spoil: Spoil, now: i64) {
    match value {
        Value::Object(members) => {
            if spoil == Spoil::Incomplete {
                members.retain(|name, _| !is_secret(name));
            }
            let has_token = members.keys().any(|name| is_token(name));
            for (name, member) in members {
                match changed(name, member, (spoil, has_token), now) {
                    Some(other) => *member = other,
                    None => change(member, spoil, now),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| change(item, spoil, now)),
        Value::String(text) if text.starts_with('{') => {
            if let Ok(mut inner) = serde_json::from_str(text) {
                change(&mut inner, spoil, now);
                *text = inner.to_string();
            }
        }
        _ => {}
    }
}

/// A secret, a token that brings one, or what says whose a key is.
fn is_secret(name: &str) -> bool {
    matches!(plain(name).as_str(), "accesskeysecret" | "secretkey" | "accesstoken" | "value" | "identitytype")
}

fn is_token(name: &str) -> bool {
    matches!(plain(name).as_str(), "securitytoken" | "accesstoken" | "value")
}

/// One spelling of `AccessKeyId`, `accessKeyId` and `access_key`.
fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

/// `has_token`: whether it is the member of an object with a token.
fn changed(name: &str, member: &Value, (spoil, has_token): (Spoil, bool), now: i64) -> Option<Value> {
    let text = member.as_str().unwrap_or_default();
    let name = plain(name);
    match (spoil, name.as_str()) {
        (Spoil::Mistyped, "accesskeyid" | "accesskey" | "accesstoken" | "value" | "accountid") => {
            Some(json!(42))
        }
        (Spoil::Expired, "expiration" | "nextrotationdate") => Some(json!(date::iso(now - EXPIRED))),
        (Spoil::Expired, "expiresin") => Some(json!(0)),
        (Spoil::Endless, "expiration" | "nextrotationdate") => Some(json!("2099-01-01T00:00:00Z")),
        (Spoil::Blank, "securitytoken") => Some(Value::Null),
        (Spoil::Blank, name) if is_secret(name) => Some(json!("")),
        (Spoil::LineBreak, name) if is_token(name) || (!has_token && is_secret(name)) => {
            Some(json!(format!("{text}\r\nX-Injected: 1")))
        }
        (Spoil::Unsuccessful, "code") => Some(json!("AssumeRoleUnauthorized")),
        (Spoil::AnotherRole, "arn") => {
            let (account, rest) = text.split_once(":assumed-role/")?;
            let (_, session) = rest.split_once('/')?;
            Some(json!(format!("{account}:assumed-role/another/{session}")))
        }
        _ => None,
    }
}
