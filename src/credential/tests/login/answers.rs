//! Answers of CloudSSO and OAuth that are none: no panic, no half a credential, and an error that says what to look at.

use super::*;

fn table(good: &str, past: &str) -> Vec<(&'static str, Reply, &'static str)> {
    let change = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} is not in {good}");
        Reply::answer(200, good.replace(from, to))
    };
    let secret_name = if good.contains("accessKeySecret") { "accessKeySecret" } else { "AccessKeySecret" };
    vec![
        ("HTML", Reply::answer(502, "<html>Bad Gateway</html>"), "502"),
        ("truncated", Reply::answer(200, &good.as_bytes()[..good.len() / 2]), "not the JSON"),
        ("empty", Reply::answer(200, ""), "not the JSON"),
        ("too long", Reply::answer(200, vec![b' '; 64 * 1024 + 1]), "64 KiB"),
        ("wrong type", change("\"canary-token\"", "7"), "not the JSON"),
        ("an array", Reply::answer(200, "[]"), "the JSON|lacks"),
        ("past expiry", Reply::answer(200, past), "had expired"),
        ("missing field", change(secret_name, "other"), "lacks a part"),
        ("empty field", change("\"canary-secret\"", "\"\""), "lacks a part"),
        ("CR and LF", change("canary-token", "canary-token\\r\\nX-Evil: 1"), "SecurityToken has characters"),
        ("no date", change("2027", "20x7"), "no date"),
        ("redirect", Reply::answer(302, ""), "a redirect"),
        ("unreachable", Reply::unreachable(), "connection refused"),
    ]
}

async fn try_all(session: impl Fn() -> Session, good: &str, past: &str) {
    for (name, reply, expected) in table(good, past) {
        let (stage, _) = stage(Some(&session()));
        let mut reply = Some(reply);
        stage.cloud.play(move |_| reply.take().unwrap_or_else(|| Reply::answer(503, "")));
        let cell = stage.open();
        stage.until(0.2).await;
        let failure = cell.status(&stage.clock.now()).failure.expect(name).to_string();
        assert!(expected.split('|').any(|part| failure.contains(part)), "{name}: {failure}");
        assert!(!failure.contains("canary"), "{name}: {failure}");
        assert!(cell.live(&stage.clock.now()).is_none(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_cloud_sso() {
    let body = |end| granted_by_cloud_sso("STS.Sso1", end);
    try_all(|| cloud_sso(NOW + 28_800), &body(NOW + 3_600), &body(NOW - 1)).await;
}

#[tokio::test(start_paused = true)]
async fn of_oauth_s_exchange() {
    let body = |end| exchanged("STS.OAuth1", end);
    try_all(|| oauth(NOW + 9_999), &body(NOW + 3_600), &body(NOW - 1)).await;
}

#[tokio::test(start_paused = true)]
async fn of_oauth_s_tokens() {
    for (name, body, expected) in [
        ("no token", r#"{"refresh_token":"canary-r","expires_in":1}"#, "lacks a part"),
        ("no end", r#"{"access_token":"canary-a","refresh_token":"canary-r"}"#, "no date"),
        ("no life", r#"{"access_token":"canary-a","refresh_token":"canary-r","expires_in":0}"#, "no date"),
        ("CR", r#"{"access_token":"canary-a\r","expires_in":1}"#, "access_token has characters"),
        ("LF", r#"{"access_token":"canary-a","refresh_token":"x\ny","expires_in":1}"#, "refresh_token has"),
        ("text", "canary", "not the JSON"),
    ] {
        let (stage, shelf) = stage(Some(&oauth(NOW)));
        stage.cloud.play(move |_| Reply::answer(200, body));
        let cell = stage.open();
        stage.until(0.2).await;
        let failure = cell.status(&stage.clock.now()).failure.expect(name).to_string();
        assert!(failure.contains(expected) && !failure.contains("canary"), "{name}: {failure}");
        assert!(shelf.text().contains("canary-refresh-0"), "{name}: what is no token takes no token's place");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_hangs_costs_five_seconds_a_call() {
    let (stage, _) = stage(Some(&cloud_sso(NOW + 28_800)));
    stage.cloud.play(|_| Reply::silent());
    let cell = stage.open();
    stage.until(16.0).await;
    let failure = cell.status(&stage.clock.now()).failure.expect("a failure").to_string();
    assert!(failure.contains("in time") || failure.contains("within"), "{failure}");
}
