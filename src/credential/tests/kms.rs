//! AccessKeys that KMS keeps: how they are asked for, when again, and what a rotation costs nobody.

use super::super::credential::Fetched;
use super::super::kms::call;
use super::*;
use crate::names::{KmsSecretName, Moment};
use crate::secret::SecurityToken;

const HOST: &str = "kms.cn-hangzhou.aliyuncs.com";
const SECRET: &str = "acs/ram/user/ops-user";

/// What KMS answers, with this key, and these members for the rotation.
pub(super) fn body(id: &str, rotation: &str) -> String {
    let data = format!(
        r#"{{\"AccessKeyId\":\"{id}\",\"AccessKeySecret\":\"canary-secret\",\"GenerateTimestamp\":\"2027-01-01T00:00:00Z\"}}"#
    );
    format!(
        r#"{{"SecretName":"{SECRET}","VersionId":"v-1","VersionStages":{{"VersionStage":["ACSCurrent"]}},
            "SecretData":"{data}","SecretDataType":"text","SecretType":"RAMCredentials",
            "ExtendedConfig":"{{\"SecretSubType\":\"RamUserAccessKey\",\"UserName\":\"ops-user\"}}",
            {rotation}"CreateTime":"2026-01-01T00:00:00Z","RequestId":"R-1"}}"#
    )
}

/// Changed every week, the next time an hour after these tests begin.
pub(super) const HOURLY: &str = r#""AutomaticRotation":"Enabled","RotationInterval":"604800s","NextRotationDate":"2027-01-15T09:00:00Z","#;

pub(super) fn kms(secret: &str, role: &str) -> RoleConfig {
    let secret_name = KmsSecretName::parse(secret).unwrap();
    let config = KmsConfig { secret_name, role: RoleName::new(role), region: Some("cn-hangzhou".to_owned()) };
    RoleConfig { source: SourceConfig::Kms(config), ..RoleConfig::default() }
}

/// `default` is the key that KMS keeps, and `reader`, by OIDC, may read it.
pub(super) fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.role("reader", RoleConfig::default());
    stage.role("default", kms(SECRET, "reader"));
    stage
}

/// STS as ever; `None`: it is KMS that is asked.
pub(super) fn sts(clock: &TestClock, seen: &Seen) -> Option<Reply> {
    match () {
        () if seen.host.starts_with("kms") => None,
        () if seen.target.contains("Action=GetCallerIdentity") => {
            Some(Reply::answer(200, identity_json("RAMUser", "acs:ram::1000000000000001:user/ops-user")))
        }
        () => Some(grant(clock, 3_600)),
    }
}

/// Has KMS answer so.
fn play(stage: &Stage, mut reply: impl FnMut(&Seen) -> Reply + Send + 'static) {
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| sts(&clock, seen).unwrap_or_else(|| reply(seen)));
}

/// The calls of KMS.
fn asked(stage: &Stage) -> Vec<Seen> {
    stage.cloud.calls().into_iter().filter(|seen| seen.host.starts_with("kms")).collect()
}

fn id(cell: &Cell, stage: &Stage) -> String {
    cell.live(&stage.clock.now()).unwrap().access_key().unwrap().id().as_str().to_owned()
}

