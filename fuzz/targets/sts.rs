//! Answers of STS: what is used is whole, and of the role that was asked for; what is not used leaves nothing of a secret
//! in any text.
//!
//! An input is a line `STATUS|Date|Retry-After|x-acs-retry-after`, and the body. The way in is the product's own: a role
//! assumed from an AccessKey, over a [`Carry`] that answers with the input.
#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::clock::{Clock, Now};
use countersign::credential::{
    Answer, AssumeConfig, Boxed, Carry, CarryError, Credential, Credentials, Event, Launch, LaunchError,
    NoLogins, Observer, Outbound, Printed, Program, RoleConfig, SourceConfig, StsTable, Surroundings,
    Variables,
};
use countersign::names::{Host, Nonce, Place, RoleArn, RoleName};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Handle};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// 2027-01-15T08:00:00Z.
const WALL: Duration = Duration::from_secs(1_800_000_000);
const ROLE: &str = "acs:ram::1000000000000001:role/app";
/// Seeds have it in every part of a credential, and in what a refusal says. Codes and ids are repeated by rights.
const CANARY: &str = "canary";

fuzz_target!(|bytes: &[u8]| {
    let Some(reply) = Reply::read(bytes) else { return };
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let ear = Arc::new(Ear::default());
    let (outcome, debug) = runtime.block_on(async {
        let credentials = open(reply.clone(), Arc::clone(&ear));
        let cell = credentials.cell(&RoleName::new("app")).expect("the role is there");
        let outcome = cell.wait().await;
        (outcome, format!("{cell:?}"))
    });
    let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
    match outcome {
        Ok(credential) => used(&reply, &body, &credential),
        Err(refusal) => {
            let said = format!("{refusal} {refusal:?} {}", refusal.code());
            assert!(!said.contains('\n'), "one line: {said}");
            silent(&body, &said);
            assert!(refusal.retry_after().is_some_and(|after| (1..=72).contains(&after.as_secs())), "{said}");
        }
    }
    silent(&body, &debug);
    silent(&body, &ear.0.lock().expect("nobody panicked").join("\n"));
});

/// What a credential that is used must be, read off the answer a second time.
fn used(reply: &Reply, body: &Value, credential: &Credential) {
    let text = |part: &Value| part.as_str().unwrap_or_default().to_owned();
    let granted = &body["Credentials"];
    assert_eq!(reply.status, 200);
    assert!(reply.body.len() <= 64 * 1024);
    let id = text(&granted["AccessKeyId"]);
    assert!(!id.is_empty() && id == credential.access_key().expect("a pair").id().as_str());
    assert!(
        id.bytes().all(|byte| byte.is_ascii_graphic() && !b",=/;".contains(&byte)),
        "{id:?} would split a header"
    );
    assert!(!text(&granted["AccessKeySecret"]).is_empty());
    let token = text(&granted["SecurityToken"]);
    assert_eq!(
        credential.access_key().expect("a pair").security_token().map(|token| token.expose()),
        Some(token.as_str())
    );
    assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    let user = text(&body["AssumedRoleUser"]["Arn"]).to_ascii_lowercase();
    assert!(user.starts_with("acs:ram::1000000000000001:assumed-role/app/"), "{user} is not of the role");
    assert_eq!(credential.role().map(RoleArn::as_str), Some(ROLE));
    let life = credential.life().expect("STS says how long");
    assert!(!life.length().is_zero() && life.length() <= Duration::from_secs(3_600 + 300));
    assert!(!text(&granted["Expiration"]).is_empty());
    silent(body, &format!("{credential:?}").replace(&id, ""));
}

fn silent(body: &Value, said: &str) {
    let repeated = [&body["Code"], &body["RequestId"], &body["Credentials"]["AccessKeyId"]];
    if !repeated.iter().any(|part| part.as_str().is_some_and(|text| text.contains(CANARY))) {
        assert!(!said.contains(CANARY), "a part of the answer is told: {said}");
    }
}

#[derive(Clone, Debug)]
struct Reply {
    status: u16,
    headers: [Option<String>; 3],
    body: Vec<u8>,
}

impl Reply {
    fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|&byte| byte == b'\n')?;
        let line = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut parts = line.splitn(4, '|');
        let status = parts.next()?.parse().ok()?;
        let mut header =
            || parts.next().filter(|text| !text.is_empty() && !text.contains(CANARY)).map(str::to_owned);
        let headers = [header(), header(), header()];
        Some(Self { status, headers, body: bytes[end + 1..].to_vec() })
    }
}

impl Carry for Reply {
    fn carry(&self, outbound: Outbound) -> Boxed<'_, Result<Answer, CarryError>> {
        assert!(outbound.to.authority().starts_with("sts"), "only STS is asked");
        let Self { status, headers: [date, retry_after, acs_retry_after], body } = self.clone();
        let body = Zeroizing::new(body);
        Box::pin(std::future::ready(Ok(Answer { status, date, retry_after, acs_retry_after, body })))
    }
}

fn open(reply: Reply, observer: Arc<Ear>) -> Credentials {
    let role_arn = RoleArn::parse(ROLE).expect("a role");
    let (external_id, policy, source_identity) = (None, None, None);
    let step =
        AssumeConfig { role_arn, external_id, policy, source_identity, session_name: None, duration: None };
    let config =
        RoleConfig { source: SourceConfig::Environment, assume: vec![step], ..RoleConfig::default() };
    let roles = BTreeMap::from([(RoleName::new("app"), config)]);
    let pairs =
        [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIfuzz"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "fuzzfuzzfuzz")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let surroundings = Surroundings {
        variables: Arc::new(Variables::from_pairs(pairs)),
        carry: Arc::new(reply),
        logins: Arc::new(NoLogins),
        launch: Arc::new(NoPrograms),
        clock: Arc::new(Virtual(Instant::now())),
        dmi: "/".into(),
        observer,
        asks_whose: true,
        runtime: Handle::current(),
    };
    Credentials::new(&roles, &(Arc::new(Table) as _), &surroundings).expect("the role can be set up")
}

/// Both clocks, on tokio's virtual time.
#[derive(Debug)]
struct Virtual(Instant);

impl Clock for Virtual {
    fn now(&self) -> Now {
        let elapsed = self.0.elapsed();
        Now { wall: WALL + elapsed, boot: Duration::from_secs(10_000) + elapsed }
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_bytes([7; 16])
    }
}

#[derive(Debug, Default)]
struct Ear(Mutex<Vec<String>>);

impl Observer for Ear {
    fn observe(&self, role: &RoleName, event: &Event<'_>) {
        self.0.lock().expect("nobody panicked").push(format!("{role}: {event} {event:?}"));
    }

    fn observe_base(&self, role: &RoleName, event: &Event<'_>) {
        self.observe(role, event);
    }
}

#[derive(Debug)]
struct NoPrograms;

impl Launch for NoPrograms {
    fn launch(&self, _: Program) -> Boxed<'_, Result<Printed, LaunchError>> {
        panic!("an AccessKey of the environment is nobody's program")
    }
}

#[derive(Debug)]
struct Table;

impl StsTable for Table {
    fn regional(&self, _: &str, _: bool) -> Option<Host> {
        None
    }

    fn kms(&self, _: &str, _: bool) -> Option<Host> {
        None
    }

    fn named(&self, name: &str) -> Option<Host> {
        (name == "sts.aliyuncs.com").then(|| Host::from_pieces(&[name]).ok()).flatten()
    }

    fn is_own(&self, _: &Place) -> bool {
        false
    }

    fn plays_metadata(&self) -> bool {
        false
    }
}
