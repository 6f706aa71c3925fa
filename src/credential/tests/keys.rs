//! Keys of products that take no role's credential: their files, the variable, and short-lived ones that are minted.

use super::*;
use crate::endpoint::{Tenants, reverse};
use crate::names::{KeysName, Region};

const CENTRAL: &str = "dashscope.aliyuncs.com";

fn surroundings(stage: &Stage) -> Surroundings {
    let pairs = stage.variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Surroundings {
        variables: Arc::new(Variables::from_pairs(pairs)),
        logins: Arc::clone(&stage.logins) as _,
        carry: Arc::clone(&stage.cloud) as _,
        launch: Arc::clone(&stage.machine) as _,
        clock: Arc::clone(&stage.clock) as _,
        dmi: "/nonexistent".into(),
        observer: Arc::clone(&stage.ear) as _,
        asks_whose: true,
        runtime: tokio::runtime::Handle::current(),
    }
}

fn studio(region: Option<&str>, host: &str, is_temporary: bool) -> Opens {
    let region = region.map(|id| match id {
        "cn-beijing" => Region::new("cn-beijing"),
        _ => Region::new("ap-southeast-1"),
    });
    Opens::ModelStudio { region, host: Host::from_pieces(&[host]).unwrap(), is_temporary }
}

fn keys(stage: &Stage, rows: &[(&str, &TokenFile, Opens)]) -> Keys {
    let configs = rows
        .iter()
        .map(|(name, file, opens)| (KeysName::new(name), KeyConfig { file: file.path(), opens: *opens }));
    Keys::new(&configs.collect(), &surroundings(stage))
}

