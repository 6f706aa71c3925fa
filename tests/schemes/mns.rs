//! Simple Message Queue, which was MNS: which version leaves for whom, checked by a second reading of both signatures.

use std::time::Duration;

use super::oss::{base64, hex, mac1, mac256};
use crate::kit::clock::unix_seconds;
use crate::kit::{
    Answer, Gate, KEY_ID, Kit, Moved, Proxy, Reply, SECRET, Seen, Step, TOKEN, Upstream, date, get, request,
    with_body,
};

const ACCOUNT: &str = "1234567890123456.mns.cn-hangzhou.aliyuncs.com";
const REGION: &str = "cn-hangzhou.mns.aliyuncs.com";
const V2: &str = "Authorization: MNS dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n\
    x-mns-version: 2015-06-06\r\nSecurity-Token: dummy\r\n";
const V4: &str = "Authorization: MNS4-HMAC-SHA256 Credential=dummy/20200101/r/mns/aliyun_v4_request,Signature=0\r\n\
    Date: Wed, 01 Jan 2020 00:00:00 GMT\r\nx-mns-version: 2026-04-09\r\nSecurity-Token: dummy\r\n";
/// What the two versions' SDKs send for the MD5 of `<Message/>`.
const MD5_V2: &str = "ZmJjNTU0M2M2YTY0OGM3NzAxNTg4Y2Y2NGY0YTUyZTU=";
const MD5_V4: &str = "+8VUPGpkjHcBWIz2T0pS5Q==";

async fn proxy(kit: Kit, upstream: &Upstream) -> Proxy {
    let url = format!("http://{}", upstream.address);
    kit.settings(&format!("[connect_to]\n\"{ACCOUNT}\" = \"{url}\"\n\"{REGION}\" = \"{url}\"\n"))
        .start()
        .await
}

/// The lines of the headers that `picks` picks.
fn lines(seen: &Seen, picks: impl Fn(&str) -> bool) -> String {
    let mut lines: Vec<String> = seen
        .headers()
        .into_iter()
        .filter(|(name, _)| picks(name))
        .map(|(name, value)| format!("{name}:{}\n", String::from_utf8(value).unwrap()))
        .collect();
    lines.sort();
    lines.concat()
}

/// Whether version 2 holds.
fn is_v2(seen: &Seen) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let text = format!(
        "{}\n{}\n{}\n{}\n{}{}",
        seen.method(),
        header("content-md5"),
        header("content-type"),
        header("date"),
        lines(seen, |name| name.starts_with("x-mns-")),
        seen.target()
    );
    assert_eq!(header("security-token"), TOKEN);
    header("authorization") == format!("MNS {KEY_ID}:{}", base64(&mac1(SECRET, &text)))
}

/// Whether version 4 holds, where path and query are signed as these.
fn is_v4(seen: &Seen, path: &str, query: &str) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let date = header("date");
    let [_, day, month, year, time, "GMT"] = date.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{date}")
    };
    let month = "JanFebMarAprMayJunJulAugSepOctNovDec".find(month).unwrap() / 3 + 1;
    let day = format!("{year}{month:02}{day}");
    let scope = format!("{day}/cn-hangzhou/mns/aliyun_v4_request");
    let headers =
        lines(seen, |name| name.starts_with("x-mns-") || ["content-type", "content-md5"].contains(&name));
    let text = format!(
        "MNS4-HMAC-SHA256\n{day}T{}Z\n{scope}\n{}\n{path}\n{query}\n{headers}\n",
        time.replace(':', ""),
        seen.method()
    );
    let mut key = format!("aliyun_v4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = mac256(&key, part);
    }
    assert_eq!(header("security-token"), TOKEN);
    let signature = hex(&mac256(&key, &text));
    header("authorization") == format!("MNS4-HMAC-SHA256 Credential={KEY_ID}/{scope},Signature={signature}")
}

