//! The credentials URI: the requests of official clients, and everything that is none.

use std::time::Duration;

use countersign::sandbox::Failure;
use tokio::time::Instant;

use super::{Desk, credential, message};
use crate::kit::{request, soon};

const VEND: &str = "kind = \"uri\"\naddress = \"127.0.0.1:0\"\npath_file = \"uri\"";

impl Desk {
    /// The path of the URI that stands in the file.
    fn path(&self) -> String {
        let uri = self.proxy.place.read("uri");
        let authority = format!("http://{}/", self.address());
        format!("/{}", uri.strip_prefix(&authority).unwrap().strip_suffix('\n').unwrap())
    }
}

#[tokio::test]
async fn the_requests_of_official_clients_are_answered_with_the_one_body_that_all_take() {
    let desk = Desk::open(VEND).await;
    let (path, port) = (desk.path(), desk.address().port());
    // As the SDKs of Python, Node, Java and Go were seen to ask, and a Terraform that knows a name.
    let requests = [
        format!("GET {path} HTTP/1.1\r\nAccept-Encoding: identity\r\nhost: 127.0.0.1\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: keep-alive\r\n\r\n"),
        format!(
            "GET {path} HTTP/1.1\r\nCache-Control: no-cache\r\nPragma: no-cache\r\nHost: 127.0.0.1:{port}\r\n\
             Accept: text/html, image/gif, image/jpeg, */*; q=0.2\r\nConnection: keep-alive\r\n\r\n"
        ),
        format!("GET {path}? HTTP/1.1\r\nHost: localhost:{port}\r\nAccept-Encoding: gzip\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: [::1]:{port}\r\n\r\n"),
    ];
    let mut bodies = Vec::new();
    for request in &requests {
        let answer = desk.ask(request).await;
        assert_eq!(answer.header("content-type").as_deref(), Some("application/json"), "{}", answer.head);
        assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string()));
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"));
        bodies.push(credential(&answer));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "one credential for all");
    assert_eq!(desk.sts_calls(), 1);
    assert_eq!(desk.counted("uri").await, [5.0, 0.0, 0.0]);
}

#[tokio::test]
async fn whoever_does_not_know_the_path_is_told_nothing() {
    let desk = Desk::open(VEND).await;
    let (path, host) = (desk.path(), desk.address().to_string());
    let longer = format!("{path}0");
    let other = format!("{}{}", &path[..path.len() - 1], if path.ends_with('0') { '1' } else { '0' });
    let targets = [
        "/",
        "/v1/creds",
        "/v1/creds/",
        &path[..path.len() - 1],
        &longer,
        &other,
        &format!("{path}?a=b"),
        &path.to_uppercase(),
    ];
    for target in targets {
        for method in ["GET", "POST"] {
            let answer = desk.ask(&request(method, &host, target, "")).await;
            assert_eq!((answer.status, message(&answer).contains("creds")), (404, false), "{target}");
        }
    }
}

#[tokio::test]
async fn no_browser_no_forwarder_and_no_other_name_is_answered() {
    let desk = Desk::open(VEND).await;
    let (path, host) = (desk.path(), desk.address().to_string());
    for header in [
        "Origin: http://127.0.0.1\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Mode: navigate\r\n",
        "Sec-Fetch-Site: none\r\n",
        "X-Forwarded-For: 10.0.0.1\r\n",
        "Forwarded: for=10.0.0.1\r\n",
        "X-Real-IP: 10.0.0.1\r\n",
        "Via: 1.1 proxy\r\n",
    ] {
        let answer = desk.ask(&request("GET", &host, &path, header)).await;
        assert_eq!((answer.status, message(&answer).contains("Forbidden")), (403, true), "{header}");
    }
    for host in
        ["rebind.test", "rebind.test:80", "127.0.0.1:1", "127.0.0.1.evil.test", "10.0.0.1", "127.0.0.1:", ""]
    {
        let answer = desk.ask(&request("GET", host, &path, "")).await;
        assert_eq!(answer.status, 403, "{host}");
    }
    assert_eq!(desk.ask(&format!("GET {path} HTTP/1.1\r\n\r\n")).await.status, 400);
    assert_eq!(desk.ask(&request("GET", &host, &path, &format!("Host: {host}\r\n"))).await.status, 400);
    assert_eq!(desk.ask(&request("GET", &host, &format!("http://{host}{path}"), "")).await.status, 400);
    for method in ["POST", "PUT", "HEAD", "OPTIONS", "DELETE"] {
        let mut caller = crate::kit::Caller::connect(desk.address()).await;
        caller.send(request(method, &host, &path, "")).await;
        let answer = caller.try_answer(method == "HEAD").await.unwrap();
        assert_eq!((answer.status, answer.header("allow").as_deref()), (405, Some("GET")), "{method}");
    }
    assert_eq!(desk.counted("uri").await[0], 0.0);
}

#[tokio::test]
async fn the_secret_is_made_once_for_its_owner_alone_and_kept() {
    let desk = Desk::open(VEND).await;
    let path = desk.path();
    let secret = path.strip_prefix("/v1/creds/").unwrap();
    assert!(secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "128 bits");
    assert_eq!(desk.mode("uri"), 0o600);

    // Another start, on another port: the file that an operator wrote the first time.
    let again = Desk::open_with(VEND, |kit| {
        kit.place.write("uri", &format!("http://127.0.0.1:1{path}\n"));
        kit
    })
    .await;
    assert_eq!((again.path(), again.mode("uri")), (path, 0o600));
}

