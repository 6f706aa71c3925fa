//! `countersign sandbox`: the miniature cloud alone, for a proxy in another process, container or machine.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::cloud::{PROVIDER_ARN, ROLE_ARN, TOKEN_EVERY};
use super::counterpart;
use super::output::{self, complain, print};
use super::process::{self, Ending};
use super::replace::replace;
use super::script;
use super::stand_in::Kind;
use super::watch::Watch;
use crate::clock::SystemClock;
use crate::config::{self, quoted};
use crate::endpoint;
use crate::names::Network;
use crate::sandbox::{Options, Sandbox};
use crate::telemetry::{Format, start_log};

/// What `sandbox` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Write here what a proxy needs: ca.pem, token, files of keys, counterparts.json, countersign.toml
    #[arg(long, value_name = "DIR")]
    directory: PathBuf,
    /// Listen here
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:9120")]
    listen: SocketAddr,
    /// How a proxy reaches it, where that is not the address it listens on
    #[arg(long, value_name = "HOST:PORT")]
    reached_at: Option<String>,
    /// A bucket that is there from the start, and that the proxy may sign for; may be repeated
    #[arg(long, value_name = "NAME", default_value = "demo")]
    bucket: Vec<String>,
    /// The region that these are in
    #[arg(long, value_name = "REGION", default_value = "cn-hangzhou")]
    region: String,
    #[arg(long, value_name = "FAULT", help = script::HELP)]
    sandbox_fault: Vec<script::Script>,
    #[arg(long, value_name = "NAME=IP:PORT", help = counterpart::HELP)]
    counterpart: Vec<counterpart::Placed>,
}

/// The first line of the settings that are written: what does not begin like that is somebody's own.
const OURS: &str =
    "# From `countersign sandbox`, which writes it anew at each start: copy it to change it.\n";
/// They are for a proxy that may be another user, in another container; and they open nothing but this cloud.
const MODE: u32 = 0o644;

