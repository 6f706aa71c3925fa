//! Container Service (ACK): its two ways to list clusters, as an example of an ROA product.

use serde_json::{Value, json};

use super::error::Error;

/// The action of a path, for the calls that are played.
pub(crate) fn action(method: &str, path: &str) -> Option<&'static str> {
    match (method, path) {
        ("GET", "/api/v1/clusters") => Some("DescribeClustersV1"),
        ("GET", "/clusters") => Some("DescribeClusters"),
        _ => None,
    }
}

/// Answers a verified call, told by its path alone: the `x-acs-action` header is the caller's word for it.
pub(crate) fn answer(method: &str, path: &str, region: Option<&str>) -> Result<Value, Error> {
    let clusters =
        json!([cluster("c5b1sandbox0001", "staging", region), cluster("c5b1sandbox0002", "shop", region)]);
    match action(method, path) {
        Some("DescribeClusters") => Ok(clusters),
        Some(_) => Ok(json!({
            "clusters": clusters,
            "page_info": {"page_number": 1, "page_size": 10, "total_count": 2},
        })),
        None => Err(Error::no_such_action()),
    }
}

fn cluster(id: &str, name: &str, region: Option<&str>) -> Value {
    json!({
        "cluster_id": id,
        "name": name,
        "region_id": region.unwrap_or("cn-hangzhou"),
        "state": "running",
        "cluster_type": "ManagedKubernetes",
        "cluster_spec": "ack.pro.small",
        "current_version": "1.32.1-aliyun.1",
        "size": 3,
        "created": "2024-03-07T08:09:05Z",
        "updated": "2024-03-07T08:09:05Z",
        "deletion_protection": true,
        "tags": [],
    })
}
