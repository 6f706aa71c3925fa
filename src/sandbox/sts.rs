//! STS: hands out short-lived credentials, and tells a caller who it is.

use std::time::Duration;

use serde_json::{Value, json};

use super::cloud::Cloud;
use super::date;
use super::digest::sha256;
use super::encode::base64;
use super::error::Error;
use super::heard::Parameters;
use super::identity::{Identity, Principal};
use super::news::{News, masked};
use super::oidc::Issuer;

/// The lifetime of a credential whose caller names none, in seconds. STS's own default.
const USUAL_LIFETIME: i64 = 3_600;

/// The bounds of `DurationSeconds`: STS's least, and the most that a role can be set to.
const LIFETIMES: std::ops::RangeInclusive<i64> = 900..=43_200;

/// The longest session policy, in characters. From the reference of `AssumeRole`.
const POLICY_LENGTH: usize = 2_048;

/// The calls that carry their own proof and so no signature.
pub(crate) fn is_anonymous(action: &str) -> bool {
    matches!(action, "AssumeRoleWithOIDC" | "AssumeRoleWithSAML")
}

/// The calls that carry their own proof.
pub(crate) fn answer_anonymous(
    cloud: &Cloud,
    issuer: &Issuer,
    action: &str,
    parameters: &Parameters,
) -> Result<Value, Error> {
    if action != "AssumeRoleWithOIDC" {
        let message = "The sandbox has no identity provider for SAML.";
        return Err(Error::new(400, "NotSupported", message));
    }
    let provider = required(parameters, "OIDCProviderArn")?;
    if !provider.starts_with("acs:ram::") || !provider.contains(":oidc-provider/") {
        return Err(Error::invalid_parameter("OIDCProviderArn"));
    }
    let token = required(parameters, "OIDCToken")?;
    let ask = Ask::read(parameters)?;
    let claims = issuer.claims(token, cloud.machine_now())?;
    let moment = |name: &str| date::iso(claims.get(name).and_then(Value::as_i64).unwrap_or_default());
    let mut answer = issue(cloud, &ask);
    add(
        &mut answer,
        "OIDCTokenInfo",
        json!({
            "Subject": claims.get("sub"),
            "Issuer": claims.get("iss"),
            "ClientIds": claims.pointer("/aud/0"),
            "ExpirationTime": moment("exp"),
            "IssuanceTime": moment("iat"),
            "VerificationInfo": "Success",
        }),
    );
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
            let mut answer = issue(cloud, &Ask::read(parameters)?);
            if let Some(source) = parameters.get("SourceIdentity") {
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

/// What a caller wants to be.
struct Ask {
    account: String,
    role: String,
    session: String,
    /// In seconds.
    lifetime: i64,
}

impl Ask {
    /// Reads and judges the parameters that all the `AssumeRole` calls share.
    fn read(parameters: &Parameters) -> Result<Self, Error> {
        let role_arn = required(parameters, "RoleArn")?;
        let (account, role) = role_arn
            .strip_prefix("acs:ram::")
            .and_then(|rest| rest.split_once(":role/"))
            .filter(|(account, role)| {
                account.bytes().all(|digit| digit.is_ascii_digit()) && !account.is_empty() && !role.is_empty()
            })
            .ok_or_else(|| Error::invalid_parameter("RoleArn"))?;
        let session = required(parameters, "RoleSessionName")?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".@_-".contains(&byte);
        if !(2..=64).contains(&session.len()) || !session.bytes().all(is_plain) {
            return Err(Error::invalid_parameter("RoleSessionName"));
        }
        let lifetime = match parameters.get("DurationSeconds") {
            None => USUAL_LIFETIME,
            Some(text) => {
                text.parse().ok().filter(|seconds| LIFETIMES.contains(seconds)).ok_or_else(|| {
                    let message = "The Min/Max value of DurationSeconds is 15min/12hr.";
                    Error::new(400, "InvalidParameter.DurationSeconds", message)
                })?
            }
        };
        judge_policy(parameters.get("Policy").map_or("", String::as_str))?;
        let owned = (account.to_owned(), role.to_owned(), session.to_owned());
        Ok(Self { account: owned.0, role: owned.1, session: owned.2, lifetime })
    }
}

fn judge_policy(policy: &str) -> Result<(), Error> {
    if policy.chars().count() > POLICY_LENGTH {
        let message = "The size of Policy must be smaller than 2048 bytes.";
        return Err(Error::new(400, "InvalidParameter.PolicySize", message));
    }
    if !policy.is_empty() && !serde_json::from_str::<Value>(policy).is_ok_and(|policy| policy.is_object()) {
        let message = "The parameter Policy has not passed grammar check.";
        return Err(Error::new(400, "InvalidParameter.PolicyGrammar", message));
    }
    Ok(())
}

fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, Error> {
    let value = parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| Error::missing_parameter(name))
}

/// Makes a credential, remembers it, and writes the answer that carries it.
fn issue(cloud: &Cloud, ask: &Ask) -> Value {
    let now = cloud.now();
    let lifetime = cloud.faults.lifetime().or(cloud.lifetime).unwrap_or(ask.lifetime);
    // The id of a role never changes, so it is made of the role's name.
    let seed = sha256(format!("{} {}", ask.account, ask.role).as_bytes());
    let number = seed.iter().take(7).fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    let role_id = format!("3{:017}", number % 100_000_000_000_000_000);
    let arn = format!("acs:ram::{}:assumed-role/{}/{}", ask.account, ask.role, ask.session);
    let identity = Identity {
        access_key_id: format!("STS.N{}", cloud.letters(24)),
        secret: cloud.letters(44),
        // About 700 characters, as observed of real ones, and surely with those that a form must encode.
        security_token: Some(format!("CAIS+/{}", base64(&cloud.random(518)))),
        issued_at: now,
        expires_at: Some(now.saturating_add(lifetime)),
        revocations: cloud.faults.revocations(),
        principal: Principal::Role {
            arn: arn.clone(),
            role_id: role_id.clone(),
            session: ask.session.clone(),
        },
    };
    let answer = json!({
        "AssumedRoleUser": {"AssumedRoleId": format!("{role_id}:{}", ask.session), "Arn": arn},
        "Credentials": {
            "AccessKeyId": identity.access_key_id,
            "AccessKeySecret": identity.secret,
            "SecurityToken": identity.security_token,
            "Expiration": date::iso(now.saturating_add(lifetime)),
        },
    });
    cloud.ledger.tell(&News::Issued {
        arn: identity.principal.arn().to_owned(),
        key: masked(&identity.access_key_id),
        lifetime: Duration::from_secs(lifetime.unsigned_abs()),
    });
    cloud.identities.admit(identity);
    answer
}

fn add(answer: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = answer {
        members.insert(name.to_owned(), value);
    }
}
