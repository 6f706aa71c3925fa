//! Container Service without a network: what calls do to clusters, and what is refused.

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
    assert_eq!((&page["clusters"][0]["name"], &page["page_info"]["total_count"]), (&json!("lab"), &json!(3)));
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
    assert_eq!(ask(&cs, "PUT", "/clusters/c5b1sandbox0001", "").unwrap_err().code, "InvalidAction.NotFound");
}

#[test]
fn no_more_are_kept_than_is_said() {
    let cs = Cs::default();
    (0..CLUSTERS_MOST).for_each(|_| assert!(ask(&cs, "POST", "/clusters", ORDER).is_ok()));
    let error = ask(&cs, "POST", "/clusters", ORDER).unwrap_err();
    assert!(error.code == "QuotaExceeded.Cluster" && error.message.contains("200"), "{error:?}");
}
