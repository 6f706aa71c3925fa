//! Starts the product from settings, as `countersign run` does, on free ports.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign::clock::{Clock, SystemClock};
use countersign::config::{Flags, load};
use countersign::sidecar::{Setup, Sidecar, StartError};
use countersign::upstream::{Dial, Resolve, SystemResolver};

use super::place::Place;
use super::{Answer, Caller, KEY_ID, SECRET, TOKEN, Upstream, get, with_body, witness};

/// A forward listener and one that is pinned.
const LISTEN: &str = r#"
[[listen]]
address = "127.0.0.1:0"
[[listen]]
address = "127.0.0.1:0"
endpoint = "ecs.cn-hangzhou"
"#;

/// How a proxy is to be started.
pub(crate) struct Kit {
    pub(crate) place: Place,
    top: String,
    listen: String,
    access: String,
    admin: String,
    more: String,
    environment: BTreeMap<String, String>,
    clock: Arc<dyn Clock>,
    elsewhere: Option<Dial>,
    resolver: Arc<dyn Resolve>,
}

impl Kit {
    /// Signs as `KEY_ID`, from the environment.
    pub(crate) fn new() -> Self {
        let key = [
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
            ("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN),
        ];
        let mut kit = Self::without_credentials();
        for (name, value) in key {
            kit = kit.variable(name, value);
        }
        kit
    }

    pub(crate) fn without_credentials() -> Self {
        Self {
            place: Place::new(),
            top: String::new(),
            listen: LISTEN.to_owned(),
            access: "off".to_owned(),
            admin: String::new(),
            more: String::new(),
            environment: BTreeMap::new(),
            clock: Arc::new(SystemClock),
            elsewhere: None,
            resolver: Arc::new(SystemResolver::default()),
        }
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Keys of no table.
    pub(crate) fn top(mut self, text: &str) -> Self {
        self.top.push_str(text);
        self
    }

    /// These listeners instead of the usual two.
    pub(crate) fn listen(mut self, text: &str) -> Self {
        text.clone_into(&mut self.listen);
        self
    }

    /// A further line of the table `[admin]`.
    pub(crate) fn admin(mut self, line: &str) -> Self {
        line.clone_into(&mut self.admin);
        self
    }

    /// Further tables.
    pub(crate) fn settings(mut self, text: &str) -> Self {
        self.more.push_str(text);
        self.more.push('\n');
        self
    }

    /// Writes access lines to `access.log` in the kit's place.
    pub(crate) fn access(mut self) -> Self {
        self.access = self.place.path().join("access.log").display().to_string();
        self
    }

    pub(crate) fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Dials everything there.
    pub(crate) fn elsewhere(mut self, dial: Dial) -> Self {
        self.elsewhere = Some(dial);
        self
    }

    /// Looks names up there.
    pub(crate) fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = resolver;
        self
    }

    /// In front of the recording upstream: ECS, the bucket's OSS and STS are there.
    pub(crate) async fn before(self, upstream: &Upstream) -> Proxy {
        let address = upstream.address;
        self.connect_to(&format!("http://{address}")).start().await
    }

    /// Dials ECS, the bucket's OSS and STS there.
    pub(crate) fn connect_to(self, url: &str) -> Self {
        let rows = [
            "ecs.cn-hangzhou.aliyuncs.com",
            "*.oss-cn-hangzhou.aliyuncs.com",
            "oss-cn-hangzhou.aliyuncs.com",
            "sts.cn-hangzhou.aliyuncs.com",
            "sts.aliyuncs.com",
        ]
        .map(|host| format!("\"{host}\" = \"{url}\"\n"))
        .concat();
        self.settings(&format!("[connect_to]\n{rows}"))
    }

    pub(crate) async fn start(self) -> Proxy {
        self.try_start().await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) async fn try_start(self) -> Result<Proxy, StartError> {
        let Self { place, top, listen, access, admin, more, environment, clock, elsewhere, resolver } = self;
        let text = format!(
            "{top}\n{listen}\n[tenants]\noss = [\"bkt1\"]\nsls = [\"project-1\"]\n\
             ots = [\"instance-1\"]\nodps = [\"project_1\"]\ndashscope = [\"ws1\"]\nfc = [\"2029384756\"]\n\
             datahub = [\"Project_1\"]\nmns = [\"1234567890123456\"]\nrocketmq = [\"1234567890123456\"]\n[admin]\naddress = \"127.0.0.1:0\"\n{admin}\n\
             [log]\naccess = \"{access}\"\nformat = \"json\"\n{more}"
        );
        place.write("countersign.toml", &text);
        let settings = match load(&Flags::default(), &environment, place.path()) {
            Ok(loaded) => loaded.settings,
            Err(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                panic!("{}\n{text}", lines.join("\n"));
            }
        };
        let started = Sidecar::start(Setup { settings, environment, clock, elsewhere, resolver }).await;
        let sidecar = started.inspect_err(|error| {
            witness::heard("an error of the start", format!("{error} {error:?}").as_bytes());
        })?;
        let address = |index: usize| sidecar.addresses.get(index).copied().flatten();
        let (forward, pinned) = (address(0), address(1));
        Ok(Proxy { sidecar, place, forward, pinned })
    }
}

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) sidecar: Sidecar,
    pub(crate) place: Place,
    forward: Option<SocketAddr>,
    pinned: Option<SocketAddr>,
}

impl Proxy {
    /// The first listener, by default a forward one.
    pub(crate) fn forward(&self) -> SocketAddr {
        self.forward.expect("a first listener on TCP")
    }

    /// The second listener, by default pinned to ECS.
    pub(crate) fn pinned(&self) -> SocketAddr {
        self.pinned.expect("a second listener on TCP")
    }

    pub(crate) async fn caller(&self) -> Caller {
        Caller::connect(self.forward()).await
    }

    /// Sends over a connection of its own, and reads one answer.
    pub(crate) async fn call(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut caller = self.caller().await;
        caller.send(request).await;
        caller.answer().await
    }

    pub(crate) async fn get(&self, host: &str, target: &str) -> Answer {
        self.call(get(host, target)).await
    }

    pub(crate) async fn put(&self, host: &str, target: &str, body: &str) -> Answer {
        self.call(with_body("PUT", host, target, "", body)).await
    }

    /// Asks the admin listener.
    pub(crate) async fn admin(&self, path: &str) -> Answer {
        let mut caller = Caller::connect(self.sidecar.admin).await;
        caller.send(get(&self.sidecar.admin.to_string(), path)).await;
        caller.answer().await
    }

    /// The value of a metric, with its labels as they are written. Zero: it is not there.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = self.admin("/metrics").await.text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Every access line, once the proxy has ended: so many, or more. Of a kit with `access`.
    pub(crate) async fn access_lines(self, at_least: usize) -> Vec<serde_json::Value> {
        let (_, place) = self.drain().await;
        place.access_lines(at_least).await
    }

    /// Drains within a second, and says whether every request was answered.
    pub(crate) async fn drain(self) -> (bool, Place) {
        (self.sidecar.drain(Duration::from_secs(1)).await, self.place)
    }
}
