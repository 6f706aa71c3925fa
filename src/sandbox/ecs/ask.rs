//! What a call to ECS asks for: its parameters, lists and tags, and the words for what is wrong with them.

use std::collections::BTreeMap;

use crate::sandbox::error::Error;
use crate::sandbox::heard::Parameters;

/// The most ids that one call can name. From the reference of `StopInstances` and `DescribeInstances`.
pub(super) const IDS_MOST: usize = 100;

/// The most tags of one instance. From the reference of `RunInstances`.
pub(super) const TAGS_MOST: usize = 20;

/// The longest key and value of a tag, in characters. From the reference of `TagResources`.
const TAG_LENGTH: usize = 128;

/// A parameter that must be there, in ECS's own words.
pub(super) fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, Error> {
    let value = parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| missing(name))
}

/// ECS names the parameter in the sentence, and not in the code.
pub(super) fn missing(name: &str) -> Error {
    let message = format!(
        "The input parameter \"{name}\" that is mandatory for processing this request is not supplied."
    );
    Error::new(400, "MissingParameter", &message)
}

/// A flag, which is off unless it says `true`.
pub(super) fn is_true(parameters: &Parameters, name: &str) -> bool {
    parameters.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Ends a call that only wanted to know whether it would succeed. ECS answers with an error that says so.
pub(super) fn end_dry_run(parameters: &Parameters) -> Result<(), Error> {
    if is_true(parameters, "DryRun") {
        let message = "Request validation has been passed with DryRun flag set.";
        return Err(Error::new(400, "DryRunOperation", message));
    }
    Ok(())
}

/// The values of `NAME.1`, `NAME.2`, … in the order of their numbers.
pub(super) fn list(parameters: &Parameters, name: &str) -> Result<Vec<String>, Error> {
    let numbered: BTreeMap<u32, &String> = parameters
        .iter()
        .filter_map(|(known, value)| {
            Some((known.strip_prefix(name)?.strip_prefix('.')?.parse().ok()?, value))
        })
        .collect();
    if numbered.len() > IDS_MOST {
        return Err(Error::invalid_parameter(name));
    }
    Ok(numbered.into_values().cloned().collect())
}

/// The same, of which one must be there.
pub(super) fn some_of(parameters: &Parameters, name: &str) -> Result<Vec<String>, Error> {
    let values = list(parameters, name)?;
    if values.is_empty() { Err(missing(&format!("{name}.1"))) } else { Ok(values) }
}

/// `Tag.N.Key` and `Tag.N.Value`. A key without a value asks, in a filter, for any value.
pub(super) fn tags(parameters: &Parameters) -> Result<BTreeMap<String, Option<String>>, Error> {
    let part = |number: &str, part: &str| parameters.get(&format!("Tag.{number}.{part}"));
    let mut tags = BTreeMap::new();
    let names = parameters.keys().filter_map(|name| name.strip_prefix("Tag.")?.split_once('.'));
    for (number, field) in names {
        let key = part(number, "Key").filter(|key| {
            let reserved = ["aliyun", "acs:", "http://", "https://"];
            (1..=TAG_LENGTH).contains(&key.chars().count())
                && !reserved.iter().any(|word| key.starts_with(word))
        });
        let Some(key) = key else {
            return Err(Error::new(400, "InvalidTagKey.Malformed", "The specified Tag.n.Key is not valid."));
        };
        let value = part(number, "Value");
        if value.is_some_and(|value| value.chars().count() > TAG_LENGTH) {
            let message = "The specified Tag.n.Value is not valid.";
            return Err(Error::new(400, "InvalidTagValue.Malformed", message));
        }
        // Each number comes once for its key and once for its value.
        if field == "Key" && tags.insert(key.clone(), value.cloned()).is_some() {
            return Err(Error::new(400, "Duplicate.TagKey", "The Tag.N.Key contain duplicate key."));
        }
    }
    if tags.len() > TAGS_MOST {
        let message = "The specified tags are beyond the permitted range.";
        return Err(Error::new(400, "InvalidTagCount", message));
    }
    Ok(tags)
}

/// Whether an instance's tags are all that a filter asks for.
pub(super) fn carries(held: &BTreeMap<String, String>, asked: &BTreeMap<String, Option<String>>) -> bool {
    asked.iter().all(|(key, value)| match (held.get(key), value) {
        (Some(held), Some(value)) => held == value,
        (held, None) => held.is_some(),
        (None, Some(_)) => false,
    })
}
