//! What a login left: CloudSSO's token, OAuth's tokens and their renewal, for `source = "login"` and in the CLI's profiles.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;

use countersign::sandbox::{CloudSso, OAuth};
use serde_json::{Value, json};

use super::*;
use crate::kit::clock::unix_seconds;
use crate::kit::{Caller, get, with_body};

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const ACCOUNT: &str = "1000000000000001";
/// The one that the sandbox's portal has.
const CONFIGURATION: &str = "ac-00sandbox00000001";

const OVER: Told = (LOGIN, "is over; run `countersign login --role default`");

async fn post(to: SocketAddr, path: &str, kind: &str, body: &str) -> Answer {
    let mut caller = Caller::connect(to).await;
    let kind = format!("Content-Type: {kind}\r\n");
    caller.send(with_body("POST", &to.to_string(), path, &kind, body)).await;
    caller.answer().await
}

async fn form(to: SocketAddr, path: &str, pairs: &str) -> Answer {
    post(to, path, "application/x-www-form-urlencoded", pairs).await
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}")).to_owned()
}

/// Logs in at the portal, as a device and a person do, and gives the access token.
async fn cloud_sso_token(portal: &Counterpart<CloudSso>) -> String {
    let to = portal.address();
    let ask =
        async |path: &str, value: Value| body(&post(to, path, "application/json", &value.to_string()).await);
    let device = ask(
        "/device-authorization",
        json!({"ClientId": "c", "CodeChallenge": CHALLENGE, "CodeChallengeMethod": "S256", "PortalUrl": portal.url("/")}),
    );
    let device = device.await;
    let decision = format!("user_code={}&decision=approve", text(&device, "UserCode"));
    assert_eq!(form(to, "/device/login", &decision).await.status, 200);
    let token = ask(
        "/token",
        json!({
            "GrantType": "urn:ietf:params:oauth:grant-type:device_code", "DeviceCode": device["DeviceCode"],
            "ClientId": "c", "CodeVerifier": VERIFIER,
        }),
    );
    text(&token.await, "AccessToken")
}

/// Logs in by OAuth, as a program and a browser do, and gives the access token and the refresh token.
async fn oauth_tokens(site: &Counterpart<OAuth>) -> (String, String) {
    let to = site.address();
    let back = "http%3A%2F%2F127.0.0.1%3A12345%2Fcb";
    let ask = format!(
        "response_type=code&client_id=c&redirect_uri={back}&state=s&code_challenge={CHALLENGE}\
         &code_challenge_method=S256"
    );
    let mut browser = Caller::connect(to).await;
    browser.send(get(&to.to_string(), &format!("/oauth2/v1/auth?{ask}"))).await;
    assert_eq!(browser.answer().await.status, 200);
    let sent = form(to, "/oauth2/v1/auth", &format!("{ask}&decision=approve")).await;
    let location = sent.header("location").unwrap();
    let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap();
    let redeem = format!(
        "grant_type=authorization_code&client_id=c&redirect_uri={back}&code={code}&code_verifier={VERIFIER}"
    );
    let tokens = body(&form(to, "/v1/token", &redeem).await);
    (text(&tokens, "access_token"), text(&tokens, "refresh_token"))
}

/// A role that lives on what a login left.
fn logged_in(kit: Kit, session: &Value) -> Kit {
    let directory = kit.place.path().join("logins");
    std::fs::DirBuilder::new().mode(0o700).create(&directory).unwrap();
    kit.place.write("logins/default.login.json", &session.to_string());
    kit.settings(&format!("[role.default]\nsource = \"login\"\n[login]\ndirectory = {directory:?}"))
}

async fn by_cloud_sso(sandboxed: Arc<Sandboxed>) -> Source {
    let portal = sandboxed.sandbox.cloud_sso(listener().await, CloudSso::default()).unwrap();
    let token = cloud_sso_token(&portal).await;
    let session = json!({
        "kind": "cloudsso", "sign_in_url": portal.url("/start/login"), "access_token": token,
        "ends_at": unix_seconds() + 36_000, "account": ACCOUNT, "access_configuration": CONFIGURATION,
    });
    let place = portal.address().to_string();
    Source::new(logged_in(sandboxed.bare(), &session), place).secret(&token).holding(portal)
}

