//! `RunInstances`. Networks, security groups and disks are not played, so they are neither needed nor looked at.

use serde_json::{Value, json};

use super::ask::{self, required};
use super::fleet::{Fleet, INSTANCES_MOST, Order};
use crate::sandbox::error::Error;
use crate::sandbox::heard::Parameters;
use crate::sandbox::page::number;

/// The most instances of one call. From the reference.
const AMOUNT_MOST: usize = 100;

/// The length of an instance's name, in characters. From the reference.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 2..=128;

/// Makes instances that run, or says again what the same call with the same client token made.
pub(super) fn run(fleet: &mut Fleet, parameters: &Parameters, now: i64) -> Result<Value, Error> {
    let order = Order {
        name: None,
        image_id: required(parameters, "ImageId")?.to_owned(),
        instance_type: required(parameters, "InstanceType")?.to_owned(),
        tags: ask::tags(parameters)?
            .into_iter()
            .map(|(key, value)| (key, value.unwrap_or_default()))
            .collect(),
        at: now,
    };
    let amount = number(parameters, "Amount", 1)?;
    if amount > AMOUNT_MOST {
        return Err(Error::invalid_parameter("Amount"));
    }
    let name = parameters.get("InstanceName");
    if name.is_some_and(|name| !NAME_LENGTH.contains(&name.chars().count())) {
        let message = "The specified parameter InstanceName is not valid.";
        return Err(Error::new(400, "InvalidInstanceName.Malformed", message));
    }
    if let Some(ids) = fleet.replayed(parameters)? {
        return Ok(made(&ids));
    }
    if fleet.instances.len() + amount > INSTANCES_MOST {
        let message = format!(
            "The number of the specified ECS instances has exceeded the quota: the sandbox keeps {INSTANCES_MOST} a region. Delete some."
        );
        return Err(Error::new(403, "QuotaExceed.ElasticQuota", &message));
    }
    ask::end_dry_run(parameters)?;
    let is_numbered = ask::is_true(parameters, "UniqueSuffix");
    let named = |number: usize| {
        name.map(|name| if is_numbered { format!("{name}{number:03}") } else { name.clone() })
    };
    let ids: Vec<String> =
        (1..=amount).map(|number| fleet.make(Order { name: named(number), ..order.clone() })).collect();
    fleet.remember(parameters, &ids);
    Ok(made(&ids))
}

fn made(ids: &[String]) -> Value {
    json!({"InstanceIdSets": {"InstanceIdSet": ids}})
}
