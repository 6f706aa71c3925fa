//! The secrets of these tests are canaries: after everything that can go wrong has gone wrong, none of them may be
//! found in an answer, a line, a metric, a `Debug` form, or the most talkative log. `kit::witness` does the same for every
//! other test of this program.

use crate::kit::canary::{self, API_KEY, OIDC_TOKEN};
use crate::kit::{
    Caller, ECS, KEY_ID, Kit, OSS, Proxy, REGIONS, Reply, SECRET, Seen, Step, Sts, TOKEN, Upstream, get,
    request, with_body, witness,
};

const STUDIO: &str = "dashscope.aliyuncs.com";

/// Everything that can go wrong with a request, by its path.
fn script(seen: &Seen, index: usize) -> Reply {
    let path = seen.target().split('?').next().unwrap().to_owned();
    match path.as_str() {
        "/short" => Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nab").then(Step::Close),
        "/lost" => Reply::to_head([Step::Reset]),
        "/garbage" => Reply::new("SSH-2.0-x\r\n\r\n").then(Step::Close),
        "/expired" => Reply::status("400 Bad Request", r#"{"Code":"InvalidSecurityToken.Expired"}"#),
        "/skewed" => Reply::new(
            "HTTP/1.1 403 Forbidden\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\nContent-Length: 52\r\n\r\n<Error><Code>RequestTimeTooSkewed</Code></Error>    ",
        ),
        // What the cloud says of a key that it does not know, with a part of it: nothing of that is ours to repeat.
        "/unknown" => Reply::status("401 Unauthorized", r#"{"code":"InvalidApiKey","message":"x"}"#),
        "/hangs" => Reply::steps([Step::AwaitEnd]),
        _ => Reply::body(&index.to_string()),
    }
}

/// Sends everything that there is, and returns all that came back.
async fn everything(proxy: &Proxy) -> String {
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let mut all = String::new();
    let mut requests = vec![
        get(ECS, REGIONS),
        with_body("POST", ECS, "/", form, "Action=DescribeRegions"),
        with_body("PUT", OSS, "/k", "", "hello"),
        get("evil.test", "/"),
        get(ECS, "/?Action=CreateAccessKey"),
        get(ECS, "/?Action=a%20b"),
        "GET / HTTP/1.1\n\n".to_owned(),
        request("PUT", OSS, "/k", "Transfer-Encoding: chunked\r\n") + "zz\r\n",
        request("GET", ECS, REGIONS, &format!("Authorization: {SECRET}\r\n")).replace(SECRET, "acs x:y"),
    ];
    for path in ["/short", "/lost", "/garbage", "/expired", "/skewed", "/unknown"] {
        requests.push(get(OSS, path));
        requests.push(request(
            "GET",
            ECS,
            &format!("{path}?Action=DescribeRegions"),
            "x-acs-action: DescribeRegions\r\n",
        ));
        requests.push(with_body("POST", STUDIO, path, "Authorization: Bearer dummy\r\n", "{}"));
    }
    for request in requests {
        let mut caller = proxy.caller().await;
        caller.send(&request).await;
        if let Some(answer) = caller.try_answer(false).await {
            all.push_str(&format!("{answer:?}"));
        }
    }
    let mut upgrade = proxy.caller().await;
    upgrade.send(request("GET", STUDIO, "/", "Connection: Upgrade\r\nUpgrade: websocket\r\n")).await;
    all.push_str(&format!("{:?}", upgrade.answer().await));
    let mut gone = proxy.caller().await;
    gone.send(get(OSS, "/hangs")).await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    drop(gone);
    for path in ["/metrics", "/readyz", "/healthz", "/config"] {
        all.push_str(&format!("{:?}", proxy.admin(path).await));
        all.push_str(&proxy.admin(path).await.text());
    }
    all.push_str(&format!("{:?}\n{:#?}", proxy.sidecar, proxy.sidecar));
    for (role, cell) in proxy.sidecar.credentials.iter() {
        let status = cell.status(&countersign::clock::Clock::now(&countersign::clock::SystemClock));
        all.push_str(&format!("{role} {cell:?} {status:?}"));
    }
    all
}

fn assert_clean(name: &str, text: &str) {
    if let Some(found) = canary::found_in(text.as_bytes()) {
        panic!("{name}: {found}");
    }
}

#[tokio::test]
async fn no_secret_is_found_in_anything_that_anybody_can_read() {
    let sts = Sts::default();
    let granting = sts.clone();
    let upstream = Upstream::start(
        move |seen, index| if Sts::is_asked(seen) { granting.grant() } else { script(seen, index) },
    )
    .await;
    // STS that repeats the token that it refuses, as the cloud's messages do.
    let refusing = Upstream::start(|seen, _| {
        if seen.body.is_empty() && !Sts::is_asked(seen) {
            return Reply::ok();
        }
        let message = format!("The token {OIDC_TOKEN} of {SECRET} is not good");
        Reply::status(
            "400 Bad Request",
            &format!("{{\"Code\":\"NoPermission {OIDC_TOKEN}\",\"Message\":\"{message}\"}}"),
        )
    })
    .await;
    let kits = [
        ("a triple", Kit::new(), &upstream),
        ("a role of a key", Kit::new().assuming(), &upstream),
        ("a role of a token", Kit::without_credentials().with_oidc_token(OIDC_TOKEN), &upstream),
        ("a role that is refused", Kit::without_credentials().with_oidc_token(OIDC_TOKEN), &refusing),
        ("a token that is none", Kit::without_credentials().with_oidc_token(TOKEN), &upstream),
        (
            "a key that is none",
            Kit::new().variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &format!("{SECRET} \n")),
            &upstream,
        ),
        ("a key of Model Studio", Kit::new().variable("DASHSCOPE_API_KEY", API_KEY), &upstream),
        (
            "a key of Model Studio that is none",
            Kit::new().variable("DASHSCOPE_API_KEY", &format!("{API_KEY} \n{API_KEY}")),
            &upstream,
        ),
    ];
    for (name, kit, upstream) in kits {
        let url = format!("http://{}", upstream.address);
        let studio = format!("\"{STUDIO}\" = \"{url}\"");
        let proxy = kit.access().connect_to(&url).settings(&studio).start().await;
        let all = everything(&proxy).await;
        assert_clean(name, &all);
        assert!(all.len() > 20_000, "{name}: {} bytes", all.len());
        let (_, place) = proxy.drain().await;
        let lines = place.read("access.log");
        assert_clean(name, &lines);
        assert!(lines.lines().count() >= 20, "{name}: {lines}");
    }
    assert!(sts.calls() >= 2);
    let has_key = |seen: &Seen| seen.header("authorization") == Some(format!("Bearer {API_KEY}"));
    assert!(upstream.requests().iter().filter(|seen| has_key(seen)).count() >= 4, "the key left");
    let log = witness::log();
    assert_clean("the log", &log);
    for said in ["role=default", "a request was not answered", " DEBUG "] {
        assert!(log.contains(said), "{said} was not listened to");
    }
}

#[tokio::test]
async fn a_mistake_at_the_start_does_not_repeat_a_secret() {
    let kit = Kit::without_credentials()
        .variable("ALIBABA_CLOUD_ROLE_ARN", SECRET)
        .variable("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", TOKEN)
        .variable("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/nowhere");
    match kit.try_start().await {
        Ok(proxy) => assert_clean("the sidecar", &format!("{:?}", proxy.sidecar)),
        Err(error) => assert_clean("the error", &format!("{error} {error:?}")),
    }
}

#[tokio::test]
async fn the_key_is_where_it_must_be() {
    // That the search above can find: what reaches the cloud holds the token, and the id of the key.
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = Caller::connect(proxy.forward()).await;
    caller.send(get(ECS, REGIONS)).await;
    assert_eq!(caller.answer().await.status, 200);
    let head = String::from_utf8(upstream.last().head).unwrap();
    assert!(head.contains(TOKEN) && head.contains(KEY_ID) && !head.contains(SECRET), "{head}");
}
