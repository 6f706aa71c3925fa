//! `countersign run`: the proxy.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use super::output::{self, complain, print};
use super::process::{self, Ending};
use crate::config::{self, Flags, Settings};
use crate::sidecar::{self, Setup, Sidecar, StartError};
use crate::telemetry::start_log;

/// What `run` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The settings file [default: ./countersign.toml, then /etc/countersign/countersign.toml; none is fine]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Listen here instead of on the settings' listeners: IP:PORT or unix:PATH; may be repeated [default: 127.0.0.1:9110]
    #[arg(long, value_name = "ADDR")]
    listen: Vec<String>,
    /// Serve /healthz, /readyz and /metrics here [default: 127.0.0.1:9465]
    #[arg(long, value_name = "ADDR")]
    admin: Option<String>,
    /// Start a miniature cloud beside the proxy and send every endpoint there
    #[cfg(feature = "sandbox")]
    #[arg(long)]
    sandbox: bool,
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "FAULT", requires = "sandbox", help = super::script::HELP)]
    sandbox_fault: Vec<super::script::Script>,
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "NAME=IP:PORT", requires = "sandbox", help = super::counterpart::HELP)]
    counterpart: Vec<super::counterpart::Placed>,
    /// Check the settings, say what is wrong with them, and exit
    #[arg(long)]
    check: bool,
    /// Print every setting and where it comes from, and exit
    #[arg(long)]
    print_config: bool,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    #[cfg(feature = "sandbox")]
    if let Some(clash) = super::script::clash(&arguments.sandbox_fault) {
        complain(clash);
        return Exit::Usage;
    }
    let flags = Flags {
        config: arguments.config.clone(),
        listen: arguments.listen.clone(),
        admin: arguments.admin.clone(),
    };
    let environment = config::environment();
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let judge = |settings: &Settings| {
        let (settings, environment) = foreseen(arguments, settings, &environment);
        let mut problems = sidecar::mistakes(&settings, &environment, is_sandboxed(arguments));
        problems.extend(sidecar::unwritable(&settings));
        problems
    };
    let loaded = match config::load_judged(&flags, (&environment, &directory), &judge) {
        Ok(loaded) => loaded,
        Err(problems) => return report(&problems),
    };
    if arguments.print_config
        && let Err(error) = print(format_args!("{}", loaded.print()))
    {
        return output::ended(&error);
    }
    let config::Loaded { settings, file, .. } = loaded;
    if arguments.check {
        warn(&foreseen(arguments, &settings, &environment).0, file.as_deref());
    }
    if arguments.check || arguments.print_config {
        return Exit::Success;
    }
    let setup = Setup::new(settings, environment);
    let log = start_log(
        sidecar::line_format(setup.settings.log.format, std::io::stderr().is_terminal()),
        setup.environment.get("RUST_LOG").map(String::as_str),
    );
    let _log = match log {
        Ok(log) => log,
        Err(error) => return failed(&StartError::System(error)),
    };
    process::harden();
    process::block_on(serve(arguments, setup)).unwrap_or_else(|error| failed(&StartError::System(error)))
}

/// Says that nothing is wrong with the settings, and what is doubtful.
fn warn(settings: &Settings, file: Option<&Path>) {
    for warning in sidecar::warnings(settings) {
        complain(format_args!("warning: {warning}"));
    }
    let file = file.map_or_else(|| "no settings file".to_owned(), |file| file.display().to_string());
    complain(format_args!("{file}: the settings are right"));
}

fn report(problems: &[config::Problem]) -> Exit {
    for problem in problems {
        complain(problem);
    }
    Exit::Config
}

fn failed(error: &StartError) -> Exit {
    complain(error);
    match error {
        StartError::Settings(_) => Exit::Config,
        StartError::Bind(_) => Exit::Unavailable,
        StartError::System(_) => Exit::Failed,
    }
}

