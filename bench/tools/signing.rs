//! Signing alone, in one process: the product beside hashing the same bytes, and beside the crates that are nearest to it.
//!
//!     signing [ROUNDS [NAME]]
//!
//! Prints one line of JSON. Every round times each in turn; a figure is the median of the rounds. What the product signed is
//! verified before it is timed. With a name it is that row alone, for a profiler.

use std::fmt::Write as _;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context as Polled, Poll, Waker};
use std::time::{Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as sign_for_aws};
use aws_sigv4::sign::v4;
use countersign::classify::{self, FormRead, Listener, Named, Shape};
use countersign::endpoint::{self, Tenants};
use countersign::names::{Host, Moment, Nonce, Scheme, calendar};
use countersign::pipeline::{Assembled, Parts, Scratch, assemble};
use countersign::secret::{Secret, SecurityToken};
use countersign::sign::{self, Identity, Key, Token, Workspace, oss};
use countersign::wire::{Head, HeadLimits, parameters};
use countersign_bench::allocations::{Counting, counted};
use countersign_bench::credentials;
use countersign_bench::verify::{Reckoned, reckon, verify};
use hmac::{Hmac, KeyInit, Mac};
use reqsign_aliyun_oss::{Credential, RequestSigner, SigningVersion};
use reqsign_core::{Context, SignRequest};
use sha1::Sha1;
use sha2::{Digest, Sha256};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const KEY_ID: &str = "STS.bench.default.0";
const REGION: &str = "cn-hangzhou";
/// Calls between two looks at the clock.
const BATCH: u32 = 2000;

/// The requests, by name: seven parameters and six headers; an object with a sub-resource.
const REQUESTS: [(&str, Scheme, &str); 3] = [
    (
        "ACS3",
        Scheme::Acs3,
        "GET /?RegionId=cn-hangzhou&PageSize=10&PageNumber=1&Tag.1.Key=env&Tag.1.Value=prod HTTP/1.1\r\n\
         Host: ecs.cn-hangzhou.aliyuncs.com\r\nAccept: application/json\r\nUser-Agent: bench\r\n\
         x-acs-action: DescribeInstances\r\nx-acs-version: 2014-05-26\r\n\r\n",
    ),
    (
        "RPC v1",
        Scheme::RpcV1,
        "GET /?Action=DescribeInstances&Version=2014-05-26&RegionId=cn-hangzhou&PageSize=10&PageNumber=1&Tag.1.Key=env\
         &AccessKeyId=dummy&Signature=x%3D&SignatureMethod=HMAC-SHA1&SignatureNonce=1&SignatureVersion=1.0\
         &Timestamp=2026-01-01T00%3A00%3A00Z HTTP/1.1\r\nHost: ecs.cn-hangzhou.aliyuncs.com\r\nAccept: application/json\r\n\
         User-Agent: bench\r\n\r\n",
    ),
    (
        "OSS V4",
        Scheme::OssV4,
        "GET /photos/2026/a%20b.jpg?versionId=CAEQNhiBgM0BYiIDc4MGZjZGI2OTBjOTRmNTE5NmU5NmFhZjhjYmY HTTP/1.1\r\n\
         Host: bkt1.oss-cn-hangzhou.aliyuncs.com\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n",
    ),
];

/// What is timed, by name, and what came of it.
struct Row<'a> {
    name: String,
    work: Box<dyn FnMut() + 'a>,
    /// What one call costs that is no part of the work: a copy of the input.
    beside: Option<Box<dyn FnMut() + 'a>>,
    nanoseconds: Vec<f64>,
    allocations: f64,
    bytes: f64,
}

impl<'a> Row<'a> {
    fn new(name: String, work: impl FnMut() + 'a) -> Self {
        Self {
            name,
            work: Box::new(work),
            beside: None,
            nanoseconds: Vec::new(),
            allocations: 0.0,
            bytes: 0.0,
        }
    }

    fn measure(&mut self) {
        let (time, allocations, bytes) = batch(&mut self.work);
        let (less, fewer, lighter) = self.beside.as_mut().map_or((0.0, 0.0, 0.0), batch);
        self.nanoseconds.push(time - less);
        (self.allocations, self.bytes) = (allocations - fewer, bytes - lighter);
    }

