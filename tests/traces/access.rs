//! Access lines: one a request, whatever becomes of it.

use serde_json::Value;

use crate::kit::clock::unix_seconds;
use crate::kit::{ECS, Gate, Kit, OSS, REGIONS, Reply, Seen, Step, Upstream, date, get, request, with_body};

fn script(seen: &Seen, _: usize) -> Reply {
    match seen.target().as_str() {
        "/short" => Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nab").then(Step::Close),
        "/lost" => Reply::steps([Step::Close]),
        "/hangs" => Reply::steps([Step::AwaitEnd]),
        "/missing" => Reply::new(
            "HTTP/1.1 404 Not Found\r\nx-oss-request-id: 5C3D<\"9118\r\nContent-Length: 4\r\n\r\nnone",
        ),
        _ => Reply::new("HTTP/1.1 200 OK\r\nx-acs-request-id: 4F2E-01\r\nContent-Length: 5\r\n\r\nhello"),
    }
}

/// The fields that a test names, of a line.
fn fields<'a>(line: &'a Value, names: &[&'a str]) -> Vec<(&'a str, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    names.iter().map(|name| (*name, line.get(name).map_or_else(String::new, text))).collect()
}

#[expect(clippy::too_many_lines, reason = "one table")]
#[tokio::test]
async fn every_request_leaves_one_line_that_says_what_became_of_it() {
    let upstream = Upstream::start(script).await;
    let proxy = Kit::new().access().before(&upstream).await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    // A request, and: method, status, product, action, outcome, refusal, bytes up, bytes down, attempts. `down`: as many
    // as the caller got.
    let rows = [
        (get(ECS, REGIONS), ["GET", "200", "ecs", "DescribeRegions", "forwarded", "", "0", "5", "1"]),
        (
            with_body("POST", ECS, "/", form, "Action=RunInstances"),
            ["POST", "200", "ecs", "RunInstances", "forwarded", "", "19", "5", "1"],
        ),
        (
            with_body("PUT", OSS, "/k", "", "hello!"),
            ["PUT", "200", "oss", "PutObject", "forwarded", "", "6", "5", "1"],
        ),
        (
            request("PUT", OSS, "/k", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n",
            ["PUT", "200", "oss", "PutObject", "forwarded", "", "3", "5", "1"],
        ),
        (get(OSS, "/missing"), ["GET", "404", "oss", "GetObject", "forwarded", "", "0", "4", "1"]),
        (
            get(OSS, "/short"),
            ["GET", "200", "oss", "GetObject", "truncated", "upstream_truncated", "0", "2", "1"],
        ),
        (
            get(OSS, "/lost"),
            ["GET", "502", "oss", "GetObject", "refused", "upstream_reset_ambiguous", "0", "down", "2"],
        ),
        (get("evil.test", "/"), ["GET", "403", "", "", "refused", "host_not_allowed", "0", "down", "0"]),
        (
            get(ECS, "/?Action=CreateAccessKey"),
            ["GET", "403", "ecs", "CreateAccessKey", "refused", "operation_denied", "0", "down", "0"],
        ),
        (
            get(ECS, "/?Action=DescribeInstance"),
            ["GET", "400", "ecs", "DescribeInstance", "refused", "operation_unknown", "0", "down", "0"],
        ),
        (
            "BREW / HTTP/1.1\r\nHost: a.b\r\n\r\n".to_owned(),
            ["", "405", "", "", "refused", "method_not_allowed", "0", "down", "0"],
        ),
        (
            format!("CONNECT {ECS}:443 HTTP/1.0\r\n\r\n"),
            ["CONNECT", "405", "", "", "refused", "method_not_allowed", "0", "down", "0"],
        ),
        ("GET / HTTP/1.1\n\n".to_owned(), ["", "400", "", "", "refused", "bare_lf", "0", "down", "0"]),
    ];
    let names = [
        "method",
        "status",
        "product",
        "action",
        "outcome",
        "refusal",
        "request_bytes",
        "response_bytes",
        "attempts",
    ];
    let mut answers = Vec::new();
    for (request, _) in &rows {
        answers.push(proxy.call(request).await);
    }
    let lines = proxy.access_lines(rows.len()).await;
    assert_eq!(lines.len(), rows.len());
    for ((line, (request, expected)), answer) in lines.iter().zip(&rows).zip(&answers) {
        let down = answer.body.len().to_string();
        let expected = expected.map(|word| if word == "down" { down.clone() } else { word.to_owned() });
        let expected: Vec<_> = names.into_iter().zip(expected).collect();
        if line["outcome"] == "refused" {
            // What a caller quotes to its operator is found in the log.
            let id = answer.header("x-acs-request-id").or_else(|| answer.header("x-oss-request-id")).unwrap();
            assert_eq!(line["request_id"], id, "{line}");
        }
        assert_eq!(fields(line, &names), expected, "{request}");
        assert_eq!(line["role"], "default", "{line}");
        assert!(line["seconds"].as_f64().is_some_and(|seconds| (0.0..10.0).contains(&seconds)), "{line}");
        let time = line["time"].as_str().unwrap();
        let age = unix_seconds() - date::seconds(time);
        assert!((0..60).contains(&age), "{line}");
    }
    let more = ["region", "network", "host", "scheme", "request_id"];
    let values =
        |index: usize| fields(&lines[index], &more).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
    assert_eq!(values(0), ["cn-hangzhou", "public", ECS, "ACS3-HMAC-SHA256", "4F2E-01"]);
    assert_eq!(values(1)[3], "RPC1-HMAC-SHA1");
    assert_eq!(values(7)[2], "evil.test", "a refused host is named");
    // What could break a line is left out of it.
    assert_eq!(values(4), ["cn-hangzhou", "public", OSS, "OSS4-HMAC-SHA256", "5C3D9118"]);
    assert!(lines[0]["upstream_seconds"].as_f64().unwrap() <= lines[0]["seconds"].as_f64().unwrap());
}

#[tokio::test]
async fn a_caller_that_goes_leaves_a_line_too() {
    let upstream = Upstream::start(script).await;
    let proxy = Kit::new().access().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(get(OSS, "/hangs")).await;
    upstream.until("the request", |log| log.requests.len() == 1).await;
    drop(caller);
    upstream.until("its end", |log| log.ended == 1).await;
    let lines = proxy.access_lines(1).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(
        fields(&lines[0], &["outcome", "status"]),
        [("outcome", "caller_gone".to_owned()), ("status", "0".to_owned())]
    );
}

#[tokio::test]
async fn what_a_caller_wrote_into_paths_queries_headers_and_bodies_is_in_no_line() {
    let upstream = Upstream::start(script).await;
    let proxy = Kit::new().access().before(&upstream).await;
    let word = "Zq7Visible";
    for request in [
        get(ECS, &format!("{REGIONS}&Password={word}&{word}=1")),
        get(ECS, &format!("/{word}?Action=DescribeRegions")),
        request("GET", OSS, &format!("/{word}?x={word}"), &format!("X-A: {word}\r\nUser-Agent: {word}\r\n")),
        with_body("PUT", OSS, "/k", "", word),
        get(&format!("{word}:x@evil.test"), "/"),
        get(&format!("{word}.evil.test\""), "/"),
        get(ECS, &format!("/?Action={word}%22%0a")),
        format!("{word} / HTTP/1.1\r\nHost: {ECS}\r\n\r\n"),
        format!("GET /{word} HTTP/1.1\r\n{word}\r\n\r\n"),
    ] {
        proxy.call(request).await;
    }
    let (_, place) = proxy.drain().await;
    let text = place.read("access.log");
    assert_eq!(text.lines().count(), 9);
    assert!(!text.to_lowercase().contains(&word.to_lowercase()), "{text}");
}

#[tokio::test]
async fn lines_are_written_soon_and_not_only_at_the_end() {
    let gate = Gate::new();
    let waits = gate.clone();
    let upstream = Upstream::start(move |_, _| Reply::ok().after(Step::Wait(waits.clone()))).await;
    let proxy = Kit::new().access().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(get(ECS, REGIONS)).await;
    upstream.until("the request", |log| log.requests.len() == 1).await;
    gate.open();
    caller.answer().await;
    crate::kit::soon("a line", async {
        while proxy.place.read("access.log").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn every_field_of_a_line_and_every_metric_is_explained() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    let page = std::fs::read_to_string(page).unwrap();
    let upstream = Upstream::start(script).await;
    let proxy = Kit::new().access().before(&upstream).await;
    assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
    let metrics = proxy.admin("/metrics").await.text();
    let names: Vec<&str> =
        metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.len() >= 10, "{metrics}");
    let lines = proxy.access_lines(1).await;
    let fields = lines[0].as_object().unwrap().keys().map(String::as_str);
    for name in fields.chain(names.iter().copied()) {
        assert!(page.contains(&format!("`{name}`")), "`{name}` is not in docs/operations.md");
    }
}

#[tokio::test]
async fn every_products_own_header_for_a_requests_id_is_read() {
    let headers = [
        "x-acs-request-id",
        "x-oss-request-id",
        "x-log-requestid",
        "x-ots-requestid",
        "x-odps-request-id",
        "x-datahub-request-id",
        "x-mns-request-id",
        "x-mq-request-id",
        "x-fc-request-id",
        "x-ca-request-id",
        "X-Request-Id",
    ];
    let upstream = Upstream::start(move |_, index| {
        Reply::new(format!("HTTP/1.1 200 OK\r\n{}: R-{index}\r\nContent-Length: 0\r\n\r\n", headers[index]))
    })
    .await;
    let proxy = Kit::new().access().before(&upstream).await;
    for _ in headers {
        assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
    }
    let lines = proxy.access_lines(headers.len()).await;
    let ids: Vec<&str> = lines.iter().map(|line| line["request_id"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..headers.len()).map(|index| format!("R-{index}")).collect();
    assert_eq!(ids, expected, "{headers:?}");
}