async fn serve(arguments: &Arguments, mut setup: Setup) -> Exit {
    // Watched before anything listens, so that a signal never finds the process unprepared.
    let mut ending = match Ending::watch() {
        Ok(ending) => ending,
        Err(error) => return failed(&StartError::System(error)),
    };
    let _cloud = match beside_sandbox(arguments, &mut setup).await {
        Ok(cloud) => cloud,
        Err(error) => return failed(&StartError::System(error)),
    };
    for warning in sidecar::warnings(&setup.settings) {
        tracing::warn!("{warning}");
    }
    let limit = setup.settings.drain_timeout;
    let listens: Vec<String> =
        setup.settings.listen.iter().map(|listen| listen.address.to_string()).collect();
    let vends: Vec<(String, String)> =
        setup.settings.vend.iter().map(|vend| (vend.address.to_string(), vend.role.to_string())).collect();
    let mut sidecar = match Sidecar::start(setup).await {
        Ok(sidecar) => sidecar,
        Err(error) => return failed(&error),
    };
    for (listen, address) in listens.iter().zip(&sidecar.addresses) {
        let address = address.map_or_else(|| listen.clone(), |address| address.to_string());
        tracing::info!(%address, "listening");
    }
    for ((vend, role), address) in vends.iter().zip(&sidecar.vending) {
        let address = address.map_or_else(|| vend.clone(), |address| address.to_string());
        tracing::info!(%address, %role, "handing out credentials");
    }
    tracing::info!(address = %sidecar.admin, "health and metrics");
    tokio::select! {
        _ = ending.next() => {}
        error = sidecar.failed() => {
            tracing::error!(%error, "serving has failed");
            return Exit::Failed;
        }
    }
    tracing::info!(
        seconds = limit.as_secs(),
        "draining: requests that have begun are answered; a second signal ends at once"
    );
    tokio::select! {
        is_clean = sidecar.drain(limit) => {
            if is_clean {
                tracing::info!("drained");
            } else {
                tracing::warn!("the time to drain is over, and some requests were not answered");
            }
            Exit::Success
        }
        () = ending.second() => {
            tracing::warn!("ended by a second signal");
            Exit::Failed
        }
    }
}

#[cfg(feature = "sandbox")]
const fn is_sandboxed(arguments: &Arguments) -> bool {
    arguments.sandbox
}

#[cfg(not(feature = "sandbox"))]
const fn is_sandboxed(_: &Arguments) -> bool {
    false
}

/// Settings and environment as they are going to be, without anything that must be started for it.
fn foreseen(
    arguments: &Arguments,
    settings: &Settings,
    environment: &BTreeMap<String, String>,
) -> (Settings, BTreeMap<String, String>) {
    #[cfg(feature = "sandbox")]
    if arguments.sandbox {
        let mut settings = settings.clone();
        super::cloud::adopt(&mut settings, Path::new("token"));
        return (settings, super::cloud::environment(environment.clone()).0);
    }
    let _ = arguments;
    (settings.clone(), environment.clone())
}

/// Starts the miniature cloud, if one was asked for, and points the setup at it. It lives as long as the value.
#[cfg(feature = "sandbox")]
async fn beside_sandbox(
    arguments: &Arguments,
    setup: &mut Setup,
) -> std::io::Result<Option<super::cloud::Cloud>> {
    use std::sync::Arc;

    use super::cloud::{self, Cloud};
    use crate::sandbox::Options;
    if !arguments.sandbox {
        return Ok(None);
    }
    let options = Options { observer: Arc::new(super::watch::Watch), ..Options::default() };
    let mut cloud = Cloud::start(options, Arc::clone(&setup.clock)).await?;
    cloud::adopt(&mut setup.settings, cloud.token());
    let (environment, ignored) = cloud::environment(std::mem::take(&mut setup.environment));
    setup.environment = environment;
    setup.environment.insert(cloud::API_KEY.to_owned(), cloud.sandbox.api_key().to_owned());
    super::stand_in::adopt(&mut setup.settings, &cloud.sandbox, cloud.directory())?;
    setup.elsewhere = Some(cloud.dial.clone());
    tracing::info!(address = %cloud.sandbox.address(), "a miniature cloud answers for every endpoint; every tenant is allowed");
    if !setup.settings.keys.is_empty() {
        tracing::info!("key files are not read: keys of the miniature cloud stand in for them");
    }
    if !ignored.is_empty() {
        tracing::info!(variables = ignored.join(" "), "credential variables are ignored");
    }
    let counterparts = super::counterpart::play(&arguments.counterpart, &cloud.sandbox).await?;
    for (name, url) in &counterparts.urls {
        tracing::info!(name, url, "sandbox: a counterpart plays");
    }
    cloud.counterparts = Some(counterparts);
    cloud.playing = super::script::play(&arguments.sandbox_fault, &cloud.sandbox);
    Ok(Some(cloud))
}

/// There is none in this build.
#[cfg(not(feature = "sandbox"))]
async fn beside_sandbox(_: &Arguments, _: &mut Setup) -> std::io::Result<Option<std::convert::Infallible>> {
    Ok(None)
}