async fn by_cloud_sso_of_the_cli(sandboxed: Arc<Sandboxed>) -> Source {
    let portal = sandboxed.sandbox.cloud_sso(listener().await, CloudSso::default()).unwrap();
    let token = cloud_sso_token(&portal).await;
    let profile = json!({
        "name": "p", "mode": "CloudSSO", "cloud_sso_sign_in_url": portal.url("/start/login"),
        "cloud_sso_account_id": ACCOUNT, "cloud_sso_access_config": CONFIGURATION, "access_token": token,
        "cloud_sso_access_token_expire": unix_seconds() + 36_000,
    });
    let place = portal.address().to_string();
    let kit = profiles::cli(sandboxed.bare(), json!([profile]));
    Source::new(kit, place).secret(&token).holding(portal)
}

/// `left`: how long the access token lives on by the session's word, in seconds. With little left it is renewed first.
fn oauth_session(site: &Counterpart<OAuth>, (access, refresh): &(String, String), left: i64) -> Value {
    json!({
        "kind": "oauth", "site": "cn", "url": site.url(""), "client_id": "c", "access_token": access,
        "access_ends_at": unix_seconds() + left, "refresh_token": refresh,
    })
}

async fn by_oauth(sandboxed: &Sandboxed, left: i64) -> Source {
    let site = sandboxed.sandbox.oauth(listener().await, OAuth::default()).unwrap();
    let (access, refresh) = oauth_tokens(&site).await;
    let session = oauth_session(&site, &(access.clone(), refresh.clone()), left);
    let place = site.address().to_string();
    Source::new(logged_in(sandboxed.bare(), &session), place).secret(&access).secret(&refresh).holding(site)
}

async fn by_oauth_of_the_cli(sandboxed: Arc<Sandboxed>) -> Source {
    let site = sandboxed.sandbox.oauth(listener().await, OAuth::default()).unwrap();
    let (access, _) = oauth_tokens(&site).await;
    let profile = json!({
        "name": "p", "mode": "OAuth", "oauth_site_type": "CN", "oauth_access_token": access,
        "oauth_refresh_token": "never-to-be-used", "oauth_access_token_expire": unix_seconds() + 36_000,
    });
    let kit = profiles::cli(sandboxed.bare(), json!([profile]));
    let kit = kit.settings(&format!("[login]\noauth_url = \"{}\"", site.url("")));
    let place = site.address().to_string();
    Source::new(kit, place).secret(&access).secret("never-to-be-used").holding(site)
}

async fn exchanged(sandboxed: Arc<Sandboxed>) -> Source {
    by_oauth(&sandboxed, 10_800).await
}

async fn renewed(sandboxed: Arc<Sandboxed>) -> Source {
    by_oauth(&sandboxed, 60).await
}

const OF_CLOUD_SSO: &str = "check that CloudSSO assigns this account and access configuration to you";
const OF_OAUTH: &str = "check that the OAuth application may be used in this account, or log in again";

/// A token of the CLI's that is not taken any more. Whom the message names is the CLI's file.
const CLI_OVER: [(u16, &str, Told); 2] = [
    (401, "invalid_token", (LOGIN, "aliyun configure")),
    (403, "access_denied", (LOGIN, "aliyun configure")),
];

const CLOUD_SSO_NO: &[(u16, &str, Told)] = &[
    (403, "NoPermission", (REFUSED, OF_CLOUD_SSO)),
    (400, "InvalidParameter", (REFUSED, OF_CLOUD_SSO)),
    (429, "TooManyRequests", (UNAVAILABLE, "answered 429 with TooManyRequests")),
    (503, "ServiceUnavailable", (UNAVAILABLE, "answered 503 with ServiceUnavailable")),
];

