//! A cloud in memory and a clock on virtual time, for the tests of this room.

mod answers;
mod auto;
mod caller_identity;
mod chain;
mod ci_token;
mod cli;
mod drill;
mod ecs;
mod files;
mod fleet;
mod hedge;
mod ini;
mod keys;
mod kms;
mod kms_wrong;
mod life;
mod login;
mod logins;
mod machine;
mod matrix;
mod outage;
mod process;
mod profile_ecs;
mod recorded;
mod rejected;
mod resolving;
mod shuttle;
mod sources;
mod state;
mod table;
mod token;
mod uri;
mod vault;
mod vended;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use machine::Machine;
use table::Table;
use token::TokenFile;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::*;
use crate::clock::{Clock, Now};
use crate::names::{AccessKeyId, Host, Nonce, Place, RoleArn, RoleName};
use crate::secret::Secret;
use crate::sign::iso;

/// 2027-01-15T08:00:00Z.
const WALL: u64 = 1_800_000_000;
const ROLE: &str = "acs:ram::1000000000000001:role/app";

/// The two clocks, on tokio's paused time, each of which can be shifted.
#[derive(Debug)]
struct TestClock {
    start: Instant,
    wall_shift: AtomicI64,
    boot_shift: AtomicI64,
    nonces: AtomicU64,
}

impl TestClock {
    fn new() -> Arc<Self> {
        let (wall_shift, boot_shift) = (AtomicI64::new(0), AtomicI64::new(0));
        Arc::new(Self { start: Instant::now(), wall_shift, boot_shift, nonces: AtomicU64::new(1) })
    }

    /// Since the test began, unshifted.
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn shift_wall(&self, seconds: i64) {
        self.wall_shift.fetch_add(seconds, Ordering::Relaxed);
    }

    /// As suspending does: both clocks go on, timers do not.
    fn suspend(&self, seconds: i64) {
        self.shift_wall(seconds);
        self.boot_shift.fetch_add(seconds, Ordering::Relaxed);
    }
}

fn shifted(base: u64, elapsed: Duration, shift: &AtomicI64) -> Duration {
    Duration::from_secs(base.saturating_add_signed(shift.load(Ordering::Relaxed))) + elapsed
}

impl Clock for TestClock {
    fn now(&self) -> Now {
        let elapsed = self.elapsed();
        let wall = shifted(WALL, elapsed, &self.wall_shift);
        Now { wall, boot: shifted(10_000, elapsed, &self.boot_shift) }
    }

    fn nonce(&self) -> Nonce {
        let count = u128::from(self.nonces.fetch_add(1, Ordering::Relaxed));
        Nonce::from_bytes(count.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_le_bytes())
    }
}

/// One call as the cloud saw it.
#[derive(Clone, Debug)]
struct Seen {
    host: String,
    target: String,
    body: String,
    method: Method,
    headers: Vec<(&'static str, String)>,
    at: Duration,
}

impl Seen {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }
}

/// What the cloud answers, and how long it takes.
struct Reply {
    /// Until there is a connection.
    connects_after: Duration,
    after: Duration,
    outcome: Result<Answer, CarryError>,
}

impl Reply {
    fn answer(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = Zeroizing::new(body.into());
        let answer = Answer { status, date: None, retry_after: None, acs_retry_after: None, body };
        Self { connects_after: Duration::ZERO, after: Duration::ZERO, outcome: Ok(answer) }
    }

    fn refusal(status: u16, code: &str) -> Self {
        Self::answer(status, format!(r#"{{"Code":"{code}","Message":"canary-message","RequestId":"R-1"}}"#))
    }

    fn unreachable() -> Self {
        let outcome = Err(CarryError::Unreachable("connection refused".to_owned()));
        Self { connects_after: Duration::ZERO, after: Duration::ZERO, outcome }
    }

    /// From an address that swallows every packet.
    fn black_hole() -> Self {
        Self { connects_after: Duration::MAX, ..Self::unreachable() }
    }

    /// A connection, and never an answer.
    fn silent() -> Self {
        Self::answer(200, "").after(Duration::from_secs(3_600))
    }

    fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Answer)) -> Self {
        change(self.outcome.as_mut().unwrap());
        self
    }
}

