//! `countersign login` and `logout` as a human uses them, against the sandbox's CloudSSO, OAuth and STS; the tests play the
//! browser.

mod cloud_sso;
mod oauth;
mod saml;

use std::process::Stdio;
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::sandbox::{Options, Sandbox};
use countersign::upstream::Dial;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStderr};

use crate::kit::judge::trust;
use crate::kit::program::countersign;
use crate::kit::{Answer, Caller, ECS, Kit, Place, Proxy, REGIONS, get, soon, with_body};

/// A cloud, and a human's machine.
struct Stage {
    sandbox: Sandbox,
    place: Place,
}

impl Stage {
    async fn new() -> Self {
        let sandbox = Sandbox::start(Options::default(), Arc::new(SystemClock)).await.unwrap();
        Self { sandbox, place: Place::new() }
    }

    /// Settings by which STS is the sandbox, and more.
    fn settings(&self, more: &str) {
        let ca = self.place.write("ca.pem", &self.sandbox.authority_pem());
        let text = format!(
            "[role.default]\nsource = \"login\"\n{more}\n[connect_to]\n\"*\" = \"https://{}\"\n[upstream]\nextra_ca = {ca:?}\n",
            self.sandbox.address()
        );
        self.place.write("countersign.toml", &text);
    }

    /// A proxy on the same machine, whose role lives on the login.
    async fn proxy(&self) -> Proxy {
        let address = self.sandbox.address();
        let dial = Dial::Tls {
            host: Some(address.ip().to_string().into()),
            port: address.port(),
            trust: trust(&self.sandbox).into(),
        };
        let directory = self.place.path().join("logins");
        let settings = format!("[role.default]\nsource = \"login\"\n[login]\ndirectory = {directory:?}");
        Kit::without_credentials().elsewhere(dial).settings(&settings).start().await
    }

    fn login(&self, arguments: &[&str]) -> Running {
        Running::start(&self.place, &[&["login"], arguments].concat())
    }

    /// The end of a command that asks nobody.
    async fn ended(&self, arguments: &[&str]) -> (i32, String, String) {
        Running::start(&self.place, arguments).ended().await
    }

    fn kept(&self) -> serde_json::Value {
        let path = self.place.path().join("logins/default.login.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }
}

/// `[login]` of these settings.
const DIRECTORY: &str = "[login]\ndirectory = \"logins\"\n";

/// A command that runs.
struct Running {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
    heard: String,
}

impl Running {
    fn start(place: &Place, arguments: &[&str]) -> Self {
        let mut command = countersign(place, arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said, heard: String::new() }
    }

    /// The first line that holds this.
    async fn line(&mut self, part: &str) -> String {
        soon(part, async {
            loop {
                let line = self.said.next_line().await.unwrap();
                let line = line.unwrap_or_else(|| panic!("{part} is not in {}", self.heard));
                self.heard.push_str(&line);
                self.heard.push('\n');
                if line.contains(part) {
                    return line.trim().to_owned();
                }
            }
        })
        .await
    }

    /// Status, what was printed, and what was said.
    async fn ended(mut self) -> (i32, String, String) {
        let mut printed = String::new();
        let mut out = self.child.stdout.take().unwrap();
        soon("the end", async {
            out.read_to_string(&mut printed).await.unwrap();
            while let Some(line) = self.said.next_line().await.unwrap() {
                self.heard.push_str(&line);
                self.heard.push('\n');
            }
            let status = self.child.wait().await.unwrap();
            (status.code().unwrap_or(-1), printed, self.heard)
        })
        .await
    }
}

/// Whether the proxy's requests are signed as the sandbox takes them.
async fn call(proxy: &Proxy) -> Answer {
    proxy.get(ECS, REGIONS).await
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Host and target of a plain URL.
fn apart(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url}"));
    rest.split_at(rest.find('/').unwrap())
}

/// What a browser does with a form.
async fn submit(url: &str, form: &str) -> Answer {
    let (host, target) = apart(url);
    let mut browser = Caller::connect(host.parse().unwrap()).await;
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    browser.send(with_body("POST", host, target, kind, form)).await;
    browser.answer().await
}

/// What a browser does with a link.
async fn visit(url: &str) -> Answer {
    let (host, target) = apart(url);
    let mut browser = Caller::connect(host.parse().unwrap()).await;
    browser.send(get(host, target)).await;
    browser.answer().await
}
