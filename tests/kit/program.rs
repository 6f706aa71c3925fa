//! The executable, as a supervisor starts it: settings in a file, signals, pipes.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::tls::Identity;
use super::{Answer, Caller, KEY_ID, Place, SECRET, TOKEN, Upstream, get, soon, witness};

/// `countersign` with arguments, in a place of its own, with the tests' credential and nothing else around it.
pub(crate) fn countersign(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command
        .args(arguments)
        .current_dir(place.path())
        .env_clear()
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
        .env("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Hears everything that a process says, to its end.
async fn listen(what: &str, mut lines: Lines<BufReader<impl AsyncRead + Unpin>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        witness::heard(what, line.as_bytes());
    }
}

/// A running `countersign run`.
pub(crate) struct Program {
    pub(crate) forward: SocketAddr,
    pub(crate) admin: SocketAddr,
    child: Child,
    /// What it says, if nobody is to read it: held, so that the pipes stay open.
    _unread: Option<(Lines<BufReader<ChildStderr>>, ChildStdout)>,
    _place: Place,
}

impl Program {
    /// With one forward listener, in front of an upstream that plays the bucket's OSS. `top`: keys of no table; `more`: further
    /// tables.
    pub(crate) async fn start(top: &str, more: &str, upstream: &Upstream) -> Self {
        Self::start_in(Place::new(), top, more, &format!("http://{}", upstream.address), true).await
    }

    /// The same, and nobody reads what it says.
    pub(crate) async fn start_unread(top: &str, more: &str, upstream: &Upstream) -> Self {
        Self::start_in(Place::new(), top, more, &format!("http://{}", upstream.address), false).await
    }

    /// The same over TLS, with an upstream of this identity.
    pub(crate) async fn start_over_tls(more: &str, upstream: &Upstream, identity: &Identity) -> Self {
        let place = Place::new();
        let ca = place.write("ca.pem", &identity.pem());
        let more = format!("{more}\n[upstream]\nextra_ca = {ca:?}");
        Self::start_in(place, "", &more, &format!("https://{}", upstream.address), true).await
    }

    async fn start_in(place: Place, top: &str, more: &str, url: &str, is_read: bool) -> Self {
        let settings = format!(
            "{top}\n[[listen]]\naddress = \"127.0.0.1:0\"\n[tenants]\noss = [\"bkt1\"]\n[admin]\naddress = \"127.0.0.1:0\"\n\
             [connect_to]\n\"*.oss-cn-hangzhou.aliyuncs.com\" = \"{url}\"\n{more}"
        );
        place.write("countersign.toml", &settings);
        let mut command = countersign(&place, &["run"]);
        command.env("RUST_LOG", "trace").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = child.stdout.take().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut forward, mut admin) = (None, None);
        soon("the addresses", async {
            while admin.is_none() {
                let line = log.next_line().await.unwrap().expect("it runs");
                let Ok(line) = serde_json::from_str::<serde_json::Value>(&line) else { panic!("{line}") };
                let address = line["address"].as_str().and_then(|address| address.parse().ok());
                match line["message"].as_str() {
                    Some("listening") => forward = address,
                    Some("health and metrics") => admin = address,
                    _ => {}
                }
            }
        })
        .await;
        let unread = if is_read {
            tokio::spawn(listen("the log of a process", log));
            tokio::spawn(listen("the access lines of a process", BufReader::new(lines).lines()));
            None
        } else {
            Some((log, lines))
        };
        Self { forward: forward.unwrap(), admin: admin.unwrap(), child, _unread: unread, _place: place }
    }

    /// A line of the kernel's status of the process, in KiB: `VmHWM` is the most memory that was ever resident, `VmRSS` what is.
    pub(crate) fn memory_kib(&self, name: &str) -> usize {
        let path = format!("/proc/{}/status", self.child.id().unwrap());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()).unwrap().parse().unwrap()
    }

    pub(crate) fn signal(&self) {
        self.send(Signal::TERM);
    }

    pub(crate) fn send(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// How it ended, if it does so soon enough.
    pub(crate) async fn ended_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        tokio::time::timeout(limit, self.child.wait()).await.ok().map(Result::unwrap)
    }

    /// Waits for its end.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        soon("the end of the process", self.child.wait()).await.unwrap()
    }

    /// Asks the admin listener.
    pub(crate) async fn ask_admin(&self, path: &str) -> Answer {
        let mut caller = Caller::connect(self.admin).await;
        caller.send(get(&self.admin.to_string(), path)).await;
        caller.answer().await
    }
}
