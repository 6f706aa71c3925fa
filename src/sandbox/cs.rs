//! Container Service (ACK): clusters are created, described and deleted, as an example of an ROA product.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::date;
use super::encode::path_decoded;
use super::error::Error;
use super::heard::{Heard, Parameters};
use super::page::Paging;

/// From the reference of `DescribeClustersV1`.
const PAGING: Paging = Paging { number: "page_number", size: "page_size", usual: 10, most: 100 };

/// How many clusters can be created. More than anybody looks at; a cluster takes a few kilobytes.
const CLUSTERS_MOST: usize = 200;

/// The length of a cluster's name, in characters. From the reference of `CreateCluster`.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=63;

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

/// The cluster that the body of `CreateCluster` orders. It runs at once.
fn ordered(body: &[u8], region: &str, stamp: Stamp<'_>) -> Result<Value, Error> {
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
        ("size", order.get("num_of_nodes").filter(|size| size.is_u64()).cloned().unwrap_or(json!(0))),
        ("created", json!(made)),
        ("updated", json!(made)),
        ("deletion_protection", json!(order.get("deletion_protection") == Some(&Value::Bool(true)))),
        ("tags", order.get("tags").filter(|tags| tags.is_array()).cloned().unwrap_or(json!([]))),
    ] {
        if let Some(field) = cluster.get_mut(field) {
            *field = value;
        }
    }
    Ok(cluster)
}

/// One of the two clusters of the start.
fn first(id: &str, name: &str, region: &str) -> Value {
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

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: &str = "0123456789abcdef0123456789abcdef";
    const STAMP: Stamp<'static> = Stamp { now: 1_800_000_000, fresh: FRESH };

    fn ask(cs: &Cs, method: &str, target: &str, body: &str) -> Result<(u16, Value), Error> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let heard = Heard {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            body: body.as_bytes().to_vec(),
            ..Heard::default()
        };
        cs.answer(&heard, &heard.parameters(), Some("cn-hangzhou"), STAMP)
    }

    const ORDER: &str = r#"{"name":"lab","region_id":"cn-hangzhou","kubernetes_version":"1.33.0","tags":[{"key":"a","value":"b"}]}"#;

    #[test]
    fn a_cluster_is_there_from_its_creation_to_its_deletion() {
        let cs = Cs::default();
        let path = format!("/clusters/c{FRESH}");
        let code = |method: &str| ask(&cs, method, &path, "").unwrap_err().code;
        assert_eq!(code("GET"), "ErrorClusterNotFound");
        let (status, made) = ask(&cs, "POST", "/clusters", ORDER).unwrap();
        assert_eq!((status, made["cluster_id"].as_str()), (202, path.strip_prefix("/clusters/")));
        assert_eq!(made["task_id"], "T-0123456789abcdef01234567");
        let (_, detail) = ask(&cs, "GET", &path.replace("cdef", "c%64ef"), "").unwrap();
        assert_eq!((&detail["name"], &detail["current_version"]), (&json!("lab"), &json!("1.33.0")));
        assert_eq!(
            (&detail["tags"][0]["value"], &detail["created"]),
            (&json!("b"), &json!("2027-01-15T08:00:00Z"))
        );
        assert_eq!(ask(&cs, "GET", "/clusters?name=lab", "").unwrap().1.as_array().unwrap().len(), 1);
        let (_, page) = ask(&cs, "GET", "/api/v1/clusters?page_size=2&page_number=2", "").unwrap();
        assert_eq!(
            (&page["clusters"][0]["name"], &page["page_info"]["total_count"]),
            (&json!("lab"), &json!(3))
        );
        assert_eq!(ask(&cs, "DELETE", &path, "").unwrap().0, 202);
        assert_eq!(
            (code("GET"), code("DELETE")),
            ("ErrorClusterNotFound".to_owned(), "ErrorClusterNotFound".to_owned())
        );
    }

    #[test]
    fn another_region_does_not_see_it() {
        let cs = Cs::default();
        ask(&cs, "POST", "/clusters", ORDER).unwrap();
        let heard = Heard { method: "GET".to_owned(), path: "/clusters".to_owned(), ..Heard::default() };
        let (_, there) = cs.answer(&heard, &Parameters::new(), Some("cn-beijing"), STAMP).unwrap();
        assert_eq!(there.as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_is_wrong_with_an_order_is_named() {
        let cs = Cs::default();
        for (body, expected) in [
            ("", "InvalidParameter"),
            ("{}", "MissingParameter.name"),
            (r#"{"name":"lab"}"#, "MissingParameter.region_id"),
            (r#"{"name":"-lab","region_id":"cn-hangzhou"}"#, "InvalidParameter"),
            (r#"{"name":"lab","region_id":"cn-beijing"}"#, "InvalidParameter"),
            (r#"{"name":"lab","region_id":"cn-hangzhou","cluster_type":"Swarm"}"#, "InvalidParameter"),
        ] {
            let error = ask(&cs, "POST", "/clusters", body).unwrap_err();
            assert_eq!((error.status, error.code.as_str()), (400, expected), "{body}");
        }
        assert_eq!(ask(&cs, "DELETE", "/clusters/c5b1sandbox0001", "").unwrap_err().status, 403);
        assert_eq!(
            ask(&cs, "PUT", "/clusters/c5b1sandbox0001", "").unwrap_err().code,
            "InvalidAction.NotFound"
        );
    }

    #[test]
    fn no_more_are_kept_than_is_said() {
        let cs = Cs::default();
        (0..CLUSTERS_MOST).for_each(|_| assert!(ask(&cs, "POST", "/clusters", ORDER).is_ok()));
        let error = ask(&cs, "POST", "/clusters", ORDER).unwrap_err();
        assert!(error.code == "QuotaExceeded.Cluster" && error.message.contains("200"), "{error:?}");
    }
}