/// The text of the key that opens `host`.
async fn key_of(keys: &Keys, host: &str) -> Result<String, NoCredential> {
    let endpoint = reverse(host, &Tenants::any()).unwrap();
    let credential = keys.of_model_studio(&endpoint).expect("a key").wait().await?;
    assert!(credential.access_key().is_none());
    Ok(credential.api_key().unwrap().expose().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_file_gives_the_key_that_it_is_for_and_nothing_else() {
    const NONE: KeyKind = KeyKind::App;
    let long = format!(r#"{{"app_key":"1","app_secret":"{}"}}"#, "a".repeat(17_000));
    for (text, kind, expected) in [
        (r#"{"app_key":"2031","app_secret":"canary"}"#, KeyKind::App, Ok("2031")),
        (r#"{"access_key_id":"LTAI1","access_key_secret":"canary","x":1}"#, KeyKind::AccessKey, Ok("LTAI1")),
        (
            r#"{"access_key_id":"STS.x","access_key_secret":"canary"}"#,
            KeyKind::AccessKey,
            Err("holds a credential of STS"),
        ),
        (
            r#"{"access_key_id":"LTAI1","access_key_secret":"canary","security_token":"canary"}"#,
            KeyKind::AccessKey,
            Err("holds a credential of STS"),
        ),
        (r#"{"app_key":"1"}"#, NONE, Err("lacks \"app_key\" and \"app_secret\"")),
        (r#"{"access_key_id":"a","access_key_secret":"b"}"#, NONE, Err("lacks \"app_key\"")),
        (r#"{"app_key":"a b","app_secret":"canary"}"#, NONE, Err("\"app_key\" has characters")),
        (r#"{"app_key":"1","app_secret":"ca\r\nnary"}"#, NONE, Err("\"app_secret\" has characters")),
        (r#"{"app_key":"1","app_secret":""}"#, NONE, Err("\"app_secret\" has characters")),
        (r#"{"app_key":1,"app_secret":"canary"}"#, NONE, Err("is no JSON object")),
        (r#"["canary"]"#, KeyKind::Api, Err("is no JSON object")),
        ("", NONE, Err("is no JSON object")),
        (&long, NONE, Err("longer than 16 KiB")),
    ] {
        let (stage, file) = (Stage::with_variables(&[]), TokenFile::new(text));
        let keys = keys(&stage, &[("partner", &file, Opens::OwnHosts(kind))]);
        let got = keys.named(&KeysName::new("partner")).unwrap().wait().await;
        match (expected, got) {
            (Ok(id), Ok(credential)) => {
                let pair = credential.access_key().unwrap();
                assert_eq!(pair.id().as_str(), id);
                assert!(pair.security_token().is_none() && credential.api_key().is_none());
                assert_eq!(
                    stage.ear.heard("long-lived"),
                    0,
                    "there is nothing else that these products take"
                );
            }
            (Err(says), Err(missing)) => {
                let told = missing.to_string();
                assert!(told.contains(says) && !told.contains("canary"), "{text}: {told}");
                assert!(told.starts_with("`keys.partner` "), "{told}");
            }
            (expected, got) => panic!("{text}: {expected:?}, {got:?}"),
        }
        assert!(keys.named(&KeysName::new("other")).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_everybody_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    for (mode, warnings) in [(0o644, 1), (0o600, 0)] {
        let (stage, file) =
            (Stage::with_variables(&[]), TokenFile::new(r#"{"app_key":"1","app_secret":"s"}"#));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        let keys = keys(&stage, &[("partner", &file, Opens::OwnHosts(KeyKind::App))]);
        keys.named(&KeysName::new("partner")).unwrap().wait().await.unwrap();
        assert_eq!(
            stage.ear.heard("keys.partner: every user of this machine can read"),
            warnings,
            "{mode:o}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_none_or_replaced_is_told_apart() {
    let (stage, file) = (Stage::with_variables(&[]), TokenFile::new(r#"{"app_key":"1","app_secret":"s"}"#));
    let keys = keys(&stage, &[("partner", &file, Opens::OwnHosts(KeyKind::App))]);
    let cell = keys.named(&KeysName::new("partner")).unwrap();
    let id = |credential: Arc<Credential>| credential.access_key().unwrap().id().as_str().to_owned();
    assert_eq!(id(cell.wait().await.unwrap()), "1");
    file.write(r#"{"app_key":"2","app_secret":"s"}"#);
    stage.until(13.0 * 60.0).await;
    assert_eq!(id(cell.wait().await.unwrap()), "2", "read again before a quarter of an hour is over");
    std::fs::remove_file(file.path()).unwrap();
    std::fs::create_dir(file.path()).unwrap();
    stage.until(20.0 * 60.0).await;
    assert_eq!(id(cell.wait().await.unwrap()), "2", "what was read still counts");
    stage.until(40.0 * 60.0).await;
    let missing = cell.wait().await.unwrap_err();
    assert!(missing.to_string().contains("is no file; name the key file itself"), "{missing}");
}

#[tokio::test(start_paused = true)]
async fn a_key_opens_the_hosts_of_its_region_and_the_variables_all_others() {
    let stage = Stage::with_variables(&[("DASHSCOPE_API_KEY", "sk-variable")]);
    let (one, two) =
        (TokenFile::new(r#"{"api_key":"sk-beijing"}"#), TokenFile::new(r#"{"api_key":"sk-rest"}"#));
    let beijing = ("beijing", &one, studio(Some("cn-beijing"), CENTRAL, false));
    let with_variable = keys(&stage, &[beijing]);
    let workspace = "ws1.cn-beijing.maas.aliyuncs.com";
    for (host, expected) in [
        (CENTRAL, "sk-beijing"),
        (workspace, "sk-beijing"),
        ("dashscope-intl.aliyuncs.com", "sk-variable"),
        ("ws1.ap-southeast-1.maas.aliyuncs.com", "sk-variable"),
    ] {
        assert_eq!(key_of(&with_variable, host).await.unwrap(), expected, "{host}");
    }
    // A key that the settings name for all regions goes before the variable.
    let with_rest = keys(&stage, &[beijing, ("rest", &two, studio(None, CENTRAL, false))]);
    assert_eq!(key_of(&with_rest, "dashscope-intl.aliyuncs.com").await.unwrap(), "sk-rest");
    assert_eq!(key_of(&with_rest, workspace).await.unwrap(), "sk-beijing");
    let none = Keys::new(&BTreeMap::new(), &surroundings(&Stage::with_variables(&[])));
    assert!(none.of_model_studio(&reverse(CENTRAL, &Tenants::any()).unwrap()).is_none());
    assert_eq!(stage.cloud.count(), 0, "nothing is minted");
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_key_is_minted_at_its_own_region_and_renewed_before_its_end() {
    let stage = Stage::with_variables(&[]);
    let file = TokenFile::new(r#"{"api_key":"sk-canary"}"#);
    let (clock, count) = (Arc::clone(&stage.clock), AtomicU64::new(0));
    stage.cloud.play(move |_| {
        let now = clock.now().wall.as_secs();
        let number = count.fetch_add(1, Ordering::Relaxed);
        Reply::answer(200, format!(r#"{{"token":"st-{number}","expires_at":{}}}"#, now + 1_800))
    });
    let keys = keys(&stage, &[("k", &file, studio(None, "dashscope-intl.aliyuncs.com", true))]);
    assert_eq!(key_of(&keys, CENTRAL).await.unwrap(), "st-0");
    let call = stage.cloud.calls().remove(0);
    assert_eq!(call.host, "dashscope-intl.aliyuncs.com");
    assert_eq!(call.target, "/api/v1/tokens?expire_in_seconds=1800");
    assert_eq!((call.header("authorization"), call.body.as_str()), (Some("Bearer sk-canary"), ""));
    stage.until(1_780.0).await;
    assert_eq!(key_of(&keys, CENTRAL).await.unwrap(), "st-1");
    assert_eq!(stage.cloud.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn whatever_a_minting_host_answers_amiss_is_told_and_no_key_is_sent_in_its_place() {
    let past = format!(r#"{{"token":"st-1","expires_at":{}}}"#, WALL - 10);
    let refused = r#"{"code":"InvalidApiKey","message":"canary","request_id":"R-9"}"#;
    let throttled = r#"{"code":"Throttling.RateQuota","message":"canary","request_id":"R-9"}"#;
    for (reply, is_permanent, says) in [
        ((401, refused), true, "InvalidApiKey"),
        ((429, throttled), false, "Throttling.RateQuota"),
        ((500, "<html>"), false, "500"),
        ((302, ""), false, "redirect"),
        ((200, "{}"), false, "not the JSON"),
        ((200, &past), false, "had expired"),
        ((200, r#"{"token":"st\r\n1","expires_at":1900000000}"#), false, "malformed"),
        ((200, r#"{"token":"","expires_at":1900000000}"#), false, "malformed"),
    ] {
        let (stage, file) = (Stage::with_variables(&[]), TokenFile::new(r#"{"api_key":"sk-canary"}"#));
        let (status, body) = (reply.0, reply.1.to_owned());
        stage.cloud.play(move |_| Reply::answer(status, body.clone()));
        let keys = keys(&stage, &[("k", &file, studio(None, CENTRAL, true))]);
        let missing = key_of(&keys, CENTRAL).await.unwrap_err();
        let told = missing.to_string();
        assert_eq!(missing.is_permanent(), is_permanent, "{told}");
        assert!(told.contains(says) && !told.contains("canary") && !told.contains("sk-"), "{told}");
    }
}