#[test]
fn the_call_and_its_signature_are_those_that_the_document_makes() {
    // Made from the document of the scheme by a script of its own, with these names, this moment and this nonce.
    for (token, authorization) in [
        (
            None,
            "ACS3-HMAC-SHA256 Credential=LTAI5tFAKE0001,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;\
             x-acs-signature-nonce;x-acs-version,\
             Signature=94af2e0a1bc1bfe492cb55680fafa6b8be872f36c5950c69b100e0a779889629",
        ),
        (
            Some("canary-token+/="),
            "ACS3-HMAC-SHA256 Credential=LTAI5tFAKE0001,SignedHeaders=host;x-acs-accesskey-id;x-acs-action;\
             x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,\
             Signature=0a0dbe4614d36e563cd6d62e3797f40c5c79f55173a938d27b56820865bc55c8",
        ),
    ] {
        let security_token = token.map(|token| SecurityToken::new(token.to_owned()).unwrap());
        let (id, secret) =
            (AccessKeyId::new("LTAI5tFAKE0001".to_owned()), Secret::new("canary-secret".to_owned()));
        let credential = Credential::absorb(Fetched::pair(id, secret, security_token), None, Use::Signing);
        let nonce = Nonce::from_text("00112233445566778899aabbccddeeff").unwrap();
        let moment = Moment { unix_seconds: i64::try_from(WALL).unwrap(), nonce };
        let name = KmsSecretName::parse("acs/ram/user/ops").unwrap();
        let host = Host::from_pieces(&[HOST]).unwrap();
        let (target, headers) = call::written(&name, &host, credential.access_key().unwrap(), &moment);
        assert_eq!(
            target.as_str(),
            "/?FetchExtendedConfig=true&SecretName=acs%2Fram%2Fuser%2Fops&VersionStage=ACSCurrent"
        );
        let header = |name| headers.iter().find(|(given, _)| *given == name).map(|(_, text)| text.as_str());
        assert_eq!(header("authorization"), Some(authorization));
        assert_eq!(header("x-acs-security-token"), token);
        assert_eq!(header("x-acs-accesskey-id"), token.map(|_| "LTAI5tFAKE0001"));
        assert_eq!(header("x-acs-version"), Some("2016-01-20"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_read_by_another_role_and_its_key_signs_once_sts_has_said_whose_it_is() {
    let stage = stage();
    play(&stage, |_| Reply::answer(200, include_str!("data/kms_secret.json")));
    let cell = stage.open();
    let credential = cell.wait().await.unwrap();
    let key = credential.access_key().unwrap();
    assert_eq!((key.id().as_str(), key.security_token().is_none()), ("LTAI5tFAKEmanaged", true));
    assert!(credential.life().is_none());
    assert_eq!(cell.source_name(), "kms");
    let [reader, read, whose] = &stage.cloud.calls()[..] else { panic!("three calls") };
    assert_eq!(parameter(&reader.target, "Action").as_deref(), Some("AssumeRoleWithOIDC"));
    assert_eq!((read.host.as_str(), read.method, read.body.as_str()), (HOST, Method::Post, ""));
    assert_eq!(parameter(&read.target, "SecretName").as_deref(), Some(SECRET));
    assert!(read.header("authorization").unwrap().contains("Credential=STS."));
    assert_eq!(read.header("x-acs-security-token"), Some("canary-token+/="));
    assert_eq!(parameter(&whose.target, "Action").as_deref(), Some("GetCallerIdentity"));
    assert_eq!(parameter(&whose.target, "AccessKeyId").as_deref(), Some("LTAI5tFAKEmanaged"));
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_again_minutes_after_a_rotation_and_else_after_six_hours() {
    const HOUR: f64 = 3_600.0;
    // The members, a `Date` of KMS where it tells one, from when and until when it is asked again.
    let at = |date: &str| HOURLY.replace("2027-01-15T09:00:00Z", date);
    let minutes = |count: f64| count * 60.0;
    for (rotation, date, from, until) in [
        (HOURLY.to_owned(), None, HOUR + minutes(5.0), HOUR + minutes(15.0)),
        // This machine's clock is behind by half an hour.
        (HOURLY.to_owned(), Some(1_800), minutes(35.0), minutes(45.0)),
        (at("2027-01-15T09:00:00.5Z"), None, HOUR + minutes(5.0), HOUR + minutes(15.0)),
        (at("2027-01-15T07:00:00Z"), None, minutes(5.0), minutes(15.0)),
        (at("2036-01-08T00:00:00Z"), None, 6.0 * HOUR, 6.0 * HOUR),
        (at("tomorrow"), None, 6.0 * HOUR, 6.0 * HOUR),
        (HOURLY.replace("\"2027-01-15T09:00:00Z\"", "5"), None, 6.0 * HOUR, 6.0 * HOUR),
        (HOURLY.replace("\"Enabled\"", "[1]"), None, 6.0 * HOUR, 6.0 * HOUR),
        (HOURLY.replace("Enabled", "Disabled"), None, 6.0 * HOUR, 6.0 * HOUR),
        (HOURLY.replace("Enabled", "Invalid"), None, 6.0 * HOUR, 6.0 * HOUR),
        (String::new(), None, 6.0 * HOUR, 6.0 * HOUR),
    ] {
        let stage = stage();
        let mut text = rotation.clone();
        play(&stage, move |_| {
            let text = std::mem::take(&mut text);
            let date = date.map(|ahead| http_date(i64::try_from(WALL).unwrap() + ahead));
            Reply::answer(200, body("LTAI5tFAKE0001", &text)).with(|answer| answer.date = date)
        });
        let cell = stage.open();
        cell.wait().await.unwrap();
        stage.until(from - 1.0).await;
        assert_eq!(asked(&stage).len(), 1, "{rotation}");
        stage.until(until + 1.0).await;
        assert_eq!(asked(&stage).len(), 2, "{rotation}");
        assert_eq!(stage.ear.heard("no new credential"), 0, "{rotation}");
        assert_eq!(stage.ear.heard("AutomaticRotation is Invalid") > 0, rotation.contains("Invalid"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_planned_rotation_is_taken_up_and_the_new_key_asked_after() {
    let stage = stage();
    let clock = Arc::clone(&stage.clock);
    play(&stage, move |_| match clock.elapsed().as_secs() {
        ..3_600 => Reply::answer(200, body("LTAI5tFAKE0001", HOURLY)),
        _ => Reply::answer(200, body("LTAI5tFAKE0002", &HOURLY.replace("15T09", "22T09"))),
    });
    let cell = stage.open();
    cell.wait().await.unwrap();
    stage.until(3_600.0 + 901.0).await;
    assert_eq!(id(&cell, &stage), "LTAI5tFAKE0002");
    let whose = stage.cloud.calls().into_iter().filter(|seen| seen.target.contains("GetCallerIdentity"));
    let whose: Vec<_> = whose.filter_map(|seen| parameter(&seen.target, "AccessKeyId")).collect();
    assert_eq!(whose, ["LTAI5tFAKE0001", "LTAI5tFAKE0002"]);
    stage.until(6.0 * 24.0 * 3_600.0).await;
    assert_eq!(asked(&stage).len(), 2, "and not before the next rotation");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_the_cloud_rejects_is_asked_for_at_once_and_at_a_bounded_rate() {
    let stage = stage();
    let mut count = 0;
    play(&stage, move |_| {
        count += 1;
        Reply::answer(200, body(&format!("LTAI5tFAKE{count:04}"), HOURLY))
    });
    let cell = stage.open();
    let first = cell.wait().await.unwrap().generation();
    let newer = cell.renew(first).await.expect("the next key");
    assert_eq!(newer.access_key().unwrap().id().as_str(), "LTAI5tFAKE0002");
    assert!(stage.clock.elapsed() < Duration::from_millis(100));
    // A cloud that rejects every key.
    for tenth in 1..=600 {
        stage.until(f64::from(tenth) / 10.0).await;
        let live = cell.live(&stage.clock.now()).unwrap();
        cell.reject(live.generation());
    }
    let forced = asked(&stage).len() - 1;
    assert!((5..=7).contains(&forced), "{forced} forced calls in a minute");
}

#[tokio::test(start_paused = true)]
async fn the_rejected_key_once_more_is_a_failure_and_the_next_one_is_taken_within_minutes() {
    let stage = stage();
    let clock = Arc::clone(&stage.clock);
    play(&stage, move |_| match clock.elapsed().as_secs() {
        ..600 => Reply::answer(200, body("LTAI5tFAKE0001", HOURLY)),
        _ => Reply::answer(200, body("LTAI5tFAKE0002", HOURLY)),
    });
    let cell = stage.open();
    let first = cell.wait().await.unwrap().generation();
    assert!(cell.renew(first).await.is_none());
    let failure = cell.status(&stage.clock.now()).failure.unwrap();
    assert!(matches!(*failure, FetchError::SameKey(_)), "{failure}");
    stage.until(599.0).await;
    assert_eq!(id(&cell, &stage), "LTAI5tFAKE0001", "one wrong answer takes nothing away");
    let calls = asked(&stage).len();
    assert!((8..=14).contains(&calls), "{calls} calls in ten minutes");
    stage.until(600.0 + 73.0).await;
    assert_eq!(id(&cell, &stage), "LTAI5tFAKE0002");
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_kms_refuses_is_renewed_and_the_call_made_once_more() {
    for code in ["InvalidSecurityToken.Expired", "InvalidAccessKeyId.NotFound"] {
        let stage = stage();
        let mut count = 0;
        play(&stage, move |_| {
            count += 1;
            match count {
                1 => Reply::refusal(403, code),
                _ => Reply::answer(200, body("LTAI5tFAKE0001", HOURLY)),
            }
        });
        stage.open().wait().await.unwrap();
        let signers: Vec<_> =
            asked(&stage).iter().map(|seen| seen.header("x-acs-accesskey-id").unwrap().to_owned()).collect();
        assert!(signers.len() == 2 && signers[0] != signers[1], "{code}: {signers:?}");
        assert!(stage.clock.elapsed() < Duration::from_millis(100));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_assumed_from_it_is_signed_with_its_key_and_nobody_is_asked_whose_that_is() {
    let mut stage = stage();
    let source = SourceConfig::Role(RoleName::new("default"));
    stage.role("app", RoleConfig { source, assume: vec![step("app")], ..RoleConfig::default() });
    stage.role("default", RoleConfig { assume: vec![step("app")], ..kms(SECRET, "reader") });
    play(&stage, |_| Reply::answer(200, body("LTAI5tFAKE0001", HOURLY)));
    let credential = stage.open().wait().await.unwrap();
    assert!(credential.access_key().unwrap().security_token().is_some() && credential.life().is_some());
    let calls = stage.cloud.calls();
    assert!(calls.iter().all(|seen| !seen.target.contains("GetCallerIdentity")));
    let assumed =
        calls.iter().find(|seen| parameter(&seen.target, "Action").as_deref() == Some("AssumeRole"));
    assert_eq!(parameter(&assumed.unwrap().target, "AccessKeyId").as_deref(), Some("LTAI5tFAKE0001"));
    let of_base = stage.ear.heard("base of default: signing with a long-lived");
    assert_eq!(
        (stage.ear.heard("long-lived"), of_base),
        (1, 1),
        "nothing is signed with it but the next step"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_of_the_account_itself_reads_no_secret_and_is_none() {
    let key = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFAKE0001"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary-secret"),
    ];
    for (root, calls) in [("LTAI5tFAKE0001", 0), ("LTAI5tFAKE0002", 1)] {
        let mut stage = Stage::with_variables(&key);
        stage.role("reader", RoleConfig { source: SourceConfig::Environment, ..RoleConfig::default() });
        stage.role("default", kms(SECRET, "reader"));
        stage.cloud.play(move |seen| match parameter(&seen.target, "AccessKeyId").as_deref() {
            None => Reply::answer(200, body("LTAI5tFAKE0002", HOURLY)),
            Some(id) if id == root => {
                Reply::answer(200, identity_json("Account", "acs:ram::1000000000000001:root"))
            }
            Some(_) => Reply::answer(200, identity_json("RAMUser", "acs:ram::1000000000000001:user/a")),
        });
        let missing = stage.open().wait().await.unwrap_err();
        assert_eq!(missing.code(), "credentials_refused", "{root}");
        assert!(missing.to_string().contains("of the account itself (root)"), "{missing}");
        assert_eq!(asked(&stage).len(), calls, "{root}");
    }
}

#[tokio::test(start_paused = true)]
async fn its_host_is_one_of_the_endpoint_table_by_settings_then_variables() {
    const REGION: (&str, &str) = ("ALIBABA_CLOUD_STS_REGION", "cn-hangzhou");
    const VPC: (&str, &str) = ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "true");
    let vpc = "kms-vpc.cn-hangzhou.aliyuncs.com";
    for (region, variables, expected) in [
        (Some("cn-hangzhou"), vec![], Ok(HOST)),
        (None, vec![REGION], Ok(HOST)),
        (None, vec![REGION, VPC], Ok(vpc)),
        (Some("cn-hangzhou"), vec![VPC, ("ALIBABA_CLOUD_STS_REGION", "cn-wuhan")], Ok(vpc)),
        (Some("evil.test/"), vec![REGION], Err(("evil.test/", None))),
        (None, vec![("ALIBABA_CLOUD_STS_REGION", "cn-wuhan")], Err(("cn-wuhan", Some(REGION.0)))),
    ] {
        let mut stage = stage();
        stage.variables.extend(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let mut config = kms(SECRET, "reader");
        let SourceConfig::Kms(terms) = &mut config.source else { panic!("of KMS") };
        terms.region = region.map(str::to_owned);
        stage.role("default", config);
        play(&stage, |_| Reply::answer(200, body("LTAI5tFAKE0001", HOURLY)));
        match (stage.try_open(), expected) {
            (Ok(credentials), Ok(host)) => {
                credentials.cell(&RoleName::new("default")).unwrap().wait().await.unwrap();
                assert_eq!(asked(&stage)[0].host, host);
            }
            (Err(mistakes), Err((region, variable))) => {
                let expected = BadRole::NoKms(RoleName::new("default"), region.to_owned(), variable);
                assert_eq!(mistakes, [expected]);
            }
            (opened, expected) => panic!("{region:?}, {variables:?}: {opened:?}, {expected:?}"),
        }
    }
    let mut stage = stage();
    let mut config = kms(SECRET, "reader");
    let SourceConfig::Kms(terms) = &mut config.source else { panic!("of KMS") };
    terms.region = None;
    stage.role("default", config);
    let missing = stage.open().wait().await.unwrap_err();
    assert_eq!(missing.code(), "no_credentials");
    assert!(missing.to_string().contains("set kms_region"), "{missing}");
}

#[tokio::test]
async fn a_circle_through_a_secret_is_refused_and_so_is_a_role_that_is_not_there() {
    let mut stage = stage();
    let source = SourceConfig::Role(RoleName::new("default"));
    stage.role("reader", RoleConfig { source, assume: vec![step("app")], ..RoleConfig::default() });
    let circle = ["default", "reader"].map(RoleName::new).to_vec();
    assert_eq!(stage.try_open().unwrap_err(), [BadRole::Circle(circle)]);
    stage.roles.remove(&RoleName::new("reader"));
    let missing = BadRole::NoSuchRole(RoleName::new("default"), RoleName::new("reader"));
    assert_eq!(stage.try_open().unwrap_err(), [missing]);
}
