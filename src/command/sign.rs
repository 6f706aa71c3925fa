//! `countersign sign`: one request, signed and printed instead of sent.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::explain::{Mask, explained};
use super::output::{self, complain, print};
use super::{Exit, process};
use crate::classify::{self, BodyPlan, Plan};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Flags, Settings};
use crate::credential::{AccessKey, Credential};
use crate::endpoint::{self, Tenants};
use crate::names::{Endpoint, Host, Moment, Nonce, RoleName, Scheme, calendar};
use crate::pipeline::{Parts, Rules, assemble, judge, permit};
use crate::sidecar::{self, Setup};
use crate::sign::{self, Payload, Unsigned, Workspace};
use crate::suggest::meant;
use crate::wire::{HEADERS_MAX, Head, HeadLimits, Signed};

/// What `sign` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:\n  ALIBABA_CLOUD_ACCESS_KEY_ID=testid ALIBABA_CLOUD_ACCESS_KEY_SECRET=testsecret \\\n    \
countersign sign 'https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions' --explain\n\n\
The credential comes from where `run` would take it; one from STS is fetched, and nothing else is sent. \
[tenants] does not apply here: a host of any bucket, project or instance is signed for. \
What is printed can be used by whoever reads it: keep it to yourself. \
With --explain the security token is masked, so that it can be shown; without a token the signature alone still opens \
this one call for some minutes.")]
pub(super) struct Arguments {
    /// The address, as a client would call it: https://HOST/PATH?QUERY; http:// is taken alike
    url: String,
    /// The method [default: GET, or POST with --data]
    #[arg(short = 'X', long, value_name = "METHOD")]
    request: Option<String>,
    /// A header, as `Name: value`; may be repeated
    #[arg(short = 'H', long, value_name = "HEADER")]
    header: Vec<String>,
    /// The body; a form unless a Content-Type says otherwise
    #[arg(short, long, value_name = "BODY")]
    data: Option<String>,
    /// Print the canonical request and the string-to-sign as well; the security token is masked where it was put
    #[arg(long)]
    explain: bool,
    /// Sign for this moment, as 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    date: Option<String>,
    /// Sign with this nonce, of 1 to 36 visible characters [default: a new one]
    #[arg(long, value_name = "TEXT")]
    nonce: Option<String>,
    /// The role to sign as, of those in the settings
    #[arg(long, value_name = "ROLE", default_value = "default")]
    role: String,
    /// The settings file, for its roles
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    process::harden();
    match signed(arguments) {
        Ok(Outcome { signed, body, workspace, scheme, mask }) => {
            let head = if arguments.explain {
                explained(scheme, &workspace, signed.head(), &mask)
            } else {
                String::from_utf8_lossy(signed.head()).into_owned()
            };
            match print(format_args!("{head}{}", String::from_utf8_lossy(&body))) {
                Ok(()) => Exit::Success,
                Err(error) => output::ended(&error),
            }
        }
        Err((exit, message)) => {
            complain(message);
            exit
        }
    }
}

/// What was signed, and what an explanation needs beside it.
struct Outcome {
    signed: Signed,
    body: Vec<u8>,
    workspace: Workspace,
    /// None: the call leaves unsigned.
    scheme: Option<Scheme>,
    mask: Mask,
}

pub(super) type Failed = (Exit, String);

pub(super) fn usage(message: impl Into<String>) -> Failed {
    (Exit::Usage, message.into())
}

