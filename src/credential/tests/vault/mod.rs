//! Vault: what is read, when it is read again, and what goes wrong there.

mod doubt;
mod login;

use super::matrix::{self, Right};
use super::*;

const CREDS: &str = "/v1/team/alicloud/creds/app";
const LOGIN: &str = "/v1/auth/kubernetes/login";
const END: &str = "2027-01-15T09:00:00Z";
/// An hour after the clock of these tests begins.
const BODY: &str = r#"{"request_id":"r-1","lease_id":"alicloud/creds/app/x","renewable":false,"lease_duration":3600,
    "data":{"access_key":"STS.NFAKE0001","secret_key":"canary-secret","security_token":"canary-token+/=",
    "expiration":"2027-01-15T09:00:00Z"},"wrap_info":null,"warnings":null,"auth":null}"#;
const LOGGED_IN: &str = r#"{"auth":{"client_token":"canary-login","lease_duration":600,"renewable":true}}"#;

fn path(text: &str) -> VaultPath {
    VaultPath::parse(text).unwrap()
}

fn config(login: VaultLogin) -> VaultConfig {
    let address = Some(Place::parse("https://vault.example:8200").unwrap().0);
    let role = VaultRole { mount: path("team/alicloud"), name: VaultName::parse("app").unwrap(), login };
    VaultConfig { address, namespace: Some(path("ops")), role }
}

fn by_token(stage: &Stage) -> VaultConfig {
    config(VaultLogin::TokenFile(stage.token.path()))
}

fn pod_at(mount: &str, stage: &Stage) -> VaultLogin {
    let role = VaultName::parse("pods").unwrap();
    VaultLogin::Kubernetes { mount: path(mount), role, jwt_file: stage.token.path() }
}

fn by_pod(stage: &Stage) -> VaultConfig {
    config(pod_at(VAULT_KUBERNETES_MOUNT, stage))
}

/// How to log in.
type Way = fn(&Stage) -> VaultConfig;
const FILE: Way = by_token;
const POD: Way = by_pod;

fn stage(config: Way) -> Stage {
    let mut stage = Stage::with_variables(&[]);
    let source = SourceConfig::Vault(config(&stage));
    stage.role("default", RoleConfig { source, ..RoleConfig::default() });
    stage
}

fn targets(stage: &Stage) -> Vec<String> {
    stage.cloud.calls().into_iter().map(|seen| seen.target).collect()
}

/// A credential that ends so many seconds from now, with a lease as long.
fn creds(clock: &TestClock, seconds: i64) -> Reply {
    let end = i64::try_from(clock.now().wall.as_secs()).unwrap() + seconds;
    let end = String::from_utf8(iso(end).to_vec()).unwrap();
    Reply::answer(200, BODY.replace(END, &end).replace("3600", &seconds.to_string()))
}