    fn json(&mut self) -> String {
        self.nanoseconds.sort_by(f64::total_cmp);
        let at = |share: usize| self.nanoseconds[(self.nanoseconds.len() - 1) * share / 4];
        format!(
            "{:?}:{{\"ns\":{:.1},\"low\":{:.1},\"high\":{:.1},\"allocations\":{:.3},\"bytes\":{:.0}}}",
            self.name,
            at(2),
            at(1),
            at(3),
            self.allocations,
            self.bytes
        )
    }
}

/// Nanoseconds, allocations and bytes a call.
fn batch(work: &mut Box<dyn FnMut() + '_>) -> (f64, f64, f64) {
    let (before, begun) = (counted(), Instant::now());
    for _ in 0..BATCH {
        work();
    }
    let (time, after) = (begun.elapsed(), counted());
    let each = |count: u64| count as f64 / f64::from(BATCH);
    (time.as_nanos() as f64 / f64::from(BATCH), each(after.0 - before.0), each(after.1 - before.1))
}

/// A future that has nothing to wait for.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Polled::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("signing waits for nothing"),
    }
}

/// The signer of one request, everything before it done once; it hands out the head that it wrote.
fn signer(request: &'static str, scheme: Scheme) -> impl FnMut() -> Vec<u8> {
    let head: &'static mut Head = Box::leak(Box::new(Head::new()));
    head.buffer().extend_from_slice(request.as_bytes());
    assert_eq!(head.parse(&HeadLimits { head: 60 * 1024, headers: 1000, uri: 60 * 1024 }), Ok(true));
    let head: &'static Head = head;
    let listener = Listener { own: vec!["127.0.0.1:9110".to_owned()], pinned: None };
    let target = classify::target(head.target()).expect("a target");
    let Ok(Named::Host(host)) = classify::named(head, &target, &listener) else { unreachable!() };
    let host = Host::in_lower_case(host).expect("a host");
    let endpoint: &'static _ =
        Box::leak(Box::new(endpoint::reverse(host.as_str(), &Tenants::any()).expect("an endpoint")));
    let family = classify::family(&endpoint).expect("a family");
    let scratch: &'static mut Scratch = Box::leak(Box::default());
    let Parts { mut query, form, fields } = scratch.take();
    query.extend(parameters(target.query));
    let asked =
        classify::asked(head, &query, FormRead::None, family, target.is_root()).expect("an operation");
    let shape = Shape {
        head,
        target,
        query: &query,
        endpoint,
        is_form: false,
        is_form_unread: false,
        upgrades_rpc: false,
        oss_v1: false,
    };
    let plan: &'static _ = Box::leak(Box::new(classify::plan(&asked, &shape).expect("a plan")));
    assert_eq!(plan.call.scheme, Some(scheme));
    scratch.put(Parts { query, form, fields });
    let parts: &'static mut _ = Box::leak(Box::new(scratch.take()));
    let Assembled { unsigned, .. } = assemble(head, (plan, endpoint), target, None, parts);

    let key: &'static Key = Box::leak(Box::new(Key::absorb(Secret::new(credentials::secret(KEY_ID)))));
    let day_key = Box::leak(Box::new(key.day_key(calendar::day(0), REGION, oss::PRODUCT)));
    let token = SecurityToken::new(credentials::token(KEY_ID).expect("a token")).expect("visible characters");
    let token: &'static Token = Box::leak(Box::new(Token::new(token)));
    let identity =
        Identity { access_key_id: KEY_ID, security_token: Some(token), key, day_key: Some(day_key) };
    let mut workspace = Workspace::default();
    let mut buffer = Vec::new();
    let mut count = 0_u64;
    move || {
        count += 1;
        let moment = Moment { unix_seconds: 0, nonce: Nonce::from_bytes([count.to_le_bytes()[0]; 16]) };
        let work = (&mut workspace, std::mem::take(&mut buffer));
        buffer = sign::sign(scheme, &unsigned, &identity, &moment, work).expect("a signature").into_buffer();
        black_box(&buffer);
        // What is handed out is for the check alone; an empty Vec allocates nothing.
        if count == 1 { buffer.clone() } else { Vec::new() }
    }
}

