//! Function Compute: version 1 at an account's own host, its HTTP triggers, and which calls are OpenAPI's: checked by a
//! second reading.

use super::oss::{base64, mac256};
use crate::kit::{Judge, KEY_ID, Kit, Proxy, Reply, SECRET, Seen, TOKEN, Upstream, request, with_body};

const HOST: &str = "2029384756.cn-hangzhou.fc.aliyuncs.com";
const INTERNAL: &str = "2029384756.cn-hangzhou-internal.fc.aliyuncs.com";
/// What an SDK adds with a dummy key.
const DUMMY: &str = "Authorization: FC dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n\
    x-fc-security-token: dummy\r\nx-acs-security-token: dummy\r\n";

async fn started() -> (Upstream, Proxy) {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let everything = format!("[connect_to]\n\"*\" = \"http://{}\"\n", upstream.address);
    let proxy = Kit::new().access().settings(&everything).start().await;
    (upstream, proxy)
}

/// Whether version 1 holds over what follows the headers: the decoded path, and a trigger's lines.
fn is_v1(seen: &Seen, rest: &str) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let mut own: Vec<(String, String)> = seen
        .headers()
        .into_iter()
        .filter(|(name, _)| name.starts_with("x-fc-"))
        .map(|(name, value)| (name, String::from_utf8(value).unwrap()))
        .collect();
    own.sort();
    assert!(own.contains(&("x-fc-security-token".to_owned(), TOKEN.to_owned())), "{own:?}");
    let own: String = own.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let text = format!(
        "{}\n{}\n{}\n{}\n{own}{rest}",
        seen.method(),
        header("content-md5"),
        header("content-type"),
        header("date")
    );
    assert!(!seen.lower().contains("dummy") && !header("date").contains("2020"), "{}", seen.lower());
    header("authorization") == format!("FC {KEY_ID}:{}", base64(&mac256(SECRET.as_bytes(), &text)))
}

#[tokio::test]
async fn version_1_is_kept_and_the_only_one_that_the_first_api_version_takes() {
    let (upstream, proxy) = started().await;
    let twofold = "Authorization: ACS3-HMAC-SHA256 Credential=dummy,SignedHeaders=host,Signature=00\r\n\
        x-acs-date: 2020-01-01T00:00:00Z\r\nx-acs-signature-nonce: dummy\r\n";
    for (host, headers, target, path) in [
        (HOST, DUMMY, "/2016-08-15/services?limit=10&prefix=a+b", "/2016-08-15/services"),
        (HOST, DUMMY, "/2021-04-06/services?limit=10", "/2021-04-06/services"),
        (INTERNAL, DUMMY, "/2016-08-15/services/a%20b%2Fc", "/2016-08-15/services/a b/c"),
        (HOST, "", "/2016-08-15/services?limit=10", "/2016-08-15/services"),
        (HOST, twofold, "/2016-08-15/services", "/2016-08-15/services"),
        (HOST, DUMMY, "/2016-08-15/services/proxy/functions?a=b", "/2016-08-15/services/proxy/functions"),
    ] {
        let headers = format!("{headers}X-Fc-Trace-Id:  T1\r\nContent-Type: application/json\r\n");
        let answer = proxy.call(request("GET", host, target, &headers)).await;
        assert_eq!(answer.status, 200, "{host}{target}: {answer:?}");
        let seen = upstream.last();
        assert_eq!((seen.target().as_str(), seen.header("host").as_deref()), (target, Some(host)));
        assert!(is_v1(&seen, path), "{}", seen.lower());
        assert_eq!(seen.header("x-acs-date"), None);
    }
    let lines = proxy.access_lines(6).await;
    let products: Vec<_> = lines.iter().map(|line| line["product"].as_str().unwrap_or_default()).collect();
    assert_eq!(products, ["fc-open"; 6]);
    assert_eq!(lines[1]["action"], "ListServices");
}

#[tokio::test]
async fn a_body_streams_with_the_callers_md5_or_none() {
    let (upstream, proxy) = started().await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    for md5 in ["", "Content-MD5: NzA3YjM=\r\n"] {
        upstream.forget();
        let headers = format!("{DUMMY}{md5}{form}Content-Length: 10\r\n");
        let mut caller = proxy.caller().await;
        caller.send(request("POST", HOST, "/2016-08-15/services/s/functions/f/invocations", &headers)).await;
        caller.send("a=b&S").await;
        // Half of a form: it is read by nobody, and not held.
        upstream
            .until("the first half", |log| log.requests.first().is_some_and(|seen| seen.body == b"a=b&S"))
            .await;
        caller.send("ignat").await;
        assert_eq!(caller.answer().await.status, 200);
        let seen = upstream.last();
        assert!(is_v1(&seen, "/2016-08-15/services/s/functions/f/invocations"), "{}", seen.lower());
        assert_eq!(seen.header("content-md5").is_some(), !md5.is_empty());
    }
}

