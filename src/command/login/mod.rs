//! `countersign login`: a human logs in by a browser or with an assertion, and a role's credential is made from that.

mod browser;
mod cloud_sso;
mod oauth;
mod saml;
mod terminal;

use std::path::PathBuf;

use clap::Args;

use super::offline::{Failed, Offline, usage};
use super::output;
use super::{Exit, process};
use crate::config::{RoleSource, Settings};
use crate::credential::{Logins, Session, Surroundings};
use crate::login::{Keeper, Sessions, SiteName};
use crate::names::{RoleName, calendar};
use crate::sidecar;

/// What `login` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:\n  countersign login --cloudsso https://signin-cn-shanghai.alibabacloudsso.com/start/login\n  \
countersign login --role dev --oauth cn --no-browser\n  \
countersign login --role dev                            (again, as the last time)\n\n\
The role uses it when its settings say source = \"login\". What is kept: CloudSSO's access token, which lasts for hours; \
OAuth's tokens, which are renewed as long as the site allows; of SAML the credential itself. It is kept in the operating \
system's keyring if countersign is built with one, or with --store file in a file that nobody else can read. \
`countersign logout` forgets it.")]
pub(super) struct Arguments {
    /// The role to log in for
    #[arg(long, value_name = "ROLE", default_value = "default")]
    role: String,
    /// By CloudSSO, at this sign-in URL
    #[arg(long, value_name = "URL", conflicts_with_all = ["oauth", "saml"])]
    cloudsso: Option<String>,
    /// By OAuth, at aliyun.com (cn) or alibabacloud.com (intl)
    #[arg(long, value_name = "SITE", value_parser = ["cn", "intl"], conflicts_with = "saml")]
    oauth: Option<String>,
    /// With the SAML response in this file, as XML or in base64; `-` is standard input
    #[arg(long, value_name = "FILE")]
    saml: Option<PathBuf>,
    /// CloudSSO: the account to use, by its number [default: the only one, or you are asked]
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// CloudSSO: the access configuration to use, by its id or its name [default: the only one, or you are asked]
    #[arg(long, value_name = "N")]
    access_configuration: Option<String>,
    /// Print the address and open no browser
    #[arg(long)]
    no_browser: bool,
    /// Where to keep the login [default: where it was, else the keyring]
    #[arg(long, value_name = "WHERE", value_parser = ["keyring", "file"])]
    store: Option<String>,
    /// The settings file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    process::harden();
    output::ended_with(logged_in(arguments).map(|text| text + "\n"))
}

/// How to log in.
enum Way {
    CloudSso { sign_in_url: String, account: Option<String>, access_configuration: Option<String> },
    OAuth(SiteName),
    Saml(PathBuf),
}

/// What a way needs.
struct Desk<'a> {
    role: &'a RoleName,
    settings: &'a Settings,
    surroundings: &'a Surroundings,
    opens_browser: bool,
}

fn logged_in(arguments: &Arguments) -> Result<String, Failed> {
    let offline = Offline::load(arguments.config.as_ref())?;
    offline.check_role(&arguments.role)?;
    let sessions = offline.sessions();
    let role = RoleName::new(&arguments.role);
    let (way, keeper) = (way(arguments, &role, &sessions)?, keeper(arguments, &role, &sessions)?);
    let logging_in = async {
        let (settings, surroundings) =
            sidecar::calls_alone(offline.setup()).map_err(|problems| super::offline::lines(&problems))?;
        let opens_browser = !arguments.no_browser;
        let desk = Desk { role: &role, settings: &settings, surroundings: &surroundings, opens_browser };
        let keep = |session: &Session| {
            sessions.keep(&role, session, keeper).map_err(|unkept| (Exit::Failed, unkept.to_string()))
        };
        let session = match way {
            Way::CloudSso { sign_in_url, account, access_configuration } => {
                let session = cloud_sso::log_in(&desk, sign_in_url, (account, access_configuration)).await?;
                keep(&session).map(|()| session)?
            }
            Way::OAuth(site) => oauth::log_in(&desk, site, &keep).await?,
            Way::Saml(file) => {
                let session = saml::log_in(&desk, &file).await?;
                keep(&session).map(|()| session)?
            }
        };
        Ok(told(&desk, &session, keeper))
    };
    // Whoever is asked a question holds this thread, and is let go by the system when a signal comes.
    process::block_on(logging_in).map_err(|error| (Exit::Failed, error.to_string()))?
}

