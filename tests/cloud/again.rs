//! What the cloud rejects for its token or its date is sent once more, with another.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::kit::clock::unix_seconds;
use crate::kit::{ECS, Kit, Moved, OSS, REGIONS, Reply, Seen, Sts, Upstream, date, get, request, with_body};

const EXPIRED: &str = r#"{"RequestId":"R","Code":"InvalidSecurityToken.Expired","Message":"m"}"#;
const EXPIRED_XML: &str = "<?xml version=\"1.0\"?>\n<Error><Code>SecurityTokenExpired</Code></Error>";

const FC: &str = "fcv3.cn-hangzhou.aliyuncs.com";
const DATAHUB: &str = "dh-cn-hangzhou.aliyuncs.com";

/// A complaint about a clock, in the dialect of the host that was asked. Function Compute tells it in the message alone.
fn complaint(seen: &Seen, code: &str) -> Reply {
    let body = if seen.header("host").unwrap() == OSS {
        format!("<Error><Code>{code}</Code></Error>")
    } else if seen.header("host").unwrap() == DATAHUB {
        // In whatever words: its code is of every proof that is not taken, and its date tells.
        format!("{{\"RequestId\":\"R\",\"ErrorCode\":\"{code}\",\"ErrorMessage\":\"m\"}}")
    } else {
        let message = "the difference between the request time '1' and the current time '2' is too large";
        format!("{{\"Code\":\"{code}\",\"Message\":\"{message}\"}}")
    };
    let now = unix_seconds();
    Reply::new(format!(
        "HTTP/1.1 403 Forbidden\r\nDate: {}\r\nContent-Length: {}\r\n\r\n{body}",
        date::http(now),
        body.len()
    ))
}

/// With which an SDK for Java sends calls that have no body.
const EMPTY: &str = "x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n\
                     Transfer-Encoding: chunked\r\n";

/// STS, and a product that rejects the first `rejected` tokens with this answer.
async fn rejecting(rejected: usize, status: &'static str, body: &'static str) -> (Upstream, Sts) {
    let sts = Sts::default();
    let granting = sts.clone();
    let upstream = Upstream::start(move |seen, _| {
        if Sts::is_asked(seen) {
            return granting.grant();
        }
        let is_rejected = (0..rejected).any(|number| seen.lower().contains(&format!("token{number}")));
        if is_rejected { Reply::status(status, body) } else { Reply::ok() }
    })
    .await;
    (upstream, sts)
}

fn to_product(upstream: &Upstream) -> Vec<Seen> {
    let mut requests = upstream.requests();
    requests.retain(|seen| !Sts::is_asked(seen));
    requests
}