const OAUTH_NO: &[(u16, &str, Told)] = &[
    (403, "access_denied", (REFUSED, OF_OAUTH)),
    (400, "invalid_request", (REFUSED, OF_OAUTH)),
    (429, "TooManyRequests", (UNAVAILABLE, "answered 429 with TooManyRequests")),
    (503, "ServiceUnavailable", (UNAVAILABLE, "answered 503 with ServiceUnavailable")),
];

#[tokio::test(start_paused = true)]
async fn a_token_of_cloud_sso_and_an_answer_that_is_wrong() {
    each("cloudsso", &[], by_cloud_sso).await;
    each_no("cloudsso", CLOUD_SSO_NO, by_cloud_sso).await;
}

#[tokio::test(start_paused = true)]
async fn cloud_sso_of_the_cli() {
    each("cloudsso", &[], by_cloud_sso_of_the_cli).await;
    each_no("cloudsso", CLOUD_SSO_NO, by_cloud_sso_of_the_cli).await;
    each_no("cloudsso", &CLI_OVER, by_cloud_sso_of_the_cli).await;
}

#[tokio::test(start_paused = true)]
async fn an_exchange_of_oauths_token_that_goes_wrong() {
    each("oauth", &[], exchanged).await;
    each_no("oauth", OAUTH_NO, exchanged).await;
}

#[tokio::test(start_paused = true)]
async fn oauth_of_the_cli() {
    each("oauth", &[], by_oauth_of_the_cli).await;
    each_no("oauth", &OAUTH_NO[1..], by_oauth_of_the_cli).await;
    each_no("oauth", &CLI_OVER, by_oauth_of_the_cli).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_said_no_to_a_renewal_of_oauths_tokens_with_is_told() {
    each_no("oauth", OAUTH_NO, renewed).await;
}

/// A refresh token is good for one use: whoever gets no answer that can be used for it has none, and must log in again.
#[tokio::test(start_paused = true)]
async fn a_renewal_of_oauths_tokens_whose_answer_is_wrong_needs_a_new_login() {
    for (spoil, _) in WRONG {
        let sandboxed = Sandboxed::under(Moved::with_timers()).await;
        let site = sandboxed.sandbox.oauth(listener().await, OAuth::default()).unwrap();
        let tokens = oauth_tokens(&site).await;
        let session = oauth_session(&site, &tokens, 60);
        sandboxed.sandbox.faults().spoil("oauth", spoil, None);
        let proxy = logged_in(sandboxed.bare(), &session).start().await;
        let answer = until("a login", &proxy, |answer| answer.text().contains(OVER.1)).await;
        assert_eq!(answer.verdict(), (503, OVER.0.to_owned()), "{spoil}: {answer:?}");
        let verdicts = sandboxed.sandbox.verdicts();
        assert!(verdicts.iter().all(|verdict| verdict.product == "oauth"), "{spoil}: something was signed");
        for token in [&tokens.0, &tokens.1] {
            assert!(!answer.text().contains(token) && !witness::log().contains(token.as_str()), "{spoil}");
        }
        assert!(sandboxed.sandbox.faults().mend("oauth"));
        let session = oauth_session(&site, &oauth_tokens(&site).await, 10_800);
        proxy.place.write("logins/default.login.json", &session.to_string());
        until("a new login", &proxy, |answer| answer.status == 200).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_the_other_side_has_ended_is_asked_for_anew() {
    let sandboxed = Arc::new(Sandboxed::under(Moved::with_timers()).await);
    for (product, code, source) in [
        ("cloudsso", "InvalidAccessToken", by_cloud_sso(sandboxed.clone()).await),
        ("oauth", "invalid_grant", exchanged(sandboxed.clone()).await),
    ] {
        sandboxed.sandbox.faults().fail_product(product, Failure::new(401, code));
        let proxy = source.kit.start().await;
        let answer = until(product, &proxy, |answer| answer.text().contains(OVER.1)).await;
        assert_eq!(answer.verdict(), (503, OVER.0.to_owned()), "{product}: {answer:?}");
        drop(source.held);
    }
}
