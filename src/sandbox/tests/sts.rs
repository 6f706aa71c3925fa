//! Credentials: how they are come by, what they open, when they end.

use std::time::Duration;

use super::client::{Key, Visit, key_of};
use crate::sandbox::encode::base64;
use crate::sandbox::{OidcProvider, Outcome, Trust};

const STS: &str = "sts.cn-hangzhou.aliyuncs.com";
const ECS: &str = "ecs.cn-hangzhou.aliyuncs.com";
const REGIONS: [(&str, &str); 2] = [("Action", "DescribeRegions"), ("Version", "2014-05-26")];

#[tokio::test]
async fn an_assumed_role_opens_a_product_until_it_expires() {
    let visit = Visit::new().await;
    let key = visit.role_key(&[("DurationSeconds", "900")]).await;
    assert!(key.id.starts_with("STS."));
    let token = key.token.clone().unwrap();
    assert!(
        (650..750).contains(&token.len()) && ['+', '/', '='].iter().all(|sign| token.contains(*sign)),
        "{token}"
    );

    let answer = visit.acs3(&key, ("POST", ECS, "/"), "DescribeRegions").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["Regions"]["Region"][0]["RegionId"], "cn-hangzhou");
    assert_eq!(answer.header("x-acs-request-id"), answer.json()["RequestId"].as_str().unwrap());

    visit.clock.advance(899);
    assert_eq!(visit.rpc(&key, ECS, &REGIONS).await.status, 200);
    visit.clock.advance(1);
    let answer = visit.rpc(&key, ECS, &REGIONS).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "InvalidSecurityToken.Expired"));
    assert_eq!(answer.header("content-type"), "text/xml;charset=utf-8");
}

#[tokio::test]
async fn an_oidc_token_buys_a_credential_without_a_signature() {
    let visit = Visit::new().await;
    let token = visit.sandbox.oidc_token();
    let pairs = |token: &str| {
        [
            ("Action", "AssumeRoleWithOIDC".to_owned()),
            ("Version", "2015-04-01".to_owned()),
            ("Format", "JSON".to_owned()),
            ("Timestamp", "2024-03-07T08:09:05Z".to_owned()),
            ("OIDCProviderArn", "acs:ram::1000000000000001:oidc-provider/ack".to_owned()),
            ("RoleArn", "acs:ram::1000000000000001:role/app".to_owned()),
            ("RoleSessionName", "app".to_owned()),
            ("OIDCToken", token.to_owned()),
        ]
    };
    let ask = async |token: &str| {
        let pairs = pairs(token);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visit.form(STS, &pairs).await
    };
    let answer = ask(&token).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["OIDCTokenInfo"]["ClientIds"], "sts.aliyuncs.com");
    assert_eq!(answer.json()["Credentials"]["Expiration"], "2024-03-07T09:09:05Z");

    let key = key_of(&answer);
    let who = visit.rpc(
        &key,
        STS,
        &[("Action", "GetCallerIdentity"), ("Version", "2015-04-01"), ("Format", "JSON")],
    );
    assert_eq!(who.await.json()["Arn"], "acs:ram::1000000000000001:assumed-role/app/app");

    let answer = ask(&format!("{token}x")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (401, "AuthenticationFail.OIDCToken.Invalid")
    );
    visit.clock.advance(3_600);
    assert_eq!(ask(&token).await.code(), "AuthenticationFail.OIDCToken.Expired");
    assert_eq!(visit.sandbox.counters().sts_calls["AssumeRoleWithOIDC"], 3);
    assert_eq!(visit.sandbox.verdicts()[0].outcome, Outcome::Unsigned);
}

