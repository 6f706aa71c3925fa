//! What STS, or somebody in its place, may answer; none of it is trusted.

use super::*;

/// The code of the failure that an answer leads to.
async fn failure(reply: impl Fn() -> Reply + Send + 'static) -> (&'static str, String) {
    let stage = Stage::new();
    stage.cloud.play(move |_| reply());
    let cell = stage.open();
    let refusal = cell.wait().await.unwrap_err();
    let status = cell.status(&stage.clock.now());
    assert!(status.live.is_none() && status.failed >= 1);
    (status.failure.unwrap().code(), refusal.to_string())
}

fn changed(from: &str, to: &str) -> Reply {
    let text = credential_json("app", "STS.x", 1_800_003_600);
    assert!(text.contains(from), "{from}");
    Reply::answer(200, text.replace(from, to))
}

#[tokio::test(start_paused = true)]
async fn each_bad_answer_is_told_apart_and_none_is_used() {
    type Case = (&'static str, fn() -> Reply);
    let cases: [Case; 25] = [
        ("source_expired", || changed("2027-01-15T09:00:00Z", "2027-01-15T07:50:00Z")),
        ("source_expired", || changed("2027-01-15T09:00:00Z", "2027-01-15T08:00:00Z")),
        ("bad_expiration", || changed("2027-01-15T09:00:00Z", "tomorrow")),
        ("incomplete", || changed("\"2027-01-15T09:00:00Z\"", "null")),
        ("incomplete", || changed("canary-secret", "")),
        ("incomplete", || changed("\"canary-token+/=\"", "null")),
        ("incomplete", || changed("\"Credentials\"", "\"Other\"")),
        ("incomplete", || changed("\"AssumedRoleUser\"", "\"Other\"")),
        ("malformed_credential", || changed("canary-token", r"abc\r\nX-Evil: 1")),
        ("malformed_credential", || changed("canary-token", "a b")),
        ("malformed_credential", || changed("canary-token", &"t".repeat(9_000))),
        ("malformed_credential", || changed("canary-secret", "canary secret")),
        ("malformed_credential", || changed("canary-secret", r"canary\u00e9")),
        ("malformed_credential", || changed("STS.x", r"STS.x\n")),
        ("malformed_credential", || changed("STS.x", "STS.x,SignedHeaders=host")),
        ("malformed_credential", || changed("STS.x", "STS/x")),
        ("malformed_credential", || changed("STS.x", &"S".repeat(129))),
        ("role_mismatch", || changed("assumed-role/app", "assumed-role/admin")),
        ("role_mismatch", || changed("ram::1000000000000001", "ram::2000000000000002")),
        ("not_utf8", || Reply::answer(200, *b"\xff\xfe{}")),
        ("not_json", || Reply::answer(200, "<html>")),
        ("not_json", || Reply::answer(200, "{".repeat(60_000))),
        ("not_json", || Reply::answer(200, format!("{}{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)))),
        ("answer_too_long", || Reply::answer(200, " ".repeat(64 * 1024 + 1))),
        ("redirect", || Reply::answer(302, "")),
    ];
    for (number, (code, reply)) in cases.into_iter().enumerate() {
        let (got, text) = failure(reply).await;
        assert_eq!(got, code, "case {number}");
        assert!(!text.contains("canary") && !text.contains("Evil"), "case {number}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_answer_leaves_the_credential_at_hand_in_place() {
    let stage = Stage::new();
    let clock = Arc::clone(&stage.clock);
    let mut calls = 0;
    stage.cloud.play(move |_| {
        calls += 1;
        if calls == 1 { grant(&clock, 900) } else { changed("canary-secret", "") }
    });
    let cell = stage.open();
    let first = cell.wait().await.unwrap().generation();
    stage.until(860.0).await;
    assert!(stage.cloud.count() > 3);
    assert_eq!(cell.live(&stage.clock.now()).unwrap().generation(), first);
}

#[tokio::test(start_paused = true)]
async fn a_life_longer_than_asked_is_cut_and_told() {
    let stage = Stage::new();
    stage.cloud.play(|_| changed("2027-01-15T09:00:00Z", "2099-01-01T00:00:00Z"));
    let credential = stage.open().wait().await.unwrap();
    assert_eq!(credential.life().unwrap().length(), Duration::from_secs(3_900));
    assert_eq!(stage.ear.heard("was asked for 3600 s"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_roles_name_may_come_back_in_other_letters() {
    let stage = Stage::new();
    stage.cloud.play(|_| changed("assumed-role/app", "assumed-role/APP"));
    stage.open().wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_word_of_a_refusals_message_gets_out() {
    let stage = Stage::new();
    stage.cloud.play(|_| {
        let body = r#"{"Code":"SignatureDoesNotMatch","RequestId":"<canary>",
            "Message":"server string to sign is:POST&canary-token"}"#;
        Reply::answer(400, body)
    });
    let cell = stage.open();
    let refusal = cell.wait().await.unwrap_err();
    let said = format!("{refusal} {refusal:?} {cell:?}");
    assert!(said.contains("SignatureDoesNotMatch") && !said.contains("canary"), "{said}");
    assert!(stage.ear.heard("SignatureDoesNotMatch") >= 1 && stage.ear.heard("canary") == 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_code_is_not_kept_as_one() {
    for code in ["c".repeat(97), "No\\nPermission".to_owned(), "<b>NoPermission</b>".to_owned()] {
        let (kind, text) = failure({
            let code = code.clone();
            move || Reply::refusal(403, &code)
        })
        .await;
        assert!(kind == "refused" && text.contains("403 with no code") && !text.contains(&code), "{text}");
    }
}
