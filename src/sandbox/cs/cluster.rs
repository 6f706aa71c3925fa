//! A cluster, as it is there from the start or as the body of a call orders it.

use serde_json::{Value, json};

use super::Stamp;
use crate::sandbox::date;
use crate::sandbox::error::Error;

/// The length of a cluster's name, in characters. From the reference of `CreateCluster`.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=63;

/// The cluster that the body of `CreateCluster` orders. It runs at once.
pub(super) fn ordered(body: &[u8], region: &str, stamp: Stamp<'_>) -> Result<Value, Error> {
    let invalid = |why: &str| Error::new(400, "InvalidParameter", why);
    let order: Value = serde_json::from_slice(body).map_err(|_| invalid("the body is not JSON"))?;
    let text = |name: &str| order.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = text("name").ok_or_else(|| Error::missing_parameter("name"))?;
    if !NAME_LENGTH.contains(&name.chars().count()) || name.starts_with('-') {
        return Err(invalid("name has 1 to 63 characters and does not begin with a hyphen"));
    }
    if text("region_id").ok_or_else(|| Error::missing_parameter("region_id"))? != region {
        return Err(invalid(&format!("region_id is not {region}, the region of this endpoint")));
    }
    let kind = text("cluster_type").unwrap_or("ManagedKubernetes");
    if !["Kubernetes", "ManagedKubernetes", "ExternalKubernetes"].contains(&kind) {
        return Err(invalid("cluster_type is Kubernetes, ManagedKubernetes or ExternalKubernetes"));
    }
    let mut cluster = first(&format!("c{}", stamp.fresh), name, region);
    let made = date::iso(stamp.now);
    for (field, value) in [
        ("cluster_type", json!(kind)),
        ("cluster_spec", json!(text("cluster_spec").unwrap_or("ack.standard"))),
        ("current_version", json!(text("kubernetes_version").unwrap_or("1.32.1-aliyun.1"))),
        ("vpc_id", json!(text("vpcid").unwrap_or_default())),
        ("size", order.get("num_of_nodes").filter(|size| size.is_u64()).cloned().unwrap_or_else(|| json!(0))),
        ("created", json!(made)),
        ("updated", json!(made)),
        ("deletion_protection", json!(order.get("deletion_protection") == Some(&Value::Bool(true)))),
        ("tags", order.get("tags").filter(|tags| tags.is_array()).cloned().unwrap_or_else(|| json!([]))),
    ] {
        if let Some(field) = cluster.get_mut(field) {
            *field = value;
        }
    }
    Ok(cluster)
}

/// What every cluster has, and the two of the start have nothing beside.
pub(super) fn first(id: &str, name: &str, region: &str) -> Value {
    json!({
        "cluster_id": id,
        "name": name,
        "region_id": region,
        "state": "running",
        "cluster_type": "ManagedKubernetes",
        "cluster_spec": "ack.pro.small",
        "current_version": "1.32.1-aliyun.1",
        "vpc_id": "vpc-sandbox0001",
        "size": 3,
        "created": "2024-03-07T08:09:05Z",
        "updated": "2024-03-07T08:09:05Z",
        "deletion_protection": true,
        "tags": [],
    })
}
