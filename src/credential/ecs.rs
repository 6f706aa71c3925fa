//! Asks the metadata server of an ECS instance for a credential of the instance's RAM role.
//!
//! Version 2: a token first, and with it the rest. Version 1, without a token, only where the operator allows it: there,
//! whoever makes a program of this machine send one GET reads the credential.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::at_place::{Call, Limits};
use super::carry::{Answer, Boxed, Carry, Method};
use super::credential::Fetched;
use super::declined::Declined;
use super::error::{AnswerError, FetchError};
use super::flat_answer::{self, Advice};
use super::refused::Class;
use super::source::Source;
use crate::clock::Clock;
use crate::names::{Place, is_role_name};

const TOKEN: &str = "/latest/api/token";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
/// The longest that a token is given for, in seconds.
const TOKEN_LIFE: u64 = 21_600;
/// A token is used for so much of its life: what is sent with it must still arrive.
const TOKEN_USED_PERCENT: u64 = 80;
/// Real ones have 56 characters.
const TOKEN_BYTES_MAX: usize = 1_024;
/// The server is on the other side of the virtual network card: it answers at once or not at all.
const LIMITS: Limits = Limits { connect: Duration::from_secs(1), whole: Duration::from_secs(2) };
/// How often a fetch is let down by the network or the server before it has failed.
const TRIES: u32 = 3;

const NO_TOKENS: &str =
    "this server gives no tokens; allow version 1 by ecs_v1 = true, if it cannot be mended";
const NO_ACCESS: &str =
    "switch the instance's access to metadata on (HttpEndpoint), and let nothing on the way add headers";
const NO_ROLE: &str = "attach a RAM role to this instance";
const OTHER_ROLE: &str = "name the RAM role that is attached to this instance (ecs_role or ALIBABA_CLOUD_ECS_METADATA), or attach it";
const NO_SUCCESS: &str = "check the RAM role's trust policy: it must trust ecs.aliyuncs.com";
const NO_TRUST: &str = "check who answers in its place: it takes no token of its own";

/// What is asked, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct EcsTerms {
    pub(super) place: Place,
    /// The role's name, which `is_role_name`. `None`: the one that the server names.
    pub(super) role: Option<Box<str>>,
    pub(super) allows_v1: bool,
}

/// The source. What it remembers are no credentials, but what it asks with.
#[derive(Debug)]
pub(super) struct Ecs {
    terms: EcsTerms,
    carry: Arc<dyn Carry>,
    clock: Arc<dyn Clock>,
    remembered: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    /// The token, and until when of the boot clock it is used.
    token: Option<(Zeroizing<String>, Duration)>,
    /// The role that the server named.
    role: Option<Box<str>>,
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remembered({:?})", self.role)
    }
}

/// How often a fetch may still be let down.
struct Tries(u32);

impl Tries {
    fn allow(&mut self, error: &FetchError) -> bool {
        let may_pass = matches!(error, FetchError::NoAnswer(..) | FetchError::Declined(_));
        self.0 = self.0.saturating_sub(1);
        self.0 > 0 && may_pass && error.class() == Class::Passing
    }
}

impl Ecs {
    pub(super) fn new(terms: EcsTerms, carry: Arc<dyn Carry>, clock: Arc<dyn Clock>) -> Self {
        Self { terms, carry, clock, remembered: Mutex::default() }
    }

    async fn credential(&self) -> Result<Fetched, FetchError> {
        let mut tries = Tries(TRIES);
        let remembered = self.remembered().role.clone();
        let may_be_another = self.terms.role.is_none() && remembered.is_some();
        let role = match self.terms.role.clone().or(remembered) {
            Some(role) => role,
            None => self.role(&mut tries).await?,
        };
        let mut asked_at = self.clock.now();
        let mut answer = self.read(&format!("{ROLES}{role}"), &mut tries).await?;
        if answer.status == 404 && may_be_another {
            let role = self.role(&mut tries).await?;
            asked_at = self.clock.now();
            answer = self.read(&format!("{ROLES}{role}"), &mut tries).await?;
        }
        match answer.status {
            200 => flat_answer::read(&self.terms.place, &answer, asked_at, (Advice(NO_SUCCESS), false)),
            _ => {
                self.remembered().role = None;
                Err(self.declined(&answer, OTHER_ROLE))
            }
        }
    }

