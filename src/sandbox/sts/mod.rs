//! STS: hands out short-lived credentials, and tells a caller who it is.

mod ask;
mod saml;
mod trust;

pub use trust::Trust;
pub(crate) use trust::Trusts;

use serde_json::{Value, json};

use super::cloud::Cloud;
use super::date;
use super::error::Error;
use super::heard::Parameters;
use super::identity::{Identity, Principal};
use super::issue::{Issued, Session};
use super::oidc::{self, Issuer};
use ask::{Ask, required};

/// The calls that carry their own proof and so no signature.
pub(crate) fn is_anonymous(action: &str) -> bool {
    matches!(action, "AssumeRoleWithOIDC" | "AssumeRoleWithSAML")
}

/// What is answered before anybody looks at a signature: a call that is signed with a private key, which is given up.
pub(crate) fn is_given_up(action: &str) -> Option<Error> {
    let message = "RSA key pairs are deprecated, and the sandbox knows none. Call AssumeRole instead.";
    (action == "GenerateSessionAccessKey").then(|| Error::new(400, "NotSupported", message))
}

/// The calls that carry their own proof.
pub(crate) fn answer_anonymous(
    cloud: &Cloud,
    issuer: &Issuer,
    action: &str,
    parameters: &Parameters,
) -> Result<Value, Error> {
    if action == "AssumeRoleWithSAML" {
        return with_saml(cloud, parameters);
    }
    let provider = required(parameters, "OIDCProviderArn")?;
    if !provider.starts_with("acs:ram::") || !provider.contains(":oidc-provider/") {
        return Err(Error::invalid_parameter("OIDCProviderArn"));
    }
    let token = required(parameters, "OIDCToken")?;
    if !oidc::LENGTHS.contains(&token.len()) {
        return Err(Error::invalid_parameter("OIDCToken"));
    }
    let ask = Ask::read(parameters, &cloud.trusts)?;
    let session = ask.named(required(parameters, "RoleSessionName")?)?;
    let now = cloud.machine_now();
    let known = cloud.providers.claims(provider, token, now);
    let claims = known.unwrap_or_else(|| issuer.claims_for_sts(token, now))?;
    let told = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    ask.trust.judge_subject(told("sub"))?;
    let moment = |name: &str| date::iso(claims.get(name).and_then(Value::as_i64).unwrap_or_default());
    let mut answer = issue(cloud, &session);
    add(
        &mut answer,
        "OIDCTokenInfo",
        json!({
            "Subject": told("sub"),
            "Issuer": told("iss"),
            "ClientIds": oidc::audiences(&claims).join(","),
            "ExpirationTime": moment("exp"),
            "IssuanceTime": moment("iat"),
            "VerificationInfo": "Success",
        }),
    );
    Ok(answer)
}

fn with_saml(cloud: &Cloud, parameters: &Parameters) -> Result<Value, Error> {
    let provider = required(parameters, "SAMLProviderArn")?;
    if !provider.starts_with("acs:ram::") || !provider.contains(":saml-provider/") {
        return Err(Error::invalid_parameter("SAMLProviderArn"));
    }
    let ask = Ask::read(parameters, &cloud.trusts)?;
    let assertion = saml::Assertion::read(required(parameters, "SAMLAssertion")?, cloud.now())?;
    assertion.judge_role(required(parameters, "RoleArn")?, provider)?;
    let mut session = ask.named(&assertion.session)?;
    session.lifetime = session.lifetime.min(assertion.lifetime.unwrap_or(i64::MAX));
    let mut answer = issue(cloud, &session);
    add(&mut answer, "SAMLAssertionInfo", assertion.told());
    Ok(answer)
}

/// The calls that are signed.
pub(crate) fn answer(
    cloud: &Cloud,
    action: &str,
    parameters: &Parameters,
    caller: &Identity,
) -> Result<Value, Error> {
    match action {
        "AssumeRole" => {
            let ask = Ask::read(parameters, &cloud.trusts)?;
            let session = ask.named(required(parameters, "RoleSessionName")?)?;
            let source = ask::source_identity(parameters)?;
            ask.trust.judge_external_id(ask::external_id(parameters)?)?;
            if matches!(caller.principal, Principal::Account { .. }) {
                return Err(Error::new(403, "NoPermission", "Roles may not be assumed by root accounts."));
            }
            let mut answer = issue(cloud, &session);
            if let Some(source) = source {
                add(&mut answer, "SourceIdentity", json!(source));
            }
            Ok(answer)
        }
        "GetCallerIdentity" => Ok(describe(&caller.principal)),
        _ => Err(Error::no_such_action()),
    }
}

fn describe(principal: &Principal) -> Value {
    match principal {
        Principal::Account { id, arn } => json!({
            "IdentityType": "Account",
            "AccountId": id,
            "PrincipalId": id,
            "UserId": id,
            "Arn": arn,
        }),
        Principal::User { arn, id } => json!({
            "IdentityType": "RAMUser",
            "AccountId": principal.account(),
            "PrincipalId": id,
            "UserId": id,
            "Arn": arn,
        }),
        Principal::Role { arn, role_id, session } => json!({
            "IdentityType": "AssumedRoleUser",
            "AccountId": principal.account(),
            "PrincipalId": format!("{role_id}:{session}"),
            "RoleId": role_id,
            "Arn": arn,
        }),
    }
}

/// Makes a credential, and writes the answer that carries it.
fn issue(cloud: &Cloud, session: &Session) -> Value {
    let issued: Issued = cloud.issue(session);
    json!({
        "AssumedRoleUser": {
            "AssumedRoleId": issued.assumed_role_id,
            "Arn": issued.identity.principal.arn(),
        },
        "Credentials": issued.credentials(),
    })
}

fn add(answer: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = answer {
        members.insert(name.to_owned(), value);
    }
}
