//! Signing, of every scheme: whatever is accepted leaves as one request with one proof of ours, holds nothing that a caller
//! could prove itself with, is read back as the same call, and is signed alike when it is sent through once more. How a
//! query is spelled, and in which order it stands, makes no difference where a scheme signs what it means.
//!
//! The first byte chooses the host. The rest is a request without `Host`: request line, headers, body.
#![no_main]

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use countersign::classify::{self, BodyPlan, Plan};
use countersign::endpoint::{OwnHosts, Tenants, by_path, reverse};
use countersign::names::{Endpoint, Moment, Nonce, Scheme, calendar};
use countersign::pipeline::{Parts, Rules, assemble, judge, permit};
use countersign::secret::{Secret, SecurityToken};
use countersign::sign::{self, Identity, Key, Payload, Token, Unsigned, Workspace};
use countersign::wire::{AwsChunks, Framing, Head, HeadLimits, Spelling, Target, decoded, parameters};
use libfuzzer_sys::fuzz_target;

const LIMITS: HeadLimits = HeadLimits { head: 16 * 1024, headers: 64, uri: 8 * 1024 };

/// One of each kind of product, and of each of its hosts that is read differently.
const HOSTS: &[&str] = &[
    "ecs.cn-hangzhou.aliyuncs.com",
    "cs.cn-hangzhou.aliyuncs.com",
    "sts.cn-hangzhou.aliyuncs.com",
    "sgx-dcap-server.aliyuncs.com",
    "bkt1.oss-cn-hangzhou.aliyuncs.com",
    "oss-cn-hangzhou.aliyuncs.com",
    "bkt1.s3.oss-cn-hangzhou.aliyuncs.com",
    "bkt1-1000000000000001.cn-hangzhou.oss-vectors.aliyuncs.com",
    "cn-hangzhou.oss-tables.aliyuncs.com",
    "prj-1.cn-hangzhou.log.aliyuncs.com",
    "dh-cn-hangzhou.aliyuncs.com",
    "1234567890123456.mns.cn-hangzhou.aliyuncs.com",
    "cn-hangzhou.mns.aliyuncs.com",
    "1234567890123456.mqrest.cn-hangzhou.aliyuncs.com",
    "1000000000000001.cn-hangzhou.fc.aliyuncs.com",
    "inst-1.cn-hangzhou.ots.aliyuncs.com",
    "service.cn-hangzhou.maxcompute.aliyun.com",
    "dt.cn-hangzhou.maxcompute.aliyun.com",
];

/// Hosts of the operator's own, each with its product.
const OWN_HOSTS: &[(&str, &str)] = &[
    ("api.example.com", "apigateway"),
    ("trigger.example.com", "fc-trigger"),
    ("dtplus-cn-shanghai.data.aliyuncs.com", "dataplus"),
    ("shujuapi.aliyun.com", "dataplus"),
    ("nlsapi.aliyun.com", "dataplus"),
];

/// What stands for the credential that signs. None of it may ever be taken for the caller's.
const ACCESS_KEY_ID: &str = "STS.ours";
const TOKEN: &str = "OUR+TOKEN/with=signs";

struct Ours {
    key: Key,
    token: Token,
    tenants: Tenants,
    own_hosts: OwnHosts,
    moment: Moment,
}

static OURS: LazyLock<Ours> = LazyLock::new(|| Ours {
    key: Key::absorb(Secret::new("our secret".to_owned())),
    token: Token::new(SecurityToken::new(TOKEN.to_owned()).expect("a token")),
    tenants: Tenants::any(),
    own_hosts: own_hosts(),
    moment: Moment { unix_seconds: 1_769_860_800, nonce: Nonce::from_text("n-1").expect("a nonce") },
});

fn own_hosts() -> OwnHosts {
    let mut own_hosts = OwnHosts::default();
    for (host, product) in OWN_HOSTS {
        own_hosts.add(host, product, None).expect("a host of an operator's own");
    }
    own_hosts
}

/// The host that a number chooses: the table's first, then the operator's.
fn host(choice: u8) -> &'static str {
    let hosts = HOSTS.iter().chain(OWN_HOSTS.iter().map(|(host, _)| host));
    hosts.copied().cycle().nth(usize::from(choice)).unwrap_or_default()
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, rest @ ..] = bytes else { return };
    let host = host(*choice);
    let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { return };
    let (line, rest) = rest.split_at(end);
    let text = [line, b"\r\nHost: ", host.as_bytes(), rest].concat();
    let Some(first) = through(&text) else { return };
    let Some(scheme) = first.scheme else { return };
    leaves_whole(&first);

    let again = through(&first.text).unwrap_or_else(|| panic!("what leaves is refused: {first:?}"));
    assert_eq!(again.action, first.action, "the same call");
    assert_eq!(again.scheme, first.scheme, "as the same scheme");
    assert_eq!(again.sorted(), first.sorted(), "signed alike");
    if !signs_bytes(scheme) {
        spelled_otherwise(&text, &first);
    }
});

