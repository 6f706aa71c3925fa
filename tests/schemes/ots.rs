//! Tablestore: its two versions, bodies streamed and held, and what is refused, checked by a second reading.

use md5::Md5;
use sha2::Digest;

use super::oss::{base64, mac1, mac256};
use crate::kit::{Caller, KEY_ID, Kit, Proxy, Reply, SECRET, Seen, TOKEN, Upstream, get, request, with_body};

pub(crate) const INSTANCE: &str = "instance-1.cn-hangzhou.ots.aliyuncs.com";
pub(crate) const V2: &str = "x-ots-date: 2020-01-01T00:00:00.000Z\r\nx-ots-apiversion: 2015-12-31\r\n\
    x-ots-accesskeyid: dummy\r\nx-ots-instancename: instance-1\r\nx-ots-ststoken: dummy\r\nx-ots-signature: dummy\r\n";
pub(super) const V4: &str = "x-ots-date: 2020-01-01T00:00:00.000Z\r\nx-ots-apiversion: 2015-12-31\r\n\
    x-ots-accesskeyid: dummy\r\nx-ots-instancename: instance-1\r\nx-ots-ststoken: dummy\r\nx-ots-signaturev4: dummy\r\n\
    x-ots-signdate: 20200101\r\nx-ots-signregion: cn-dummy\r\n";

/// A forward listener, and one pinned to the instance.
pub(crate) async fn proxy(upstream: &Upstream) -> Proxy {
    before(Kit::new(), upstream).await
}

pub(super) async fn before(kit: Kit, upstream: &Upstream) -> Proxy {
    let url = format!("http://{}", upstream.address);
    let listen = format!(
        "[[listen]]\naddress = \"127.0.0.1:0\"\n[[listen]]\naddress = \"127.0.0.1:0\"\nendpoint = \"{INSTANCE}\"\n"
    );
    // It goes on with the table that was begun.
    let rows = format!("\"{INSTANCE}\" = \"{url}\"\n\"ots.cn-hangzhou.aliyuncs.com\" = \"{url}\"\n");
    kit.listen(&listen).connect_to(&url).settings(&rows).start().await
}

/// The key of version 4: a text.
pub(super) fn key4(secret: &str, day: &str, region: &str) -> String {
    let mut key = format!("aliyun_v4{secret}").into_bytes();
    for part in [day, region, "ots", "aliyun_v4_request"] {
        key = mac256(&key, part);
    }
    base64(&key)
}

/// Whether the signature holds, whichever version it is of.
fn holds(seen: &Seen) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let mut lines: Vec<String> = seen
        .headers()
        .into_iter()
        .filter(|(name, _)| name.starts_with("x-ots-") && !name.starts_with("x-ots-signature"))
        .map(|(name, value)| format!("{name}:{}\n", String::from_utf8(value).unwrap()))
        .collect();
    lines.sort();
    let text = format!("{}\n{}\n\n{}", seen.target(), seen.method(), lines.concat());
    assert_eq!(header("x-ots-accesskeyid"), KEY_ID);
    assert_eq!(header("x-ots-ststoken"), TOKEN);
    assert_eq!(header("x-ots-contentmd5"), base64(&Md5::digest(&seen.body)));
    assert!(header("x-ots-date").ends_with(".000Z") && !header("x-ots-date").starts_with("2020"), "{text}");
    assert_eq!(seen.header("authorization"), None);
    match seen.header("x-ots-signaturev4") {
        None => header("x-ots-signature") == base64(&mac1(SECRET, &text)),
        Some(signature) => {
            let day = header("x-ots-date")[..10].replace('-', "");
            assert_eq!(
                (header("x-ots-signdate"), header("x-ots-signregion")),
                (day.clone(), "cn-hangzhou".into())
            );
            assert_eq!(seen.header("x-ots-signature"), None);
            let key = key4(SECRET, &day, "cn-hangzhou");
            signature == base64(&mac256(key.as_bytes(), &format!("{text}ots")))
        }
    }
}

#[tokio::test]
async fn what_nobody_signed_leaves_with_version_2_and_says_what_the_protocol_wants() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    for (headers, body) in [
        ("", ""),
        ("", "body"),
        ("x-ots-apiversion: 2015-12-31\r\nX-Ots-InstanceName: instance-1\r\n", "body"),
    ] {
        let answer = proxy.call(with_body("POST", INSTANCE, "/ListTable", headers, body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last();
        assert_eq!(seen.header("x-ots-apiversion").as_deref(), Some("2015-12-31"));
        assert_eq!(seen.header("x-ots-instancename").as_deref(), Some("instance-1"));
        assert!(holds(&seen) && seen.body == body.as_bytes(), "{}", seen.lower());
    }
}

#[tokio::test]
async fn the_callers_version_is_kept_on_every_listener() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    let own = format!("127.0.0.1:{}", proxy.pinned().port());
    for (headers, is_v4) in [(V2, false), (V4, true)] {
        for (host, address) in [(INSTANCE, proxy.forward()), (&own, proxy.pinned())] {
            let headers = format!("{headers}x-ots-request-tag: a b\r\n");
            let mut caller = Caller::connect(address).await;
            caller.send(with_body("POST", host, "/PutRow", &headers, "row")).await;
            assert_eq!(caller.answer().await.status, 200);
            let seen = upstream.last();
            assert_eq!(seen.header("host").as_deref(), Some(INSTANCE));
            assert_eq!(seen.header("x-ots-signaturev4").is_some(), is_v4);
            assert!(holds(&seen), "{}", seen.lower());
            assert!(!seen.lower().contains("dummy") && seen.body == b"row", "{}", seen.lower());
        }
    }
}

