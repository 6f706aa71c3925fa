//! KMS as far as it keeps the AccessKeys of RAM users and changes them: managed RAM credentials.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::cloud::{ACCOUNT, Cloud};
use super::date;
use super::digest::sha256;
use super::error::Error;
use super::heard::Parameters;
use super::identity::Identity;

/// What the name of a secret of a RAM user begins with.
const PREFIX: &str = "acs/ram/user/";

/// The secrets, by the RAM users' names.
#[derive(Debug, Default)]
pub(crate) struct Kms(Mutex<BTreeMap<String, Secret>>);

#[derive(Debug)]
struct Secret {
    created_at: i64,
    rotated_at: i64,
    /// In seconds. None: it is changed only when somebody asks.
    interval: Option<i64>,
    current: Version,
    previous: Option<Version>,
}

#[derive(Debug)]
struct Version {
    id: String,
    key: Identity,
}

impl Version {
    /// A new AccessKey of the user.
    fn make(cloud: &Cloud, user: &str, id: String) -> Self {
        let seed = sha256(user.as_bytes());
        let number = seed.iter().take(7).fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
        let key = cloud.user_key(user, &format!("2{:017}", number % 100_000_000_000_000_000));
        cloud.identities.admit(key.clone());
        Self { id, key }
    }
}

impl Secret {
    /// Makes the user another AccessKey. Two are good at a time: that before the previous one is deleted.
    fn rotate(&mut self, cloud: &Cloud, user: &str, id: String, now: i64) {
        let before = std::mem::replace(&mut self.current, Version::make(cloud, user, id));
        if let Some(oldest) = self.previous.replace(before) {
            cloud.identities.forget(&oldest.key.access_key_id);
        }
        self.rotated_at = now;
    }

    fn next_rotation(&self) -> Option<i64> {
        self.interval.map(|interval| self.rotated_at.saturating_add(interval))
    }

    /// Catches up with the time.
    fn settle(&mut self, cloud: &Cloud, user: &str) {
        if let Some(due) = self.next_rotation().filter(|&due| cloud.now() >= due) {
            self.rotate(cloud, user, version_id(cloud), due);
            // More than one interval may have passed; nobody held what lay between.
            if self.next_rotation().is_some_and(|due| cloud.now() >= due) {
                self.rotated_at = cloud.now();
            }
        }
    }

    fn value(&self, parameters: &Parameters, user: &str) -> Result<Value, Error> {
        let told = |name: &str| parameters.get(name).map(String::as_str).filter(|text| !text.is_empty());
        let (version, stage) = match told("VersionStage").unwrap_or("ACSCurrent") {
            "ACSCurrent" => (Some(&self.current), "ACSCurrent"),
            "ACSPrevious" => (self.previous.as_ref(), "ACSPrevious"),
            _ => (None, ""),
        };
        let version = version.filter(|version| told("VersionId").is_none_or(|id| id == version.id));
        let version = version.ok_or_else(not_found)?;
        let data = json!({
            "AccessKeyId": version.key.access_key_id,
            "AccessKeySecret": version.key.secret,
            "GenerateTimestamp": date::iso(version.key.issued_at),
        });
        let mut value = json!({
            "SecretName": format!("{PREFIX}{user}"),
            "VersionId": version.id,
            "VersionStages": { "VersionStage": [stage] },
            "SecretData": data.to_string(),
            "SecretDataType": "text",
            "SecretType": "RAMCredentials",
            "CreateTime": date::iso(self.created_at),
            "LastRotationDate": date::iso(self.rotated_at),
            "AutomaticRotation": if self.interval.is_some() { "Enabled" } else { "Disabled" },
        });
        let Value::Object(members) = &mut value else { return Ok(value) };
        if let (Some(interval), Some(next)) = (self.interval, self.next_rotation()) {
            members.insert("RotationInterval".to_owned(), json!(format!("{interval}s")));
            members.insert("NextRotationDate".to_owned(), json!(date::iso(next)));
        }
        // One official SDK spells it `True`.
        if told("FetchExtendedConfig").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            let config = json!({ "SecretSubType": "RamUserAccessKey", "UserName": user });
            members.insert("ExtendedConfig".to_owned(), json!(config.to_string()));
        }
        Ok(value)
    }
}

impl Kms {
    fn secrets(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the AccessKeys of a RAM user from now on.
    pub(crate) fn manage(&self, cloud: &Cloud, user: &str, interval: Option<i64>) {
        let (now, current) = (cloud.now(), Version::make(cloud, user, version_id(cloud)));
        let secret = Secret { created_at: now, rotated_at: now, interval, current, previous: None };
        self.secrets().insert(user.to_owned(), secret);
    }

    /// What a verified call asks.
    pub(crate) fn answer(
        &self,
        cloud: &Cloud,
        action: &str,
        parameters: &Parameters,
    ) -> Result<Value, Error> {
        let required = |name: &str| parameters.get(name).ok_or_else(|| Error::missing_parameter(name));
        if !matches!(action, "GetSecretValue" | "RotateSecret") {
            return Err(Error::no_such_action());
        }
        let name = required("SecretName")?;
        let user = name.strip_prefix(PREFIX).ok_or_else(not_found)?;
        let mut secrets = self.secrets();
        let secret = secrets.get_mut(user).ok_or_else(not_found)?;
        secret.settle(cloud, user);
        if action == "GetSecretValue" {
            return secret.value(parameters, user);
        }
        let id = required("VersionId")?;
        // The id is what makes the call safe to send again.
        let is_known =
            *id == secret.current.id || secret.previous.as_ref().is_some_and(|known| known.id == *id);
        if !is_known {
            secret.rotate(cloud, user, id.clone(), cloud.now());
        }
        Ok(json!({
            "Arn": format!("acs:kms:cn-hangzhou:{ACCOUNT}:secret/{name}"),
            "SecretName": name,
            "VersionId": id,
        }))
    }
}

fn version_id(cloud: &Cloud) -> String {
    cloud.request_id().to_lowercase()
}

fn not_found() -> Error {
    Error::new(404, "Forbidden.ResourceNotFound", "Resource not found.")
}
