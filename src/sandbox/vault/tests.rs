//! What Vault gives to whom.

use std::time::Duration;

use serde_json::{Value, json};

use super::Vault;
use crate::sandbox::Counterpart;
use crate::sandbox::tests::client::{Key, Read, Visit};
use crate::sandbox::tests::plain::{listener, send};

const ARN: &str = "acs:ram::1000000000000001:role/reader";

async fn get(vault: &Counterpart<Vault>, path: &str, headers: &str) -> Read {
    send(vault.address(), &format!("GET {path} HTTP/1.1\r\nHost: vault\r\n{headers}\r\n")).await
}

async fn login(vault: &Counterpart<Vault>, body: &Value) -> Read {
    let body = body.to_string();
    let length = body.len();
    let head =
        format!("POST /v1/auth/kubernetes/login HTTP/1.1\r\nHost: vault\r\nContent-Length: {length}\r\n\r\n");
    send(vault.address(), &(head + &body)).await
}

fn refused(answer: &Read) -> (u16, Value) {
    (answer.status.as_u16(), answer.json()["errors"].clone())
}

#[tokio::test]
async fn a_token_opens_the_roles_of_the_engine_and_their_credentials_the_cloud() {
    let visit = Visit::new().await;
    let room = Vault::new("hvs.root").sts_role("app", ARN).user_role("legacy");
    let vault = visit.sandbox.vault(listener().await, room).unwrap();
    let answer = get(&vault, "/v1/alicloud/creds/app", "X-Vault-Token: hvs.root\r\n").await.json();
    assert_eq!((&answer["lease_duration"], &answer["renewable"]), (&json!(3_600), &json!(false)));
    let data = |name: &str| answer["data"][name].as_str().unwrap().to_owned();
    assert_eq!(data("expiration"), "2024-03-07T09:09:05Z");
    let key = Key { id: data("access_key"), secret: data("secret_key"), token: Some(data("security_token")) };
    let sts = ("POST", "sts.cn-hangzhou.aliyuncs.com", "/");
    let who = visit.acs3(&key, sts, "GetCallerIdentity").await.json();
    let session = who["Arn"].as_str().unwrap().strip_prefix("acs:ram::1000000000000001:assumed-role/reader/");
    assert_eq!(session.unwrap().len(), 32);

    let answer = get(&vault, "/v1/alicloud/creds/legacy", "X-Vault-Token: hvs.root\r\n").await.json();
    assert_eq!((&answer["renewable"], answer["data"].get("security_token")), (&json!(true), None));
    let data = |name: &str| answer["data"][name].as_str().unwrap().to_owned();
    let key = Key { id: data("access_key"), secret: data("secret_key"), token: None };
    assert_eq!(visit.acs3(&key, sts, "GetCallerIdentity").await.json()["IdentityType"], "RAMUser");
}

#[tokio::test]
async fn whoever_shows_no_good_token_or_another_namespace_is_refused() {
    let visit = Visit::new().await;
    let room = Vault::new("hvs.root").mounted_at("team/cloud").in_namespace("ops").sts_role("app", ARN);
    let vault = visit.sandbox.vault(listener().await, room).unwrap();
    let path = "/v1/team/cloud/creds/app";
    let (token, namespace) = ("X-Vault-Token: hvs.root\r\n", "X-Vault-Namespace: ops/\r\n");
    let denied = (403, json!(["permission denied"]));
    assert_eq!(get(&vault, path, &format!("{token}{namespace}")).await.status, 200);
    assert_eq!(refused(&get(&vault, path, namespace).await), (400, json!(["missing client token"])));
    assert_eq!(refused(&get(&vault, path, token).await), denied);
    assert_eq!(
        refused(&get(&vault, path, &format!("X-Vault-Token: hvs.other\r\n{namespace}")).await),
        denied
    );
    let both = format!("{token}{namespace}");
    assert_eq!(refused(&get(&vault, "/v1/team/cloud/creds/none", &both).await), (404, json!([])));
    assert_eq!(get(&vault, "/v1/alicloud/creds/app", &both).await.status, 404);
    vault.room().revoke_tokens();
    assert_eq!(refused(&get(&vault, path, &both).await), denied);
}

#[tokio::test]
async fn a_pod_logs_in_with_the_token_of_its_service_account() {
    let visit = Visit::new().await;
    let room =
        Vault::new("hvs.root").sts_role("app", ARN).kubernetes_role("pods").lasting(Duration::from_secs(60));
    let vault = visit.sandbox.vault(listener().await, room).unwrap();
    let jwt = visit.sandbox.oidc_token();
    let answer = login(&vault, &json!({ "role": "pods", "jwt": jwt })).await.json();
    assert_eq!(answer["auth"]["lease_duration"], 60);
    let shown = format!("X-Vault-Token: {}\r\n", answer["auth"]["client_token"].as_str().unwrap());
    assert_eq!(get(&vault, "/v1/alicloud/creds/app", &shown).await.status, 200);
    visit.clock.advance(60);
    assert_eq!(get(&vault, "/v1/alicloud/creds/app", &shown).await.status, 403);
    for (body, expected) in [
        (json!({ "role": "pods", "jwt": format!("{jwt}x") }), (403, json!(["permission denied"]))),
        (json!({ "role": "pods" }), (400, json!(["missing jwt"]))),
        (json!({ "role": "nobody", "jwt": jwt }), (400, json!(["invalid role name \"nobody\""]))),
        (json!({ "jwt": jwt }), (400, json!(["missing role"]))),
    ] {
        assert_eq!(refused(&login(&vault, &body).await), expected);
    }
}