#[tokio::test]
async fn a_rejected_token_is_refreshed_once_and_the_request_sent_again_if_it_still_can_be() {
    let held = with_body("POST", ECS, "/?Action=CreateInstance", "Content-Type: a/b\r\n", "{}");
    let form = with_body(
        "POST",
        ECS,
        "/",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Action=CreateInstance",
    );
    let invalid_key = r#"{"Code":"InvalidAccessKeyId.NotFound"}"#;
    let malformed = r#"{"Code":"InvalidSecurityToken.Malformed"}"#;
    let other = r#"{"Code":"Forbidden.RAM"}"#;
    let log_key = r#"{"errorCode":"Unauthorized","errorMessage":"AccessKeyId not found: STS.a"}"#;
    let log_ram =
        r#"{"errorCode":"Unauthorized","errorMessage":"denied by sts or ram, action: log:GetProject"}"#;
    let xml_key = "<Error><Code>InvalidAccessKeyId</Code></Error>";
    let none_in_chunks = request("POST", ECS, REGIONS, EMPTY) + "0\r\n\r\n";
    // What is asked, what the first token is answered, and whether it is sent again.
    let datahub = r#"{"ErrorCode":"Unauthorized","ErrorMessage":"The SecurityToken has Expired."}"#;
    let datahub_other = r#"{"ErrorCode":"Unauthorized","ErrorMessage":"The signature does not match."}"#;
    let rows: [(&str, String, &str, &str, bool); 16] = [
        ("a token, said by DataHub", get(ECS, REGIONS), "401 Unauthorized", datahub, true),
        ("another proof, said by DataHub", get(ECS, REGIONS), "401 Unauthorized", datahub_other, false),
        ("no body", get(ECS, REGIONS), "400 Bad Request", EXPIRED, true),
        ("an effect", get(ECS, "/?Action=CreateInstance"), "400 Bad Request", EXPIRED, true),
        ("a held body", held, "400 Bad Request", EXPIRED, true),
        ("a form", form, "403 Forbidden", EXPIRED, true),
        ("an unknown key", get(ECS, REGIONS), "404 Not Found", invalid_key, true),
        ("an unknown key, said by Log Service", get(ECS, REGIONS), "401 Unauthorized", log_key, true),
        ("no permission, said by Log Service", get(ECS, REGIONS), "401 Unauthorized", log_ram, false),
        ("another fault of the token", get(ECS, REGIONS), "400 Bad Request", malformed, false),
        ("another refusal", get(ECS, REGIONS), "403 Forbidden", other, false),
        ("the same words in a success", get(ECS, REGIONS), "200 OK", EXPIRED, false),
        ("OSS", get(OSS, "/k"), "403 Forbidden", EXPIRED_XML, true),
        ("OSS key", get(OSS, "/k"), "403 Forbidden", xml_key, true),
        ("a streamed body", with_body("PUT", OSS, "/k", "", "hello"), "403 Forbidden", EXPIRED_XML, false),
        ("no body, in chunks", none_in_chunks, "400 Bad Request", EXPIRED, true),
    ];
    for (name, call, status, body, is_again) in rows {
        assert_sent_again(name, &call, (status, body), is_again).await;
    }
}

