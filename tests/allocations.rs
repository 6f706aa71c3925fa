//! What "allocates nothing" means, as numbers: an allocator that counts, around every stage that signing a request takes.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail")]

#[path = "allocations/data.rs"]
mod data;
#[path = "allocations/fc.rs"]
mod fc;

use std::alloc::{GlobalAlloc, Layout, System};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;

use countersign::classify::Family;
use countersign::classify::{self, BodyPlan, FormRead, Listener, Named, Shape};
use countersign::clock::{Clock, SystemClock};
use countersign::endpoint::{self, Tenants};
use countersign::names::{Action, Host, Moment, Nonce, RoleName, Scheme, calendar};
use countersign::pipeline::{Assembled, Parts, Scratch, assemble};
use countersign::secret::{Secret, SecurityToken};
use countersign::sign::{self, DayKey, Identity, Key, Payload, Token, Unsigned, Workspace, oss};
use countersign::telemetry::{AccessWriter, Format, Record, RequestId};
use countersign::wire::{Head, HeadLimits, parameters};

thread_local! {
    /// Calls of the allocator by this thread: the harness's own threads do not disturb.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    // A thread that is ending has no counter any more, and nothing to measure.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
}

// `alloc_zeroed` is left to its default, which calls `alloc`.
#[allow(unsafe_code, reason = "an allocator cannot be written without; this one only counts and passes on")]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps this function's contract, which is that one's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above; every block is the system allocator's.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Allocations while `work` runs.
fn allocations(work: impl FnOnce()) -> usize {
    let before = CALLS.get();
    work();
    CALLS.get() - before
}

/// Requests until every buffer has its size. The second is enough: the first grows what the head needs.
const WARM_UP: usize = 3;
/// Requests measured.
const MEASURED: usize = 20;
/// Names and values of this many headers and parameters, and more; beyond 64 one index grows, once.
const SIZES: [usize; 4] = [4, 64, 65, 300];

/// What one worker has, and signs with.
struct Worker {
    head: Head,
    scratch: Scratch,
    workspace: Workspace,
    buffer: Vec<u8>,
    listener: Listener,
    tenants: Tenants,
    key: Key,
    day_key: DayKey,
    security_token: Token,
}

impl Worker {
    fn new() -> Self {
        let key = Key::absorb(Secret::new("secret".to_owned()));
        let day_key = key.day_key(calendar::day(0), "cn-hangzhou", oss::PRODUCT);
        Self {
            head: Head::new(),
            scratch: Scratch::default(),
            workspace: Workspace::default(),
            buffer: Vec::new(),
            listener: Listener { own: vec!["127.0.0.1:9110".to_owned()], pinned: None },
            tenants: Tenants::any(),
            key,
            day_key,
            // The longest that was seen of STS.
            security_token: Token::new(SecurityToken::new("CAIS+x/".repeat(100)).unwrap()),
        }
    }

    /// One request, from the bytes that arrive to the head that leaves, as the pipeline takes it. Returns whether a
    /// form was written anew.
    fn sign(&mut self, request: &[u8], body: Option<&[u8]>, scheme: Scheme) -> bool {
        let limits = HeadLimits { head: 60 * 1024, headers: 1000, uri: 60 * 1024 };
        let Self { head, scratch, workspace, .. } = self;
        head.buffer().extend_from_slice(request);
        assert_eq!(head.parse(&limits), Ok(true));

        classify::refuse_browsers(head).unwrap();
        let target = classify::target(head.target()).unwrap();
        let Ok(Named::Host(host)) = classify::named(head, &target, &self.listener) else { unreachable!() };
        let host = Host::in_lower_case(host).unwrap();
        let endpoint = endpoint::reverse(host.as_str(), &self.tenants).unwrap();
        let endpoint = endpoint::by_path(endpoint, target.path);
        let family = classify::family_of(&endpoint, head, target.path).unwrap();
        classify::check_path(target.path, target.query, family == Family::Oss).unwrap();

        let is_form = family.reads_forms() && classify::has_form(head);
        let Parts { mut query, mut form, fields } = scratch.take();
        query.extend(parameters(target.query));
        form.extend(parameters(body.filter(|_| is_form).unwrap_or_default()));
        let read = if is_form { FormRead::Fields(&form) } else { FormRead::None };
        let asked = classify::asked(head, &query, read, family, target.is_root()).unwrap();
        let shape = Shape {
            head,
            target,
            query: &query,
            endpoint: &endpoint,
            is_form,
            is_form_unread: false,
            upgrades_rpc: false,
            oss_v1: scheme == Scheme::OssV1,
        };
        let plan = classify::plan(&asked, &shape).unwrap();
        assert_eq!(plan.call.scheme, Some(scheme));
        scratch.put(Parts { query, form, fields });

        let mut parts = scratch.take();
        let held = body.filter(|_| plan.body == BodyPlan::Hold).map(|body| (body, is_form));
        let Assembled { unsigned, body } = assemble(head, (&plan, &endpoint), target, held, &mut parts);
        let unsigned = match &body {
            Some(body) => Unsigned { payload: Payload::Held(body), ..unsigned },
            None => unsigned,
        };
        let identity = Identity {
            access_key_id: "STS.id",
            security_token: Some(&self.security_token),
            key: &self.key,
            day_key: Some(&self.day_key),
        };
        let moment = Moment { unix_seconds: 0, nonce: Nonce::from_bytes([7; 16]) };
        let buffer = std::mem::take(&mut self.buffer);
        let signed = sign::sign(scheme, &unsigned, &identity, &moment, (workspace, buffer)).unwrap();
        self.buffer = signed.into_buffer();
        let is_rewritten = matches!(body, Some(Cow::Owned(_)));
        scratch.put(parts);
        head.finish(0);
        is_rewritten
    }