#[tokio::test]
async fn a_wrong_parameter_is_named_in_the_clouds_words() {
    let visit = Visit::new().await;
    let arn = ("RoleArn", "acs:ram::1000000000000001:role/reader");
    let name = ("RoleSessionName", "alice");
    let long = format!("{{\"Statement\":\"{}\"}}", "x".repeat(2_048));
    let cases: Vec<(Vec<(&str, &str)>, &str)> = vec![
        (vec![name], "MissingParameter.RoleArn"),
        (vec![("RoleArn", "reader"), name], "InvalidParameter.RoleArn"),
        (vec![arn, ("RoleSessionName", "a")], "InvalidParameter.RoleSessionName"),
        (vec![arn, ("RoleSessionName", "a b")], "InvalidParameter.RoleSessionName"),
        (vec![arn, name, ("DurationSeconds", "899")], "InvalidParameter.DurationSeconds"),
        (vec![arn, name, ("DurationSeconds", "43201")], "InvalidParameter.DurationSeconds"),
        (vec![arn, name, ("Policy", "{")], "InvalidParameter.PolicyGrammar"),
        (vec![arn, name, ("Policy", &long)], "InvalidParameter.PolicySize"),
    ];
    for (mut pairs, expected) in cases {
        pairs.extend([("Action", "AssumeRole"), ("Version", "2015-04-01")]);
        let answer = visit.rpc(&visit.user(), STS, &pairs).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, expected));
    }
}

#[tokio::test]
async fn a_request_sent_twice_is_refused_the_second_time() {
    let visit = Visit::new().await;
    let request = visit.rpc_request(&visit.user(), ECS, &REGIONS);
    assert_eq!(visit.send(&request).await.status, 200);
    assert_eq!(visit.send(&request).await.code(), "SignatureNonceUsed");
    assert_eq!(visit.sandbox.counters().refused["SignatureNonceUsed"], 1);
}

#[tokio::test]
async fn a_wrong_secret_shows_what_the_cloud_signed() {
    let visit = Visit::new().await;
    let mut key = visit.user();
    key.secret.push('x');
    let answer = visit.rpc(&key, ECS, &REGIONS).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "SignatureDoesNotMatch"));
    assert!(
        answer.text().contains("server string to sign is:POST&amp;%2F&amp;AccessKeyId%3DLTAI5t"),
        "{answer:?}"
    );
    let verdict = visit.sandbox.verdicts().pop().unwrap();
    assert_eq!(verdict.outcome, Outcome::Refused("SignatureDoesNotMatch".to_owned()));
    assert_eq!(verdict.access_key_id, Some(key.id));
}

#[tokio::test]
async fn everybody_is_told_who_they_are() {
    let visit = Visit::new().await;
    let (id, secret) = visit.sandbox.root_access_key();
    let root = Key { id, secret, token: None };
    let who = [("Action", "GetCallerIdentity"), ("Version", "2015-04-01"), ("Format", "JSON")];
    for (key, kind, arn, user) in [
        (root, "Account", "acs:ram::1000000000000001:root", "1000000000000001"),
        (visit.user(), "RAMUser", "acs:ram::1000000000000001:user/sandbox", "200000000000000001"),
    ] {
        let answer = visit.rpc(&key, STS, &who).await.json();
        assert_eq!(answer["IdentityType"], kind);
        assert_eq!((answer["Arn"].as_str(), answer["UserId"].as_str()), (Some(arn), Some(user)));
        assert_eq!(answer["PrincipalId"], user);
    }
    let role = visit.role_key(&[]).await;
    let answer = visit.acs3(&role, ("POST", STS, "/"), "GetCallerIdentity").await.json();
    assert_eq!(answer["IdentityType"], "AssumedRoleUser");
    assert_eq!(answer["AccountId"], "1000000000000001");
    let principal = format!("{}:alice", answer["RoleId"].as_str().unwrap());
    assert_eq!(answer["PrincipalId"], principal);
}

