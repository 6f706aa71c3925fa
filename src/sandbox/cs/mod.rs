//! Container Service (ACK): clusters are created, described and deleted, as an example of an ROA product.

mod cluster;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::encode::path_decoded;
use super::error::Error;
use super::heard::{Heard, Parameters};
use super::page::Paging;
use cluster::{first, ordered};

/// From the reference of `DescribeClustersV1`.
const PAGING: Paging = Paging { number: "page_number", size: "page_size", usual: 10, most: 100 };

/// How many clusters can be created. More than anybody looks at; a cluster takes a few kilobytes.
const CLUSTERS_MOST: usize = 200;

/// The two that every region has, protected from deletion.
const AT_FIRST: [(&str, &str); 2] = [("c5b1sandbox0001", "staging"), ("c5b1sandbox0002", "shop")];

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Call {
    List,
    ListPages,
    Create,
    Detail(String),
    Delete(String),
}

impl Call {
    /// Told by method and path alone: the `x-acs-action` header is the caller's word for it.
    fn of(method: &str, path: &str) -> Option<Self> {
        match (method, path) {
            ("GET", "/api/v1/clusters") => return Some(Self::ListPages),
            ("GET", "/clusters") => return Some(Self::List),
            ("POST", "/clusters") => return Some(Self::Create),
            _ => {}
        }
        let id = path.strip_prefix("/clusters/").filter(|id| !id.is_empty() && !id.contains('/'))?;
        let id = String::from_utf8_lossy(&path_decoded(id)).into_owned();
        match method {
            "GET" => Some(Self::Detail(id)),
            "DELETE" => Some(Self::Delete(id)),
            _ => None,
        }
    }

    const fn action(&self) -> &'static str {
        match self {
            Self::List => "DescribeClusters",
            Self::ListPages => "DescribeClustersV1",
            Self::Create => "CreateCluster",
            Self::Detail(_) => "DescribeClusterDetail",
            Self::Delete(_) => "DeleteCluster",
        }
    }
}

/// The action of a path, for the calls that are played.
pub(crate) fn action(method: &str, path: &str) -> Option<&'static str> {
    Call::of(method, path).map(|call| call.action())
}

/// What the cloud adds to an answer that nobody asked for: its clock, and something new to name things by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp<'a> {
    /// Since 1970, in whole seconds.
    pub(crate) now: i64,
    /// 32 hexadecimal digits that were never given out before.
    pub(crate) fresh: &'a str,
}

/// The clusters that were created, those of all regions together.
#[derive(Debug, Default)]
pub(crate) struct Cs(Mutex<Vec<Value>>);

impl Cs {
    /// Answers a verified call with a status and a body. `region` is the one in the host name.
    pub(crate) fn answer(
        &self,
        heard: &Heard,
        parameters: &Parameters,
        region: Option<&str>,
        stamp: Stamp<'_>,
    ) -> Result<(u16, Value), Error> {
        let call = Call::of(&heard.method, &heard.path).ok_or_else(Error::no_such_action)?;
        let mut created = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let region = region.unwrap_or("cn-hangzhou");
        let all: Vec<Value> = AT_FIRST
            .iter()
            .map(|(id, name)| first(id, name, region))
            .chain(created.iter().filter(|cluster| is(cluster, "region_id", region)).cloned())
            .collect();
        let found = |id: &str| {
            let message = format!("cluster not found: {id}");
            let cluster = all.iter().find(|cluster| is(cluster, "cluster_id", id));
            cluster.ok_or_else(|| Error::new(404, "ErrorClusterNotFound", &message))
        };
        match call {
            Call::List => Ok((200, chosen(all, parameters).collect())),
            Call::ListPages => {
                let page = PAGING.read(parameters)?;
                let chosen: Vec<Value> = chosen(all, parameters).collect();
                let info = json!({
                    "page_number": page.number,
                    "page_size": page.size,
                    "total_count": chosen.len(),
                });
                let shown: Vec<Value> = page.of(chosen.into_iter()).collect();
                Ok((200, json!({"clusters": shown, "page_info": info})))
            }
            Call::Detail(id) => Ok((200, found(&id)?.clone())),
            Call::Create => {
                let cluster = ordered(&heard.body, region, stamp)?;
                if created.len() >= CLUSTERS_MOST {
                    let message = format!("The sandbox keeps {CLUSTERS_MOST} created clusters. Delete some.");
                    return Err(Error::new(400, "QuotaExceeded.Cluster", &message));
                }
                let id = cluster.get("cluster_id").cloned();
                created.push(cluster);
                Ok((202, json!({"cluster_id": id, "task_id": task(stamp)})))
            }
            Call::Delete(id) => {
                if found(&id)?.get("deletion_protection") == Some(&Value::Bool(true)) {
                    // Which code ACK has for it is not published; this is ECS's for the same thing.
                    let message = format!("cluster {id} is protected from deletion");
                    return Err(Error::new(403, "InvalidOperation.DeletionProtection", &message));
                }
                created.retain(|cluster| !is(cluster, "cluster_id", &id));
                Ok((202, json!({"cluster_id": id, "task_id": task(stamp)})))
            }
        }
    }
}

fn is(cluster: &Value, name: &str, value: &str) -> bool {
    cluster.get(name).and_then(Value::as_str) == Some(value)
}

/// Those that a list is to hold. `DescribeClusters` spells one filter in its own way.
fn chosen(all: Vec<Value>, parameters: &Parameters) -> impl Iterator<Item = Value> {
    let filters: Vec<(&str, String)> = [
        ("name", "name"),
        ("cluster_id", "cluster_id"),
        ("cluster_spec", "cluster_spec"),
        ("cluster_type", "cluster_type"),
        ("clusterType", "cluster_type"),
        ("region_id", "region_id"),
    ]
    .into_iter()
    .filter_map(|(asked, field)| Some((field, parameters.get(asked)?.clone())))
    .collect();
    all.into_iter().filter(move |cluster| filters.iter().all(|(field, value)| is(cluster, field, value)))
}

/// A task's id, as ACK forms it.
fn task(stamp: Stamp<'_>) -> String {
    format!("T-{}", stamp.fresh.get(..24).unwrap_or(stamp.fresh))
}