    /// Allocations of many requests, once the buffers have grown.
    fn measure(&mut self, request: &str, body: Option<&[u8]>, scheme: Scheme) -> usize {
        for _ in 0..WARM_UP {
            self.sign(request.as_bytes(), body, scheme);
        }
        allocations(|| {
            for _ in 0..MEASURED {
                self.sign(request.as_bytes(), body, scheme);
            }
        })
    }
}

/// `count` parameters that must be decoded, sorted and encoded anew.
fn many(count: usize) -> String {
    let mut text = String::new();
    for index in (0..count).rev() {
        let _ = write!(text, "&Tag.{index}.K%65y=a+b%2Fc*~{index}");
    }
    text
}

/// A request's head with `count` further headers, half of which a signature covers.
fn request(line: &str, host: &str, headers: &str, count: usize) -> String {
    let mut text = format!("{line} HTTP/1.1\r\nHost: {host}\r\n{headers}");
    let prefixes = ["x-acs-m", "x-oss-meta-m", "X-DataHub-m", "x-other-m"].into_iter().cycle();
    for (index, prefix) in (0..count).rev().zip(prefixes) {
        let _ = write!(text, "{prefix}{index}: some value {index}\r\n");
    }
    text + "\r\n"
}

#[test]
fn the_allocator_is_counted() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![0_u8; 9]))), 1);
}

#[test]
fn acs3_allocates_nothing() {
    let mut worker = Worker::new();
    for size in SIZES {
        let line = format!("GET /?Action=DescribeRegions{}", many(size));
        let unsigned = request(&line, "ecs.cn-hangzhou.aliyuncs.com", "", size);
        assert_eq!(worker.measure(&unsigned, None, Scheme::Acs3), 0, "unsigned, {size}");
        let dummy = "Authorization: ACS3-HMAC-SHA256 Credential=dummy,SignedHeaders=host,Signature=00\r\n\
            x-acs-action: DescribeRegions\r\nx-acs-version: 2014-05-26\r\nx-acs-security-token: dummy\r\n\
            Content-Type: application/json\r\nContent-Length: 9\r\n";
        let signed = request(&line.replacen("GET", "POST", 1), "ecs.cn-hangzhou.aliyuncs.com", dummy, size);
        assert_eq!(worker.measure(&signed, Some(b"{\"a\": 1}\n"), Scheme::Acs3), 0, "dummy-signed, {size}");
    }
}

#[test]
fn acs4_allocates_nothing() {
    let mut worker = Worker::new();
    let dummy = "Authorization: ACS4-HMAC-SHA256 Credential=d/20200101/cn-hangzhou/Ecs/aliyun_v4_request,\
        SignedHeaders=host,Signature=00\r\nContent-Type: application/json\r\nContent-Length: 9\r\n";
    for size in SIZES {
        let line = format!("POST /?Action=DescribeRegions{}", many(size));
        let request = request(&line, "ecs.cn-hangzhou.aliyuncs.com", dummy, size);
        assert_eq!(worker.measure(&request, Some(b"{\"a\": 1}\n"), Scheme::Acs4), 0, "{size}");
    }
}

#[test]
fn rpc_allocates_nothing_in_query_and_form() {
    let mut worker = Worker::new();
    let proof = "AccessKeyId=dummy&Signature=x%3D&SignatureNonce=1&Timestamp=2020-01-01T00%3A00%3A00Z";
    let host = "ecs.cn-hangzhou.aliyuncs.com";
    for size in SIZES {
        let line = format!("GET /?{proof}&Action=DescribeRegions&Version=2014-05-26{}", many(size));
        assert_eq!(worker.measure(&request(&line, host, "", size), None, Scheme::RpcV1), 0, "query, {size}");
        let form = format!("Action=DescribeRegions&Version=2014-05-26{}", many(size));
        let headers =
            format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", form.len());
        let post = request(&format!("POST /?{proof}"), host, &headers, size);
        assert_eq!(worker.measure(&post, Some(form.as_bytes()), Scheme::RpcV1), 0, "form, {size}");
    }
}