#[tokio::test]
async fn a_role_is_given_to_those_who_bring_what_it_demands() {
    let visit = Visit::new().await;
    let arn = "acs:ram::1000000000000001:role/partner";
    let longest_session = Some(Duration::from_secs(5_400));
    let external_id = Some("Unique/Id_42".to_owned());
    visit.sandbox.trust(arn, Trust { external_id, longest_session, ..Trust::default() });
    let ask = async |key: &Key, more: &[(&str, &str)]| {
        let mut pairs = vec![
            ("Action", "AssumeRole"),
            ("Version", "2015-04-01"),
            ("Format", "JSON"),
            ("RoleArn", arn),
            ("RoleSessionName", "alice"),
        ];
        pairs.extend(more);
        visit.rpc_form(key, STS, &pairs).await
    };
    let right = ("ExternalId", "Unique/Id_42");
    let source = ("SourceIdentity", "alice@example.com");
    let answer = ask(&visit.user(), &[right, source, ("DurationSeconds", "5400")]).await;
    assert_eq!(answer.json()["SourceIdentity"], "alice@example.com", "{}", answer.text());
    let (id, secret) = visit.sandbox.root_access_key();
    let root = Key { id, secret, token: None };
    for (key, more, status, code) in [
        (&visit.user(), vec![], 403, "NoPermission"),
        (&visit.user(), vec![("ExternalId", "another")], 403, "NoPermission"),
        (&visit.user(), vec![("ExternalId", "a")], 400, "InvalidParameter.ExternalId"),
        (&visit.user(), vec![right, ("SourceIdentity", "a b")], 400, "InvalidParameter.SourceIdentity"),
        (&visit.user(), vec![right, ("DurationSeconds", "5401")], 400, "InvalidParameter.DurationSeconds"),
        (&root, vec![right], 403, "NoPermission"),
    ] {
        let answer = ask(key, &more).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{more:?}");
    }
    let answer = ask(&visit.user(), &[right, ("DurationSeconds", "5401")]).await;
    assert_eq!(answer.json()["Message"], "The Min/Max value of DurationSeconds is 15min/90min.");
}

#[tokio::test]
async fn a_token_of_a_provider_is_held_against_the_keys_that_were_handed_over() {
    let visit = Visit::new().await;
    let provider = "acs:ram::1000000000000001:oidc-provider/ci";
    let role = "acs:ram::1000000000000001:role/deploy";
    let known = OidcProvider {
        arn: provider.to_owned(),
        issuer: "https://token.actions.example".to_owned(),
        client_ids: vec!["sts.aliyuncs.com".to_owned()],
        jwks: include_str!("../../../tests/data/sandbox/oidc/jwks.json").to_owned(),
    };
    visit.sandbox.trust_provider(known).unwrap();
    let token = include_str!("../../../tests/data/sandbox/oidc/token.jwt");
    let ask = async |token: &str| {
        let pairs = [
            ("Action", "AssumeRoleWithOIDC"),
            ("Version", "2015-04-01"),
            ("Format", "JSON"),
            ("OIDCProviderArn", provider),
            ("RoleArn", role),
            ("RoleSessionName", "run-42"),
            ("OIDCToken", token),
        ];
        visit.form(STS, &pairs).await
    };
    let answer = ask(token).await;
    assert_eq!(answer.json()["OIDCTokenInfo"]["Subject"], "repo:example/app:ref:refs/heads/main");
    assert_eq!(answer.json()["OIDCTokenInfo"]["ClientIds"], "sts.aliyuncs.com");
    // What the sandbox mints itself is no token of that provider.
    let answer = ask(&visit.sandbox.oidc_token()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (401, "AuthenticationFail.OIDCToken.Invalid")
    );

    let oidc_subject = Some("repo:example/app:ref:refs/tags/v1".to_owned());
    visit.sandbox.trust(role, Trust { oidc_subject, ..Trust::default() });
    let answer = ask(token).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "AuthenticationFail.NoPermission"));
    visit.clock.advance(300);
    assert_eq!(ask(token).await.code(), "AuthenticationFail.OIDCToken.Expired");
}

