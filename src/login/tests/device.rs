//! The device flow: what is sent, how often it is asked, and every way in which it ends.

use super::*;

const AUTHORIZED: &str = r#"{"DeviceCode":"canary-device","UserCode":"ABCD-EFGH",
    "VerificationUri":"https://signin-cn-shanghai.alibabacloudsso.com/device/login",
    "VerificationUriComplete":"https://signin-cn-shanghai.alibabacloudsso.com/device/login?user_code=ABCD-EFGH",
    "ExpiresIn":600,"Interval":5}"#;
const GRANTED: &str = r#"{"AccessToken":"canary-access","ExpiresIn":28800,"TokenType":"Bearer"}"#;

fn error(code: &str) -> String {
    format!(r#"{{"ErrorCode":"{code}","ErrorMessage":"canary","RequestId":"R-1"}}"#)
}

/// Logs in against these answers to `/token`, the last of which is given for ever. How it ended, when each was asked for, and
/// what was sent.
async fn flow(answers: &[(u16, &str)]) -> (Result<Waited, String>, Vec<u64>, Cloud) {
    let clock = TestClock(Instant::now());
    let answers: Vec<(u16, String)> =
        answers.iter().map(|(status, text)| (*status, (*text).to_owned())).collect();
    let (start, asked) = (Instant::now(), std::sync::Arc::new(Mutex::new(Vec::new())));
    let noted = std::sync::Arc::clone(&asked);
    let mut next = 0;
    let cloud = Cloud::new(move |target, _| {
        if target == "/device-authorization" {
            return (200, AUTHORIZED.to_owned());
        }
        noted.lock().unwrap().push(start.elapsed().as_secs());
        let answer = answers[next.min(answers.len() - 1)].clone();
        next += 1;
        answer
    });
    let outcome = {
        let portal = Portal::new((&cloud, &clock), URL, CLIENT).unwrap();
        let pkce = Pkce::new().unwrap();
        let device = portal.begin(&pkce).await.unwrap();
        assert_eq!(
            (device.url.as_str(), device.user_code.as_str()),
            ("https://signin-cn-shanghai.alibabacloudsso.com/device/login?user_code=ABCD-EFGH", "ABCD-EFGH")
        );
        assert!(!format!("{device:?}").contains("canary"));
        device.wait(&portal, &pkce, |_| {}).await.map_err(|error| error.to_string())
    };
    let asked = asked.lock().unwrap().clone();
    (outcome, asked, cloud)
}

#[tokio::test(start_paused = true)]
async fn a_human_who_takes_a_while_is_asked_after_every_five_seconds() {
    let pending = error("AuthorizationPending");
    let (outcome, asked, cloud) = flow(&[(400, &pending), (400, &pending), (200, GRANTED)]).await;
    let Ok(Waited::LoggedIn(token, ends_at)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((token.expose(), asked.as_slice()), ("canary-access", &[5, 10, 15][..]));
    assert_eq!(ends_at, i64::try_from(NOW).unwrap() + 15 + 28_800);
    let seen = cloud.seen();
    let sent = |index: usize| serde_json::from_str::<serde_json::Value>(&seen[index].2).unwrap();
    let (first, second) = (sent(0), sent(1));
    assert_eq!((&first["ClientId"], &first["PortalUrl"]), (&CLIENT.into(), &URL.into()));
    assert_eq!(first["CodeChallengeMethod"], "S256");
    assert_eq!((&second["ClientId"], &second["DeviceCode"]), (&CLIENT.into(), &"canary-device".into()));
    assert_eq!(second["GrantType"], "urn:ietf:params:oauth:grant-type:device_code");
    // The verifier is the one that the challenge was made of.
    let verifier = second["CodeVerifier"].as_str().unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(verifier.as_bytes());
    assert_eq!(first["CodeChallenge"], data_encoding::BASE64URL_NOPAD.encode(&digest));
    assert_eq!(first.as_object().unwrap().len(), 4);
    assert_eq!(second.as_object().unwrap().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn who_is_told_to_slow_down_does() {
    let (pending, slow) = (error("AuthorizationPending"), error("slow_down"));
    let (outcome, asked, _) = flow(&[(400, &slow), (400, &pending), (429, "{}"), (200, GRANTED)]).await;
    assert!(matches!(outcome, Ok(Waited::LoggedIn(..))));
    assert_eq!(asked, [5, 15, 25, 40]);
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_network_and_of_the_portal_are_waited_out() {
    let (outcome, asked, _) = flow(&[(0, ""), (502, "<html>"), (503, "{}"), (200, GRANTED)]).await;
    assert!(matches!(outcome, Ok(Waited::LoggedIn(..))));
    assert_eq!(asked, [5, 10, 15, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_no_is_a_no_and_a_code_that_nobody_confirms_runs_out() {
    let (outcome, asked, _) = flow(&[(400, &error("AccessDenied"))]).await;
    assert!(matches!(outcome, Ok(Waited::Denied)) && asked.len() == 1);
    let (outcome, asked, _) = flow(&[(400, &error("InvalidDeviceCodeError"))]).await;
    assert!(matches!(outcome, Ok(Waited::TooLate)) && asked.len() == 1);
    let (outcome, asked, _) = flow(&[(400, &error("AuthorizationPending"))]).await;
    assert!(matches!(outcome, Ok(Waited::TooLate)));
    assert_eq!((asked.len(), asked.last()), (120, Some(&600)));
}

#[tokio::test(start_paused = true)]
async fn what_will_not_pass_ends_the_wait_at_once() {
    for (status, body, expected) in [
        (400, error("InvalidParameter"), "answered 400 with InvalidParameter (RequestId R-1)"),
        (200, "{}".to_owned(), "lacks a part"),
        (200, GRANTED.replace("access\"", "a\\r\\nX: 1\""), "AccessToken has characters"),
        (200, GRANTED.replace("28800", "-1"), "no date"),
        (200, "<html>".to_owned(), "not the JSON"),
        (302, String::new(), "a redirect"),
    ] {
        let (outcome, asked, _) = flow(&[(status, &body)]).await;
        let text = outcome.expect_err(&body);
        assert!(text.contains(expected) && !text.contains("canary"), "{text}");
        assert_eq!(asked.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_not_of_the_web_is_not_shown_to_a_browser() {
    let clock = TestClock(Instant::now());
    for (from, to) in [
        ("https://signin-cn-shanghai.alibabacloudsso.com/device/login?user", "file:///etc/passwd?user"),
        ("https://signin-cn-shanghai.alibabacloudsso.com/device/login?user", "javascript:alert(1)//?user"),
        ("https://signin-cn-shanghai.alibabacloudsso.com/device/login?user", "http://10.0.0.1/?user"),
        ("canary-device", ""),
    ] {
        let text = AUTHORIZED.replace(from, to);
        assert_ne!(text, AUTHORIZED);
        let cloud = Cloud::new(move |_, _| (200, text.clone()));
        let portal = Portal::new((&cloud, &clock), URL, CLIENT).unwrap();
        assert!(portal.begin(&Pkce::new().unwrap()).await.is_err(), "{to}");
    }
}