/// Whether a call is sent again whose first token is answered so, and with another token.
async fn assert_sent_again(
    name: &str,
    call: &str,
    (status, body): (&'static str, &'static str),
    is_again: bool,
) {
    let (upstream, sts) = rejecting(1, status, body).await;
    let proxy = Kit::new().assuming().before(&upstream).await;
    let answer = proxy.call(call).await;
    let seen = to_product(&upstream);
    if is_again {
        assert_eq!((answer.status, seen.len()), (200, 2), "{name}: {answer:?}");
        assert!(
            seen[1].lower().contains("canarytoken1") && !seen[1].lower().contains("canarytoken0"),
            "{name}"
        );
        assert_eq!(seen[0].body, seen[1].body, "{name}");
        assert_eq!(sts.calls(), 2, "{name}");
    } else {
        assert_eq!((answer.text().as_str(), seen.len()), (body, 1), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn of_tablestores_one_code_only_what_is_said_of_a_key_or_a_token_is_answered_by_another() {
    for (body, is_again) in [
        ("\n\rOTSAuthFailed\x12\x1fThe AccessKeyID does not exist.", true),
        ("\n\rOTSAuthFailed\x12\x20The AccessKey ID does not exist.", true),
        ("\n\rOTSAuthFailed\x12\x15The token is expired.", true),
        ("\n\rOTSAuthFailed\x12\x1cThe instance does not exist.", false),
        ("\n\rOTSAuthFailed\x12\x13Signature mismatch.", false),
    ] {
        assert_sent_again(body, &get(ECS, REGIONS), ("403 Forbidden", body), is_again).await;
    }
}

#[tokio::test]
async fn what_the_rejected_attempt_was_signed_with_is_masked_in_the_answer_to_the_next() {
    let sts = Sts::default();
    let granting = sts.clone();
    let first = Arc::new(Mutex::new(None));
    let upstream = Upstream::start(move |seen, _| {
        if Sts::is_asked(seen) {
            return granting.grant();
        }
        let mut first = first.lock().unwrap();
        match first.take() {
            None => {
                let proofs = ["authorization", "x-acs-security-token"].map(|name| seen.header(name).unwrap());
                *first = Some(proofs.join(" "));
                Reply::status("400 Bad Request", EXPIRED)
            }
            Some(proofs) => {
                Reply::status("400 Bad Request", &format!("{{\"Code\":\"Odd\",\"Message\":\"{proofs}\"}}"))
            }
        }
    })
    .await;
    let proxy = Kit::new().assuming().before(&upstream).await;
    let answer = proxy.get(ECS, REGIONS).await;
    let proofs = to_product(&upstream).remove(0);
    let (authorization, token) =
        (proofs.header("authorization").unwrap(), proofs.header("x-acs-security-token").unwrap());
    let signature = authorization.rsplit_once("Signature=").unwrap().1;
    let key_id = authorization.split(['=', ',']).nth(1).unwrap();
    let text = answer.text();
    assert!(text.contains("\"Code\":\"Odd\"") && text.contains("SignedHeaders="), "{text}");
    for value in [signature, &token, key_id] {
        assert!(value.len() >= 6 && !text.contains(value), "{value} in {text}");
    }
}

#[tokio::test]
async fn a_token_that_is_rejected_again_and_again_is_refreshed_once_and_then_the_answer_passed_on() {
    let (upstream, sts) = rejecting(100, "400 Bad Request", EXPIRED).await;
    let proxy = Kit::new().assuming().before(&upstream).await;
    for _ in 0..20 {
        let answer = proxy.get(ECS, REGIONS).await;
        assert_eq!((answer.status, answer.text().as_str(), answer.code().as_str()), (400, EXPIRED, ""));
    }
    assert_eq!(sts.calls(), 2, "one at the start, one forced, and no storm");
    let nonces: BTreeSet<_> =
        to_product(&upstream).iter().map(|seen| seen.header("x-acs-signature-nonce")).collect();
    assert_eq!((to_product(&upstream).len(), nonces.len()), (21, 21));
}

#[tokio::test]
async fn many_rejections_at_once_share_one_refresh() {
    let (upstream, sts) = rejecting(1, "400 Bad Request", EXPIRED).await;
    let proxy = Arc::new(Kit::new().assuming().before(&upstream).await);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let proxy = Arc::clone(&proxy);
        calls.spawn(async move { proxy.get(ECS, REGIONS).await.status });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 200));
    assert_eq!(sts.calls(), 2);
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_by_the_clouds_and_the_request_sent_again() {
    for (host, target, code) in [
        (ECS, REGIONS, "InvalidTimeStamp.Expired"),
        (ECS, "/?Action=CreateInstance", "IllegalTimestamp"),
        (FC, "/2023-03-30/functions", "AccessDenied"),
        (DATAHUB, "/projects", "Unauthorized"),
        (OSS, "/k", "RequestTimeTooSkewed"),
        (OSS, "/k", "RequestTimeExpired"),
    ] {
        for shift in [-3600, 7200] {
            let upstream = Upstream::start(move |seen, _| {
                let now = unix_seconds();
                if (signed_at(seen) - now).abs() > 900 { complaint(seen, code) } else { Reply::ok() }
            })
            .await;
            let url = format!("http://{}", upstream.address);
            let kit = Kit::new().clock(Moved::wrong_by(shift)).connect_to(&url);
            let proxy =
                kit.settings(&format!("\"{FC}\" = \"{url}\"\n\"{DATAHUB}\" = \"{url}\"\n")).start().await;
            let name = format!("{code}, {shift} s off");
            assert_eq!(proxy.get(host, target).await.status, 200, "{name}");
            assert_eq!(upstream.requests().len(), 2, "{name}");
            // What was learnt holds for the next.
            assert_eq!(proxy.get(host, target).await.status, 200, "{name}");
            assert_eq!(upstream.requests().len(), 3, "{name}");
        }
    }
}

#[tokio::test]
async fn what_a_streamed_body_is_refused_for_is_learnt_for_the_next() {
    let put = || with_body("PUT", OSS, "/k", "", "hello");
    let upstream = Upstream::start(|seen, _| {
        let now = unix_seconds();
        if (signed_at(seen) - now).abs() > 900 {
            complaint(seen, "RequestTimeTooSkewed")
        } else {
            Reply::ok()
        }
    })
    .await;
    let proxy = Kit::new().clock(Moved::wrong_by(7200)).before(&upstream).await;
    for status in [403, 200] {
        assert_eq!(proxy.call(&put()).await.status, status);
    }
    assert_eq!(upstream.requests().len(), 2);

    let (upstream, sts) = rejecting(1, "403 Forbidden", EXPIRED_XML).await;
    let proxy = Kit::new().assuming().before(&upstream).await;
    let answer = proxy.call(&put()).await;
    assert_eq!((answer.status, answer.text().as_str()), (403, EXPIRED_XML), "{answer:?}");
    // Nobody waits for the new one: until it is there, the old one is served.
    for _ in 0..1_000 {
        if proxy.call(&put()).await.status == 200 {
            break;
        }
    }
    assert_eq!(proxy.call(&put()).await.status, 200);
    assert_eq!(sts.calls(), 2);
}

#[tokio::test]
async fn a_complaint_about_a_clock_that_is_right_is_passed_on() {
    let upstream = Upstream::start(|_, _| {
        let now = unix_seconds();
        let body = r#"{"Code":"InvalidTimeStamp.Expired"}"#;
        let head = format!(
            "HTTP/1.1 400 Bad Request\r\nDate: {}\r\nContent-Length: {}\r\n\r\n",
            date::http(now),
            body.len()
        );
        Reply::new(head + body)
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let answer = proxy.call(request("GET", ECS, REGIONS, "")).await;
    assert_eq!((answer.status, upstream.requests().len()), (400, 1));
}

/// When a request was signed, in whole seconds since 1970.
fn signed_at(seen: &Seen) -> i64 {
    if let Some(stamp) = seen.header("x-acs-date").or_else(|| seen.header("x-oss-date")) {
        return date::seconds(&stamp);
    }
    let moment = httpdate::parse_http_date(&seen.header("date").unwrap()).unwrap();
    moment.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

#[tokio::test]
async fn a_customers_own_answer_says_nothing_of_the_clock_and_is_not_asked_for_twice() {
    let hook = "f-abc.cn-hangzhou.fcapp.run";
    let account = "2029384756.cn-hangzhou.fc.aliyuncs.com";
    let upstream = Upstream::start(|seen, _| {
        let is_customers = seen.header("host").is_some_and(|host| !host.starts_with("ecs."));
        if is_customers { complaint_of(unix_seconds() - 259_200) } else { Reply::ok() }
    })
    .await;
    let url = format!("http://{}", upstream.address);
    let proxy = Kit::new()
        .settings(&format!("[hosts]\n\"{hook}\" = {{ product = \"fc-trigger\" }}"))
        .connect_to(&url)
        .settings(&format!("\"{hook}\" = \"{url}\"\n\"{account}\" = \"{url}\"\n"))
        .start()
        .await;
    for (host, target) in [(hook, "/x"), (account, "/2016-08-15/proxy/s/f/")] {
        upstream.forget();
        assert_eq!(proxy.get(host, target).await.status, 403, "{host}");
        assert_eq!(upstream.requests().len(), 1, "{host}: its code ran once");
        assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
        let date = upstream.last().header("x-acs-date").unwrap();
        assert_eq!(&date[..10], &date::iso(unix_seconds())[..10], "{host}");
    }
}

/// A refusal that complains of a clock, dated so.
fn complaint_of(seconds: i64) -> Reply {
    let body = r#"{"Code":"InvalidTimeStamp.Expired"}"#;
    let date = date::http(seconds);
    Reply::new(format!(
        "HTTP/1.1 403 Forbidden\r\nDate: {date}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}
