//! The metadata server of an ECS instance: the name of its RAM role and a credential of it, with a token (v2) or without.

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::answer::{Answer, text};
use super::cloud::Cloud;
use super::counterpart::{Room, Scene};
use super::date;
use super::encode::base64;
use super::error::Error;
use super::heard::Heard;
use super::issue::Issued;
use super::passes::Passes;
use super::rotating::Rotating;

/// Where tokens are given out. Paths are compared without regard to case: ossfs's manual spells one `Ram`.
const TOKEN: &str = "/latest/api/token";

/// How long a token can be asked to live, in seconds.
const TOKEN_LIVES: RangeInclusive<i64> = 1..=21_600;

/// Below it lie the names of roles.
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

/// How long a credential lives unless it is said. From the samples of "Instance RAM roles".
const LIFE: Duration = Duration::from_secs(6 * 3_600);

/// How long before its end another is there. The real lead is not published.
const LEAD: Duration = Duration::from_secs(30 * 60);

/// What an instance calls its session.
const SESSION: &str = "vm-ram-i-bp1sandbox000000001";

/// One instance. By default it has a role, and takes requests with a token and without.
#[derive(Debug)]
pub struct Metadata {
    role: Mutex<Option<String>>,
    is_hardened: bool,
    has_tokens: bool,
    tokens: Passes<()>,
    credential: Rotating,
}

impl Metadata {
    /// An instance with a RAM role.
    pub fn new(role: &str) -> Self {
        Self {
            role: Mutex::new(Some(role.to_owned())),
            is_hardened: false,
            has_tokens: true,
            tokens: Passes::default(),
            credential: Rotating::new(LIFE, LEAD),
        }
    }

    /// Takes no request without a token, as with the instance's `HttpTokens=required`.
    #[must_use]
    pub fn hardened(mut self) -> Self {
        self.is_hardened = true;
        self
    }

    /// Gives out no token: version 1 alone, as before there were tokens.
    #[must_use]
    pub fn without_tokens(mut self) -> Self {
        self.has_tokens = false;
        self
    }

    /// Credentials live so long, and another is there so long before the end of each. In whole seconds.
    #[must_use]
    pub fn lasting(mut self, life: Duration, lead: Duration) -> Self {
        self.credential = Rotating::new(life, lead);
        self
    }

    /// Puts another credential in the place of the present one, which lives on to its end.
    pub fn rotate(&self) {
        self.credential.rotate();
    }

    /// Attaches a role, or detaches the one there is.
    pub fn attach(&self, role: Option<&str>) {
        *self.role.lock().unwrap_or_else(PoisonError::into_inner) = role.map(str::to_owned);
    }

    /// Forgets every token that it gave out: whoever shows one is told 401.
    pub fn forget_tokens(&self) {
        self.tokens.forget();
    }

    fn role(&self) -> Option<String> {
        self.role.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn token(&self, cloud: &Cloud, heard: &Heard) -> Result<Answer, Error> {
        if !self.has_tokens {
            return Err(not_found());
        }
        if heard.method != "PUT" {
            return Err(not_allowed());
        }
        // What comes through a proxy comes from elsewhere.
        if heard.header("x-forwarded-for").is_some() {
            return Err(Error::new(403, "Forbidden", "Forbidden"));
        }
        let life = heard.header("x-aliyun-ecs-metadata-token-ttl-seconds");
        let life = life.and_then(|text| text.parse().ok()).filter(|life| TOKEN_LIVES.contains(life));
        let life = life.ok_or_else(|| Error::new(400, "BadRequest", "Missing or Invalid Parameters"))?;
        let token = base64(&cloud.random(40));
        self.tokens.add(&token, cloud.now() + life, ());
        Ok(plain(token))
    }

    /// Whether a request may be answered: what shows a token must show a good one.
    fn admit(&self, cloud: &Cloud, heard: &Heard) -> Result<(), Error> {
        match heard.header("x-aliyun-ecs-metadata-token") {
            Some(token) if self.has_tokens && self.tokens.get(&token, cloud.now()).is_none() => {
                Err(Error::new(401, "Unauthorized", "Unauthorized"))
            }
            None if self.is_hardened => Err(Error::new(403, "Forbidden", "Forbidden")),
            _ if heard.method != "GET" => Err(not_allowed()),
            _ => Ok(()),
        }
    }

    fn credential(&self, cloud: &Cloud, name: &str) -> Result<Answer, Error> {
        let role = self.role().filter(|role| role.eq_ignore_ascii_case(name)).ok_or_else(not_found)?;
        Ok(plain(spelled(&self.credential.get(cloud, &role, SESSION))))
    }
}

impl Room for Metadata {
    const PRODUCT: &'static str = "metadata";

    fn action(heard: &Heard) -> &'static str {
        let path = heard.path.to_ascii_lowercase();
        match path.strip_prefix(ROLES) {
            _ if path == TOKEN => "Token",
            Some("") => "RoleName",
            Some(_) => "RoleCredential",
            None => "unknown",
        }
    }

    fn answer(&self, action: &'static str, scene: &Scene<'_>) -> Result<Answer, Error> {
        let Scene { cloud, heard, .. } = scene;
        if action == "Token" {
            return self.token(cloud, heard);
        }
        self.admit(cloud, heard)?;
        match action {
            "RoleName" => self.role().map(plain).ok_or_else(not_found),
            "RoleCredential" => self.credential(cloud, heard.path.get(ROLES.len()..).unwrap_or_default()),
            _ => Err(not_found()),
        }
    }

    /// A page, as the servers before the metadata service write it.
    fn refusal(error: &Error, _: &str) -> Answer {
        let title = format!("{} - {}", error.status, error.message);
        let page = format!(
            "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 \
             Transitional//EN\">\n<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  \
             <h1>{title}</h1>\n </body>\n</html>\n"
        );
        text(error.status, "text/html", page)
    }
}

/// As the service spells it: a line each, a blank on either side of the colon, and no type of JSON.
fn spelled(issued: &Issued) -> String {
    let identity = &issued.identity;
    let (expiration, updated) = (issued.expiration(), date::iso(identity.issued_at));
    let members = [
        ("AccessKeyId", identity.access_key_id.as_str()),
        ("AccessKeySecret", &identity.secret),
        ("Expiration", &expiration),
        ("SecurityToken", identity.security_token.as_deref().unwrap_or_default()),
        ("LastUpdated", &updated),
        ("Code", "Success"),
    ];
    // No value has a letter that JSON would escape.
    let lines = members.map(|(name, value)| format!("  \"{name}\" : \"{value}\""));
    format!("{{\n{}\n}}", lines.join(",\n"))
}

fn plain(body: String) -> Answer {
    text(200, "text/plain", body)
}

fn not_found() -> Error {
    Error::new(404, "NotFound", "Not Found")
}

fn not_allowed() -> Error {
    Error::new(405, "MethodNotAllowed", "Method Not Allowed")
}
