//! With a SAML response: which role it is exchanged for, and that it is kept as long as STS says.

use countersign::sandbox::{Failure, Spoil};
use tokio::task::JoinSet;

use super::*;
use crate::credentials::spoilt::WRONG;

const ROLE: &str = "acs:ram::1000000000000001:role/app";
const PROVIDER: &str = "acs:ram::1000000000000001:saml-provider/idp";

/// A response that allows these roles. The sandbox judges what it says, not who signed it.
fn response(roles: &[&str]) -> String {
    let values: String = roles
        .iter()
        .map(|role| format!("<saml:AttributeValue>{role},{PROVIDER}</saml:AttributeValue>"))
        .collect();
    format!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_r\" Version=\"2.0\" \
         IssueInstant=\"2026-01-01T00:00:00Z\" Destination=\"https://signin.aliyun.com/saml-role/sso\">\
         <saml:Issuer>https://idp.example.com/metadata</saml:Issuer><samlp:Status><samlp:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status><saml:Assertion ID=\"_a\" \
         Version=\"2.0\" IssueInstant=\"2026-01-01T00:00:00Z\"><saml:Issuer>https://idp.example.com/metadata\
         </saml:Issuer><saml:Subject><saml:NameID>alice@example.com</saml:NameID><saml:SubjectConfirmation \
         Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData \
         NotOnOrAfter=\"2099-01-01T00:05:00Z\" Recipient=\"https://signin.aliyun.com/saml-role/sso\"/>\
         </saml:SubjectConfirmation></saml:Subject><saml:Conditions><saml:AudienceRestriction><saml:Audience>\
         urn:alibaba:cloudcomputing</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
         <saml:AttributeStatement><saml:Attribute Name=\"https://www.aliyun.com/SAML-Role/Attributes/Role\">{values}\
         </saml:Attribute><saml:Attribute Name=\"https://www.aliyun.com/SAML-Role/Attributes/RoleSessionName\">\
         <saml:AttributeValue>alice</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>\
         </saml:Assertion></samlp:Response>"
    )
}

#[tokio::test]
async fn a_response_is_exchanged_for_its_one_role_and_requests_are_signed() {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    let file = stage.place.write("response.xml", &response(&[ROLE]));
    let file = file.display().to_string();
    let (status, printed, said) = stage.ended(&["login", "--saml", &file, "--store", "file"]).await;
    assert_eq!(status, 0, "{said}");
    assert!(
        printed.starts_with(&format!("Logged in: role `default` by SAML (role {ROLE}) until 2")),
        "{printed}"
    );
    let proxy = stage.proxy().await;
    let answer = call(&proxy).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    // There is nothing to log in with again but a new response.
    let (status, _, said) = stage.ended(&["login"]).await;
    assert!(status == 64 && said.contains("--saml FILE"), "{said}");
}

#[tokio::test]
async fn of_several_roles_the_settings_name_one() {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    let other = "acs:ram::1000000000000001:role/other";
    let file = stage.place.write("response.xml", &response(&[ROLE, other]));
    let file = file.display().to_string();
    let arguments = ["login", "--saml", &file, "--store", "file"];
    let (status, _, said) = stage.ended(&arguments).await;
    assert!(status == 64 && said.contains(&format!("{other} by {PROVIDER}")), "{said}");
    stage.settings(&format!("role_arn = \"{other}\"\n{DIRECTORY}"));
    let (status, printed, said) = stage.ended(&arguments).await;
    assert!(status == 0 && printed.contains(other), "{said}");
}

#[tokio::test]
async fn what_sts_does_not_take_is_told_with_what_to_do() {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    let over = response(&[ROLE]).replace("2099-01-01", "2025-01-01");
    for (text, expected) in [
        (over.as_str(), "SAMLAssertion.Expired"),
        ("<html/>", "it is no SAML response"),
        ("!", "neither XML nor base64"),
    ] {
        let file = stage.place.write("response.xml", text).display().to_string();
        let (status, printed, said) = stage.ended(&["login", "--saml", &file, "--store", "file"]).await;
        assert_eq!((status, printed.as_str()), (1, ""), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

/// Logs in while STS is out of order, and again when it is not.
async fn log_in_twice(what: String, says: &'static str, break_it: impl FnOnce(&Sandbox)) {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    let file = stage.place.write("response.xml", &response(&[ROLE])).display().to_string();
    let arguments = ["login", "--saml", &file, "--store", "file"];
    break_it(&stage.sandbox);
    let (status, printed, said) = stage.ended(&arguments).await;
    assert_eq!((status, printed.as_str()), (1, ""), "{what}: {said}");
    assert!(
        said.contains(says) && said.contains("sts.aliyuncs.com") && said.contains("; "),
        "{what}: {said}"
    );
    assert!(!said.contains("X-Injected") && !said.contains("idp.example.com"), "{what}: {said}");
    assert!(!stage.place.path().join("logins/default.login.json").exists(), "{what}: something was kept");
    stage.sandbox.faults().heal();
    let (status, _, said) = stage.ended(&arguments).await;
    assert_eq!(status, 0, "{what}: {said}");
}

#[tokio::test]
async fn an_exchange_that_goes_wrong_is_told_keeps_nothing_and_works_the_next_time() {
    // A hang lasts as long as a call may take, so all of them go wrong at once.
    let mut tries = JoinSet::new();
    let another =
        (Spoil::AnotherRole, ("", "a credential of another role than was asked for; check who answers"));
    for (spoil, (_, says)) in WRONG.into_iter().chain([another]) {
        tries.spawn(log_in_twice(spoil.to_string(), says, move |sandbox| {
            sandbox.faults().spoil("sts", spoil, None);
        }));
    }
    for (status, code, says) in [
        (401, "AuthenticationFail.SAMLAssertion.Invalid", "check that the assertion is whole, and signed by"),
        (404, "EntityNotExist.Role", "check the role's ARN"),
        (403, "NoPermission", "check the role's trust policy"),
        (503, "ServiceUnavailable", "wait; STS is not available"),
    ] {
        tries.spawn(log_in_twice(code.to_owned(), says, move |sandbox| {
            sandbox.faults().fail_sts(Failure::new(status, code), None);
        }));
    }
    assert!(tries.len() >= 18);
    while let Some(tried) = tries.join_next().await {
        tried.unwrap();
    }
}
