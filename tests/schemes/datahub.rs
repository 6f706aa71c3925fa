//! DataHub: whose projects, in what dialect, checked by a second reading of its signature.

use super::oss::{base64, mac1};
use crate::kit::{
    Answer, KEY_ID, Kit, Proxy, Reply, SECRET, Seen, Step, Sts, TOKEN, Upstream, get, request, with_body,
};

const HOST: &str = "dh-cn-hangzhou.aliyuncs.com";
const DUMMY: &str = "Authorization: DATAHUB dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n\
    x-datahub-client-version: 1.2\r\nX-DataHub-Security-Token: dummy\r\nContent-Type: application/x-protobuf\r\n";

async fn proxy(kit: Kit, upstream: &Upstream) -> Proxy {
    let url = format!("http://{}", upstream.address);
    kit.settings(&format!("[connect_to]\n\"{HOST}\" = \"{url}\"\n")).start().await
}

/// Whether the signature holds, where path and query are signed as `resource`.
fn holds(seen: &Seen, resource: &str) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let mut lines: Vec<String> = seen
        .headers()
        .into_iter()
        .filter(|(name, _)| name.starts_with("x-datahub-"))
        .map(|(name, value)| format!("{name}:{}\n", String::from_utf8(value).unwrap()))
        .collect();
    lines.sort();
    assert!(lines.iter().any(|line| line == &format!("x-datahub-security-token:{TOKEN}\n")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("x-datahub-client-version:")), "{lines:?}");
    let text = format!(
        "{}\n{}\n{}\n{}{resource}",
        seen.method(),
        header("content-type"),
        header("date"),
        lines.concat()
    );
    header("authorization") == format!("DATAHUB {KEY_ID}:{}", base64(&mac1(SECRET, &text)))
}

#[tokio::test]
async fn what_nobody_signed_is_signed_and_says_which_client_it_is() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    for (target, resource) in [
        ("/projects", "/projects"),
        ("/projects/Project_1", "/projects/Project_1"),
        (
            "/projects/Project%5F1/topics/t%20t?z=1&b=2&b=1&a+%2B=%e4%b8%ad&empty=",
            "/projects/Project_1/topics/t t?a +=中&b=2&b=1&empty&z=1",
        ),
    ] {
        let answer = proxy.call(get(HOST, target)).await;
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        let seen = upstream.last();
        assert_eq!(seen.target(), target);
        assert_eq!(seen.header("x-datahub-client-version").as_deref(), Some("1.1"));
        assert_eq!(seen.header("content-type"), None);
        assert!(holds(&seen, resource), "{}", seen.lower());
    }
}

#[tokio::test]
async fn what_a_dummy_key_signed_is_signed_anew_and_its_body_streams() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    let target = "/projects/Project_1/topics/t/shards/0";
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: {HOST}\r\n{DUMMY}x-datahub-request-action: pub\r\nContent-Length: 7\r\n\r\n"
    );
    let mut caller = proxy.caller().await;
    caller.send(head).await;
    upstream.until("the head goes out before the body comes", |log| log.requests.len() == 1).await;
    caller.send("records").await;
    assert_eq!(caller.answer().await.status, 200);
    let seen = upstream.last();
    assert_eq!(seen.header("x-datahub-client-version").as_deref(), Some("1.2"));
    assert!(holds(&seen, target) && seen.body == b"records", "{}", seen.lower());
    assert!(!seen.lower().contains("dummy"), "{}", seen.lower());
}

#[tokio::test]
async fn a_project_that_nobody_listed_is_refused_however_its_path_is_spelled() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(Kit::new(), &upstream).await;
    for (target, headers, status, code) in [
        ("/projects/theirs", "", 403, "host_not_allowed"),
        ("/projects/project_1", "", 403, "host_not_allowed"),
        ("/projects/Project_1%2Ftopics", "", 403, "host_not_allowed"),
        ("/projects%2FProject_1/topics", "", 403, "host_not_allowed"),
        ("/projects//Project_1", "", 403, "host_not_allowed"),
        ("/projects/Project_1;x/topics", "", 403, "host_not_allowed"),
        ("/projects/Project_1%253Fx", "", 403, "host_not_allowed"),
        ("/projects/Project_1/%2e%2e/theirs", "", 400, "bad_path"),
        ("/", "", 403, "host_not_allowed"),
        ("/Projects/Project_1", "", 403, "host_not_allowed"),
        ("/projects/Project_1", "x-datahub-a: 1\r\nX-DataHub-A: 1\r\n", 400, "duplicate_field"),
        ("/projects/Project_1", "x_datahub_security_token: 1\r\n", 400, "underscore_header"),
    ] {
        let answer = proxy.call(request("GET", HOST, target, headers)).await;
        assert_eq!(answer.status, status, "{target} {headers}: {answer:?}");
        assert_eq!(answer.header("x-countersign-error").as_deref(), Some(code), "{target} {headers}");
        assert_is_an_error_of_datahub(&answer);
    }
    let created = proxy.call(with_body("POST", HOST, "/projects", "", "{}")).await;
    assert_eq!(created.header("x-countersign-error").as_deref(), Some("host_not_allowed"));
    assert!(upstream.requests().is_empty());
}

