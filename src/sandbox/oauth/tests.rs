//! A login in a browser, step by step, as the official command line makes it.

use std::time::Duration;

use super::OAuth;
use crate::sandbox::Counterpart;
use crate::sandbox::encode::{pairs, percent};
use crate::sandbox::tests::client::{Key, Read, Visit};
use crate::sandbox::tests::plain::{listener, send};

const VERIFIER: &str = "mtK1XqFskiVMaZw3L4BcAwfmIys5jU4EeaNYCDZ6OYu66x9ahVvouNJjFCV32ykV6MDXsBsQlhYBR91S5BPwkqWH8Nuy3sfiPQaSEPmIFYyIZp7alOifkxPRQmwiKxhL";
const CHALLENGE: &str = "oc4HVTP8LdCeniroO1f3xyH-cedQJ6fNhtx3WolT4Gk";
const CLIENT: &str = "4038181954557748008";
const CALLBACK: &str = "http://127.0.0.1:12345/cli/callback";

fn asked(callback: &str, challenge: &str) -> String {
    let callback = percent(callback.as_bytes());
    format!(
        "response_type=code&client_id={CLIENT}&redirect_uri={callback}&state=9dagx2iO%22yHe\
         &code_challenge={challenge}&code_challenge_method=S256"
    )
}

async fn form(oauth: &Counterpart<OAuth>, path: &str, form: &str) -> Read {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: oauth.example\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    send(oauth.address(), &request).await
}

/// The parameter with which the browser is sent back.
async fn code(oauth: &Counterpart<OAuth>) -> String {
    let query = format!("{}&decision=approve", asked(CALLBACK, CHALLENGE));
    let answer = form(oauth, "/oauth2/v1/auth", &query).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let back = answer.header("location").strip_prefix(CALLBACK).unwrap().to_owned();
    let back = pairs(back.trim_start_matches('?'));
    assert_eq!(back[1], (b"state".to_vec(), b"9dagx2iO\"yHe".to_vec()));
    assert_eq!(back[0].0, b"code");
    String::from_utf8(back[0].1.clone()).unwrap()
}

async fn redeem(oauth: &Counterpart<OAuth>, code: &str, verifier: &str, callback: &str) -> Read {
    let callback = percent(callback.as_bytes());
    let grant = format!(
        "client_id={CLIENT}&code={code}&code_verifier={verifier}&grant_type=authorization_code&redirect_uri={callback}"
    );
    form(oauth, "/v1/token", &grant).await
}

async fn refresh(oauth: &Counterpart<OAuth>, token: &str) -> Read {
    form(oauth, "/v1/token", &format!("client_id={CLIENT}&grant_type=refresh_token&refresh_token={token}"))
        .await
}

async fn exchange(oauth: &Counterpart<OAuth>, token: &str) -> Read {
    let request = format!(
        "POST /v1/exchange HTTP/1.1\r\nHost: oauth.example\r\nContent-Length: 0\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\n\r\n"
    );
    send(oauth.address(), &request).await
}

fn error(answer: &Read) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

fn member(answer: &Read, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}

