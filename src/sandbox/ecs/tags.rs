//! `TagResources`, `UntagResources` and `ListTagResources`, of instances alone.

use serde_json::{Value, json};

use super::ask::{self, TAGS_MOST, required};
use super::fleet::{Fleet, Instance};
use crate::sandbox::error::Error;
use crate::sandbox::heard::Parameters;

/// Adds tags, or gives them other values: to all the instances or to none.
pub(super) fn tag(fleet: &mut Fleet, parameters: &Parameters) -> Result<Value, Error> {
    judge_type(parameters)?;
    let ids = ask::some_of(parameters, "ResourceId")?;
    let tags = ask::tags(parameters)?;
    if tags.is_empty() {
        return Err(ask::missing("Tag.1.Key"));
    }
    for id in &ids {
        let held = &found(fleet, id)?.tags;
        if held.len() + tags.keys().filter(|key| !held.contains_key(*key)).count() > TAGS_MOST {
            let message = "The quota of tags on resource is beyond permitted range.";
            return Err(Error::new(400, "OperationDenied.QuotaExceed", message));
        }
    }
    for id in &ids {
        let new = tags.iter().map(|(key, value)| (key.clone(), value.clone().unwrap_or_default()));
        found(fleet, id)?.tags.extend(new);
    }
    Ok(json!({}))
}

/// Removes tags by their keys, or all of them.
pub(super) fn untag(fleet: &mut Fleet, parameters: &Parameters) -> Result<Value, Error> {
    judge_type(parameters)?;
    let ids = ask::some_of(parameters, "ResourceId")?;
    let keys = ask::list(parameters, "TagKey")?;
    let is_all = keys.is_empty() && ask::is_true(parameters, "All");
    for id in &ids {
        found(fleet, id)?;
    }
    for id in &ids {
        found(fleet, id)?.tags.retain(|key, _| !is_all && !keys.contains(key));
    }
    Ok(json!({}))
}

/// The tags of the instances that are named, or of all, on one page.
pub(super) fn list(fleet: &Fleet, parameters: &Parameters) -> Result<Value, Error> {
    judge_type(parameters)?;
    let ids = ask::list(parameters, "ResourceId")?;
    let asked = ask::tags(parameters)?;
    let tags: Vec<Value> = fleet
        .instances
        .iter()
        .filter(|instance| ids.is_empty() || ids.contains(&instance.id))
        .filter(|instance| ask::carries(&instance.tags, &asked))
        .flat_map(|instance| {
            instance.tags.iter().filter(|(key, _)| asked.is_empty() || asked.contains_key(*key)).map(
                |(key, value)| {
                    json!({
                        "ResourceType": "instance",
                        "ResourceId": instance.id,
                        "TagKey": key,
                        "TagValue": value,
                    })
                },
            )
        })
        .collect();
    Ok(json!({"NextToken": "", "TagResources": {"TagResource": tags}}))
}

fn judge_type(parameters: &Parameters) -> Result<(), Error> {
    if required(parameters, "ResourceType")? == "instance" {
        return Ok(());
    }
    let message = "The ResourceType provided does not exist in our records.";
    Err(Error::new(404, "InvalidResourceType.NotFound", message))
}

/// Tagging has an error of its own for what is not there.
fn found<'a>(fleet: &'a mut Fleet, id: &str) -> Result<&'a mut Instance, Error> {
    let message = "The specified ResourceIds are not found in our records.";
    fleet.find(id).map_err(|_| Error::new(404, "InvalidResourceId.NotFound", message))
}
