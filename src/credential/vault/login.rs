//! How to come by a token of Vault's: from a file that somebody renews, or by logging in as the pod that this is.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::VaultTokenError;
use super::server::{Row, Server};
use super::{VaultLogin, WRAPPED};
use crate::clock::Clock;
use crate::credential::answer;
use crate::credential::at_place::Call;
use crate::credential::carry::Method;
use crate::credential::declined::Declined;
use crate::credential::error::{AnswerError, FetchError};
use crate::credential::file::{self, Contents, File, Unread};
use crate::credential::observer::{Event, Observer};
use crate::credential::refused::Class;
use crate::credential::token_file;
use crate::names::RoleName;

/// Batch tokens grow with what they hold; a head has no room for more.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// The most that is read, white space around the token included.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// A login is used for so much of its life: what is sent with it must still arrive.
const USED_PERCENT: u32 = 80;

/// Older releases of the auth method say 500 where newer ones say 403.
const NO_LOGIN: &str = "check vault_kubernetes_role: it must be bound to this pod's service account and namespace, and Vault must \
     be able to have the cluster review tokens";
const ROWS: &[Row] = &[
    (400, Class::Permanent, NO_LOGIN),
    (403, Class::Permanent, NO_LOGIN),
    (
        404,
        Class::Permanent,
        "check vault_kubernetes_mount and vault_namespace: no auth method for Kubernetes is there",
    ),
    (500, Class::Passing, NO_LOGIN),
];

/// Where tokens come from.
#[derive(Debug)]
pub(super) struct Tokens {
    login: VaultLogin,
    file: File,
    told: (RoleName, Arc<dyn Observer>),
    remembered: Mutex<Option<Remembered>>,
}

/// The token of a login, and until when of the boot clock it is used. `None`: until it is refused.
struct Remembered(Zeroizing<String>, Option<Duration>);

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembered")
    }
}

#[derive(Deserialize)]
struct LoggedIn {
    auth: Option<Auth>,
    wrap_info: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Auth {
    client_token: Option<Zeroizing<String>>,
    lease_duration: Option<u32>,
}

impl Tokens {
    /// `told`: whose the source is, and who hears of a file that everybody can read.
    pub(super) fn new(login: VaultLogin, told: (RoleName, Arc<dyn Observer>)) -> Self {
        let (VaultLogin::TokenFile(path) | VaultLogin::Kubernetes { jwt_file: path, .. }) = &login;
        let file = File::new(path.clone());
        Self { login, file, told, remembered: Mutex::default() }
    }

    pub(super) const fn are_of_a_file(&self) -> bool {
        matches!(self.login, VaultLogin::TokenFile(_))
    }

    /// A token to ask with, and whether there is no newer one to be had.
    pub(super) async fn token(
        &self,
        server: &Server,
        clock: &dyn Clock,
    ) -> Result<(Zeroizing<String>, bool), FetchError> {
        let (mount, role) = match &self.login {
            VaultLogin::TokenFile(path) => return Ok((self.of_file(path).await?, true)),
            VaultLogin::Kubernetes { mount, role, .. } => (mount, role),
        };
        let now = clock.now().boot;
        let is_used = |Remembered(_, until): &&Remembered| until.is_none_or(|until| now < until);
        if let Some(Remembered(token, _)) = self.remembered().as_ref().filter(is_used) {
            return Ok((token.clone(), false));
        }
        let (token, life) = self.log_in(server, &format!("/v1/auth/{mount}/login"), role.as_str()).await?;
        let until = life.map(|life| now + life * USED_PERCENT / 100);
        *self.remembered() = Some(Remembered(token.clone(), until));
        Ok((token, true))
    }

    /// The token of the login is no longer taken.
    pub(super) fn forget(&self) {
        *self.remembered() = None;
    }

    /// A mark of the file that the token is in, or the pod's own.
    pub(super) async fn mark(&self) -> Option<u64> {
        self.file.mark().await
    }

    async fn of_file(&self, path: &Path) -> Result<Zeroizing<String>, FetchError> {
        let name = || path.display().to_string();
        let read = self.file.look(|path| file::read(path, FILE_BYTES_MAX)).await?;
        let Contents { bytes, is_open, .. } = read.map_err(|unread| {
            FetchError::VaultToken(match unread {
                Unread::Unreadable(kind) => VaultTokenError::Unreadable(name(), kind),
                Unread::NotAFile => VaultTokenError::NotAFile(name()),
                Unread::TooLong => VaultTokenError::NotAToken(name()),
            })
        })?;
        let text = std::str::from_utf8(bytes.trim_ascii()).ok().filter(|text| is_token(text));
        let text = text.ok_or_else(|| FetchError::VaultToken(VaultTokenError::NotAToken(name())))?;
        let token = Zeroizing::new(text.to_owned());
        if is_open {
            self.tell(&Event::VaultTokenReadable);
        }
        Ok(token)
    }

    /// The token, and how long it lives. `None`: for ever.
    async fn log_in(
        &self,
        server: &Server,
        target: &str,
        role: &str,
    ) -> Result<(Zeroizing<String>, Option<Duration>), FetchError> {
        let jwt = self.file.look(token_file::read).await?.map_err(FetchError::TokenFile)?;
        if jwt.is_open {
            self.tell(&Event::TokenFileReadable);
        }
        let headers = vec![("content-type", Zeroizing::new("application/json".to_owned()))];
        let (method, body) = (Method::Post, body(role, jwt.token.expose()));
        let answer = server.ask(Call { method, headers, body, ..Call::get(&server.place, target) }).await?;
        if answer.status != 200 {
            return Err(FetchError::Declined(server.declined(&answer, ROWS)));
        }
        let bad = |error| FetchError::BadAnswer(server.place.to_string(), error);
        let LoggedIn { auth, wrap_info } = answer::object(&answer.body).map_err(bad)?;
        if wrap_info.is_some() {
            return Err(FetchError::Declined(Declined::for_good(&server.place, &answer, WRAPPED)));
        }
        let Auth { client_token, lease_duration } = auth.ok_or_else(|| bad(AnswerError::Incomplete))?;
        let token = client_token.filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| bad(AnswerError::Incomplete))?;
        if !is_token(&token) {
            return Err(bad(AnswerError::Malformed("client_token")));
        }
        let life = lease_duration.filter(|seconds| *seconds > 0);
        Ok((token, life.map(|seconds| Duration::from_secs(seconds.into()))))
    }

    fn tell(&self, event: &Event<'_>) {
        let (role, observer) = &self.told;
        observer.observe(role, event);
    }

    fn remembered(&self) -> MutexGuard<'_, Option<Remembered>> {
        // Nothing panics while it is held; should it ever, there is nothing in it that could be half of something.
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It becomes a line of a head.
fn is_token(text: &str) -> bool {
    (1..=TOKEN_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn body(role: &str, jwt: &str) -> Zeroizing<Vec<u8>> {
    #[derive(Serialize)]
    struct Body<'a> {
        role: &'a str,
        jwt: &'a str,
    }
    // As long as it gets, so that growing leaves no copy behind: neither text has anything in it that is written longer.
    let mut body = Zeroizing::new(Vec::with_capacity(role.len() + jwt.len() + 32));
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(&mut *body, &Body { role, jwt });
    body
}
