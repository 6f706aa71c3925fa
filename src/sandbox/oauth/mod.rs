//! Alibaba Cloud's OAuth as the command line logs in with it: a page that asks a person and sends the browser back with a
//! code, the code's exchange for tokens, and the token's exchange for a credential.

mod authorize;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, text};
use super::cloud::{ACCOUNT, Cloud};
use super::counterpart::{Room, Scene};
use super::error::Error;
use super::heard::{Heard, Parameters};
use super::issue::Session;
use super::passes::Passes;
use super::pkce;
use super::verify::bearer;
use authorize::{Grant, PAGE};

/// How long tokens live unless it is said. As observed by others; Alibaba Cloud publishes no number.
const ACCESS_LIFE: Duration = Duration::from_secs(10_800);
const REFRESH_LIFE: Duration = Duration::from_secs(31_536_000);

/// How long the credential that a token is exchanged for lives, in seconds.
const CREDENTIAL_LIFE: i64 = 3_600;

/// One site's OAuth, pages and tokens at one address.
#[derive(Debug)]
pub struct OAuth {
    access_life: i64,
    refresh_life: i64,
    is_pascal: bool,
    codes: Passes<Grant>,
    accesses: Passes<()>,
    /// With the client that each was given to.
    refreshes: Passes<String>,
}

impl Default for OAuth {
    fn default() -> Self {
        let room = Self {
            access_life: 0,
            refresh_life: 0,
            is_pascal: false,
            codes: Passes::default(),
            accesses: Passes::default(),
            refreshes: Passes::default(),
        };
        room.lasting(ACCESS_LIFE, REFRESH_LIFE)
    }
}

impl OAuth {
    /// Tokens live so long: access tokens, refresh tokens. In whole seconds.
    #[must_use]
    pub fn lasting(mut self, access: Duration, refresh: Duration) -> Self {
        let seconds = |life: Duration| i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        (self.access_life, self.refresh_life) = (seconds(access), seconds(refresh));
        self
    }

    /// Spells the members of a credential as `AccessKeyId` instead of `accessKeyId`: one official SDK expects that.
    #[must_use]
    pub fn in_pascal_case(mut self) -> Self {
        self.is_pascal = true;
        self
    }

    /// Forgets every token: people have to log in again.
    pub fn log_everybody_out(&self) {
        self.accesses.forget();
        self.refreshes.forget();
    }

    fn token(&self, cloud: &Cloud, form: &Parameters) -> Result<Answer, Error> {
        let client = required(form, "client_id")?;
        match required(form, "grant_type")? {
            "authorization_code" => self.redeem(cloud, form, client)?,
            "refresh_token" => {
                // Whoever comes second with one finds it gone.
                let given = self.refreshes.take(required(form, "refresh_token")?, cloud.now());
                if given.as_deref() != Some(client) {
                    return Err(invalid_grant("The refresh token is invalid or expired."));
                }
            }
            _ => return Err(Error::new(400, "unsupported_grant_type", "The grant type is not supported.")),
        }
        let (access, refresh, now) = (cloud.letters(64), cloud.letters(64), cloud.now());
        self.accesses.add(&access, now.saturating_add(self.access_life), ());
        self.refreshes.add(&refresh, now.saturating_add(self.refresh_life), client.to_owned());
        Ok(told(&json!({
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self.access_life,
            "token_type": "Bearer",
        })))
    }

    /// Takes a code, which is good once, whether it was shown rightly or not.
    fn redeem(&self, cloud: &Cloud, form: &Parameters, client: &str) -> Result<(), Error> {
        let grant = self.codes.take(required(form, "code")?, cloud.now());
        let grant = grant.ok_or_else(|| invalid_grant("The code is invalid, used or expired."))?;
        if client != grant.client || required(form, "redirect_uri")? != grant.redirect_uri {
            return Err(invalid_grant("The code was given to another client or another redirect_uri."));
        }
        if !pkce::answers(required(form, "code_verifier")?, &grant.challenge) {
            return Err(invalid_grant("The code_verifier does not answer the code_challenge."));
        }
        Ok(())
    }

    fn exchange(&self, scene: &Scene<'_>) -> Result<Answer, Error> {
        let Scene { cloud, heard, request_id, .. } = scene;
        let token = bearer::read(heard).ok().flatten();
        let known = token.and_then(|token| self.accesses.get(&token, cloud.now()));
        known.ok_or_else(|| Error::new(401, "invalid_token", "The access token is invalid or expired."))?;
        let issued = cloud.issue(&Session {
            account: ACCOUNT.to_owned(),
            role: "oauth".to_owned(),
            name: "alice".to_owned(),
            lifetime: CREDENTIAL_LIFE,
        });
        let mut value = issued.credentials();
        if let Value::Object(members) = &mut value {
            members.insert("RequestId".to_owned(), json!(request_id));
        }
        Ok(told(&if self.is_pascal { value } else { in_camel_case(&value) }))
    }
}

impl Room for OAuth {
    const PRODUCT: &'static str = "oauth";

    fn action(heard: &Heard) -> &'static str {
        match (heard.method.as_str(), heard.path.as_str()) {
            ("GET", PAGE) => "Page",
            ("POST", PAGE) => "Decision",
            ("POST", "/v1/token") => "Token",
            ("POST", "/v1/exchange") => "Exchange",
            _ => "unknown",
        }
    }

    fn answer(&self, action: &'static str, scene: &Scene<'_>) -> Result<Answer, Error> {
        let Scene { cloud, heard, .. } = scene;
        match action {
            "Page" => Ok(authorize::show(heard)),
            "Decision" => Ok(authorize::decide(&self.codes, cloud, heard)),
            "Token" if !heard.is_form() => Err(invalid_request("the body is no form")),
            "Token" => self.token(cloud, &heard.parameters()),
            "Exchange" => self.exchange(scene),
            _ => Err(Error::new(404, "not_found", "OAuth has nothing here.")),
        }
    }

    fn refusal(error: &Error, request_id: &str) -> Answer {
        let Error { status, code, message, .. } = error;
        let value = json!({ "error": code, "error_description": message, "requestId": request_id });
        text(*status, "application/json", value.to_string())
    }
}

/// The same members, each with a small first letter.
fn in_camel_case(value: &Value) -> Value {
    let small = |name: &str| {
        let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
        format!("{}{rest}", first.to_lowercase())
    };
    value.as_object().into_iter().flatten().map(|(name, value)| (small(name), value.clone())).collect()
}

fn required<'a>(form: &'a Parameters, name: &str) -> Result<&'a str, Error> {
    let value = form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| invalid_request(name))
}

fn invalid_request(what: &str) -> Error {
    Error::new(400, "invalid_request", &format!("The request is invalid: {what}."))
}

fn invalid_grant(message: &str) -> Error {
    Error::new(400, "invalid_grant", message)
}

fn told(value: &Value) -> Answer {
    text(200, "application/json", value.to_string())
}
