//! A credentials URI: one credential at one address, in the one form that every official client takes.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, text};
use super::counterpart::{Room, Scene};
use super::error::Error;
use super::heard::Heard;
use super::rotating::Rotating;

/// How long a credential lives unless it is said, and how long before its end another is there.
const LIFE: Duration = Duration::from_secs(3_600);
const LEAD: Duration = Duration::from_secs(30 * 60);

/// What the session is called.
const SESSION: &str = "uri";

/// What answers there.
#[derive(Debug)]
pub struct CredentialsUri {
    path: String,
    role: String,
    credential: Rotating,
}

impl CredentialsUri {
    /// Hands out the credentials of a role of the sandbox's account at a path, which begins with a slash.
    pub fn new(path: &str, role: &str) -> Self {
        let (path, role) = (path.to_owned(), role.to_owned());
        Self { path, role, credential: Rotating::new(LIFE, LEAD) }
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
}

impl Room for CredentialsUri {
    const PRODUCT: &'static str = "uri";

    fn action(heard: &Heard) -> &'static str {
        if heard.method == "GET" { "GetCredential" } else { "unknown" }
    }

    fn answer(&self, action: &'static str, scene: &Scene<'_>) -> Result<Answer, Error> {
        if scene.heard.path != self.path {
            return Err(Error::new(404, "NotFound", "there is nothing here"));
        }
        if action == "unknown" {
            return Err(Error::new(405, "MethodNotAllowed", "only GET is answered here"));
        }
        let mut value = self.credential.get(scene.cloud, &self.role, SESSION).credentials();
        if let Value::Object(members) = &mut value {
            members.insert("Code".to_owned(), json!("Success"));
        }
        Ok(text(200, "application/json", value.to_string()))
    }

    fn refusal(error: &Error, _: &str) -> Answer {
        let Error { status, code, message, .. } = error;
        text(*status, "application/json", json!({ "Code": code, "Message": message }).to_string())
    }
}
