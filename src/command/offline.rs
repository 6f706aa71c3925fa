//! What the commands share that sign one request and send nothing: the request, the settings, and the proof.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Exit, process};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Flags, Settings};
use crate::credential::{AccessKey, Credential, Credentials};
use crate::endpoint::{self, OwnHosts, Tenants};
use crate::login::Sessions;
use crate::names::{Endpoint, Host, Moment, Nonce, RoleName, Scheme, calendar};
use crate::sidecar::{self, Setup, SigningRules};
use crate::suggest::meant;
use crate::wire::{HEADERS_MAX, Head, HeadLimits};

/// How a command ends that could not sign, and what it says.
pub(super) type Failed = (Exit, String);

pub(super) fn usage(message: impl Into<String>) -> Failed {
    (Exit::Usage, message.into())
}

/// The moment that was given, or this one.
pub(super) fn moment(date: Option<&str>, nonce: Option<&str>, clock: &SystemClock) -> Result<Moment, Failed> {
    let mut moment = clock.moment();
    if let Some(date) = date {
        let form = || usage(format!("--date {date:?} is not of the form 2026-01-31T12:00:00Z"));
        moment.unix_seconds = calendar::parse_iso(date).ok_or_else(form)?;
    }
    if let Some(nonce) = nonce {
        moment.nonce =
            Nonce::from_text(nonce).ok_or_else(|| usage("--nonce takes 1 to 36 visible characters"))?;
    }
    Ok(moment)
}

/// What the command line says of a request.
#[derive(Clone, Copy)]
pub(super) struct Sought<'a> {
    pub(super) url: &'a str,
    pub(super) method: Option<&'a str>,
    pub(super) headers: &'a [String],
    pub(super) data: Option<&'a str>,
}

impl std::fmt::Debug for Sought<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sought({} headers)", self.headers.len())
    }
}

/// The request as a client would send it to the proxy, read by the proxy's own grammar.
pub(super) fn request(sought: &Sought<'_>) -> Result<(Head, Vec<u8>), Failed> {
    let address = sought.url.strip_prefix("https://").or_else(|| sought.url.strip_prefix("http://"));
    let address = address.ok_or_else(|| usage("the address must begin with https:// or http://"))?;
    if address.bytes().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control()) {
        return Err(usage("the address holds a space or a line end; write %20 for a space"));
    }
    let end = address.find(['/', '?']).unwrap_or(address.len());
    let (host, target) = address.split_at_checked(end).unwrap_or((address, ""));
    let slash = if target.starts_with('/') { "" } else { "/" };
    let default = if sought.data.is_some() { "POST" } else { "GET" };
    let method = sought.method.unwrap_or(default);
    let mut text = format!("{method} {slash}{target} HTTP/1.1\r\nHost: {host}\r\n");
    for header in sought.headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    let has_type =
        sought.headers.iter().any(|header| header.to_ascii_lowercase().starts_with("content-type:"));
    if let Some(data) = sought.data {
        if !has_type {
            text.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        }
        text.push_str(&format!("Content-Length: {}\r\n", data.len()));
    }
    text.push_str("\r\n");
    let mut head = Head::new();
    head.buffer().extend_from_slice(text.as_bytes());
    let limits = HeadLimits { head: 60 * 1024, headers: HEADERS_MAX, uri: 60 * 1024 };
    match head.parse(&limits) {
        Ok(true) if head.method().is_some() => {
            Ok((head, sought.data.unwrap_or_default().as_bytes().to_vec()))
        }
        Ok(_) => Err(usage("this is no request that could be sent: check method, address and headers")),
        Err(fault) => Err(usage(fault.to_string())),
    }
}

/// The settings that a command signs by.
pub(super) struct Offline {
    setup: Setup,
    pub(super) rules: SigningRules,
}

impl std::fmt::Debug for Offline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Offline({:?})", self.rules)
    }
}

