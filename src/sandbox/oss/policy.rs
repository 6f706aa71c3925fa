//! The policy of a form: until when it may be sent, and what it may say.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::sandbox::date;
use crate::sandbox::encode::base64_decoded;
use crate::sandbox::error::Error;

/// What a form says, by name in lower case, `bucket` among it.
pub(super) type Fields = BTreeMap<String, String>;

/// A policy that was read.
#[derive(Debug)]
pub(super) struct Policy {
    conditions: Vec<Value>,
    ends_at: i64,
}

fn denied(why: &str) -> Error {
    Error::new(403, "AccessDenied", &format!("Invalid according to Policy: {why}."))
        .with("EC", "0007-00000029")
}

fn invalid(why: &str) -> Error {
    Error::new(400, "InvalidPolicyDocument", &format!("Invalid Policy: {why}.")).with("EC", "0007-00000017")
}

impl Policy {
    /// Reads the field's text: JSON in base64.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let decoded = base64_decoded(text).ok_or_else(|| invalid("Invalid Base64 encoding"))?;
        let policy: Value = serde_json::from_slice(&decoded).map_err(|_| invalid("Invalid JSON"))?;
        let ends_at = policy.get("expiration").and_then(Value::as_str).and_then(date::from_iso);
        let conditions = policy.get("conditions").and_then(Value::as_array).cloned();
        Ok(Self {
            conditions: conditions.ok_or_else(|| invalid("Policy missing conditions"))?,
            ends_at: ends_at.ok_or_else(|| invalid("Invalid expiration"))?,
        })
    }

    /// Holds a form to it: its end, each condition on a field, and that it speaks of every field in `must`.
    pub(super) fn hold(&self, fields: &Fields, must: &[&str], now: i64) -> Result<(), Error> {
        if now >= self.ends_at {
            return Err(denied("Policy expired"));
        }
        let mut spoken_of = Vec::new();
        for condition in &self.conditions {
            let failed = || denied(&format!("Policy Condition failed: {condition}"));
            match condition {
                Value::Object(pairs) => {
                    for (name, value) in pairs {
                        let name = name.to_lowercase();
                        if fields.get(&name).map(String::as_str) != value.as_str() {
                            return Err(failed());
                        }
                        spoken_of.push(name);
                    }
                }
                Value::Array(items) if length_range(items).is_some() => {}
                Value::Array(items) => {
                    let (name, holds) = judged(items, fields).ok_or_else(|| invalid("Invalid condition"))?;
                    if !holds {
                        return Err(failed());
                    }
                    spoken_of.push(name);
                }
                _ => return Err(invalid("Invalid condition")),
            }
        }
        let missing = must.iter().find(|name| !spoken_of.iter().any(|spoken| spoken == *name));
        missing.map_or(Ok(()), |name| Err(denied(&format!("Policy has no condition on {name}"))))
    }

    /// Holds the file to the lengths that it names.
    pub(super) fn hold_length(&self, length: u64) -> Result<(), Error> {
        let ranges =
            self.conditions.iter().filter_map(Value::as_array).filter_map(|items| length_range(items));
        for (least, most) in ranges {
            if length < least {
                let message = "Your proposed upload is smaller than the minimum allowed size.";
                return Err(Error::new(400, "EntityTooSmall", message));
            }
            if length > most {
                let message = "Your proposed upload exceeds the maximum allowed size.";
                return Err(Error::new(400, "EntityTooLarge", message));
            }
        }
        Ok(())
    }
}

/// `["content-length-range", LEAST, MOST]`.
fn length_range(items: &[Value]) -> Option<(u64, u64)> {
    let [kind, least, most] = items else { return None };
    (kind.as_str()? == "content-length-range").then_some((least.as_u64()?, most.as_u64()?))
}

/// `["eq" | "starts-with" | "in" | "not-in", "$NAME", …]`: the name, and whether it holds.
fn judged(items: &[Value], fields: &Fields) -> Option<(String, bool)> {
    let [kind, name, value] = items else { return None };
    let name = name.as_str()?.strip_prefix('$')?.to_lowercase();
    let given = fields.get(&name).map_or("", String::as_str);
    let is_listed = || Some(value.as_array()?.iter().any(|one| one.as_str() == Some(given)));
    let holds = match kind.as_str()? {
        "eq" => value.as_str()? == given,
        "starts-with" => given.starts_with(value.as_str()?),
        "in" => is_listed()?,
        "not-in" => !is_listed()?,
        _ => return None,
    };
    Some((name, holds))
}