    /// The name of the role that is attached to the instance. It becomes part of a path, so it is held to what names are.
    async fn role(&self, tries: &mut Tries) -> Result<Box<str>, FetchError> {
        let answer = self.read(ROLES, tries).await?;
        if answer.status != 200 {
            return Err(self.declined(&answer, NO_ROLE));
        }
        let name = std::str::from_utf8(answer.body.trim_ascii()).ok().filter(|name| is_role_name(name));
        let name: Box<str> = name.ok_or_else(|| self.bad(AnswerError::Malformed("the role's name")))?.into();
        self.remembered().role = Some(name.clone());
        Ok(name)
    }

    /// Reads what is at a target, with a token where there are any; with a new one, once, if it is not taken.
    async fn read(&self, target: &str, tries: &mut Tries) -> Result<Answer, FetchError> {
        let mut is_renewed = false;
        loop {
            let token = self.token(tries).await?;
            let has_token = token.is_some();
            let headers = token.map(|token| ("x-aliyun-ecs-metadata-token", token)).into_iter().collect();
            let answer = self.ask(Method::Get, target, headers, tries).await?;
            if answer.status != 401 || !has_token || is_renewed {
                return Ok(answer);
            }
            self.remembered().token = None;
            is_renewed = true;
        }
    }

    /// The token to ask with. `None`: it is done without.
    async fn token(&self, tries: &mut Tries) -> Result<Option<Zeroizing<String>>, FetchError> {
        let now = self.clock.now().boot;
        if let Some((token, _)) = self.remembered().token.as_ref().filter(|(_, until)| now < *until) {
            return Ok(Some(token.clone()));
        }
        let life = || {
            let life = Zeroizing::new(TOKEN_LIFE.to_string());
            vec![("x-aliyun-ecs-metadata-token-ttl-seconds", life)]
        };
        let mut answer = self.ask(Method::Put, TOKEN, life(), tries).await?;
        // It is said of requests that came through a proxy. Ours has not, so it is asked again before that is believed.
        if answer.status == 403 {
            answer = self.ask(Method::Put, TOKEN, life(), tries).await?;
        }
        if answer.status != 200 {
            let advice = if answer.status == 403 { NO_ACCESS } else { NO_TOKENS };
            return if self.terms.allows_v1 { Ok(None) } else { Err(self.declined(&answer, advice)) };
        }
        let text = std::str::from_utf8(answer.body.trim_ascii_end()).ok();
        let is_token = |text: &&str| {
            (1..=TOKEN_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let token = text.filter(is_token).ok_or_else(|| self.bad(AnswerError::Malformed("the token")))?;
        let token = Zeroizing::new(token.to_owned());
        let until = now + Duration::from_secs(TOKEN_LIFE * TOKEN_USED_PERCENT / 100);
        self.remembered().token = Some((token.clone(), until));
        Ok(Some(token))
    }

    /// One answer that the server itself thinks of as one.
    async fn ask(
        &self,
        method: Method,
        target: &str,
        headers: Vec<(&'static str, Zeroizing<String>)>,
        tries: &mut Tries,
    ) -> Result<Answer, FetchError> {
        loop {
            let get = Call::get(&self.terms.place, target);
            let call = Call { method, headers: headers.clone(), limits: LIMITS, ..get };
            let outcome = match call.make(&*self.carry).await {
                Ok(answer) if answer.status >= 500 => Err(self.declined(&answer, "")),
                outcome => outcome,
            };
            match outcome {
                Err(error) if tries.allow(&error) => {}
                outcome => return outcome,
            }
        }
    }

    /// What an answer means that is not the one asked for.
    fn declined(&self, answer: &Answer, advice: &'static str) -> FetchError {
        let advice = match answer.status {
            401 => NO_TRUST,
            403 => NO_ACCESS,
            _ => advice,
        };
        FetchError::Declined(Declined::by_status(&self.terms.place, answer, advice).coded(answer))
    }

    fn bad(&self, error: AnswerError) -> FetchError {
        FetchError::BadAnswer(self.terms.place.to_string(), error)
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        // Nothing panics while it is held; should it ever, there is nothing in it that could be half of something.
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Ecs {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.credential())
    }

    fn name(&self) -> &'static str {
        "ecs"
    }
}
