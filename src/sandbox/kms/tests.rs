//! The AccessKey of a RAM user that KMS keeps: read, changed in its time and on demand.

use std::time::Duration;

use serde_json::{Value, json};

use crate::sandbox::tests::client::{Key, Read, Visit};

const KMS: &str = "kms.cn-hangzhou.aliyuncs.com";
const STS: (&str, &str, &str) = ("POST", "sts.cn-hangzhou.aliyuncs.com", "/");

async fn ask(visit: &Visit, action: &str, more: &[(&str, &str)]) -> Read {
    let mut pairs = vec![("Action", action), ("Version", "2016-01-20"), ("Format", "JSON")];
    pairs.extend(more);
    visit.rpc(&visit.user(), KMS, &pairs).await
}

async fn value(visit: &Visit, more: &[(&str, &str)]) -> (Value, Key) {
    let mut pairs = vec![("SecretName", "acs/ram/user/ops"), ("FetchExtendedConfig", "True")];
    pairs.extend(more);
    let answer = ask(visit, "GetSecretValue", &pairs).await.json();
    let data: Value = serde_json::from_str(answer["SecretData"].as_str().unwrap()).unwrap();
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    (answer, Key { id: text("AccessKeyId"), secret: text("AccessKeySecret"), token: None })
}

#[tokio::test]
async fn a_secret_is_the_access_key_of_its_user_until_it_is_changed() {
    let visit = Visit::new().await;
    visit.sandbox.manage_user("ops", Some(Duration::from_secs(86_400)));
    let (answer, first) = value(&visit, &[]).await;
    assert_eq!(answer["SecretType"], "RAMCredentials");
    assert_eq!(answer["RotationInterval"], "86400s");
    assert_eq!(answer["NextRotationDate"], "2024-03-08T08:09:05Z");
    let config: Value = serde_json::from_str(answer["ExtendedConfig"].as_str().unwrap()).unwrap();
    assert_eq!(config, json!({ "SecretSubType": "RamUserAccessKey", "UserName": "ops" }));
    let who = visit.acs3(&first, STS, "GetCallerIdentity").await.json();
    assert_eq!(who["Arn"], "acs:ram::1000000000000001:user/ops");

    visit.clock.advance(86_399);
    assert_eq!(value(&visit, &[]).await.1.id, first.id);
    visit.clock.advance(1);
    let (answer, second) = value(&visit, &[]).await;
    assert_ne!(second.id, first.id);
    assert_eq!(answer["LastRotationDate"], "2024-03-08T08:09:05Z");
    assert_eq!(value(&visit, &[("VersionStage", "ACSPrevious")]).await.1.id, first.id);
    assert_eq!(visit.acs3(&first, STS, "GetCallerIdentity").await.status, 200);
    visit.clock.advance(86_400);
    let (_, third) = value(&visit, &[]).await;
    assert_eq!(visit.acs3(&first, STS, "GetCallerIdentity").await.code(), "InvalidAccessKeyId.NotFound");
    for key in [&second, &third] {
        assert_eq!(visit.acs3(key, STS, "GetCallerIdentity").await.status, 200);
    }
}

#[tokio::test]
async fn a_change_that_is_asked_for_twice_is_made_once() {
    let visit = Visit::new().await;
    visit.sandbox.manage_user("ops", None);
    let (answer, first) = value(&visit, &[]).await;
    assert_eq!((&answer["AutomaticRotation"], answer.get("NextRotationDate")), (&json!("Disabled"), None));
    let rotate = [("SecretName", "acs/ram/user/ops"), ("VersionId", "idem-0001")];
    let answer = ask(&visit, "RotateSecret", &rotate).await.json();
    assert_eq!(
        (&answer["VersionId"], &answer["SecretName"]),
        (&json!("idem-0001"), &json!("acs/ram/user/ops"))
    );
    let (answer, second) = value(&visit, &[]).await;
    assert_eq!(answer["VersionId"], "idem-0001");
    assert_ne!(second.id, first.id);
    ask(&visit, "RotateSecret", &rotate).await;
    assert_eq!(value(&visit, &[]).await.1.id, second.id);
}

#[tokio::test]
async fn what_is_not_kept_is_not_found() {
    let visit = Visit::new().await;
    visit.sandbox.manage_user("ops", None);
    for name in ["acs/ram/user/another", "ops", ""] {
        let answer = ask(&visit, "GetSecretValue", &[("SecretName", name)]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (404, "Forbidden.ResourceNotFound"),
            "{name}"
        );
    }
    assert_eq!(ask(&visit, "GetSecretValue", &[]).await.code(), "MissingParameter.SecretName");
    assert_eq!(ask(&visit, "Decrypt", &[]).await.code(), "InvalidAction.NotFound");
    let pairs = [("SecretName", "acs/ram/user/ops"), ("VersionStage", "ACSPrevious")];
    assert_eq!(ask(&visit, "GetSecretValue", &pairs).await.code(), "Forbidden.ResourceNotFound");
}
