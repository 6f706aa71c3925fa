//! `countersign whoami`: who answered, whose the credential is, and why nobody did.

use std::fs;

use data_encoding::BASE64URL_NOPAD;

use crate::kit::program::countersign;
use crate::kit::{Place, Reply, Sts, Upstream};
use crate::kit::{SECRET, canary};

const CLAIMS: &str = r#"{"iss":"https://oidc-ack.example/c1","aud":["sts.aliyuncs.com"],"sub":"system:serviceaccount:web:app","exp":4102444800}"#;

fn token() -> String {
    format!("e30.{}.c2lnbmF0dXJl", BASE64URL_NOPAD.encode(CLAIMS.as_bytes()))
}

/// Runs it with the settings of a pod, and STS at `upstream`.
async fn whoami(upstream: &Upstream, arguments: &[&str]) -> (i32, String, String) {
    let place = Place::new();
    place.write("token", &token());
    let there = upstream.address;
    let settings = format!(
        "[connect_to]\n\"sts.aliyuncs.com\" = \"http://{there}\"\n\"kms.cn-beijing.aliyuncs.com\" = \"http://{there}\"\n\
         [role.managed]\nsource = \"kms\"\nkms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"default\"\n\
         kms_region = \"cn-beijing\"\n"
    );
    place.write("countersign.toml", &settings);
    let arguments: Vec<&str> = ["whoami"].iter().chain(arguments).copied().collect();
    let output = countersign(&place, &arguments)
        .env_clear()
        .env("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1000000000000001:role/app")
        .env("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1000000000000001:oidc-provider/rrsa")
        .env("ALIBABA_CLOUD_OIDC_TOKEN_FILE", place.path().join("token"))
        .env("ALIBABA_CLOUD_ROLE_SESSION_NAME", "session")
        .output()
        .await
        .unwrap();
    for said in [&output.stdout, &output.stderr] {
        assert_eq!(canary::found_in(said), None);
    }
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

async fn granting() -> Upstream {
    let sts = Sts::default();
    Upstream::start(move |seen, _| if Sts::is_asked_whose(seen) { Sts::a_users() } else { sts.grant() }).await
}

#[tokio::test]
async fn who_answered_is_shown_with_the_token_s_own_words_and_the_trust_policy_to_write() {
    let upstream = granting().await;
    let (status, said, complained) = whoami(&upstream, &[]).await;
    assert_eq!((status, complained.as_str()), (0, ""), "{said}");
    for line in [
        "role        default\n",
        "source      oidc\n",
        "caller      acs:ram::1000000000000001:user/app (RAMUser)\n",
        "OIDC token  issuer https://oidc-ack.example/c1\n",
        "            subject system:serviceaccount:web:app\n",
        "            ends 2100-01-01T00:00:00Z, in ",
        r#""oidc:aud": "sts.aliyuncs.com""#,
        r#""acs:ram::1000000000000001:oidc-provider/rrsa""#,
    ] {
        assert!(said.contains(line), "{line:?}: {said}");
    }
    assert!(!said.contains("STS.n0"), "the id is shortened: {said}");
    assert_eq!(upstream.requests().len(), 2, "one exchange, and one question");
}

#[tokio::test]
async fn as_json_it_is_one_object_that_a_program_can_read() {
    let upstream = granting().await;
    let (status, said, _) = whoami(&upstream, &["--json"]).await;
    let told: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, said.lines().count()), (0, 1));
    assert_eq!(told["answered"], true);
    assert_eq!(told["caller"]["account"], "1000000000000001");
    let condition = &told["oidc_token"]["trust_policy"]["Statement"][0]["Condition"]["StringEquals"];
    assert_eq!(condition["oidc:sub"], "system:serviceaccount:web:app");
    assert_eq!(told["oidc_token"]["exp"], "2100-01-01T00:00:00Z");
}

#[tokio::test]
async fn if_nobody_answers_it_says_why_and_what_to_write_and_ends_with_1() {
    let upstream = Upstream::start(|_, _| {
        Reply::status("403 Forbidden", r#"{"Code":"NoPermission","Message":"m","RequestId":"R-7"}"#)
    })
    .await;
    let (status, said, _) = whoami(&upstream, &[]).await;
    assert_eq!(status, 1, "{said}");
    for words in ["(credentials_refused)", "trust policy", "R-7", "oidc:iss"] {
        assert!(said.contains(words), "{words:?}: {said}");
    }
    let (status, said, _) = whoami(&upstream, &["--json"]).await;
    let told: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (status, &told["answered"], &told["error"]["code"]),
        (1, &false.into(), &"credentials_refused".into())
    );
}

