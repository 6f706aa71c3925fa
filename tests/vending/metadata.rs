//! The metadata server of ECS: tokens, one role, and the bytes of the clients that were seen to ask.

use std::time::Duration;

use countersign::sandbox::Failure;
use tokio::time::Instant;

use super::{Desk, credential, message};
use crate::kit::request;

const V2: &str = "kind = \"metadata\"\naddress = \"127.0.0.1:0\"";
const V1: &str = "kind = \"metadata\"\naddress = \"127.0.0.1:0\"\nv1 = true";
const HOST: &str = "100.100.100.200";
const TOKEN: &str = "/latest/api/token";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const ROLE: &str = "/latest/meta-data/ram/security-credentials/countersign";
const TTL: &str = "X-aliyun-ecs-metadata-token-ttl-seconds";

impl Desk {
    /// A token, as most SDKs ask for it.
    async fn token(&self, ttl: u32) -> String {
        let answer =
            self.ask(&request("PUT", HOST, TOKEN, &format!("{TTL}: {ttl}\r\nContent-Length: 0\r\n"))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type").as_deref(), Some("text/plain"));
        let token = answer.text();
        assert!(token.bytes().all(|byte| byte.is_ascii_graphic()), "{token:?}");
        token
    }

    async fn with(&self, token: &str, target: &str) -> crate::kit::Answer {
        self.ask(&request("GET", HOST, target, &format!("X-aliyun-ecs-metadata-token: {token}\r\n"))).await
    }
}

#[tokio::test]
async fn the_bytes_of_every_client_are_understood() {
    let desk = Desk::open(V2).await;
    // The token of Go's SDK, of Java's without a length, of Python's whose header names are small.
    for ask in [
        format!(
            "PUT {TOKEN}? HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\nX-Aliyun-Ecs-Metadata-Token-Ttl-Seconds: 21600\r\n\r\n"
        ),
        format!(
            "PUT {TOKEN} HTTP/1.1\r\n{TTL}: 21600\r\nPragma: no-cache\r\nHost: {HOST}\r\nConnection: keep-alive\r\n\r\n"
        ),
        format!(
            "PUT {TOKEN} HTTP/1.1\r\nhost: {HOST}:80\r\nx-aliyun-ecs-metadata-token-ttl-seconds: 21600\r\nContent-Length: 0\r\n\r\n"
        ),
        format!("PUT /Latest/API/Token HTTP/1.1\r\nHost: {}\r\n{TTL}: 1\r\n\r\n", desk.address()),
    ] {
        assert_eq!(desk.ask(&ask).await.status, 200, "{ask}");
    }
    let token = desk.token(21_600).await;
    let bare = format!("{ROLES}?");
    // ossfs writes `Ram`.
    for list in [
        ROLES,
        &bare,
        "/latest/meta-data/Ram/security-credentials/",
        "/latest/meta-data/ram/security-credentials",
    ] {
        let answer = desk.with(&token, list).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "countersign"), "{list}");
    }
    let mut bodies = Vec::new();
    for target in [ROLE, &format!("{ROLE}?"), "/latest/meta-data/Ram/security-credentials/Countersign"] {
        let answer = desk.with(&token, target).await;
        assert_eq!(answer.header("content-type").as_deref(), Some("text/plain"));
        let body = credential(&answer);
        assert_eq!(body["LastUpdated"].as_str().unwrap().len(), 20);
        bodies.push(body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!((desk.sts_calls(), desk.counted("metadata").await), (1, [3.0, 0.0, 0.0]));
}

#[tokio::test]
async fn a_token_lives_for_as_long_as_it_was_asked_for_and_no_other_is_known() {
    let desk = Desk::open(V2).await;
    let token = desk.token(60).await;
    desk.sandboxed.clock.pass(Duration::from_secs(58));
    assert_eq!(desk.with(&token, ROLES).await.status, 200);
    desk.sandboxed.clock.pass(Duration::from_secs(3));
    assert_eq!(desk.with(&token, ROLES).await.status, 401);
    let token = desk.token(60).await;
    for other in ["", "x", &token[1..], &format!("{token}A")] {
        assert_eq!(desk.with(other, ROLE).await.status, 401, "{other}");
    }
    for ttl in ["0", "21601", "-1", "1.5", "", "x", "99999999999999999999"] {
        let answer = desk.ask(&request("PUT", HOST, TOKEN, &format!("{TTL}: {ttl}\r\n"))).await;
        assert_eq!((answer.status, message(&answer).contains("21600")), (400, true), "{ttl}");
    }
    let two = format!("{TTL}: 60\r\n{TTL}: 60\r\n");
    for headers in ["", &two] {
        assert_eq!(desk.ask(&request("PUT", HOST, TOKEN, headers)).await.status, 400, "{headers}");
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_said_unless_the_settings_say_so() {
    let hardened = Desk::open(V2).await;
    for target in [ROLES, ROLE, "/latest/meta-data/region-id"] {
        assert_eq!(hardened.ask(&request("GET", HOST, target, "")).await.status, 403, "{target}");
    }
    let open = Desk::open(V1).await;
    assert_eq!(open.ask(&request("GET", HOST, ROLES, "")).await.text(), "countersign");
    credential(&open.ask(&request("GET", HOST, ROLE, "")).await);
    assert_eq!(open.with("x", ROLE).await.status, 401, "a wrong token is no missing one");
}

#[tokio::test]
async fn what_was_forwarded_and_what_a_page_sends_is_refused_before_anything_else() {
    let desk = Desk::open(V1).await;
    for header in ["X-Forwarded-For: 10.0.0.1\r\n", "Origin: http://a.test\r\n", "Sec-Fetch-Mode: cors\r\n"] {
        let put = desk.ask(&request("PUT", HOST, TOKEN, &format!("{TTL}: 60\r\n{header}"))).await;
        let get = desk.ask(&request("GET", HOST, ROLE, header)).await;
        assert_eq!((put.status, get.status), (403, 403), "{header}");
    }
    for host in ["rebind.test", "100.100.100.200.evil.test", "100.100.100.200:1"] {
        assert_eq!(desk.ask(&request("GET", host, ROLE, "")).await.status, 403, "{host}");
    }
}

#[tokio::test]
async fn nothing_else_of_the_instance_is_made_up() {
    let desk = Desk::open(V1).await;
    for target in [
        "/",
        "/latest/meta-data/",
        "/latest/meta-data/region-id",
        "/latest/meta-data/owner-account-id",
        "/latest/user-data",
        "/latest/meta-data/ram/security-credentials/another",
        "/latest/meta-data/ram/security-credentials/countersign/",
        "/latest/meta-data/ram/security-credentials/?a=b",
    ] {
        assert_eq!(desk.ask(&request("GET", HOST, target, "")).await.status, 404, "{target}");
    }
    for (method, target, allowed) in [("POST", ROLE, "GET"), ("GET", TOKEN, "PUT"), ("POST", TOKEN, "PUT")] {
        let answer = desk.ask(&request(method, HOST, target, "")).await;
        assert_eq!(
            (answer.status, answer.header("allow").as_deref()),
            (405, Some(allowed)),
            "{method} {target}"
        );
    }
}

#[tokio::test]
async fn an_outage_is_said_before_a_client_gives_up() {
    let desk = Desk::open(V1).await;
    credential(&desk.ask(&request("GET", HOST, ROLE, "")).await);
    desk.sandboxed.sandbox.faults().fail_sts(Failure::new(503, "ServiceUnavailable"), None);
    desk.sandboxed.clock.pass(Duration::from_secs(2 * 3_600));
    let begun = Instant::now();
    let answer = desk.ask(&request("GET", HOST, ROLE, "")).await;
    assert_eq!((answer.status, message(&answer).contains("credentials_unavailable")), (503, true));
    assert!(answer.header("retry-after").is_some());
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
}