#[tokio::test]
async fn a_file_that_others_can_read_or_that_holds_no_uri_ends_the_start() {
    for (text, mode, expected) in [
        ("http://127.0.0.1:1/v1/creds/0123456789abcdef0123456789abcdef\n", 0o644, "others can read it"),
        ("http://127.0.0.1:1/v1/creds/short\n", 0o600, "holds no credentials URI"),
        ("", 0o600, "holds no credentials URI"),
    ] {
        let sandboxed = crate::kit::sandboxed::Sandboxed::start().await;
        let kit = sandboxed.kit().settings(&format!("[[vend]]\n{VEND}"));
        let file = kit.place.write("uri", text);
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        let error = kit.try_start().await.err().unwrap().to_string();
        assert!(error.contains(expected) && error.contains("vend.path_file"), "{error}");
        assert!(!error.contains("0123456789"), "{error}");
    }
}

#[tokio::test]
async fn without_a_file_the_address_is_all_there_is_to_know() {
    let desk = Desk::open("kind = \"uri\"\naddress = \"127.0.0.1:0\"").await;
    let host = desk.address().to_string();
    credential(&desk.ask(&request("GET", &host, "/v1/creds", "")).await);
    assert_eq!(desk.ask(&request("GET", &host, "/v1/creds/x", "")).await.status, 404);
}

#[tokio::test]
async fn many_who_ask_at_once_cost_one_call_of_sts() {
    let sandboxed = crate::kit::sandboxed::Sandboxed::start().await;
    let proxy = sandboxed.kit().settings(&format!("[[vend]]\n{VEND}")).start().await;
    let desk = Desk { sandboxed, proxy };
    let asked = request("GET", &desk.address().to_string(), &desk.path(), "");
    let answers = futures_of(&desk, &asked, 20).await;
    assert_eq!((answers, desk.sts_calls()), (vec![200; 20], 1));
}

/// The statuses of so many requests at the same time.
async fn futures_of(desk: &Desk, request: &str, count: usize) -> Vec<u16> {
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (address, request) = (desk.address(), request.to_owned());
        asking.spawn(async move {
            let mut caller = crate::kit::Caller::connect(address).await;
            caller.send(request).await;
            caller.answer().await.status
        });
    }
    asking.join_all().await
}

#[tokio::test]
async fn an_outage_is_nobodys_problem_while_a_credential_lives_and_said_at_once_when_none_does() {
    let desk = Desk::open(VEND).await;
    let asked = request("GET", &desk.address().to_string(), &desk.path(), "");
    let first = credential(&desk.ask(&asked).await);
    desk.sandboxed.sandbox.faults().fail_sts(Failure::new(503, "ServiceUnavailable"), None);
    desk.sandboxed.clock.pass(Duration::from_secs(55 * 60));
    assert_eq!(credential(&desk.ask(&asked).await), first);

    desk.sandboxed.clock.pass(Duration::from_secs(10 * 60));
    let begun = Instant::now();
    let answer = desk.ask(&asked).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&after), "{after}");
    let text = message(&answer);
    assert!(text.contains("credentials_unavailable") && !text.contains(&desk.path()), "{text}");
    assert_eq!(desk.counted("uri").await, [2.0, 0.0, 1.0]);

    desk.sandboxed.sandbox.faults().heal();
    let back = soon("STS's return", async {
        loop {
            let answer = desk.ask(&asked).await;
            if answer.status == 200 {
                return credential(&answer);
            }
        }
    });
    assert_ne!(back.await["AccessKeyId"], first["AccessKeyId"]);
}

#[tokio::test]
async fn a_long_lived_key_is_handed_to_nobody() {
    let sandboxed = crate::kit::sandboxed::Sandboxed::start().await;
    let (id, secret) = sandboxed.sandbox.access_key();
    let kit = sandboxed
        .bare()
        .variable("ALIBABA_CLOUD_ACCESS_KEY_ID", &id)
        .variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &secret)
        .settings(&format!("[[vend]]\n{VEND}"));
    let proxy = kit.start().await;
    let desk = Desk { sandboxed, proxy };
    let answer = desk.ask(&request("GET", &desk.address().to_string(), &desk.path(), "")).await;
    assert_eq!((answer.status, message(&answer).contains("credentials_refused")), (503, true));
}

#[tokio::test]
async fn what_has_begun_is_answered_before_the_end() {
    let desk = Desk::open(VEND).await;
    let (asked, address) = (request("GET", &desk.address().to_string(), &desk.path(), ""), desk.address());
    credential(&desk.ask(&asked).await);
    desk.sandboxed.clock.pass(Duration::from_secs(2 * 3_600));
    desk.sandboxed.sandbox.faults().fail_sts(Failure::new(503, "ServiceUnavailable"), None);
    let mut caller = crate::kit::Caller::connect(address).await;
    caller.send(&asked).await;
    soon("an attempt", async {
        while desk.sts_calls() < 2 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
    let draining = tokio::spawn(desk.proxy.sidecar.drain(Duration::from_secs(20)));
    desk.sandboxed.sandbox.faults().heal();
    credential(&caller.answer().await);
    assert!(draining.await.unwrap());
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
