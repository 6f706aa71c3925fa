//! ECS: two read-only calls, enough for a first look and for an SDK to parse.

use serde_json::{Value, json};

use super::error::Error;
use super::heard::Parameters;

const REGIONS: [(&str, &str); 6] = [
    ("cn-hangzhou", "China (Hangzhou)"),
    ("cn-shanghai", "China (Shanghai)"),
    ("cn-beijing", "China (Beijing)"),
    ("cn-shenzhen", "China (Shenzhen)"),
    ("ap-southeast-1", "Singapore"),
    ("eu-central-1", "Germany (Frankfurt)"),
];

/// How many instances a region has: enough for two pages of the smallest size that is worth asking for.
const INSTANCES: usize = 5;

/// The most that one page can hold, and what it holds unasked. From the reference of `DescribeInstances`.
const PAGE_MOST: usize = 100;
const PAGE_USUAL: usize = 10;

/// Answers a verified call. `region` is the one in the host name.
pub(crate) fn answer(action: &str, parameters: &Parameters, region: Option<&str>) -> Result<Value, Error> {
    match action {
        "DescribeRegions" => Ok(json!({"Regions": {"Region": REGIONS.map(|(id, name)| json!({
            "RegionId": id,
            "LocalName": name,
            "RegionEndpoint": format!("ecs.{id}.aliyuncs.com"),
            "Status": "available",
        }))}})),
        "DescribeInstances" => describe_instances(parameters, region),
        _ => Err(Error::no_such_action()),
    }
}

fn describe_instances(parameters: &Parameters, region: Option<&str>) -> Result<Value, Error> {
    let region = parameters.get("RegionId").map(String::as_str).or(region);
    let region = region.ok_or_else(|| Error::missing_parameter("RegionId"))?;
    if !REGIONS.iter().any(|(id, _)| *id == region) {
        let message = "The specified RegionId does not exist.";
        return Err(Error::new(404, "InvalidRegionId.NotFound", message));
    }
    let (page, size) = (number(parameters, "PageNumber", 1)?, number(parameters, "PageSize", PAGE_USUAL)?);
    if size > PAGE_MOST {
        return Err(Error::invalid_parameter("PageSize"));
    }
    let skipped = size.saturating_mul(page - 1);
    let instances: Vec<Value> =
        (1..=INSTANCES).skip(skipped).take(size).map(|number| instance(region, number)).collect();
    Ok(json!({
        "TotalCount": INSTANCES,
        "PageNumber": page,
        "PageSize": size,
        "Instances": {"Instance": instances},
    }))
}

/// A whole number from 1 up.
fn number(parameters: &Parameters, name: &str, usual: usize) -> Result<usize, Error> {
    let Some(text) = parameters.get(name) else { return Ok(usual) };
    text.parse().ok().filter(|&number| number >= 1).ok_or_else(|| Error::invalid_parameter(name))
}

fn instance(region: &str, number: usize) -> Value {
    json!({
        "InstanceId": format!("i-sandbox{}{number:04}", region.replace('-', "")),
        "InstanceName": format!("web-{number}"),
        "HostName": format!("web-{number}"),
        "RegionId": region,
        "ZoneId": format!("{region}-b"),
        "Status": if number == INSTANCES { "Stopped" } else { "Running" },
        "InstanceType": "ecs.g7.large",
        "Cpu": 2,
        "Memory": 8_192,
        "OSName": "Alibaba Cloud Linux 3",
        "CreationTime": "2024-03-07T08:09Z",
        "ExpiredTime": "2099-12-31T15:59Z",
        "InstanceChargeType": "PostPaid",
        "PublicIpAddress": {"IpAddress": []},
        "VpcAttributes": {
            "VpcId": "vpc-sandbox0001",
            "VSwitchId": "vsw-sandbox0001",
            "PrivateIpAddress": {"IpAddress": [format!("192.168.0.{number}")]},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<Value, Error> {
        let parameters = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        answer("DescribeInstances", &parameters, Some("cn-hangzhou"))
    }

    #[test]
    fn the_pages_of_a_region_hold_every_instance_once() {
        let mut ids = Vec::new();
        for page in ["1", "2", "3", "4"] {
            let answer = asked(&[("PageSize", "2"), ("PageNumber", page)]).unwrap();
            let page = answer["Instances"]["Instance"].as_array().unwrap().clone();
            ids.extend(page.iter().map(|one| one["InstanceId"].as_str().unwrap().to_owned()));
        }
        ids.dedup();
        assert_eq!(ids.len(), INSTANCES);
    }

    #[test]
    fn numbers_and_regions_that_do_not_exist_are_refused() {
        let code = |pairs: &[(&str, &str)]| asked(pairs).unwrap_err().code;
        assert_eq!(code(&[("PageSize", "101")]), "InvalidParameter.PageSize");
        assert_eq!(code(&[("PageNumber", "0")]), "InvalidParameter.PageNumber");
        assert_eq!(code(&[("RegionId", "mars-1")]), "InvalidRegionId.NotFound");
    }
}
