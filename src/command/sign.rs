//! `countersign sign`: one request, signed and printed instead of sent.

use std::path::PathBuf;

use clap::Args;

use super::against::Against;
use super::explain::{Mask, explained};
use super::offline::{Failed, Offline, Sought, endpoint, moment, pair, request, usage};
use super::output::{self, complain, print};
use super::{Exit, process};
use crate::classify::{self, BodyPlan, Plan};
use crate::clock::SystemClock;
use crate::endpoint::{self, Tenants};
use crate::mismatch::{self, Texts};
use crate::names::{Moment, Scheme, calendar};
use crate::pipeline::{Parts, Rules, assemble, judge, permit};
use crate::sign::{self, Payload, Unsigned, Workspace};
use crate::wire::Signed;

/// What `sign` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:\n  ALIBABA_CLOUD_ACCESS_KEY_ID=testid ALIBABA_CLOUD_ACCESS_KEY_SECRET=testsecret \\\n    \
countersign sign 'https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions' --explain\n\n\
The credential comes from where `run` would take it; one from STS is fetched, and nothing else is sent. \
[tenants] does not apply here: a host of any bucket, project or instance is signed for; one of [hosts] is signed with \
the keys of its row. \
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
    /// The answer of a cloud that did not take the signature: its body, or head and body; `-` reads it from stdin. Prints where
    /// the text that it signed differs from ours. Date and nonce are taken from it unless they are given
    #[arg(long, value_name = "FILE", requires = "explain")]
    against: Option<PathBuf>,
    /// Sign for this moment, as 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    date: Option<String>,
    /// Sign with this nonce, of 1 to 36 visible characters [default: a new one]
    #[arg(long, value_name = "TEXT")]
    nonce: Option<String>,
    /// The role to sign as, of those in the settings
    #[arg(long, value_name = "ROLE", default_value = "default")]
    role: String,
    /// The settings file, for its roles, hosts and keys, and as what products leave
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    process::harden();
    match signed(arguments) {
        Ok(Outcome { signed, body, workspace, scheme, mask, against }) => {
            let head = if arguments.explain {
                explained(scheme, &workspace, (signed.head(), against.as_deref()), &mask)
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
    /// Where the cloud's text differs.
    against: Option<String>,
}

fn signed(arguments: &Arguments) -> Result<Outcome, Failed> {
    let against = arguments.against.as_deref().map(Against::read).transpose()?;
    let moment = asked_moment(arguments, against.as_ref())?;
    let offline = Offline::load(arguments.config.as_ref())?;
    let sought = Sought {
        url: &arguments.url,
        method: arguments.request.as_deref(),
        headers: &arguments.header,
        data: arguments.data.as_deref(),
    };
    let (head, body) = request(&sought)?;
    let target = classify::target(head.target()).map_err(|refusal| usage(refusal.to_string()))?;
    let endpoint = endpoint::by_path(endpoint(&head, &offline.rules.own_hosts)?, target.path);
    let refused = |refusal: crate::refusal::Refusal| (Exit::Failed, refusal.to_string());
    // As `run` would refuse it.
    classify::refuse_browsers(&head).map_err(refused)?;
    let rules = Rules {
        tenants: &Tenants::any(),
        upgrades: &offline.rules.upgrades,
        oss_v1: offline.rules.oss_v1,
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
            against: None,
        });
    };
    let credential = offline.credential(&arguments.role, (scheme, &endpoint))?;
    let pair = pair(&credential)?;
    let day = calendar::day(moment.unix_seconds);
    let day_key =
        sign::scope(scheme, &endpoint).map(|(region, product)| pair.key().scope_key(day, region, product));
    let identity = pair.identity(day_key.as_ref());
    let signed = sign::sign(scheme, &unsigned, &identity, &moment, (&mut workspace, Vec::new()))
        .map_err(|fault| (Exit::Failed, fault.to_string()))?;
    let mask = Mask::of(identity.security_token.map(sign::Token::expose));
    let ours = Texts {
        canonical_request: workspace.canonical_request(),
        string_to_sign: workspace.string_to_sign(),
    };
    let against = against.map(|against| mismatch::explain(ours, against.texts()).to_string());
    Ok(Outcome { signed, body: body.into_owned(), workspace, scheme: Some(scheme), mask, against })
}

/// The moment of the command line, else the one of the request that the cloud did not take, else this one.
fn asked_moment(arguments: &Arguments, against: Option<&Against>) -> Result<Moment, Failed> {
    let date = arguments.date.clone().or_else(|| against?.date());
    let nonce = arguments.nonce.clone().or_else(|| against?.nonce());
    moment(date.as_deref(), nonce.as_deref(), &SystemClock)
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
