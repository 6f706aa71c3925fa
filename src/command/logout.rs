//! `countersign logout`: forgets what a login left.

use std::path::PathBuf;

use clap::Args;

use super::offline::{Failed, Offline, usage};
use super::output;
use super::{Exit, process};
use crate::config::check_role_name;
use crate::names::RoleName;

/// What `logout` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
The login is forgotten here, in the keyring and in the file; what the cloud has given out stays good until it ends by \
itself, and so does a credential that a running countersign has made from it.")]
pub(super) struct Arguments {
    /// The role to forget the login of
    #[arg(long, value_name = "ROLE", default_value = "default")]
    role: String,
    /// The settings file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    process::harden();
    output::ended_with(logged_out(arguments).map(|text| text + "\n"))
}

/// A role that is not in the settings any more can still be logged out of, if its name can be one.
fn logged_out(arguments: &Arguments) -> Result<String, Failed> {
    let offline = Offline::load(arguments.config.as_ref())?;
    let name = &arguments.role;
    check_role_name(name).map_err(|text| usage(format!("--role: {text}")))?;
    let forgotten = offline.sessions().forget(&RoleName::new(name));
    match forgotten.map_err(|unkept| (Exit::Failed, unkept.to_string()))? {
        true => Ok(format!("Logged out: the login of role `{name}` is forgotten.")),
        false => Ok(format!("Nobody was logged in for role `{name}`.")),
    }
}