/// What `pydatahub` looks for.
fn assert_is_an_error_of_datahub(answer: &Answer) {
    let body: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
    assert!(body["ErrorCode"].as_str().unwrap().starts_with("Countersign."), "{body}");
    assert!(!body["ErrorMessage"].as_str().unwrap().is_empty(), "{body}");
    assert_eq!(body["RequestId"].as_str(), answer.header("x-datahub-request-id").as_deref());
}

#[tokio::test]
async fn a_host_of_datahubs_form_that_the_table_does_not_have_is_refused_in_datahubs_form() {
    let proxy = Kit::new().start().await;
    // A host of the form, which the table does not have: nothing is known of it but that.
    let answer = proxy.call(get("dh-cn-nowhere.aliyuncs.com", "/projects")).await;
    assert_eq!(
        (answer.status, answer.header("x-countersign-error").as_deref()),
        (403, Some("host_not_allowed"))
    );
    assert_is_an_error_of_datahub(&answer);
}

#[tokio::test]
async fn a_token_that_datahub_calls_expired_is_refreshed_and_the_request_sent_again() {
    let sts = Sts::default();
    let granting = sts.clone();
    let upstream = Upstream::start(move |seen, _| {
        if Sts::is_asked(seen) {
            return granting.grant();
        }
        let expired = r#"{"ErrorCode":"SecurityToken.Expired","ErrorMessage":"m"}"#;
        let is_first = seen.lower().contains("canarytoken0");
        if is_first { Reply::status("401 Unauthorized", expired) } else { Reply::ok() }
    })
    .await;
    let url = format!("http://{}", upstream.address);
    let kit = Kit::new().assuming().connect_to(&url).settings(&format!("\"{HOST}\" = \"{url}\"\n"));
    let proxy = kit.start().await;
    assert_eq!(proxy.call(get(HOST, "/projects/Project_1")).await.status, 200);
    assert_eq!(sts.calls(), 2);
}

#[tokio::test]
async fn access_lines_and_metrics_name_the_operation_where_the_head_tells_it() {
    let upstream = Upstream::start(|_, _| {
        Reply::new("HTTP/1.1 200 OK\r\nx-datahub-request-id: id-of-datahub\r\nContent-Length: 0\r\n\r\n")
    })
    .await;
    let proxy = proxy(Kit::new().access(), &upstream).await;
    let shard = "/projects/Project_1/topics/t/shards/0";
    let calls = [
        ("GET", "/projects", "", Some("ListProject")),
        ("GET", "/projects/Project_1/topics/t", "", Some("GetTopic")),
        ("DELETE", "/projects/Project_1/topics/t/connectors/c", "", Some("DeleteConnector")),
        ("GET", "/projects/Project_1/topics/t/connectors/c?donetime", "", Some("GetConnectorDoneTime")),
        ("POST", shard, "x-datahub-request-action: pub\r\n", Some("PutRecords")),
        ("POST", shard, "x-datahub-request-action: sub\r\n", Some("GetRecords")),
        ("POST", shard, "", None),
        ("POST", "/projects/Project_1/topics/t", "", None),
    ];
    for (method, target, headers, _) in calls {
        assert_eq!(proxy.call(request(method, HOST, target, headers)).await.status, 200, "{target}");
    }
    let labels = "product=\"datahub-data\",action=\"PutRecords\",region=\"cn-hangzhou\",status=\"200\",outcome=\"forwarded\"";
    assert_eq!(proxy.metric(&format!("countersign_requests_total{{{labels}}}")).await, 1.0);
    assert_eq!(proxy.metric("countersign_signatures_total{scheme=\"DATAHUB-HMAC-SHA1\"}").await, 8.0);
    let lines = proxy.access_lines(calls.len()).await;
    for (line, (method, target, _, action)) in lines.iter().zip(calls) {
        assert_eq!(line["action"].as_str(), action, "{method} {target}: {line}");
        assert_eq!(
            (line["product"].as_str(), line["request_id"].as_str()),
            (Some("datahub-data"), Some("id-of-datahub"))
        );
    }
}

#[tokio::test]
async fn only_what_reads_is_sent_again_over_a_new_connection() {
    let (topic, shard) = ("/projects/Project_1/topics/t", "/projects/Project_1/topics/t/shards/0");
    for (method, target, headers, is_sent_again) in [
        ("GET", topic, "", true),
        ("POST", shard, "x-datahub-request-action: sub\r\n", true),
        ("POST", shard, "x-datahub-request-action: pub\r\n", false),
        ("POST", shard, "", false),
        ("DELETE", topic, "", false),
    ] {
        let upstream =
            Upstream::start(|_, at| if at == 0 { Reply::steps([Step::Close]) } else { Reply::ok() }).await;
        let proxy = proxy(Kit::new(), &upstream).await;
        let answer = proxy.call(request(method, HOST, target, headers)).await;
        let expected = if is_sent_again { (200, 2) } else { (502, 1) };
        assert_eq!((answer.status, upstream.requests().len()), expected, "{method} {target} {headers}");
    }
}

#[test]
fn the_worked_example_of_the_page_is_what_is_printed() {
    let url = "https://dh-cn-hangzhou.aliyuncs.com/projects/my_project/topics/t?b=c+d&a";
    let (text, signature) = super::page::example("DataHub", url);
    assert_eq!(base64(&mac1("testsecret", &text)), signature);
    assert!(text.ends_with("/projects/my_project/topics/t?a&b=c d"), "{text}");
}