#[tokio::test]
async fn a_person_lets_a_program_in_and_its_token_buys_a_credential() {
    let visit = Visit::new().await;
    let oauth = visit.sandbox.oauth(listener().await, OAuth::default()).unwrap();
    let page = format!("GET /oauth2/v1/auth?{} HTTP/1.1\r\nHost: a\r\n\r\n", asked(CALLBACK, CHALLENGE));
    let page = send(oauth.address(), &page).await;
    assert_eq!(page.status, 200, "{}", page.text());
    for part in [
        "<form method=\"post\" action=\"/oauth2/v1/auth\">",
        "name=\"state\" value=\"9dagx2iO&quot;yHe\"",
        "name=\"redirect_uri\" value=\"http://127.0.0.1:12345/cli/callback\"",
    ] {
        assert!(page.text().contains(part), "{}", page.text());
    }
    let code = code(&oauth).await;
    let tokens = redeem(&oauth, &code, VERIFIER, CALLBACK).await;
    assert_eq!((tokens.status.as_u16(), &tokens.json()["expires_in"]), (200, &10_800.into()));
    let answer = exchange(&oauth, &member(&tokens, "access_token")).await;
    assert_eq!(member(&answer, "expiration"), "2024-03-07T09:09:05Z");
    let key = Key {
        id: member(&answer, "accessKeyId"),
        secret: member(&answer, "accessKeySecret"),
        token: Some(member(&answer, "securityToken")),
    };
    let who = visit.acs3(&key, ("POST", "sts.cn-hangzhou.aliyuncs.com", "/"), "GetCallerIdentity").await;
    assert_eq!(who.json()["IdentityType"], "AssumedRoleUser");
    // A code is good once.
    let again = redeem(&oauth, &code, VERIFIER, CALLBACK).await;
    assert_eq!(error(&again), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn a_code_is_for_whoever_asked_for_it() {
    let visit = Visit::new().await;
    let oauth = visit.sandbox.oauth(listener().await, OAuth::default()).unwrap();
    let refused = (400, "invalid_grant".to_owned());
    let other = VERIFIER.replace('m', "n");
    assert_eq!(error(&redeem(&oauth, &code(&oauth).await, &other, CALLBACK).await), refused);
    let elsewhere = "http://127.0.0.1:12346/cli/callback";
    assert_eq!(error(&redeem(&oauth, &code(&oauth).await, VERIFIER, elsewhere).await), refused);
    let late = code(&oauth).await;
    visit.clock.advance(60);
    assert_eq!(error(&redeem(&oauth, &late, VERIFIER, CALLBACK).await), refused);
    let unknown = form(&oauth, "/v1/token", &format!("client_id={CLIENT}&grant_type=password")).await;
    assert_eq!(error(&unknown), (400, "unsupported_grant_type".to_owned()));
    assert_eq!(
        error(&form(&oauth, "/v1/token", "grant_type=refresh_token").await),
        (400, "invalid_request".to_owned())
    );
}

#[tokio::test]
async fn a_browser_is_never_sent_elsewhere_than_to_this_machine() {
    let visit = Visit::new().await;
    let oauth = visit.sandbox.oauth(listener().await, OAuth::default()).unwrap();
    for callback in [
        "https://evil.example/",
        "http://127.0.0.1.evil.example:80/",
        "http://127.0.0.1:80@evil.example/",
        "http://127.0.0.1/",
        "http://127.0.0.1:1/\r\nX: y",
        "",
    ] {
        let query = format!("{}&decision=approve", asked(callback, CHALLENGE));
        let answer = form(&oauth, "/oauth2/v1/auth", &query).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (400, ""), "{callback}");
    }
    let plain =
        form(&oauth, "/oauth2/v1/auth", &format!("{}&decision=approve", asked(CALLBACK, "short"))).await;
    assert_eq!(plain.status, 400);
    let denied =
        form(&oauth, "/oauth2/v1/auth", &format!("{}&decision=deny", asked(CALLBACK, CHALLENGE))).await;
    assert!(denied.header("location").starts_with(&format!("{CALLBACK}?error=access_denied&state=")));
}

#[tokio::test]
async fn a_refresh_token_rotates_and_the_old_one_is_worth_nothing() {
    let visit = Visit::new().await;
    let room = OAuth::default().lasting(Duration::from_secs(60), Duration::from_secs(600)).in_pascal_case();
    let oauth = visit.sandbox.oauth(listener().await, room).unwrap();
    let first = redeem(&oauth, &code(&oauth).await, VERIFIER, CALLBACK).await;
    let second = refresh(&oauth, &member(&first, "refresh_token")).await;
    assert_ne!(member(&second, "refresh_token"), member(&first, "refresh_token"));
    let refused = (400, "invalid_grant".to_owned());
    assert_eq!(error(&refresh(&oauth, &member(&first, "refresh_token")).await), refused);
    let access = member(&second, "access_token");
    assert!(member(&exchange(&oauth, &access).await, "AccessKeyId").starts_with("STS."));
    visit.clock.advance(60);
    assert_eq!(error(&exchange(&oauth, &access).await), (401, "invalid_token".to_owned()));
    let third = refresh(&oauth, &member(&second, "refresh_token")).await;
    assert_eq!(exchange(&oauth, &member(&third, "access_token")).await.status, 200);
    visit.clock.advance(600);
    assert_eq!(error(&refresh(&oauth, &member(&third, "refresh_token")).await), refused);
    let another =
        form(&oauth, "/v1/token", "client_id=1&grant_type=refresh_token&refresh_token=made-up").await;
    assert_eq!(error(&another), refused);
}