type Play = Box<dyn FnMut(&Seen) -> Reply + Send>;

/// STS, as a function of each call. Without one it grants an hour at once, and takes every key for a RAM user's.
struct Cloud {
    clock: Arc<TestClock>,
    seen: Mutex<Vec<Seen>>,
    play: Mutex<Option<Play>>,
}

impl Cloud {
    fn new(clock: &Arc<TestClock>) -> Arc<Self> {
        Arc::new(Self { clock: Arc::clone(clock), seen: Mutex::default(), play: Mutex::default() })
    }

    fn play(&self, play: impl FnMut(&Seen) -> Reply + Send + 'static) {
        *self.play.lock().unwrap() = Some(Box::new(play));
    }

    fn calls(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cloud")
    }
}

impl Carry for Cloud {
    fn carry(&self, outbound: Outbound) -> Boxed<'_, Result<Answer, CarryError>> {
        let seen = Seen {
            host: outbound.to.authority(),
            target: outbound.path_and_query.to_string(),
            body: String::from_utf8(outbound.body.to_vec()).unwrap(),
            method: outbound.method,
            headers: outbound.headers.iter().map(|(name, value)| (*name, value.to_string())).collect(),
            at: self.clock.elapsed(),
        };
        self.seen.lock().unwrap().push(seen.clone());
        let reply = match &mut *self.play.lock().unwrap() {
            Some(play) => play(&seen),
            None if seen.target.contains("Action=GetCallerIdentity") => {
                Reply::answer(200, identity_json("RAMUser", "acs:ram::1000000000000001:user/a"))
            }
            None => grant(&self.clock, 3_600),
        };
        Box::pin(async move {
            if reply.connects_after > outbound.connect_timeout {
                tokio::time::sleep(outbound.connect_timeout).await;
                return Err(CarryError::Unreachable("timed out".to_owned()));
            }
            tokio::time::sleep(reply.after).await;
            reply.outcome
        })
    }
}

/// A credential of `app` that lives for so many seconds by the clock; each has an id of its own.
fn grant(clock: &TestClock, seconds: i64) -> Reply {
    static IDS: AtomicU64 = AtomicU64::new(1);
    let id = format!("STS.{:020}", IDS.fetch_add(1, Ordering::Relaxed));
    let now = i64::try_from(clock.now().wall.as_secs()).unwrap();
    Reply::answer(200, credential_json("app", &id, now + seconds))
}

fn identity_json(kind: &str, arn: &str) -> String {
    format!(
        r#"{{"RequestId":"R-1","IdentityType":"{kind}","AccountId":"1000000000000001","PrincipalId":"2","UserId":"2",
            "Arn":"{arn}"}}"#
    )
}

fn credential_json(role: &str, id: &str, expires_at: i64) -> String {
    let expiration = String::from_utf8(iso(expires_at).to_vec()).unwrap();
    format!(
        r#"{{"RequestId":"R-1","AssumedRoleUser":{{"AssumedRoleId":"3:s",
            "Arn":"acs:ram::1000000000000001:assumed-role/{role}/s"}},
            "Credentials":{{"AccessKeyId":"{id}","AccessKeySecret":"canary-secret",
            "SecurityToken":"canary-token+/=","Expiration":"{expiration}"}}}}"#
    )
}

/// As the header `Date` writes a second of January 2027.
fn http_date(seconds: i64) -> String {
    let text = String::from_utf8(iso(seconds).to_vec()).unwrap();
    assert!(text.starts_with("2027-01-"), "{text}");
    format!("Fri, {} Jan 2027 {} GMT", &text[8..10], &text[11..19])
}

/// Keeps the text of every event.
#[derive(Debug, Default)]
struct Ear(Mutex<Vec<String>>);

impl Ear {
    fn heard(&self, text: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|line| line.contains(text)).count()
    }
}

