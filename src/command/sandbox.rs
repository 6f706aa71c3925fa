//! `countersign sandbox`: the miniature cloud alone, for a proxy in another process, container or machine.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::cloud::{PROVIDER_ARN, ROLE_ARN, TOKEN_EVERY};
use super::output::{self, complain, print};
use super::process::{self, Ending};
use super::script;
use super::watch::Watch;
use crate::clock::SystemClock;
use crate::config;
use crate::endpoint;
use crate::names::Network;
use crate::sandbox::{Options, Sandbox};
use crate::telemetry::{Format, start_log};

/// What `sandbox` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Write here what a proxy needs: ca.pem, token, countersign.toml
    #[arg(long, value_name = "DIR")]
    directory: PathBuf,
    /// Listen here
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:9120")]
    listen: SocketAddr,
    /// How a proxy reaches it, where that is not the address it listens on: a host, with its port
    #[arg(long, value_name = "HOST:PORT")]
    reached_at: Option<String>,
    /// Which region's hosts lead here; may be repeated
    #[arg(long, value_name = "REGION", default_value = "cn-hangzhou")]
    region: Vec<String>,
    /// A bucket that is there from the start, in cn-hangzhou, and that the proxy may sign for; may be repeated
    #[arg(long, value_name = "NAME", default_value = "demo")]
    bucket: Vec<String>,
    #[arg(long, value_name = "FAULT", help = script::HELP)]
    sandbox_fault: Vec<script::Script>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let rows = match rows(&arguments.region) {
        Ok(rows) => rows,
        Err(error) => {
            complain(format_args!("--region: {error}"));
            return Exit::Usage;
        }
    };
    if let Some(clash) = script::clash(&arguments.sandbox_fault) {
        complain(clash);
        return Exit::Usage;
    }
    let log = config::environment().remove("RUST_LOG");
    let _log = match start_log(Format::Text, log.as_deref()) {
        Ok(log) => log,
        Err(error) => {
            complain(format_args!("cannot start: {error}"));
            return Exit::Failed;
        }
    };
    process::harden();
    match process::block_on(serve(arguments, &rows)).and_then(|served| served) {
        Ok(()) => Exit::Success,
        Err(error) if output::is_unprinted(&error) => output::ended(&error),
        Err(error) => {
            complain(format_args!("the miniature cloud has failed: {error}"));
            match error.kind() {
                io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable => Exit::Unavailable,
                io::ErrorKind::InvalidInput => Exit::Usage,
                _ => Exit::Failed,
            }
        }
    }
}

/// The hosts of what the sandbox plays, as `[connect_to]` has them.
fn rows(regions: &[String]) -> Result<Vec<String>, endpoint::NoEndpoint> {
    let mut hosts = vec![endpoint::forward("sts", None, Network::Public)?.host().as_str().to_owned()];
    for region in regions {
        for product in ["sts", "ecs", "cs", "oss"] {
            let host = endpoint::forward(product, Some(region), Network::Public)?.host().as_str().to_owned();
            if product == "oss" {
                hosts.push(format!("*.{host}"));
            }
            hosts.push(host);
        }
    }
    // Some regions share a host.
    hosts.sort();
    hosts.dedup();
    Ok(hosts)
}

async fn serve(arguments: &Arguments, hosts: &[String]) -> io::Result<()> {
    let mut ending = Ending::watch()?;
    std::fs::create_dir_all(&arguments.directory)?;
    let directory = std::fs::canonicalize(&arguments.directory)?;
    let options = Options {
        address: arguments.listen,
        buckets: arguments.bucket.clone(),
        observer: Arc::new(Watch),
        ..Options::default()
    };
    let sandbox = Arc::new(Sandbox::start(options, Arc::new(SystemClock)).await?);
    let reached_at = arguments.reached_at.clone().unwrap_or_else(|| sandbox.address().to_string());
    replace(&directory, "ca.pem", &sandbox.authority_pem())?;
    replace(&directory, "token", &sandbox.oidc_token())?;
    let settings = settings(&reached_at, hosts, &arguments.bucket);
    // Last, so that whoever waits for it finds the others.
    replace(&directory, "countersign.toml", &settings)?;
    print(format_args!(
        "A miniature Alibaba Cloud listens on {}. It checks every signature itself.\n\
         A proxy in front of it:  countersign run --config {}\n",
        sandbox.address(),
        directory.join("countersign.toml").display(),
    ))?;
    let _playing = script::play(&arguments.sandbox_fault, &sandbox);
    loop {
        tokio::select! {
            () = ending.next() => return Ok(()),
            () = tokio::time::sleep(TOKEN_EVERY) => replace(&directory, "token", &sandbox.oidc_token())?,
        }
    }
}

/// Replaces a file, for nobody else, as a whole: a reader sees the old one or the new one.
fn replace(directory: &Path, name: &str, text: &str) -> io::Result<()> {
    let (path, next) = (directory.join(name), directory.join(format!("{name}.new")));
    // Made here and now: neither somebody else's file, with its rights, nor what a link leads to.
    let _ = std::fs::remove_file(&next);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written
        .and_then(|()| std::fs::rename(&next, &path))
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Settings of a proxy that finds this cloud. Paths are beside them, so that the directory can be mounted anywhere.
fn settings(reached_at: &str, hosts: &[String], buckets: &[String]) -> String {
    let quoted = |text: &str| format!("{text:?}");
    let buckets: Vec<String> = buckets.iter().map(|bucket| quoted(bucket)).collect();
    let mut out = format!(
        "# From `countersign sandbox`, for as long as that runs. Add listeners and roles as you like.\n\
         [role.default]\nsource = \"oidc\"\nrole_arn = {ROLE_ARN:?}\noidc_provider_arn = {PROVIDER_ARN:?}\n\
         oidc_token_file = {}\n\n[tenants]\noss = [{}]\n\n[upstream]\nextra_ca = {}\n\n[connect_to]\n",
        quoted("token"),
        buckets.join(", "),
        quoted("ca.pem"),
    );
    for host in hosts {
        // Writing to text cannot fail.
        let _ = writeln!(out, "{host:?} = {:?}", format!("https://{reached_at}"));
    }
    out
}