/// What an identity provider posts, for five minutes from the moment of the tests' clock on.
const SAML: &str = r#"<?xml version="1.0"?>
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
 <saml:Issuer>https://idp.example.com/metadata</saml:Issuer>
 <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
 <saml:Assertion>
  <saml:Issuer>https://idp.example.com/metadata</saml:Issuer>
  <saml:Subject>
   <saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice@example.com</saml:NameID>
   <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
    <saml:SubjectConfirmationData NotOnOrAfter='2024-03-07T08:14:05Z' Recipient="https://signin.aliyun.com/saml-role/SSO"/>
   </saml:SubjectConfirmation>
  </saml:Subject>
  <saml:Conditions><saml:AudienceRestriction><saml:Audience>urn:alibaba:cloudcomputing</saml:Audience></saml:AudienceRestriction></saml:Conditions>
  <saml:AttributeStatement>
   <saml:Attribute Name="https://www.aliyun.com/SAML-Role/Attributes/Role">
    <saml:AttributeValue>acs:ram::1000000000000001:saml-provider/idp,acs:ram::1000000000000001:role/auditor</saml:AttributeValue>
    <saml:AttributeValue>acs:ram::1000000000000001:role/reader,acs:ram::1000000000000001:saml-provider/idp</saml:AttributeValue>
   </saml:Attribute>
   <saml:Attribute Name="https://www.aliyun.com/SAML-Role/Attributes/RoleSessionName"><saml:AttributeValue>alice</saml:AttributeValue></saml:Attribute>
   <saml:Attribute Name="https://www.aliyun.com/SAML-Role/Attributes/SessionDuration"><saml:AttributeValue>1800</saml:AttributeValue></saml:Attribute>
  </saml:AttributeStatement>
 </saml:Assertion>
</samlp:Response>"#;

#[tokio::test]
async fn a_saml_assertion_buys_the_roles_that_it_names() {
    let visit = Visit::new().await;
    let ask = async |role: &str, response: &str| {
        let assertion = base64(response.as_bytes());
        let pairs = [
            ("Action", "AssumeRoleWithSAML"),
            ("Version", "2015-04-01"),
            ("Format", "JSON"),
            ("SAMLProviderArn", "acs:ram::1000000000000001:saml-provider/idp"),
            ("RoleArn", role),
            ("SAMLAssertion", &assertion),
        ];
        visit.form(STS, &pairs).await
    };
    let reader = "acs:ram::1000000000000001:role/reader";
    for role in [reader, "acs:ram::1000000000000001:role/auditor"] {
        let answer = ask(role, SAML).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let told = &answer.json()["SAMLAssertionInfo"];
        assert_eq!(
            (&told["SubjectType"], &told["Subject"]),
            (&"persistent".into(), &"alice@example.com".into())
        );
        assert_eq!(told["Issuer"], "https://idp.example.com/metadata");
        assert_eq!(answer.json()["Credentials"]["Expiration"], "2024-03-07T08:39:05Z");
        assert!(answer.json()["AssumedRoleUser"]["Arn"].as_str().unwrap().ends_with("/alice"));
    }
    let invalid = (401, "AuthenticationFail.SAMLAssertion.Invalid");
    let changed = |from: &str, to: &str| {
        assert!(SAML.contains(from), "{from}");
        SAML.replace(from, to)
    };
    for (role, response, (status, code)) in [
        ("acs:ram::1000000000000001:role/root", SAML.to_owned(), (403, "AuthenticationFail.NoPermission")),
        (
            reader,
            changed(":saml-provider/idp", ":saml-provider/other"),
            (403, "AuthenticationFail.NoPermission"),
        ),
        (reader, changed("status:Success", "status:Requester"), invalid),
        (reader, changed("urn:alibaba:cloudcomputing", "urn:amazon:webservices"), invalid),
        (reader, changed("signin.aliyun.com", "signin.example.com"), invalid),
        (reader, changed("Attributes/RoleSessionName", "Attributes/Name"), invalid),
        (reader, "no XML".to_owned(), invalid),
        (reader, changed("08:14:05", "08:09:05"), (401, "AuthenticationFail.SAMLAssertion.Expired")),
    ] {
        let answer = ask(role, &response).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{role} {response}");
    }
    visit.clock.advance(300);
    assert_eq!(ask(reader, SAML).await.code(), "AuthenticationFail.SAMLAssertion.Expired");
}

#[tokio::test]
async fn an_rsa_key_pair_is_refused_whatever_signed_the_call() {
    let visit = Visit::new().await;
    let pairs = [
        ("Action", "GenerateSessionAccessKey"),
        ("Version", "2015-04-01"),
        ("Format", "JSON"),
        ("SignatureMethod", "SHA256withRSA"),
        ("SignatureType", "PRIVATEKEY"),
    ];
    let answer = visit.form(STS, &pairs).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "NotSupported"));
}
