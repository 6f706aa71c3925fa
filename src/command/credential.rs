//! `countersign credential`: a role's credential itself, for programs that run a command to get one.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Exit;
use super::offline::{Failed, Offline, usage};
use super::output;
use super::process;
use crate::clock::SystemClock;
use crate::config::{self, Address, Settings, VendWay};
use crate::credential::DEPTH;
use crate::names::RoleName;
use crate::sidecar;
use crate::vend::{Form, Unasked, ask};

/// The socket of a countersign that runs for this user, where the settings name none.
const RUNTIME_DIRECTORY: &str = "XDG_RUNTIME_DIR";
const SOCKET: &str = "countersign-vend.sock";

/// What `credential` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
In ~/.aliyun/config.json, for the aliyun CLI and the SDKs:\n  \
{\"name\": \"default\", \"mode\": \"External\", \"process_command\": \"countersign credential --role dev\", …}\n\n\
A countersign that runs and hands the role's credential out, by [[vend]] of kind \"process\" or at \
$XDG_RUNTIME_DIR/countersign-vend.sock, is asked first, so that STS need not be. Whoever reads what is printed can use it \
until it ends.")]
pub(super) struct Arguments {
    /// The role whose credential it is, of those in the settings
    #[arg(long, value_name = "ROLE", default_value = "default")]
    role: String,
    /// What reads it: `external`, SDKs and the aliyun CLI; `uri`, as a credentials URI answers; `oss`, OSS's SDKs; `env`, a
    /// shell, by `eval`
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::External)]
    format: Format,
    /// Print it to a terminal too, where it can be read and stays
    #[arg(long)]
    show_secret: bool,
    /// The settings file, for its roles
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    External,
    Uri,
    Oss,
    Env,
}

impl Format {
    const fn form(self) -> Form {
        match self {
            Self::External => Form::External,
            Self::Uri => Form::Uri,
            Self::Oss => Form::Oss,
            Self::Env => Form::Env,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    process::harden();
    output::ended_with(written(arguments, io::stdout().is_terminal()))
}

fn written(arguments: &Arguments, is_terminal: bool) -> Result<String, Failed> {
    if is_terminal && !arguments.show_secret {
        return Err(usage(
            "this would show the credential's secret on a terminal; --show-secret does it all the same",
        ));
    }
    let environment = config::environment();
    if environment.get(DEPTH).is_some_and(|depth| !depth.is_empty()) {
        let message = format!(
            "{DEPTH} is set: a countersign started this one to be handed a credential, and would wait for itself; give \
             its role another `source`"
        );
        return Err((Exit::Config, message));
    }
    let offline = Offline::load(arguments.config.as_ref())?;
    let (role, form) = (RoleName::new(&arguments.role), arguments.format.form());
    let socket = Socket::find(offline.settings(), &environment, &role);
    let obtaining = async {
        if let Some(Socket { path, owners }) = socket {
            match ask(&path, &role, owners.as_deref(), &SystemClock).await {
                Ok(handed) => return Ok(form.write_handed(&handed)),
                // Nobody is there, or nobody for this role.
                Err(Unasked::Absent) => {}
                Err(refused) => return Err((Exit::Failed, refused.to_string())),
            }
        }
        // Only now: whoever listens may have roles that no settings here name.
        offline.check_role(role.as_str())?;
        let credentials = sidecar::vended_alone(offline.setup(), &role)
            .map_err(|problems| super::offline::lines(&problems))?;
        let cell = credentials.cell(&role).ok_or_else(|| usage("there is no such role"))?;
        let credential =
            cell.wait_for_an_attempt().await.map_err(|missing| (Exit::Failed, missing.to_string()))?;
        form.write(&credential).map_err(|unfit| (Exit::Failed, unfit.to_string()))
    };
    process::block_on_fetch(obtaining)
}

/// Where a countersign may listen that hands the role's credential out.
#[derive(Debug, PartialEq, Eq)]
struct Socket {
    path: PathBuf,
    /// Whose it must be. `None`: the settings name it, and are believed.
    owners: Option<Vec<u32>>,
}

impl Socket {
    fn find(settings: &Settings, environment: &BTreeMap<String, String>, role: &RoleName) -> Option<Self> {
        let of_role = settings.vend.iter().find_map(|vend| match (&vend.way, &vend.address) {
            (VendWay::Process { .. }, Address::Unix(path)) if vend.role == *role => Some(path),
            _ => None,
        });
        if let Some(path) = of_role {
            return Some(Self { path: path.clone(), owners: None });
        }
        let directory =
            environment.get(RUNTIME_DIRECTORY).map(Path::new).filter(|path| path.is_absolute())?;
        let own = rustix::process::geteuid().as_raw();
        Some(Self { path: directory.join(SOCKET), owners: Some(vec![own, 0]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, load_without_file};

    #[test]
    fn a_terminal_is_shown_nothing_unless_it_is_asked_for() {
        let arguments = Arguments {
            role: "default".to_owned(),
            format: Format::External,
            show_secret: false,
            config: Some("/nonexistent".into()),
        };
        assert_eq!(written(&arguments, true).unwrap_err().0, Exit::Usage);
        assert_eq!(written(&arguments, false).unwrap_err().0, Exit::Config, "it goes on to the settings");
        let arguments = Arguments { show_secret: true, ..arguments };
        assert_eq!(written(&arguments, true).unwrap_err().0, Exit::Config);
    }

    #[test]
    fn the_settings_name_the_socket_or_else_this_users_directory_has_it() {
        let mut settings =
            load_without_file(&Flags::default(), &BTreeMap::new(), Path::new("/")).unwrap().settings;
        settings.vend = vec![config::Vend {
            way: VendWay::Process { uids: Vec::new() },
            address: Address::Unix("/run/dev.sock".into()),
            role: RoleName::new("dev"),
            origin: config::Origin::Default,
        }];
        let environment = BTreeMap::from([(RUNTIME_DIRECTORY.to_owned(), "/run/user/7".to_owned())]);
        let found = |role: &str, environment| {
            let found = Socket::find(&settings, environment, &RoleName::new(role));
            found.map(|socket| (socket.path.display().to_string(), socket.owners.is_some()))
        };
        assert_eq!(found("dev", &environment), Some(("/run/dev.sock".to_owned(), false)));
        let usual = "/run/user/7/countersign-vend.sock".to_owned();
        assert_eq!(found("default", &environment), Some((usual, true)));
        assert_eq!(found("default", &BTreeMap::new()), None);
    }
}