impl Offline {
    /// Those of the file, or of where `run` would look for one.
    pub(super) fn load(file: Option<&PathBuf>) -> Result<Self, Failed> {
        let environment = config::environment();
        let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let flags = Flags { config: file.cloned(), ..Flags::default() };
        let judge = |settings: &Settings| sidecar::mistakes(settings, &environment, false);
        let loaded = config::load_judged(&flags, (&environment, &directory), &judge);
        let settings = loaded.map_err(|problems| lines(&problems))?.settings;
        let rules = SigningRules::of(&settings);
        Ok(Self { setup: Setup::new(settings, environment), rules })
    }

    /// All that the settings say.
    pub(super) fn settings(&self) -> &Settings {
        &self.setup.settings
    }

    /// What a sidecar would be started with.
    pub(super) fn setup(self) -> Setup {
        self.setup
    }

    /// Refuses a role that the settings do not have.
    pub(super) fn check_role(&self, name: &str) -> Result<(), Failed> {
        let settings = &self.setup.settings;
        if settings.roles.contains_key(&RoleName::new(name)) {
            Ok(())
        } else {
            Err(usage(unknown_role(name, settings)))
        }
    }

    /// The role of that name, which the settings have.
    pub(super) fn role(&self, name: &str) -> Result<RoleName, Failed> {
        self.check_role(name).map(|()| RoleName::new(name))
    }

    /// The credential of a role and of those that it comes from, as `run` would have them. On a runtime.
    pub(super) fn credentials(self, role: &RoleName) -> Result<Credentials, Failed> {
        sidecar::credentials_alone(self.setup, role).map_err(|problems| lines(&problems))
    }

    /// What humans' logins left.
    pub(super) fn sessions(&self) -> Sessions {
        sidecar::sessions(&self.setup.settings, &self.setup.environment)
    }

    /// The credential that `run` would sign a call with: the role's, or the keys that the host's row names. One that STS must
    /// give is fetched.
    pub(super) fn credential(
        self,
        role_name: &str,
        (scheme, endpoint): (Scheme, &Endpoint),
    ) -> Result<Arc<Credential>, Failed> {
        self.check_role(role_name)?;
        let keys_name = self.rules.own_hosts.keys(endpoint).cloned();
        let fetching = async {
            let (credentials, keys) = sidecar::proofs_alone(self.setup, &RoleName::new(role_name))
                .map_err(|problems| lines(&problems))?;
            let cell = match scheme {
                Scheme::ApiGateway | Scheme::Dataplus => keys_name.and_then(|name| keys.named(&name)),
                _ => credentials.cell(&RoleName::new(role_name)),
            };
            let unset = || {
                (
                    Exit::Failed,
                    format!("no keys are set for {}: name them in its row of [hosts]", endpoint.host()),
                )
            };
            cell.ok_or_else(unset)?
                .wait_for_an_attempt()
                .await
                .map_err(|missing| (Exit::Failed, missing.to_string()))
        };
        process::block_on_fetch(fetching)
    }
}

pub(super) fn lines(problems: &[config::Problem]) -> Failed {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    (Exit::Config, lines.join("\n"))
}

/// The endpoint that it names.
pub(super) fn endpoint(head: &Head, own_hosts: &OwnHosts) -> Result<Endpoint, Failed> {
    let host = String::from_utf8_lossy(head.field("host").unwrap_or_default()).into_owned();
    let unknown = |why: String| (Exit::Failed, format!("{host}: {why}"));
    let name = Host::in_lower_case(&host).map_err(|_| unknown("the name is too long".to_owned()))?;
    let known = endpoint::reverse(name.as_str(), &Tenants::any());
    known.or_else(|why| own_hosts.endpoint(name.as_str()).ok_or(why)).map_err(|why| unknown(why.to_string()))
}

/// What is signed with. No role has an API key.
pub(super) fn pair(credential: &Credential) -> Result<&AccessKey, Failed> {
    credential.access_key().ok_or_else(|| (Exit::Failed, "the role has no AccessKey to sign with".to_owned()))
}

fn unknown_role(name: &str, settings: &Settings) -> String {
    let roles: Vec<&str> = settings.roles.keys().map(RoleName::as_str).collect();
    let meant = match meant(name, roles.iter().copied()) {
        Some(meant) => format!("did you mean {meant:?}? "),
        None => String::new(),
    };
    format!("--role {name:?}: there is no such role; {meant}the roles are {}", roles.join(", "))
}