#[tokio::test]
async fn a_trigger_of_a_listed_account_is_signed_with_its_query() {
    let (upstream, proxy) = started().await;
    let path = "/2016-08-15/proxy/s/f/";
    for (target, lines) in [
        (path.to_owned(), format!("{path}\n")),
        (format!("{path}x?k=z&k=a&j=1&k&%6b=%2A+b"), format!("{path}x\nj=1\nk=\nk=* b\nk=a\nk=z")),
        // Whole lines are sorted, and `-` goes before `=`.
        (format!("{path}a//b?a=1&a-b=2"), format!("{path}a//b\na-b=2\na=1")),
        (
            format!("{path}?just-sixteen-long=1&just-sixteen-long-and=2"),
            format!("{path}\njust-sixteen-long-and=2\njust-sixteen-long=1"),
        ),
    ] {
        for headers in [DUMMY, ""] {
            let answer = proxy.call(with_body("PUT", HOST, &target, headers, "event")).await;
            assert_eq!(answer.status, 200, "{target}: {answer:?}");
            assert!(is_v1(&upstream.last(), &lines), "{}", upstream.last().lower());
        }
    }
}

#[tokio::test]
async fn the_later_versions_are_openapi_calls_where_nobody_signed_with_version_1() {
    let (upstream, proxy) = started().await;
    let judge = Judge::new().await;
    let acs3 = "Authorization: ACS3-HMAC-SHA256 Credential=dummy,SignedHeaders=host,Signature=00\r\n";
    for (headers, target, version) in [
        ("", "/2021-04-06/services", "2021-04-06"),
        (acs3, "/2021-04-06/services", "2021-04-06"),
        ("", "/2023-03-30/functions", "2023-03-30"),
        (acs3, "/2023-03-30/functions", "2023-03-30"),
        // What this version does not take is nobody's signature.
        (DUMMY, "/2023-03-30/functions", "2023-03-30"),
    ] {
        let answer = proxy.call(request("GET", HOST, target, headers)).await;
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        let seen = upstream.last();
        assert_eq!(judge.scheme(&seen).await, Ok("ACS3-HMAC-SHA256"), "{target}");
        assert_eq!(seen.header("x-acs-version").as_deref(), Some(version));
    }
    let lines = proxy.access_lines(5).await;
    let products: Vec<_> = lines.iter().map(|line| line["product"].as_str().unwrap_or_default()).collect();
    assert_eq!(products, ["fc-open", "fc-open", "fc", "fc", "fc"]);
}

#[tokio::test]
async fn another_accounts_functions_and_other_spellings_of_a_trigger_are_refused() {
    let (upstream, proxy) = started().await;
    let theirs = "2029384757.cn-hangzhou.fc.aliyuncs.com";
    let shared = "fc.cn-hangzhou.aliyuncs.com";
    for (host, target, headers, status, code) in [
        (theirs, "/2016-08-15/services", "", 403, "never_sign_host"),
        (theirs, "/2016-08-15/proxy/s/f/", DUMMY, 403, "never_sign_host"),
        (HOST, "/2016-08-15//proxy/s/f/", DUMMY, 403, "never_sign_host"),
        (HOST, "/2016-08-15/%70roxy/s/f/", DUMMY, 403, "never_sign_host"),
        (HOST, "/2021-04-06/proxy/s/f/", DUMMY, 403, "never_sign_host"),
        (HOST, "/2023-03-30/proxy/s/f/", "", 403, "never_sign_host"),
        (HOST, "/2016-08-15/proxy/s/../f/", DUMMY, 400, "bad_path"),
        (shared, "/2016-08-15/proxy/s/f/", DUMMY, 403, "never_sign_host"),
        (shared, "/2016-08-15/services", "", 501, "scheme_unavailable"),
        (shared, "/2021-04-06/services", DUMMY, 501, "scheme_unavailable"),
        (HOST, "/2016-08-15/services", "x-fc-a: 1\r\nX-Fc-A: 1\r\n", 400, "duplicate_field"),
        (HOST, "/2016-08-15/services", "x_fc_security_token: 1\r\n", 400, "underscore_header"),
    ] {
        let answer = proxy.call(request("GET", host, target, headers)).await;
        let got = (answer.status, answer.header("x-countersign-error"));
        assert_eq!(got, (status, Some(code.to_owned())), "{host}{target} {headers}");
    }
    assert!(upstream.requests().is_empty());
}

#[test]
fn the_worked_example_of_the_page_is_what_is_printed() {
    let url = "https://1234567890.cn-hangzhou.fc.aliyuncs.com/2016-08-15/proxy/orders/list/?to=9&from=1";
    let (text, signature) = super::page::example_of("Function Compute", &[url]);
    assert_eq!(base64(&mac256(b"testsecret", &text)), signature);
}