#[tokio::test]
async fn a_body_streams_if_its_md5_is_claimed_and_is_held_if_not() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = before(Kit::new().settings("[limits]\nheld_body = \"1KiB\""), &upstream).await;
    let body = "r".repeat(4096);
    let md5 = base64(&Md5::digest(&body));
    for (claim, status) in [
        (format!("x-ots-contentmd5: {md5}\r\n"), 200),
        (String::new(), 413),
        ("x-ots-contentmd5: AAAA\r\n".to_owned(), 413),
    ] {
        let answer = proxy.call(with_body("POST", INSTANCE, "/PutRow", &format!("{V2}{claim}"), &body)).await;
        assert_eq!(answer.status, status, "{claim}: {answer:?}");
    }
    assert_eq!(upstream.requests().len(), 1);
    assert!(holds(&upstream.last()) && upstream.last().body == body.as_bytes());
    // What is short enough is hashed here, whatever was claimed of it in another form.
    let short = with_body("POST", INSTANCE, "/PutRow", &format!("{V2}x-ots-contentmd5: AAAA\r\n"), "row");
    assert_eq!(proxy.call(short).await.status, 200);
    assert!(holds(&upstream.last()));
}

#[tokio::test]
async fn what_could_reach_another_instance_or_be_read_in_two_ways_is_refused_as_tablestores_sdks_read_it() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    let theirs = "theirs.cn-hangzhou.ots.aliyuncs.com";
    for (host, target, headers, status, code) in [
        (theirs, "/GetRow", "", 403, "host_not_allowed"),
        (INSTANCE, "/GetRow", "x-ots-instancename: theirs\r\n", 403, "host_not_allowed"),
        (INSTANCE, "/GetRow", "x-ots-instancename: \r\n", 403, "host_not_allowed"),
        (
            INSTANCE,
            "/GetRow",
            "x-ots-instance_name: theirs\r\nx_ots_instancename: theirs\r\n",
            400,
            "underscore_header",
        ),
        (
            INSTANCE,
            "/GetRow",
            "x-ots-instancename: instance-1\r\nX-Ots-InstanceName: theirs\r\n",
            400,
            "duplicate_field",
        ),
        (INSTANCE, "/GetRow", "x_ots_date: 1\r\n", 400, "underscore_header"),
        (INSTANCE, "/ListTable?b=2", "", 400, "bad_target"),
    ] {
        let answer = proxy.call(request("POST", host, target, headers)).await;
        assert_eq!(answer.status, status, "{host} {target} {headers}: {answer:?}");
        assert_eq!(answer.header("x-countersign-error").as_deref(), Some(code), "{host} {target} {headers}");
        // The message of every error of Tablestore: field 1 is the code, field 2 the sentence.
        let [0x0a, length, rest @ ..] = &answer.body[..] else { panic!("{answer:?}") };
        let (name, rest) = rest.split_at(usize::from(*length));
        assert!(name.starts_with(b"Countersign."), "{answer:?}");
        let [0x12, first, more @ ..] = rest else { panic!("{answer:?}") };
        let (length, text) = match (first, more) {
            (0..0x80, text) => (usize::from(*first), text),
            (_, [second, text @ ..]) => (usize::from(*first & 0x7f) + 128 * usize::from(*second), text),
            _ => panic!("{answer:?}"),
        };
        assert!(text.len() == length && length > 0, "{answer:?}");
        assert!(answer.header("x-ots-requestid").is_some());
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn the_control_plane_of_the_same_name_is_openapi() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    for (version, sent) in
        [("", "2016-06-20"), ("&Version=2016-06-20", "2016-06-20"), ("&Version=2018-05-20", "2018-05-20")]
    {
        let answer =
            proxy.call(get("ots.cn-hangzhou.aliyuncs.com", &format!("/?Action=ListInstance{version}"))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last();
        assert!(seen.header("authorization").unwrap().starts_with("ACS3-HMAC-SHA256 "), "{}", seen.lower());
        assert_eq!(seen.header("x-acs-version").as_deref(), Some(sent));
    }
}

#[tokio::test]
async fn access_lines_name_the_calls_of_the_protocol_and_no_other_path() {
    let upstream = Upstream::start(|_, _| {
        Reply::new("HTTP/1.1 200 OK\r\nx-ots-requestid: 0005-11\r\nContent-Length: 0\r\n\r\n")
    })
    .await;
    let proxy = before(Kit::new().access(), &upstream).await;
    for target in ["/PutRow", "/BatchGetRow", "/putrow", "/PutRow/x", "/Nonsense", "/tunnel/create"] {
        assert_eq!(proxy.call(request("POST", INSTANCE, target, "")).await.status, 200, "{target}");
    }
    let lines = proxy.access_lines(6).await;
    let actions: Vec<_> = lines.iter().map(|line| line["action"].as_str().unwrap_or_default()).collect();
    assert_eq!(actions, ["PutRow", "BatchGetRow", "", "", "", ""]);
    assert!(
        lines.iter().all(|line| line["product"] == "ots" && line["request_id"] == "0005-11"),
        "{lines:?}"
    );
}

#[test]
fn the_worked_example_of_the_page_is_what_is_printed() {
    let arguments = ["-X", "POST", "https://my-instance.cn-hangzhou.ots.aliyuncs.com/ListTable"];
    let (text, proof) = super::page::example_of("Tablestore", &arguments);
    let signature = base64(&mac1("testsecret", &format!("{text}\n")));
    assert_eq!(proof, format!("x-ots-signature: {signature}"));
}