#[test]
fn a_form_that_held_the_proof_is_written_anew_in_one_allocation() {
    let mut worker = Worker::new();
    let form = format!("AccessKeyId=dummy&Signature=x&Action=DescribeRegions&Version=2014-05-26{}", many(64));
    let headers =
        format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", form.len());
    let post = request("POST /", "ecs.cn-hangzhou.aliyuncs.com", &headers, 64);
    assert!(worker.sign(post.as_bytes(), Some(form.as_bytes()), Scheme::RpcV1));
    assert_eq!(worker.measure(&post, Some(form.as_bytes()), Scheme::RpcV1), MEASURED);
}

#[test]
fn oss_v4_allocates_nothing() {
    let mut worker = Worker::new();
    let dummy = "Authorization: OSS4-HMAC-SHA256 Credential=d/20200101/r/oss/aliyun_v4_request,\
        AdditionalHeaders=host;range,Signature=00\r\nx-oss-date: 20200101T000000Z\r\n\
        Range: bytes=0-9\r\nContent-Length: 9\r\n";
    for size in SIZES {
        let line = format!("PUT /a%20b/c+d?{}", many(size));
        let host = "bucket.oss-cn-hangzhou.aliyuncs.com";
        for headers in ["", dummy] {
            let request = request(&line, host, headers, size);
            assert_eq!(worker.measure(&request, None, Scheme::OssV4), 0, "{size} {headers}");
        }
    }
}

#[test]
fn roa_v1_allocates_nothing() {
    let mut worker = Worker::new();
    let dummy = "Authorization: acs d:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\nx-acs-action: DescribeClusters\r\n\
        x-acs-signature-nonce: n\r\nAccept: application/json\r\nContent-MD5: x\r\nContent-Length: 9\r\n";
    for size in SIZES {
        let line = format!("PUT /clusters/a%2Fb?empty&{}", many(size));
        let request = request(&line, "cs.cn-hangzhou.aliyuncs.com", dummy, size);
        assert_eq!(worker.measure(&request, None, Scheme::RoaV1), 0, "{size}");
    }
}

#[test]
fn the_other_schemes_of_oss_allocate_nothing() {
    let mut worker = Worker::new();
    let v1 = "Authorization: OSS dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\nContent-Length: 9\r\n";
    let s3 = "Authorization: AWS4-HMAC-SHA256 Credential=d\r\nx-amz-date: 20200101T000000Z\r\n\
              x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nContent-Encoding: aws-chunked\r\n\
              x-amz-decoded-content-length: 9\r\nContent-Length: 29\r\n";
    for size in SIZES {
        let line = format!("PUT /a%20b/c+d?acl&uploadId=a%2Fb{}", many(size));
        for (headers, host, scheme) in [
            (v1, "bucket.oss-cn-hangzhou.aliyuncs.com", Scheme::OssV1),
            (s3, "bucket.oss-cn-hangzhou.aliyuncs.com", Scheme::S3),
            ("", "bucket-1.cn-hangzhou.oss-vectors.aliyuncs.com", Scheme::OssV4),
        ] {
            let request = request(&line, host, headers, size);
            assert_eq!(worker.measure(&request, None, scheme), 0, "{size} {scheme}");
        }
    }
}

#[test]
fn a_worker_that_signs_by_turns_allocates_nothing_either() {
    let mut worker = Worker::new();
    let rpc = "GET /?AccessKeyId=d&Signature=x&Action=DescribeRegions&Version=2014-05-26";
    let requests = [
        (request("GET /?Action=DescribeRegions", "ecs.cn-hangzhou.aliyuncs.com", "", 64), Scheme::Acs3),
        (request(rpc, "ecs.cn-hangzhou.aliyuncs.com", "", 9), Scheme::RpcV1),
        (request("GET /key?acl", "bucket.oss-cn-hangzhou.aliyuncs.com", "", 30), Scheme::OssV4),
    ];
    let mut turn = || {
        for (request, scheme) in &requests {
            worker.sign(request.as_bytes(), None, *scheme);
        }
    };
    turn();
    turn();
    assert_eq!(allocations(|| (0..MEASURED).for_each(|_| turn())), 0);
}

#[test]
fn an_access_line_allocates_nothing_also_while_nobody_takes_it() {
    /// Whoever reads it has stopped.
    struct Stuck(std::sync::mpsc::Receiver<()>);
    impl std::io::Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let host = endpoint::reverse("ecs.cn-hangzhou.aliyuncs.com", &Tenants::any()).unwrap();
    let now = SystemClock.now();
    let record = Record {
        endpoint: Some(host),
        action: Action::new("DescribeRegions".bytes()),
        request_id: RequestId::new(b"4F2E-01"),
        upstream: Some(std::time::Duration::from_millis(7)),
        ..Record::begin(now, RoleName::new("default"))
    };
    for format in [Format::Text, Format::Json] {
        let (release, stuck) = std::sync::mpsc::channel();
        let writer = AccessWriter::start(format, Box::new(Stuck(stuck))).unwrap();
        let log = writer.log();
        // Through the worker's buffer, what waits behind it and the thread's share, and beyond.
        let calls = allocations(|| (0..10_000).for_each(|_| log.add(&record, now.boot)));
        assert_eq!(calls, 0, "{format:?}");
        assert!(writer.dropped() > 0, "{format:?}");
        drop(release);
    }
}