fn signed(arguments: &Arguments) -> Result<Outcome, Failed> {
    let clock = SystemClock;
    let moment = moment(arguments.date.as_deref(), arguments.nonce.as_deref(), &clock)?;
    let sought = Sought {
        url: &arguments.url,
        method: arguments.request.as_deref(),
        headers: &arguments.header,
        data: arguments.data.as_deref(),
    };
    let (head, body) = request(&sought)?;
    let target = classify::target(head.target()).map_err(|refusal| usage(refusal.to_string()))?;
    let endpoint = endpoint::by_path(endpoint(&head)?, target.path);
    let refused = |refusal: crate::refusal::Refusal| (Exit::Failed, refusal.to_string());
    // As `run` would refuse it.
    classify::refuse_browsers(&head).map_err(refused)?;
    let rules = Rules {
        tenants: &Tenants::any(),
        upgrades: &HashSet::new(),
        oss_v1: false,
        unix_seconds: moment.unix_seconds,
    };
    let judged = judge(&head, (&endpoint, target), Some(&body), rules, &mut Parts::default());
    let (plan, is_form) = judged.map_err(refused)?;
    permit(&plan, &endpoint).map_err(refused)?;
    check(&plan)?;
    let mut parts = Parts::default();
    let held = (plan.body == BodyPlan::Hold).then_some((&body[..], is_form));
    let assembled = assemble(&head, (&plan, &endpoint), target, held, &mut parts);
    let body = assembled.body.unwrap_or(std::borrow::Cow::Borrowed(&body));
    let unsigned = match plan.body {
        BodyPlan::Hold => Unsigned { payload: Payload::Held(&body), ..assembled.unsigned },
        _ => assembled.unsigned,
    };
    let mut workspace = Workspace::default();
    let Some(scheme) = plan.call.scheme else {
        let signed = sign::pass(&unsigned, Vec::new());
        return Ok(Outcome {
            signed,
            body: body.into_owned(),
            workspace,
            scheme: None,
            mask: Mask::of(None),
        });
    };
    let credential = credential(&arguments.role, arguments.config.as_ref())?;
    let pair = pair(&credential)?;
    let day = calendar::day(moment.unix_seconds);
    let day_key =
        sign::scope(scheme, &endpoint).map(|(region, product)| pair.key().scope_key(day, region, product));
    let identity = pair.identity(day_key.as_ref());
    let signed = sign::sign(scheme, &unsigned, &identity, &moment, (&mut workspace, Vec::new()))
        .map_err(|fault| (Exit::Failed, fault.to_string()))?;
    let mask = Mask::of(identity.security_token.map(sign::Token::expose));
    Ok(Outcome { signed, body: body.into_owned(), workspace, scheme: Some(scheme), mask })
}

/// Refuses what has no signature in its head that could be shown.
fn check(plan: &Plan) -> Result<(), Failed> {
    let message = match (plan.body, plan.call.scheme) {
        (BodyPlan::FormUpload, _) => {
            "a form upload is signed in its form, with a policy that holds the token; send it through `run`"
        }
        (_, Some(Scheme::ApiKey)) => "Model Studio takes its key as it is: there is nothing to sign",
        _ => return Ok(()),
    };
    Err((Exit::Failed, message.to_owned()))
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

/// The endpoint that it names.
pub(super) fn endpoint(head: &Head) -> Result<Endpoint, Failed> {
    let host = String::from_utf8_lossy(head.field("host").unwrap_or_default()).into_owned();
    let unknown = |why: String| (Exit::Failed, format!("{host}: {why}"));
    let name = Host::in_lower_case(&host).map_err(|_| unknown("the name is too long".to_owned()))?;
    endpoint::reverse(name.as_str(), &Tenants::any()).map_err(|why| unknown(why.to_string()))
}

/// The credential that `run` would use. One that STS must give is fetched.
pub(super) fn credential(role_name: &str, file: Option<&PathBuf>) -> Result<Arc<Credential>, Failed> {
    let environment = config::environment();
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let flags = Flags { config: file.cloned(), ..Flags::default() };
    let lines = |problems: Vec<config::Problem>| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (Exit::Config, lines.join("\n"))
    };
    let judge = |settings: &Settings| sidecar::mistakes(settings, &environment, false);
    let loaded = config::load_judged(&flags, (&environment, &directory), &judge);
    let settings = loaded.map_err(lines)?.settings;
    let role = RoleName::new(role_name);
    if !settings.roles.contains_key(&role) {
        return Err(usage(unknown_role(role_name, &settings)));
    }
    let setup = Setup::new(settings, environment);
    let fetching = async {
        let credentials = sidecar::credentials_alone(setup).map_err(lines)?;
        let cell = credentials.cell(&role).ok_or_else(|| usage(format!("there is no role `{role}`")))?;
        cell.wait().await.map_err(|missing| (Exit::Failed, missing.to_string()))
    };
    process::block_on(fetching).map_err(|error| (Exit::Failed, error.to_string()))?
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