/// The hash and the MAC of the same bytes, the MAC keyed already.
fn hashing(reckoned: Reckoned, scheme: Scheme) -> Box<dyn FnMut()> {
    let Reckoned { canonical, string_to_sign, .. } = reckoned;
    if scheme == Scheme::RpcV1 {
        let keyed = Hmac::<Sha1>::new_from_slice(b"secret").expect("any key");
        return Box::new(move || {
            let mut mac = keyed.clone();
            mac.update(black_box(string_to_sign.as_bytes()));
            black_box(mac.finalize());
        });
    }
    let keyed = Hmac::<Sha256>::new_from_slice(b"secret").expect("any key");
    Box::new(move || {
        black_box(Sha256::digest(black_box(canonical.as_bytes())));
        let mut mac = keyed.clone();
        mac.update(black_box(string_to_sign.as_bytes()));
        black_box(mac.finalize());
    })
}

/// An `http` request of one of ours.
fn parts_of(request: &str) -> http::request::Parts {
    let mut lines = request.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
    let host = headers[0].1;
    let builder = http::Request::builder().method(method).uri(format!("https://{host}{target}"));
    let whole = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    whole.body(()).expect("a request").into_parts().0
}

fn by_reqsign(request: &str, version: SigningVersion, name: &str) -> Row<'static> {
    let signer = RequestSigner::new("bkt1").with_region(REGION).with_signing_version(version);
    let credential = Credential {
        access_key_id: KEY_ID.to_owned(),
        access_key_secret: credentials::secret(KEY_ID),
        security_token: credentials::token(KEY_ID),
        expires_in: None,
    };
    let (context, parts) = (Context::new(), parts_of(request));
    let copy = parts.clone();
    let mut row = Row::new(name.to_owned(), move || {
        let mut parts = parts.clone();
        now(signer.sign_request(&context, &mut parts, Some(&credential), None)).expect("a signature");
        black_box(parts);
    });
    row.beside = Some(Box::new(move || drop(black_box(copy.clone()))));
    row
}

fn by_aws(request: &'static str) -> Row<'static> {
    let parts = parts_of(request);
    let identity =
        Credentials::from_keys(KEY_ID, credentials::secret(KEY_ID), credentials::token(KEY_ID)).into();
    Row::new("aws-sigv4".to_owned(), move || {
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name("ecs")
            .time(SystemTime::UNIX_EPOCH)
            .settings(SigningSettings::default())
            .build()
            .expect("parameters")
            .into();
        let headers =
            parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
        let uri = parts.uri.to_string();
        let request = SignableRequest::new(parts.method.as_str(), uri, headers, SignableBody::Bytes(b""));
        black_box(sign_for_aws(request.expect("a request"), &params).expect("a signature"));
    })
}

fn main() {
    let rounds: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(25);
    let mut rows = Vec::new();
    for (name, scheme, request) in REQUESTS {
        let mut sign = signer(request, scheme);
        let head = sign();
        verify(&head, Some(b"")).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let reckoned = reckon(&head, Some(b"")).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let hash = hashing(reckoned, scheme);
        rows.push(Row::new(name.to_owned(), move || drop(sign())));
        rows.push(Row::new(format!("{name}, hashing alone"), hash));
    }
    rows.push(by_reqsign(REQUESTS[2].2, SigningVersion::V4, "reqsign OSS V4"));
    rows.push(by_reqsign(REQUESTS[2].2, SigningVersion::V1, "reqsign OSS V1"));
    rows.push(by_aws(REQUESTS[0].2));
    if let Some(only) = std::env::args().nth(2) {
        rows.retain(|row| row.name == only);
    }
    for row in &mut rows {
        row.measure();
        row.nanoseconds.clear();
    }
    for _ in 0..rounds {
        rows.iter_mut().for_each(Row::measure);
    }
    let mut text = String::new();
    for row in &mut rows {
        let _ = write!(text, "{}{}", if text.is_empty() { "{" } else { "," }, row.json());
    }
    println!("{text}}}");
}