#[tokio::test]
async fn a_key_that_kms_keeps_is_told_with_its_user_and_a_failure_with_the_role_that_reads_it() {
    let data = format!(r#"{{\"AccessKeyId\":\"LTAI5tFAKEmanaged\",\"AccessKeySecret\":\"{SECRET}\"}}"#);
    let kept = format!(
        r#"{{"SecretName":"acs/ram/user/ops","SecretType":"RAMCredentials","AutomaticRotation":"Disabled","SecretData":"{data}"}}"#
    );
    let sts = Sts::default();
    let upstream = Upstream::start(move |seen, _| match () {
        () if Sts::is_asked_whose(seen) => Sts::a_users(),
        () if Sts::is_asked(seen) => sts.grant(),
        () => Reply::body(&kept),
    })
    .await;
    let (status, said, complained) = whoami(&upstream, &["--role", "managed"]).await;
    assert_eq!((status, complained.as_str()), (0, ""), "{said}");
    for line in
        ["source      kms\n", "caller      acs:ram::1000000000000001:user/app (RAMUser)\n", "OIDC token"]
    {
        assert!(said.contains(line), "{line:?}: {said}");
    }
    let refused = Upstream::start(|_, _| {
        Reply::status("403 Forbidden", r#"{"Code":"NoPermission","Message":"m","RequestId":"R-7"}"#)
    })
    .await;
    let (status, said, _) = whoami(&refused, &["--role", "managed"]).await;
    assert!(status == 1 && said.contains("role `default`") && said.contains("trust policy"), "{said}");
}

#[tokio::test]
async fn every_place_of_the_default_chain_is_told_with_why_it_does_not_answer() {
    let upstream = granting().await;
    let place = Place::new();
    let settings = format!("[connect_to]\n\"sts.aliyuncs.com\" = \"http://{}\"\n", upstream.address);
    place.write("countersign.toml", &settings);
    fs::create_dir(place.path().join(".aliyun")).unwrap();
    let profile = r#"{"current":"p","profiles":[{"name":"p","mode":"AK","region_id":"cn-hangzhou",
        "access_key_id":"LTAI5tFAKE0001","access_key_secret":"SECRET"}]}"#;
    place.write(".aliyun/config.json", &profile.replace("SECRET", SECRET));
    let output =
        countersign(&place, &["whoami"]).env_clear().env("HOME", place.path()).output().await.unwrap();
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!((output.status.code(), canary::found_in(&output.stdout)), (Some(0), None), "{said}");
    for line in [
        "caller      acs:ram::1000000000000001:user/app (RAMUser)\n",
        "chain       1. environment triple: no AccessKey is set in the environment\n",
        " oidc: not set: role_arn (ALIBABA_CLOUD_ROLE_ARN), ",
        " cli: answers\n",
        " uri: ALIBABA_CLOUD_CREDENTIALS_URI is not set\n",
    ] {
        assert!(said.contains(line), "{line:?}: {said}");
    }

    let output = countersign(&place, &["whoami", "--json"]).env_clear().output().await.unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &told["error"]["code"]), (Some(1), &"no_credentials".into()));
    let states: Vec<_> = told["chain"].as_array().unwrap().iter().map(|link| &link["state"]).collect();
    assert!(states.len() >= 6 && states.iter().all(|state| **state == "absent"), "{told}");
}

#[tokio::test]
async fn a_credential_that_sts_refuses_answers_for_nothing() {
    for (status, code, ended_with, said) in [
        ("403 Forbidden", "InvalidSecurityToken.MismatchWithAccessKey", 1, "STS refuses this credential: "),
        ("503 Service Unavailable", "ServiceUnavailable", 0, "whose it is, STS does not say: "),
    ] {
        let sts = Sts::default();
        let upstream = Upstream::start(move |seen, _| match Sts::is_asked_whose(seen) {
            true => Reply::status(status, &format!("{{\"RequestId\":\"R\",\"Code\":\"{code}\"}}")),
            false => sts.grant(),
        })
        .await;
        let (found, told, _) = whoami(&upstream, &[]).await;
        assert!(found == ended_with && told.contains(said) && told.contains(code), "{found}: {told}");
        let (_, told, _) = whoami(&upstream, &["--json"]).await;
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!((&told["answered"], &told["refused"]), (&true.into(), &(ended_with == 1).into()));
    }
}

#[tokio::test]
async fn a_role_that_is_not_there_is_wrong_usage() {
    let upstream = granting().await;
    let (status, said, complained) = whoami(&upstream, &["--role", "defualt"]).await;
    assert_eq!((status, said.as_str()), (64, ""));
    assert!(complained.contains("did you mean \"default\"?"), "{complained}");
    assert_eq!(upstream.requests().len(), 0);
}