#[tokio::test(start_paused = true)]
async fn a_credential_ends_as_sts_says_or_with_its_lease_where_that_is_shorter() {
    let recorded = include_str!("../data/vault_sts.json");
    for (what, body, length) in [
        ("both alike", BODY.to_owned(), 3_600),
        ("a shorter lease", BODY.replace("3600", "900"), 900),
        ("a longer lease", BODY.replace("3600", "2764800"), 3_600),
        ("no lease", BODY.replace("\"lease_duration\":3600,", ""), 3_600),
        ("a lease that says nothing", BODY.replace("3600", "0"), 3_600),
        ("an end in nine years", recorded.to_owned(), 3_599),
        ("a fraction of a second", BODY.replace(END, "2027-01-15T09:00:00.5Z"), 3_600),
    ] {
        let stage = stage(FILE);
        stage.cloud.play(move |_| Reply::answer(200, body.as_str()));
        let credential = stage.open().wait().await.unwrap();
        assert_eq!(credential.life().unwrap().length(), Duration::from_secs(length), "{what}");
    }
    // By the server's clock there are 20 minutes to go, by ours an hour.
    let stage = stage(FILE);
    let date = http_date(1_800_000_000 + 2_400);
    stage.cloud.play(move |_| Reply::answer(200, BODY).with(|answer| answer.date = Some(date.clone())));
    let credential = stage.open().wait().await.unwrap();
    assert_eq!(credential.life().unwrap().length(), Duration::from_secs(1_200));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_makes_ram_users_is_refused_and_never_read_again() {
    for config in [FILE, POD] {
        let stage = stage(config);
        stage.cloud.play(|seen| match seen.target.as_str() {
            LOGIN => Reply::answer(200, LOGGED_IN),
            _ => Reply::answer(200, include_str!("../data/vault_ram_user.json")),
        });
        let cell = stage.open();
        for (round, seconds) in [10.0, 100.0, 1_000.0, 10_000.0].into_iter().enumerate() {
            stage.until(seconds).await;
            let read = targets(&stage).iter().filter(|target| *target == CREDS).count();
            assert_eq!(read, 1, "each reading makes another user");
            let failure = cell.status(&stage.clock.now()).failure.unwrap();
            let text = failure.to_string();
            assert_eq!((failure.class(), failure.code()), (Class::Permanent, "refused"));
            assert!(text.contains("role_arn") && text.contains("revoke") && !text.contains("FAKE"), "{text}");
            // Not for a new token either.
            stage.token.write(&format!("{}{round}", TokenFile::TOKEN));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_with_a_credential_is_told_with_what_to_do() {
    let right = Right { body: BODY, needed: "secret_key", token: "canary-token+/=", end: Some(END) };
    matrix::run(&right, || stage(FILE), |_| None).await;
    let login = |seen: &Seen| (seen.target == LOGIN).then(|| Reply::answer(200, LOGGED_IN));
    matrix::run(&right, || stage(POD), login).await;
}

#[tokio::test(start_paused = true)]
async fn what_vault_refuses_is_told_with_the_fix_and_without_its_words() {
    for (config, target, status, class, says) in [
        (FILE, CREDS, 400, Class::Permanent, "answered 400; see Vault's own log"),
        (
            FILE,
            CREDS,
            403,
            Class::Permanent,
            "answered 403; renew the token in vault_token_file, or let its policies",
        ),
        (
            FILE,
            CREDS,
            404,
            Class::Permanent,
            "answered 404; check vault_mount, vault_role and vault_namespace",
        ),
        (FILE, CREDS, 500, Class::Passing, "answered 500; read the role by `vault read`"),
        (FILE, CREDS, 307, Class::Passing, "answered 307; a standby node sends us on; lead vault_address"),
        (FILE, CREDS, 412, Class::Passing, "answered 412; wait"),
        (FILE, CREDS, 429, Class::Throttled, "answered 429; wait, or raise Vault's quota"),
        (FILE, CREDS, 472, Class::Passing, "answered 472; a secondary or standby node"),
        (FILE, CREDS, 473, Class::Passing, "answered 473; a secondary or standby node"),
        (FILE, CREDS, 502, Class::Throttled, "answered 502; wait"),
        (FILE, CREDS, 503, Class::Passing, "answered 503; unseal Vault"),
        (POD, CREDS, 403, Class::Permanent, "answered 403; let the policies of vault_kubernetes_role read"),
        (POD, LOGIN, 400, Class::Permanent, "answered 400; check vault_kubernetes_role"),
        (POD, LOGIN, 403, Class::Permanent, "answered 403; check vault_kubernetes_role"),
        (POD, LOGIN, 404, Class::Permanent, "answered 404; check vault_kubernetes_mount"),
        (POD, LOGIN, 500, Class::Passing, "answered 500; check vault_kubernetes_role"),
        (POD, LOGIN, 307, Class::Passing, "answered 307; a standby node sends us on; lead vault_address"),
        (POD, LOGIN, 503, Class::Passing, "answered 503; unseal Vault"),
    ] {
        let stage = stage(config);
        stage.cloud.play(move |seen| match seen.target == target {
            true => Reply::answer(status, r#"{"errors":["canary"],"Code":"canary"}"#),
            false => Reply::answer(200, LOGGED_IN),
        });
        let cell = stage.open();
        stage.until(0.1).await;
        let failure = cell.status(&stage.clock.now()).failure.unwrap();
        let text = failure.to_string();
        assert_eq!((failure.class(), failure.code()), (class, "refused"), "{text}");
        assert!(text.contains(says) && !text.contains("canary"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_wrapped_is_told_as_what_it_is() {
    let wrapped = r#"{"data":null,"auth":null,"wrap_info":{"token":"canary","ttl":300}}"#;
    for config in [FILE, POD] {
        let stage = stage(config);
        stage.cloud.play(move |_| Reply::answer(200, wrapped));
        let text = stage.failure().await.to_string();
        assert!(text.contains("answered 200; the answer is wrapped: take response wrapping"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_patience_is_given_it() {
    let stage = stage(FILE);
    stage.cloud.play(|_| Reply::answer(503, "").with(|answer| answer.retry_after = Some("20".to_owned())));
    let _cell = stage.open();
    stage.until(19.0).await;
    assert_eq!(stage.cloud.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_variables_name_vault_and_its_namespace_where_the_settings_do_not() {
    let (address, namespace) = ("VAULT_ADDR", "VAULT_NAMESPACE");
    let told = |name| BadRole::BadVariable(RoleName::new("default"), name);
    let own = Place::parse("http://127.0.0.1:9110").unwrap().0;
    for (variables, expected) in [
        (vec![(address, "http://10.0.0.1:8200/"), (namespace, "a/b/")], Ok(Some("a/b"))),
        (vec![(address, "http://10.0.0.1:8200")], Ok(None)),
        (vec![(address, "http://10.0.0.1:8200/x")], Err(told(address))),
        (vec![(address, "10.0.0.1:8200")], Err(told(address))),
        (vec![(address, "http://10.0.0.1:8200"), (namespace, "a\r\nX: 1")], Err(told(namespace))),
        (
            vec![(address, "http://127.0.0.1:9110")],
            Err(BadRole::OwnListener(RoleName::new("default"), own, Some(address))),
        ),
    ] {
        let mut stage = Stage::with_variables(&variables);
        let vault = VaultConfig { address: None, namespace: None, ..by_token(&stage) };
        stage.role("default", RoleConfig { source: SourceConfig::Vault(vault), ..RoleConfig::default() });
        stage.cloud.play(|_| Reply::answer(200, BODY));
        match expected {
            Err(mistake) => assert_eq!(stage.try_open().unwrap_err(), [mistake]),
            Ok(namespace) => {
                stage.open().wait().await.unwrap();
                let call = stage.cloud.calls().remove(0);
                assert_eq!(
                    (call.host.as_str(), call.header("x-vault-namespace")),
                    ("10.0.0.1:8200", namespace)
                );
            }
        }
    }
    let mut stage = Stage::with_variables(&[]);
    let vault = VaultConfig { address: None, ..by_token(&stage) };
    stage.role("default", RoleConfig { source: SourceConfig::Vault(vault), ..RoleConfig::default() });
    let refusal = stage.open().wait().await.unwrap_err();
    assert!(refusal.code() == "no_credentials" && refusal.to_string().contains("VAULT_ADDR"), "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn an_account_cannot_be_told_from_there_and_a_role_can_be_assumed_from_there() {
    let mut stage = stage(FILE);
    let role = RoleConfig {
        source: SourceConfig::Vault(by_token(&stage)),
        accounts: vec!["1000000000000001".to_owned()],
        ..RoleConfig::default()
    };
    stage.role("default", role.clone());
    assert_eq!(stage.try_open().unwrap_err(), [BadRole::UnknownAccount(RoleName::new("default"))]);
    stage.role("default", RoleConfig { assume: vec![step("app")], ..role });
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| match seen.target.as_str() {
        CREDS => Reply::answer(200, BODY),
        _ => grant(&clock, 3_600),
    });
    stage.open().wait().await.unwrap();
    let asked = targets(&stage);
    assert!(asked[0] == CREDS && asked[1].contains("Action=AssumeRole&"), "{asked:?}");
}