impl Observer for Ear {
    fn observe(&self, role: &RoleName, event: &Event<'_>) {
        self.0.lock().unwrap().push(format!("{role}: {event}"));
    }

    fn observe_base(&self, role: &RoleName, event: &Event<'_>) {
        self.0.lock().unwrap().push(format!("base of {role}: {event}"));
    }
}

/// Roles, their cloud and their clock.
struct Stage {
    clock: Arc<TestClock>,
    cloud: Arc<Cloud>,
    machine: Arc<Machine>,
    ear: Arc<Ear>,
    token: TokenFile,
    logins: Arc<dyn Logins>,
    variables: Vec<(&'static str, String)>,
    roles: BTreeMap<RoleName, RoleConfig>,
}

impl Stage {
    /// One role, `default`, from an OIDC token.
    fn new() -> Self {
        let clock = TestClock::new();
        let (cloud, token) = (Cloud::new(&clock), TokenFile::new(&format!("{}\n", TokenFile::TOKEN)));
        let variables = vec![
            ("ALIBABA_CLOUD_ROLE_ARN", ROLE.to_owned()),
            ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1000000000000001:oidc-provider/rrsa".to_owned()),
            ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token.path().display().to_string()),
        ];
        let roles = BTreeMap::from([(RoleName::new("default"), RoleConfig::default())]);
        let logins = Arc::new(NoLogins);
        Self { clock, cloud, machine: Arc::default(), ear: Arc::default(), token, logins, variables, roles }
    }

    /// One role, `default`, from the given variables.
    fn with_variables(variables: &[(&'static str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { variables, ..Self::new() }
    }

    fn role(&mut self, name: &str, config: RoleConfig) {
        self.roles.insert(RoleName::new(name), config);
    }

    fn try_open(&self) -> Result<Credentials, Vec<BadRole>> {
        let pairs = self.variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let surroundings = Surroundings {
            variables: Arc::new(Variables::with_named(pairs, ["CI_TOKEN"])),
            logins: Arc::clone(&self.logins) as _,
            carry: Arc::clone(&self.cloud) as _,
            launch: Arc::clone(&self.machine) as _,
            clock: Arc::clone(&self.clock) as _,
            dmi: self.token.0.join("dmi"),
            observer: Arc::clone(&self.ear) as _,
            asks_whose: true,
            runtime: tokio::runtime::Handle::current(),
        };
        Credentials::new(&self.roles, &(Arc::new(Table) as _), &surroundings)
    }

    /// The cell of `default`.
    fn open(&self) -> Arc<Cell> {
        self.open_role("default")
    }

    fn open_role(&self, name: &str) -> Arc<Cell> {
        Arc::clone(self.try_open().unwrap().cell(&RoleName::new(name)).unwrap())
    }

    /// What the first attempt of `default` fails with, which repeats nothing of a file.
    async fn failure(&self) -> FetchError {
        let cell = self.open();
        self.until(self.clock.elapsed().as_secs_f64() + 0.1).await;
        let failure = cell.status(&self.clock.now()).failure.expect("it fails");
        let text = failure.to_string();
        assert!(!text.contains("FAKE") && !text.contains("canary"), "{text}");
        (*failure).clone()
    }

    async fn until(&self, seconds: f64) {
        tokio::time::sleep_until(self.clock.start + Duration::from_secs_f64(seconds)).await;
    }
}

fn step(role: &str) -> AssumeConfig {
    let role_arn = RoleArn::parse(&format!("acs:ram::1000000000000001:role/{role}")).unwrap();
    let (external_id, policy, source_identity) = (None, None, None);
    AssumeConfig { role_arn, external_id, policy, source_identity, session_name: None, duration: None }
}

/// The value of a parameter, decoded.
fn parameter(text: &str, name: &str) -> Option<String> {
    let query = text.strip_prefix("/?").unwrap_or(text);
    let found = crate::wire::parameters(query.as_bytes()).find(|parameter| parameter.is(name))?;
    Some(String::from_utf8(found.decoded_value().collect()).unwrap())
}
