//! The end at which a job of GitHub Actions asks for an OIDC token, as it runs: with the job's own proof, for an audience.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::json;

use super::answer::{Answer, text};
use super::counterpart::{Room, Scene};
use super::error::Error;
use super::heard::Heard;
use super::verify::bearer;

/// Where tokens are asked for, with `api-version` in the query, as a job's `ACTIONS_ID_TOKEN_REQUEST_URL` has it.
const PATH: &str = "/idtoken";

/// Whose job it is.
const OWNER: &str = "octo-org";
const REPOSITORY: &str = "octo-org/octo-repo";

/// How long a token lives unless it is said. From the sample in GitHub's documentation.
const LIFE: Duration = Duration::from_secs(300);

/// One job's.
#[derive(Debug)]
pub struct GitHub {
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`. It opens nothing but this.
    proof: String,
    /// In seconds.
    life: AtomicI64,
}

impl GitHub {
    /// Hands out tokens for this proof, signed by the sandbox's OIDC issuer.
    pub fn new(proof: &str) -> Self {
        Self { proof: proof.to_owned(), life: AtomicI64::new(0) }.lasting(LIFE)
    }

    /// Tokens live so long, in whole seconds.
    #[must_use]
    pub fn lasting(self, life: Duration) -> Self {
        self.last(life);
        self
    }

    /// The same of those that are handed out from now on.
    pub fn last(&self, life: Duration) {
        self.life.store(i64::try_from(life.as_secs()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

impl Room for GitHub {
    const PRODUCT: &'static str = "github";

    fn action(heard: &Heard) -> &'static str {
        if heard.method == "GET" { "GetToken" } else { "unknown" }
    }

    fn answer(&self, action: &'static str, scene: &Scene<'_>) -> Result<Answer, Error> {
        let Scene { cloud, heard, .. } = scene;
        if heard.path != PATH || action == "unknown" {
            return Err(Error::new(404, "NotFound", "There are only OIDC tokens here."));
        }
        let shown = bearer::read(heard).ok().flatten();
        if shown.as_deref() != Some(self.proof.as_str()) {
            return Err(Error::new(401, "Unauthorized", "The request token is not the job's, or has ended."));
        }
        let audience = heard.query_value("audience").filter(|audience| !audience.is_empty());
        let audience = audience.unwrap_or_else(|| format!("https://github.com/{OWNER}"));
        let now = cloud.machine_now();
        let value = scene.issuer.sign(&json!({
            "aud": audience,
            "exp": now.saturating_add(self.life.load(Ordering::Relaxed)),
            "iat": now,
            "nbf": now,
            "iss": "https://token.actions.githubusercontent.com",
            "sub": format!("repo:{REPOSITORY}:ref:refs/heads/main"),
            "repository": REPOSITORY,
            "repository_owner": OWNER,
        }));
        Ok(text(200, "application/json", json!({ "count": value.len(), "value": value }).to_string()))
    }

    fn refusal(error: &Error, _: &str) -> Answer {
        text(error.status, "application/json", json!({ "message": error.message }).to_string())
    }
}