#[tokio::test]
async fn what_nobody_signed_leaves_an_account_with_version_2_and_a_region_with_version_4() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    let target = "/queues/my-queue/messages?waitseconds=10&numOfMessages=16&B=%2f+x&a==";
    for (host, version) in [(ACCOUNT, "2015-06-06"), (REGION, "2026-04-09")] {
        let answer = proxy.call(get(host, target)).await;
        assert_eq!(answer.status, 200, "{host}: {answer:?}");
        let seen = upstream.last();
        // To the byte, and not a header more than is wanted.
        assert_eq!((seen.target().as_str(), seen.header("host").as_deref()), (target, Some(host)));
        assert_eq!(seen.header("x-mns-version").as_deref(), Some(version));
        for absent in ["content-md5", "content-type", "x-mns-date"] {
            assert_eq!(seen.header(absent), None, "{absent}");
        }
        let query = "a=%3D&b=%2F%20x&numofmessages=16&waitseconds=10";
        let holds =
            if host == ACCOUNT { is_v2(&seen) } else { is_v4(&seen, "/queues/my-queue/messages", query) };
        assert!(holds, "{}", seen.lower());
    }
    let sent = proxy.call(with_body("POST", ACCOUNT, "/queues/a%2fb/messages", "", "<Message/>")).await;
    assert_eq!(sent.status, 200);
    let seen = upstream.last();
    assert_eq!((seen.header("content-md5"), seen.header("content-type")), (None, None));
    assert!(is_v2(&seen) && seen.body == b"<Message/>", "{}", seen.lower());
}

#[tokio::test]
async fn the_host_decides_on_the_version_and_an_md5_goes_along_unless_it_is_the_other_versions() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    let target = "/queues/q~%20/messages";
    for (host, signed, md5, kept) in [
        (ACCOUNT, V2, MD5_V2, true),
        (ACCOUNT, V4, MD5_V4, false),
        (ACCOUNT, "", MD5_V4, true),
        (REGION, V4, MD5_V4, true),
        (REGION, V2, MD5_V2, false),
    ] {
        let headers = format!("{signed}Content-MD5: {md5}\r\nX-Mns-Tag: a  b\r\nContent-Type: text/xml\r\n");
        let answer = proxy.call(with_body("POST", host, target, &headers, "<Message/>")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last();
        assert_eq!(seen.header("content-md5").as_deref(), kept.then_some(md5), "{host} {signed}");
        assert_eq!(seen.header("x-mns-date"), None);
        let holds = if host == ACCOUNT { is_v2(&seen) } else { is_v4(&seen, "/queues/q~%20/messages", "") };
        assert!(holds && seen.body == b"<Message/>", "{}", seen.lower());
        assert!(!seen.lower().contains("dummy"), "{}", seen.lower());
    }
}

#[tokio::test]
async fn a_date_that_the_caller_repeated_is_repeated_anew() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    for host in [ACCOUNT, REGION] {
        let headers = "X-Mns-Date: Wed, 01 Jan 2020 00:00:00 GMT\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n";
        assert_eq!(proxy.call(request("DELETE", host, "/queues/q", headers)).await.status, 200);
        let seen = upstream.last();
        assert_eq!(seen.header("x-mns-date"), seen.header("date"));
        assert!(!seen.lower().contains("2020"), "{}", seen.lower());
        // Another queue's header for it says nothing here.
        let other = "X-Mq-Date: Wed, 01 Jan 2020 00:00:00 GMT\r\n";
        assert_eq!(proxy.call(request("DELETE", host, "/queues/q", other)).await.status, 200);
        let of_other = upstream.last();
        assert_eq!((of_other.header("x-mns-date"), of_other.header("x-mq-date")), (None, None));
        assert!(
            if host == ACCOUNT { is_v2(&seen) } else { is_v4(&seen, "/queues/q", "") },
            "{}",
            seen.lower()
        );
    }
}

#[tokio::test]
async fn a_body_streams_whichever_version_leaves() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    for host in [ACCOUNT, REGION] {
        upstream.forget();
        let mut caller = proxy.caller().await;
        let head = format!("POST /topics/t/messages HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10\r\n\r\n");
        caller.send(head).await;
        upstream.until("the head goes out before the body comes", |log| log.requests.len() == 1).await;
        caller.send("<Message/>").await;
        assert_eq!(caller.answer().await.status, 200);
        assert_eq!(upstream.last().body, b"<Message/>");
    }
}

#[tokio::test]
async fn what_may_not_be_signed_is_refused_as_message_queue_sdks_read_it() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    for (host, headers, status, code) in [
        ("9999999999999999.mns.cn-hangzhou.aliyuncs.com", "", 403, "host_not_allowed"),
        ("9999999999999999.mns.cn-hangzhou-internal.aliyuncs.com", "", 403, "host_not_allowed"),
        ("1234567890123456.mns.cn-nowhere.aliyuncs.com", "", 403, "host_not_allowed"),
        (ACCOUNT, "x-mns-a: 1\r\nX-Mns-A: 1\r\n", 400, "duplicate_field"),
        (ACCOUNT, "Content-MD5: a\r\nContent-MD5: a\r\n", 400, "duplicate_field"),
        (REGION, "x_mns_date: 1\r\n", 400, "underscore_header"),
        (REGION, "Security_Token: 1\r\n", 400, "underscore_header"),
    ] {
        let answer = proxy.call(request("GET", host, "/queues/q", headers)).await;
        assert_eq!(answer.status, status, "{host} {headers}: {answer:?}");
        assert_eq!(answer.header("x-countersign-error").as_deref(), Some(code), "{host} {headers}");
        assert_is_an_error(&answer, "x-mns-request-id");
    }
    assert!(upstream.requests().is_empty());
}

