//! ECS: instances are run, shown, stopped, started, tagged and deleted, each region for itself.

mod ask;
mod filter;
mod fleet;
mod power;
mod run;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::error::Error;
use super::heard::Parameters;
use super::page::Paging;
use fleet::Fleet;
use power::Change;

const REGIONS: [(&str, &str); 6] = [
    ("cn-hangzhou", "China (Hangzhou)"),
    ("cn-shanghai", "China (Shanghai)"),
    ("cn-beijing", "China (Beijing)"),
    ("cn-shenzhen", "China (Shenzhen)"),
    ("ap-southeast-1", "Singapore"),
    ("eu-central-1", "Germany (Frankfurt)"),
];

/// From the reference of `DescribeInstances`.
const PAGING: Paging = Paging { number: "PageNumber", size: "PageSize", usual: 10, most: 100 };

/// What a call does to the instances of a region, at a moment.
type Action = fn(&mut Fleet, &Parameters, i64) -> Result<Value, Error>;

/// All instances, by region.
#[derive(Debug, Default)]
pub(crate) struct Ecs(Mutex<BTreeMap<&'static str, Fleet>>);

impl Ecs {
    /// Answers a verified call. `region` is the one in the host name, `now` the cloud's clock: since 1970, in whole
    /// seconds.
    pub(crate) fn answer(
        &self,
        action: &str,
        parameters: &Parameters,
        region: Option<&str>,
        now: i64,
    ) -> Result<Value, Error> {
        if action == "DescribeRegions" {
            return Ok(regions());
        }
        let act: Action = match action {
            "DescribeInstances" => |fleet, parameters, _| describe(fleet, parameters),
            "RunInstances" => run::run,
            "StartInstance" => |fleet, parameters, _| power::one(fleet, parameters, Change::Start),
            "StopInstance" => |fleet, parameters, _| power::one(fleet, parameters, Change::Stop),
            "DeleteInstance" => |fleet, parameters, _| power::one(fleet, parameters, Change::Delete),
            "StartInstances" => |fleet, parameters, _| power::several(fleet, parameters, Change::Start),
            "StopInstances" => |fleet, parameters, _| power::several(fleet, parameters, Change::Stop),
            "DeleteInstances" => |fleet, parameters, _| power::several(fleet, parameters, Change::Delete),
            "TagResources" => |fleet, parameters, _| tags::tag(fleet, parameters),
            "UntagResources" => |fleet, parameters, _| tags::untag(fleet, parameters),
            "ListTagResources" => |fleet, parameters, _| tags::list(fleet, parameters),
            _ => return Err(Error::no_such_action()),
        };
        let region = region_of(parameters, region)?;
        let mut fleets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(fleets.entry(region).or_insert_with(|| Fleet::new(region)), parameters, now)
    }
}

fn regions() -> Value {
    json!({"Regions": {"Region": REGIONS.map(|(id, name)| json!({
        "RegionId": id,
        "LocalName": name,
        "RegionEndpoint": format!("ecs.{id}.aliyuncs.com"),
        "Status": "available",
    }))}})
}

/// The region that a call names, else that of the host.
fn region_of(parameters: &Parameters, host: Option<&str>) -> Result<&'static str, Error> {
    let asked = parameters.get("RegionId").map(String::as_str).or(host);
    let asked = asked.ok_or_else(|| ask::missing("RegionId"))?;
    let known = REGIONS.iter().find(|(id, _)| *id == asked);
    known
        .map(|(id, _)| *id)
        .ok_or_else(|| Error::new(404, "InvalidRegionId.NotFound", "The specified RegionId does not exist."))
}

fn describe(fleet: &Fleet, parameters: &Parameters) -> Result<Value, Error> {
    let page = PAGING.read(parameters)?;
    let chosen = filter::chosen(&fleet.instances, parameters)?;
    let total = chosen.len();
    let shown: Vec<Value> = page.of(chosen.into_iter()).map(|instance| fleet.shown(instance)).collect();
    Ok(json!({
        "TotalCount": total,
        "PageNumber": page.number,
        "PageSize": page.size,
        "Instances": {"Instance": shown},
    }))
}