/// What leaves for a request.
struct Sent {
    text: Vec<u8>,
    head: String,
    scheme: Option<Scheme>,
    action: Option<String>,
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}\n{}", self.scheme, self.action, self.head)
    }
}

impl Sent {
    /// Its lines, and the pieces of its query, in an order of their own. What was added the first time is kept the second.
    fn sorted(&self) -> Vec<String> {
        let mut lines = self.head.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let (path, query) = first.split_once('?').unwrap_or((first, ""));
        let query = query.strip_suffix(" HTTP/1.1").unwrap_or(query);
        let pieces = query.split('&').map(|piece| format!("? {piece}"));
        let lines = lines.map(|line| match line.split_once(':') {
            Some((name, value)) => format!("{}:{value}", name.to_ascii_lowercase()),
            None => line.to_owned(),
        });
        let path = path.strip_suffix(" HTTP/1.1").unwrap_or(path).to_owned();
        let mut all: Vec<String> = [path].into_iter().chain(pieces).chain(lines).collect();
        all.retain(|line| line != "? ");
        all.sort();
        all
    }

    /// The proof: of RPC version 1 a parameter, of all others a header, which Tablestore and API Gateway call otherwise.
    fn proof(&self) -> Vec<String> {
        let is_rpc = self.scheme == Some(Scheme::RpcV1);
        let is_app = self.scheme == Some(Scheme::ApiGateway);
        let is_proof = |line: &str| {
            // What an app's backend is sent in `Authorization` is no proof toward the gateway.
            line.starts_with("authorization:") && !is_app
                || is_app && line.starts_with("x-ca-signature:")
                || line.starts_with("x-ots-signature:")
                || line.starts_with("x-ots-signaturev4:")
                || is_rpc && line.starts_with("? Signature=")
        };
        self.sorted().into_iter().filter(|line| is_proof(line)).collect()
    }
}

/// The whole way of a request, without policy's time and without sockets. `None`: it is refused, or not whole.
fn through(text: &[u8]) -> Option<Sent> {
    let mut head = Head::new();
    head.buffer().extend_from_slice(text);
    if head.parse(&LIMITS) != Ok(true) {
        return None;
    }
    head.method()?;
    classify::refuse_browsers(&head).ok()?;
    let host = std::str::from_utf8(head.field("host")?).ok()?;
    let endpoint = OURS.own_hosts.endpoint(host).or_else(|| reverse(host, &OURS.tenants).ok())?;
    let target = classify::target(head.target()).ok()?;
    let endpoint = by_path(endpoint, target.path);
    let body = match head.framing() {
        Framing::None => &[][..],
        Framing::Length(length) => head.behind().get(..usize::try_from(length).ok()?)?,
        // What is inside of these chunks is no matter of signing.
        Framing::Chunked => head.behind(),
    };
    let upgrades = HashSet::new();
    let rules = Rules {
        tenants: &OURS.tenants,
        upgrades: &upgrades,
        oss_v1: false,
        unix_seconds: OURS.moment.unix_seconds,
    };
    let mut parts = Parts::default();
    let (plan, is_form) = judge(&head, (&endpoint, target), Some(body), rules, &mut parts).ok()?;
    permit(&plan, &endpoint).ok()?;
    if plan.body == BodyPlan::FormUpload {
        return None;
    }
    let body = match plan.body {
        BodyPlan::Dechunk(length) => Cow::Owned(dechunked(body, length)?),
        _ => Cow::Borrowed(body),
    };
    Some(signed(&head, (&plan, &endpoint), target, (&body, is_form)))
}

/// What is inside of the chunks of `aws-chunked`. `None`: it is not whole, or not as long as announced.
fn dechunked(body: &[u8], length: u64) -> Option<Vec<u8>> {
    let (mut chunks, mut data) = (AwsChunks::new(length), Vec::new());
    chunks.advance(body, |run| data.extend_from_slice(run)).ok()?;
    chunks.is_done().then_some(data)
}