/// What the command line says, else what the last login was.
fn way(arguments: &Arguments, role: &RoleName, sessions: &Sessions) -> Result<Way, Failed> {
    let Arguments { account, access_configuration, .. } = arguments;
    let has_choice = account.is_some() || access_configuration.is_some();
    let way = match arguments {
        Arguments { cloudsso: Some(url), .. } => Way::CloudSso {
            sign_in_url: url.clone(),
            account: account.clone(),
            access_configuration: access_configuration.clone(),
        },
        Arguments { oauth: Some(site), .. } => {
            Way::OAuth(SiteName::named(site).ok_or_else(|| usage("--oauth takes cn or intl"))?)
        }
        Arguments { saml: Some(file), .. } => Way::Saml(file.clone()),
        _ => again(role, sessions, (account, access_configuration))?,
    };
    match way {
        Way::OAuth(_) | Way::Saml(_) if has_choice => {
            Err(usage("--account and --access-configuration are CloudSSO's; leave them out"))
        }
        way => Ok(way),
    }
}

/// As the last time. A new account has access configurations of its own.
fn again(
    role: &RoleName,
    sessions: &Sessions,
    (account, access_configuration): (&Option<String>, &Option<String>),
) -> Result<Way, Failed> {
    let last = sessions.load(role).map_err(|unkept| (Exit::Failed, unkept.to_string()))?;
    match last {
        Some(Session::CloudSso(last)) => {
            let is_same = account.as_ref().is_none_or(|account| *account == last.assignment.account);
            let configuration = || is_same.then(|| last.assignment.access_configuration.clone());
            Ok(Way::CloudSso {
                access_configuration: access_configuration.clone().or_else(configuration),
                account: Some(account.clone().unwrap_or(last.assignment.account)),
                sign_in_url: last.sign_in_url,
            })
        }
        Some(Session::OAuth(last)) => {
            let site = SiteName::named(&last.site).ok_or_else(|| usage("say --oauth cn or --oauth intl"))?;
            Ok(Way::OAuth(site))
        }
        Some(Session::Saml(_)) => Err(usage(format!(
            "role `{role}` logs in with SAML; say --saml FILE, with a new response of the identity provider"
        ))),
        None => Err(usage(format!(
            "nobody has logged in for role `{role}` yet; say --cloudsso URL, --oauth cn, --oauth intl or --saml FILE"
        ))),
    }
}

/// Where to keep it. Told before a human goes to a browser in vain.
fn keeper(arguments: &Arguments, role: &RoleName, sessions: &Sessions) -> Result<Keeper, Failed> {
    let keeper = match arguments.store.as_deref() {
        Some("file") => Keeper::File,
        None if sessions.is_in_file(role) => Keeper::File,
        _ => Keeper::Keyring,
    };
    sessions.check(keeper).map_err(|unkept| (Exit::Failed, unkept.to_string()))?;
    Ok(keeper)
}

fn told(desk: &Desk<'_>, session: &Session, keeper: Keeper) -> String {
    let (role, of) = (desk.role, session.of());
    let until =
        session.ends_at().map(|end| format!(" until {}", String::from_utf8_lossy(&calendar::iso(end))));
    let mut text =
        format!("Logged in: role `{role}` by {of}{}, kept in {keeper}.", until.unwrap_or_default());
    if desk.settings.roles.get(role).is_none_or(|role| role.source != RoleSource::Login) {
        text.push_str(&format!(
            "\nThe role does not use it yet: write source = \"login\" under [role.{role}]."
        ));
    }
    text
}