/// What the SDKs look for: `aliyun-mns-sdk` wants all four elements, `alibabacloud-gateway-mns` reads XML if it is
/// `text/xml` alone, and `@alicloud/mns` if it begins like that.
pub(super) fn assert_is_an_error(answer: &Answer, id_header: &str) {
    let text = answer.text();
    assert!(answer.header("content-type").unwrap().starts_with("text/xml"), "{answer:?}");
    let element = |name: &str| {
        let from = text.split_once(&format!("<{name}>")).unwrap().1;
        from.split_once(&format!("</{name}>")).unwrap().0.to_owned()
    };
    let error = element("Error");
    assert!(error.starts_with("<Code>Countersign."), "{error}");
    assert!(!element("Message").is_empty() && !element("HostId").is_empty(), "{error}");
    assert_eq!(Some(element("RequestId")), answer.header(id_header));
}

#[tokio::test]
async fn a_long_poll_outlives_every_wait_but_that_for_an_answers_head() {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream =
        Upstream::start(move |_, _| Reply::steps([Step::Wait(held.clone())]).and(Reply::ok())).await;
    let waits = ["first_byte_timeout", "head_timeout", "body_idle_timeout", "keep_alive_timeout"];
    let limits = waits.map(|wait| format!("{wait} = \"100ms\"\n")).concat();
    let kit = Kit::new().settings(&format!("[limits]\n{limits}[upstream]\nidle_timeout = \"100ms\""));
    let proxy = proxy(kit, &upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(get(ACCOUNT, "/queues/q/messages?waitseconds=30")).await;
    upstream.until("the call is on its way", |log| log.requests.len() == 1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    gate.open();
    assert_eq!(caller.answer().await.status, 200);
}

#[test]
fn without_settings_an_answers_head_is_waited_for_longer_than_the_longest_poll() {
    let place = crate::kit::Place::new();
    let defaults = countersign::config::load(&Default::default(), &Default::default(), place.path()).unwrap();
    // A poll takes 30 s at most; the SDKs allow up to 10 s for the way.
    assert!(defaults.settings.upstream.head_timeout >= Duration::from_secs(40));
}

#[tokio::test]
async fn a_wrong_clock_that_the_queue_complains_of_is_corrected_and_the_message_sent_again() {
    let upstream = Upstream::start(|_, at| {
        let body = "<Error><Code>TimeExpired</Code></Error>";
        let head = format!("Date: {}\r\nContent-Length: {}", date::http(unix_seconds()), body.len());
        let complaint = format!("HTTP/1.1 408 Request Timeout\r\n{head}\r\n\r\n{body}");
        if at == 0 { Reply::new(complaint) } else { Reply::ok() }
    })
    .await;
    let proxy = proxy(Kit::new().clock(Moved::wrong_by(7200)), &upstream).await;
    assert_eq!(proxy.call(get(ACCOUNT, "/queues/q/messages")).await.status, 200);
    let dates: Vec<_> = upstream.requests().iter().map(|seen| seen.header("date").unwrap()).collect();
    assert!(dates.len() == 2 && dates[0] != dates[1], "{dates:?}");
    assert!(is_v2(&upstream.last()));
}

#[tokio::test]
async fn only_what_leaves_messages_as_they_are_is_sent_again_over_a_new_connection() {
    for (method, target, is_sent_again) in [
        ("GET", "/queues/q/messages?peekonly=true", true),
        ("GET", "/queues/q/messages?peekonly=true&numOfMessages=2", true),
        ("GET", "/queues/q", true),
        ("GET", "/queues/q/messages?waitseconds=1", false),
        ("GET", "/queues/q/messages?peekonly=true&peekonly=false", false),
        ("GET", "/queues/q/messages?numOfMessages=2", false),
        ("DELETE", "/queues/q/messages?ReceiptHandle=1", false),
        ("GET", "/unknown", false),
    ] {
        let upstream =
            Upstream::start(|_, at| if at == 0 { Reply::steps([Step::Close]) } else { Reply::ok() }).await;
        let proxy = proxy(Kit::new(), &upstream).await;
        let answer = proxy.call(request(method, ACCOUNT, target, "")).await;
        let expected = if is_sent_again { (200, 2) } else { (502, 1) };
        assert_eq!((answer.status, upstream.requests().len()), expected, "{target}: {answer:?}");
    }
}

#[tokio::test]
async fn access_lines_and_metrics_name_the_operation() {
    let upstream = Upstream::start(|_, _| {
        Reply::new("HTTP/1.1 200 OK\r\nx-mns-request-id: id-of-mns\r\nContent-Length: 0\r\n\r\n")
    })
    .await;
    let proxy = proxy(Kit::new().access(), &upstream).await;
    let calls = [
        ("GET", "/?accountmeta=true", Some("GetAccountAttributes")),
        ("GET", "/queues", Some("ListQueue")),
        ("PUT", "/queues/q", Some("CreateQueue")),
        ("PUT", "/queues/q?metaoverride=true", Some("SetQueueAttributes")),
        ("POST", "/queues/q/messages", Some("SendMessage")),
        ("GET", "/queues/q/messages?waitseconds=3", Some("ReceiveMessage")),
        ("GET", "/queues/q/messages?numOfMessages=16&waitseconds=3", Some("BatchReceiveMessage")),
        ("GET", "/queues/q/messages?peekonly=true", Some("PeekMessage")),
        ("DELETE", "/queues/q/messages?ReceiptHandle=1-OD==", Some("DeleteMessage")),
        ("DELETE", "/queues/q/messages", Some("BatchDeleteMessage")),
        (
            "PUT",
            "/queues/q/messages?receiptHandle=1-OD==&visibilityTimeout=3",
            Some("ChangeMessageVisibility"),
        ),
        ("POST", "/topics/t/messages", Some("PublishMessage")),
        ("PUT", "/topics/t/subscriptions/s", Some("Subscribe")),
        ("DELETE", "/topics/t/subscriptions/s", Some("Unsubscribe")),
        ("GET", "/queues/q/messages/more", None),
        ("GET", "/queues//messages", None),
    ];
    for (method, target, _) in calls {
        assert_eq!(proxy.call(request(method, ACCOUNT, target, "")).await.status, 200, "{target}");
    }
    let sent = proxy.call(request("POST", REGION, "/queues/q/messages", "")).await;
    assert_eq!(sent.status, 200);
    for (product, count) in [("mns", 1.0), ("smqproxy", 1.0)] {
        let labels = format!(
            "product=\"{product}\",action=\"SendMessage\",region=\"cn-hangzhou\",status=\"200\",outcome=\"forwarded\""
        );
        assert_eq!(
            proxy.metric(&format!("countersign_requests_total{{{labels}}}")).await,
            count,
            "{product}"
        );
    }
    assert_eq!(proxy.metric("countersign_signatures_total{scheme=\"MNS2-HMAC-SHA1\"}").await, 16.0);
    assert_eq!(proxy.metric("countersign_signatures_total{scheme=\"MNS4-HMAC-SHA256\"}").await, 1.0);
    let lines = proxy.access_lines(calls.len() + 1).await;
    for (line, (method, target, action)) in lines.iter().zip(calls) {
        assert_eq!(line["action"].as_str(), action, "{method} {target}: {line}");
        assert_eq!(line["request_id"].as_str(), Some("id-of-mns"));
    }
}

#[test]
fn the_worked_examples_of_the_page_are_what_is_printed() {
    let url = "https://1234567890123456.mns.cn-hangzhou.aliyuncs.com/queues/my-queue/messages?waitseconds=10";
    let (text, signature) = super::page::example("Simple Message Queue (MNS), version 2", url);
    assert_eq!(base64(&mac1("testsecret", &text)), signature);
    let url = "https://cn-hangzhou.mns.aliyuncs.com/queues/my-queue/messages?peekonly=true&numOfMessages=2";
    let (text, signature) = super::page::example("Simple Message Queue (MNS), version 4", url);
    let mut key = b"aliyun_v4testsecret".to_vec();
    for part in ["20260131", "cn-hangzhou", "mns", "aliyun_v4_request"] {
        key = mac256(&key, part);
    }
    // The canonical form ends with an empty line, which stands before the signature on the page.
    assert_eq!(hex(&mac256(&key, &format!("{text}\n"))), signature);
}