pub(super) fn run(arguments: &Arguments) -> Exit {
    if let Err(mistake) = judge(arguments) {
        complain(mistake);
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
    match process::block_on(serve(arguments)).and_then(|served| served) {
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

/// What is wrong with the options, and can be said before anything starts.
fn judge(arguments: &Arguments) -> Result<(), String> {
    endpoint::forward("oss", Some(&arguments.region), Network::Public)
        .map_err(|error| format!("--region: {error}"))?;
    match &arguments.reached_at {
        Some(place) => {
            let mistake = format!("--reached-at {place:?} is not HOST:PORT, as in \"cloud.example:9120\"");
            let is_whole = place.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
            if !is_whole || config::target(&format!("https://{place}")).is_err() {
                return Err(mistake);
            }
        }
        None if arguments.listen.ip().is_unspecified() => {
            return Err(format!(
                "--listen {} is no address that a proxy could dial: say where it can with --reached-at HOST:PORT",
                arguments.listen
            ));
        }
        None => {}
    }
    script::clash(&arguments.sandbox_fault).map_or(Ok(()), Err)
}

async fn serve(arguments: &Arguments) -> io::Result<()> {
    let mut ending = Ending::watch()?;
    let directory = directory(&arguments.directory).map_err(|error| {
        io::Error::new(error.kind(), format!("--directory {}: {error}", arguments.directory.display()))
    })?;
    let options = Options {
        address: arguments.listen,
        buckets: arguments.bucket.clone(),
        region: arguments.region.clone(),
        observer: Arc::new(Watch),
        ..Options::default()
    };
    let sandbox =
        Sandbox::start(options, Arc::new(SystemClock)).await.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable | io::ErrorKind::PermissionDenied => {
                io::Error::new(
                    error.kind(),
                    format!("--listen {}: {error}; choose another", arguments.listen),
                )
            }
            _ => error,
        })?;
    let sandbox = Arc::new(sandbox);
    let reached_at = arguments.reached_at.clone().unwrap_or_else(|| sandbox.address().to_string());
    let file = |name: &str| directory.join(name);
    replace(&file("ca.pem"), &sandbox.authority_pem(), MODE)?;
    replace(&file("token"), &sandbox.oidc_token(), MODE)?;
    for (name, kind) in KEYS {
        replace(&file(name), &kind.file(&sandbox), MODE)?;
    }
    let counterparts = counterpart::play(&arguments.counterpart, &sandbox).await?;
    replace(&file(COUNTERPARTS), &counterparts.json(), MODE)?;
    // Last, so that whoever waits for it finds the others.
    replace(&file(SETTINGS), &settings(&reached_at, &arguments.bucket), MODE)?;
    print(format_args!(
        "A miniature Alibaba Cloud listens on {}. It checks every signature itself.\n\
         A proxy in front of it:  countersign run --config {}\n",
        sandbox.address(),
        file(SETTINGS).display(),
    ))?;
    for (name, url) in &counterparts.urls {
        print(format_args!("{name}:  {url}\n"))?;
    }
    let _playing = script::play(&arguments.sandbox_fault, &sandbox);
    loop {
        tokio::select! {
            _ = ending.next() => return Ok(()),
            () = tokio::time::sleep(TOKEN_EVERY) => {
                if let Err(error) = replace(&file("token"), &sandbox.oidc_token(), MODE) {
                    tracing::warn!(%error, "the token could not be written; it is tried again");
                }
            }
        }
    }
}

const SETTINGS: &str = "countersign.toml";

/// The URLs of what plays beside the cloud, by name.
const COUNTERPARTS: &str = "counterparts.json";

/// Files of keys for what takes no role's credential.
const KEYS: [(&str, Kind); 3] =
    [("app.json", Kind::App), ("user.json", Kind::AccessKey), ("model-studio.json", Kind::Api)];

/// Hosts that the products give out, one of each: the cloud plays whatever else they could have given.
const HOSTS: &str = "[keys.app]\nfile = \"app.json\"\n\n[keys.user]\nfile = \"user.json\"\n\n\
     [keys.model-studio]\nfile = \"model-studio.json\"\nproduct = \"dashscope\"\n\n\
     [hosts]\n\"sandbox-cn-hangzhou.alicloudapi.com\" = { product = \"apigateway\", keys = \"app\" }\n\
     \"dtplus-cn-shanghai.data.aliyuncs.com\" = { product = \"dataplus\", keys = \"user\" }\n\
     \"sandbox.cn-hangzhou.fcapp.run\" = { product = \"fc-trigger\" }\n\n";

/// The directory, made if it is not there. Somebody's own settings, keys or tokens are not written over.
fn directory(path: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(path)?;
    let path = std::fs::canonicalize(path)?;
    let is_ours = std::fs::read(path.join(SETTINGS)).is_ok_and(|text| text.starts_with(OURS.as_bytes()));
    let files = [SETTINGS, COUNTERPARTS, "ca.pem", "token"].into_iter().chain(KEYS.map(|(name, _)| name));
    let in_the_way = files.into_iter().find(|name| path.join(name).exists());
    match in_the_way {
        Some(name) if !is_ours => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("there is a {name} that `countersign sandbox` has not written; name another directory"),
        )),
        _ => Ok(path),
    }
}

/// Settings of a proxy that finds this cloud. Paths are beside them, so that the directory can be mounted anywhere.
fn settings(reached_at: &str, buckets: &[String]) -> String {
    let buckets: Vec<String> = buckets.iter().map(|bucket| quoted(bucket)).collect();
    format!(
        "{OURS}[role.default]\nsource = \"oidc\"\nrole_arn = {}\noidc_provider_arn = {}\noidc_token_file = \"token\"\n\n\
         [tenants]\noss = [{}]\n\n{HOSTS}[upstream]\nextra_ca = \"ca.pem\"\n\n\
         # Everything goes there, and nothing to the real cloud.\n[connect_to]\n\"*\" = {}\n",
        quoted(ROLE_ARN),
        quoted(PROVIDER_ARN),
        buckets.join(", "),
        quoted(&format!("https://{reached_at}")),
    )
}
