//! Readings of which nobody can say whether they made a RAM user: how soon the role is read again, and what is told.

use super::*;

const USER: &str = include_str!("../data/vault_ram_user.json");
/// What a message says of a user that may have been made.
const REVOKE: &str = "vault lease revoke -prefix team/alicloud/creds/app";

fn fails(error: CarryError) -> Reply {
    Reply { outcome: Err(error), ..Reply::unreachable() }
}

/// A reading after which a user may be there, by what comes of it.
fn in_doubt(which: &str) -> Reply {
    match which {
        "an answer after the limit" => Reply::answer(200, USER).after(Duration::from_secs(9)),
        "a connection that broke" => fails(CarryError::Broken("reset".to_owned())),
        "an answer too long to be carried" => fails(CarryError::TooLong),
        "an answer too long to be read" => Reply::answer(200, format!("{USER}{}", " ".repeat(65_537))),
        "JSON cut short" => Reply::answer(200, &USER[..USER.len() / 2]),
        "no text" => Reply::answer(200, [0xff, 0xfe, b'{']),
        "no data" => Reply::answer(200, r#"{"data":null}"#),
        "no secret" => Reply::answer(200, USER.replace("secret_key", "other")),
        "a gateway's 502" => Reply::answer(502, "<html>"),
        "a gateway's 504" => Reply::answer(504, "<html>"),
        other => panic!("{other}"),
    }
}

const IN_DOUBT: [&str; 10] = [
    "an answer after the limit",
    "a connection that broke",
    "an answer too long to be carried",
    "an answer too long to be read",
    "JSON cut short",
    "no text",
    "no data",
    "no secret",
    "a gateway's 502",
    "a gateway's 504",
];

fn readings(stage: &Stage) -> usize {
    targets(stage).iter().filter(|target| *target == CREDS).count()
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_may_have_made_a_user_is_the_only_one_within_a_minute_and_is_told() {
    for (what, config) in IN_DOUBT.into_iter().flat_map(|what| [(what, FILE), (what, POD)]) {
        let stage = stage(config);
        stage.cloud.play(move |seen| match seen.target.as_str() {
            LOGIN => Reply::answer(200, LOGGED_IN),
            _ => in_doubt(what),
        });
        let cell = stage.open();
        stage.until(30.0).await;
        // No reason to read it again either: whoever made a user would make another one.
        stage.token.write(&format!("{}new", TokenFile::TOKEN));
        stage.until(59.9).await;
        assert_eq!(readings(&stage), 1, "{what}");
        let failure = cell.status(&stage.clock.now()).failure.unwrap();
        let text = failure.to_string();
        assert!(text.contains("may have made a RAM user") && text.contains(REVOKE), "{what}: {text}");
        assert!(!text.contains("FAKE"), "{what}: {text}");
        let refusal = cell.wait().await.unwrap_err();
        assert_eq!(refusal.code(), "credentials_unavailable", "{what}");
        stage.until(69.0).await;
        assert_eq!(readings(&stage), 2, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_security_token_and_an_empty_end_make_a_user_no_session() {
    for more in [
        r#","security_token":"""#,
        r#","security_token":"","expiration":"""#,
        r#","security_token":null,"expiration":null"#,
    ] {
        let stage = stage(FILE);
        let body = USER.replacen("00\"\n", &format!("00\"{more}\n"), 1);
        assert_ne!(body, USER);
        stage.cloud.play(move |_| Reply::answer(200, body.as_str()));
        let cell = stage.open();
        stage.until(1_000.0).await;
        let text = cell.status(&stage.clock.now()).failure.unwrap().to_string();
        assert!(readings(&stage) == 1 && text.contains("makes a RAM user each time"), "{more}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_have_made_no_user_is_tried_again_within_seconds() {
    for reply in [
        || Reply::answer(500, ""),
        || Reply::answer(503, ""),
        || Reply::answer(302, ""),
        || Reply::answer(200, BODY.replace(END, "2026-01-01T00:00:00Z")),
        Reply::unreachable,
        Reply::black_hole,
    ] {
        let stage = stage(FILE);
        stage.cloud.play(move |_| reply());
        let cell = stage.open();
        stage.until(20.0).await;
        let text = cell.status(&stage.clock.now()).failure.unwrap().to_string();
        assert!(stage.cloud.count() >= 4 && !text.contains("RAM user"), "{text}: {}", stage.cloud.count());
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_role_that_has_given_a_session_an_outage_is_over_within_seconds() {
    for what in IN_DOUBT {
        let stage = stage(FILE);
        let clock = Arc::clone(&stage.clock);
        stage.cloud.play(move |seen| match seen.at.as_secs() {
            100..1_000 => in_doubt(what),
            _ => creds(&clock, 600),
        });
        let cell = stage.open();
        stage.until(999.0).await;
        let text = cell.status(&stage.clock.now()).failure.unwrap().to_string();
        assert!(!text.contains("RAM user"), "{what}: {text}");
        // A reading that is under way takes 8 s, and the next one comes within 5.
        stage.until(1_013.5).await;
        assert!(cell.live(&stage.clock.now()).is_some(), "{what}");
    }
}
