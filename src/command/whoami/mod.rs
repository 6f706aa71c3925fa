//! `countersign whoami`: where a role's credential comes from, whose it is, and if there is none, why.

mod report;
mod trust_policy;

use std::path::PathBuf;

use clap::Args;

use super::offline::{Failed, Offline, usage};
use super::output::{self, complain, print};
use super::{Exit, process};
use crate::clock::{Clock, SystemClock};
use crate::credential::{Class, Credentials, FetchError, IdentityKind};
use crate::names::RoleName;
use report::{Answered, Caller, Fault, Report};

/// What `whoami` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Fetches the credential that `run` would sign with, and asks STS whose it is (GetCallerIdentity, which needs no \
permission). Nothing of the credential is shown but a shortened AccessKey id.\n\n\
Where the settings name no source, it shows every place of the default chain: which one answers, and why the \
others do not.\n\n\
Of an OIDC token it shows what the token says of itself, and the trust policy that the RAM role must have to take it.\n\n\
Exit status: 0 somebody answered, 1 nobody did, or STS refuses the credential that came, 64 wrong usage, 78 wrong settings.")]
pub(super) struct Arguments {
    /// The role to ask for, of those in the settings
    #[arg(long, value_name = "ROLE", default_value = "default")]
    role: String,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
    /// The settings file, for its roles
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    process::harden();
    let report = match found(arguments) {
        Ok(report) => report,
        Err((exit, message)) => {
            complain(message);
            return exit;
        }
    };
    let printed = match arguments.json {
        true => print(format_args!("{}\n", report.json())),
        false => print(format_args!("{report}")),
    };
    match printed {
        Ok(()) if report.answered.is_some() && !report.is_refused => Exit::Success,
        Ok(()) => Exit::Failed,
        Err(error) => output::ended(&error),
    }
}

fn found(arguments: &Arguments) -> Result<Report, Failed> {
    let offline = Offline::load(arguments.config.as_ref())?;
    let role = offline.role(&arguments.role)?;
    let asking = async { ask(&offline.credentials(&role)?, &role).await };
    process::block_on_fetch(asking)
}

async fn ask(credentials: &Credentials, role: &RoleName) -> Result<Report, Failed> {
    let cell = credentials.cell(role).ok_or_else(|| usage("there is no such role"))?;
    let fetched = cell.wait_for_an_attempt().await;
    let now = SystemClock.now();
    let mut report = Report {
        role: role.to_string(),
        source: cell.source_name().to_owned(),
        chain: credentials.chain(role).await.unwrap_or_default(),
        oidc_token: cell.oidc_token().await,
        answered: None,
        fault: None,
        is_refused: false,
        now: now.unix_seconds(),
    };
    let credential = match fetched {
        Ok(credential) => credential,
        Err(missing) => {
            report.fault = Some(Fault { code: missing.code(), message: missing.to_string() });
            return Ok(report);
        }
    };
    let caller = match credentials.identify(role, &credential).await {
        Some(Ok(identity)) => Some(Caller {
            kind: match identity.kind {
                IdentityKind::Account => "Account",
                IdentityKind::RamUser => "RAMUser",
                IdentityKind::AssumedRole => "AssumedRoleUser",
            },
            account: identity.account,
            arn: identity.arn,
        }),
        Some(Err(error)) => {
            report.is_refused = matches!(error, FetchError::Refused(_)) && error.class() == Class::Permanent;
            report.fault = Some(Fault { code: error.code(), message: error.to_string() });
            None
        }
        None => None,
    };
    report.answered = Some(Answered {
        access_key_id: credential.access_key().map(|key| key.id().to_string()),
        expires_at: credential.expires_at().and_then(|end| i64::try_from(end.as_secs()).ok()),
        caller,
    });
    Ok(report)
}