fn signed(
    head: &Head,
    (plan, endpoint): (&Plan, &Endpoint),
    target: Target<'_>,
    (body, is_form): (&[u8], bool),
) -> Sent {
    let mut parts = Parts::default();
    let held = (plan.body == BodyPlan::Hold).then_some((body, is_form));
    let assembled = assemble(head, (plan, endpoint), target, held, &mut parts);
    let unsigned = match &assembled.body {
        Some(body) => Unsigned { payload: Payload::Held(body), ..assembled.unsigned },
        None => assembled.unsigned,
    };
    let signed = match plan.call.scheme {
        None => sign::pass(&unsigned, Vec::new()),
        Some(scheme) => {
            let day = calendar::day(OURS.moment.unix_seconds);
            let day_key = sign::scope(scheme, endpoint)
                .map(|(region, product)| OURS.key.scope_key(day, region, product));
            let identity = Identity {
                access_key_id: ACCESS_KEY_ID,
                // Their keys are long-lived, and have none.
                security_token: (!takes_no_token(scheme)).then_some(&OURS.token),
                key: &OURS.key,
                day_key: day_key.as_ref(),
            };
            let work = (&mut Workspace::default(), Vec::new());
            sign::sign(scheme, &unsigned, &identity, &OURS.moment, work)
                .expect("what is accepted can be signed")
        }
    };
    let body = match &assembled.body {
        Some(body) => body.to_vec(),
        None => body.to_vec(),
    };
    Sent {
        text: [signed.head(), &body].concat(),
        head: String::from_utf8_lossy(signed.head()).into_owned(),
        scheme: plan.call.scheme,
        action: plan.call.action.map(|action| action.as_str().to_owned()),
    }
}

/// One head, one proof, one token, all ours.
fn leaves_whole(sent: &Sent) {
    let head = sent.head.strip_suffix("\r\n\r\n").expect("a head ends");
    assert!(!head.contains("\r\n\r\n"), "and once only: {sent:?}");
    let lines: Vec<(String, &str)> = head
        .split("\r\n")
        .skip(1)
        .map(|line| line.split_once(": ").unwrap_or_else(|| panic!("a line without a name: {sent:?}")))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let of = |name: &str| {
        lines.iter().filter(|(known, _)| known == name).map(|(_, value)| *value).collect::<Vec<_>>()
    };
    assert_eq!(of("host").len(), 1, "{sent:?}");
    assert_eq!(sent.proof().len(), 1, "one proof: {sent:?}");
    let proof = sent.proof().remove(0);
    let is_named =
        [("x-ots-accesskeyid", "x-ots-"), ("x-ca-key", "x-ca-")].into_iter().all(|(name, prefix)| {
            let expected: &[&str] = if proof.starts_with(prefix) { &[ACCESS_KEY_ID] } else { &[] };
            of(name) == expected
        });
    assert!(
        is_named && (proof.contains(ACCESS_KEY_ID) || proof.starts_with(['?', 'x'])),
        "of our own key: {sent:?}"
    );
    for name in [
        "x-acs-security-token",
        "x-oss-security-token",
        "security-token",
        "x-amz-security-token",
        "x-acs-bearer-token",
        "authorization-sts-token",
        "x-datahub-security-token",
        "x-fc-security-token",
        "x-ots-ststoken",
    ] {
        assert!(of(name).iter().all(|value| *value == TOKEN), "a token that is not ours: {sent:?}");
    }
    for name in ["connection", "x-forwarded-for", "via", "te", "upgrade", "keep-alive", "proxy-authorization"]
    {
        assert!(of(name).is_empty(), "a header of one hop: {sent:?}");
    }
}

fn takes_no_token(scheme: Scheme) -> bool {
    matches!(scheme, Scheme::ApiGateway | Scheme::Dataplus)
}

/// Whether the scheme signs path and query as the bytes that they are.
fn signs_bytes(scheme: Scheme) -> bool {
    matches!(scheme, Scheme::MnsV2 | Scheme::MqHttp | Scheme::Dataplus)
}

/// Every piece of the query percent-encoded throughout, and the pieces the other way round.
fn spelled_otherwise(text: &[u8], first: &Sent) {
    let end = text.iter().position(|&byte| byte == b'\r').unwrap_or_default();
    let (line, rest) = text.split_at(end);
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
        return;
    };
    let Some(question) = target.iter().position(|&byte| byte == b'?') else { return };
    let (path, query) = target.split_at(question);
    let query = &query[1..];
    let names: Vec<Vec<u8>> =
        parameters(query).map(|parameter| decoded(parameter.name, Spelling::Form).collect()).collect();
    // Of two of one name, the order may be what is meant.
    if names.iter().enumerate().any(|(at, name)| names[..at].contains(name)) {
        return;
    }
    let escaped =
        |text: &[u8]| decoded(text, Spelling::Form).map(|byte| format!("%{byte:02x}")).collect::<String>();
    let pieces = parameters(query).map(|parameter| {
        let equals = if parameter.raw.contains(&b'=') { "=" } else { "" };
        format!("{}{equals}{}", escaped(parameter.name), escaped(parameter.value))
    });
    let mut pieces: Vec<String> = pieces.collect();
    pieces.reverse();
    let other = [method, b" ", path, b"?", pieces.join("&").as_bytes(), b" ", version, rest].concat();
    // Longer, it may be too long.
    let Some(other) = through(&other) else { return };
    assert_eq!(other.proof(), first.proof(), "{other:?}\n{first:?}");
}
