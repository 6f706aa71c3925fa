//! What the catalogue adds: versions of actions, actions of paths, and what it refuses to guess.

use super::*;

const CS: &str = "cs.cn-hangzhou.aliyuncs.com";
/// A product whose catalogued version is not its only one, and one that the catalogue does not have.
const ADB: &str = "adb.cn-beijing.aliyuncs.com";
const UNLISTED: &str = "advisor.aliyuncs.com";
const ACS3: &str = "Authorization: ACS3-HMAC-SHA256 Credential=d\r\n";

/// Action, version, and whether each is added.
type Added = (Option<String>, Option<String>, bool, bool);

fn added(line: &str, host: &str, headers: &str, body: &str) -> Result<Added, Refusal> {
    let plan = planned(line, host, headers, body, false)?;
    let action = plan.call.action.map(|action| action.as_str().to_owned());
    let version = plan.call.version.map(|version| version.as_str().to_owned());
    Ok((action, version, plan.adds_action, plan.adds_version))
}

fn refused(line: &str, host: &str, headers: &str) -> (Code, String) {
    let refusal = added(line, host, headers, "").unwrap_err();
    (refusal.code, format!("{}; {}", refusal.sentence, refusal.action))
}

#[test]
fn a_version_that_nobody_gave_is_the_catalogues() {
    for (line, host, headers, action, version) in [
        ("GET /?Action=DescribeInstances", ECS, "", "DescribeInstances", "2014-05-26"),
        ("GET /?Action=DescribeDBClusters", ADB, "", "DescribeDBClusters", "2019-03-15"),
        ("GET /", ECS, "x-acs-action: DescribeZones\r\n", "DescribeZones", "2014-05-26"),
        ("GET /clusters", CS, "x-acs-action: DescribeClusters\r\n", "DescribeClusters", "2015-12-15"),
        // Another path than its own, which is the caller's word against the catalogue's.
        ("GET /x", CS, "x-acs-action: DescribeClusters\r\n", "DescribeClusters", "2015-12-15"),
        ("GET /?Action=Anything", UNLISTED, "", "Anything", "2018-01-20"),
    ] {
        let (found, its, _, adds_version) = added(line, host, headers, "").unwrap();
        assert_eq!((found.as_deref(), its.as_deref()), (Some(action), Some(version)), "{line}");
        assert!(adds_version, "{line}");
    }
}

#[test]
fn a_path_names_its_action_and_both_are_added() {
    for (line, action) in [
        ("GET /clusters", "DescribeClusters"),
        ("GET /clusters?name=a", "DescribeClusters"),
        ("POST /clusters", "CreateCluster"),
        ("GET /clusters/c1", "DescribeClusterDetail"),
        ("GET /clusters/c%2F1", "DescribeClusterDetail"),
        ("DELETE /clusters/c1", "DeleteCluster"),
        ("GET /api/v1/clusters", "DescribeClustersV1"),
        // Of a path the query's `Action` is a parameter of the product's own.
        ("GET /clusters?Action=DeleteCluster", "DescribeClusters"),
    ] {
        for signed in ["", ACS3] {
            let expected = (Some(action.to_owned()), Some("2015-12-15".to_owned()), true, true);
            assert_eq!(added(line, CS, signed, "").unwrap(), expected, "{line} {signed}");
        }
    }
    let version = "x-acs-version: 2015-12-15\r\n";
    let (action, _, adds_action, adds_version) = added("GET /clusters", CS, version, "").unwrap();
    assert_eq!((action.as_deref(), adds_action, adds_version), (Some("DescribeClusters"), true, false));
    let body = added("POST /clusters", CS, "Content-Type: application/json\r\n", "{}").unwrap();
    assert_eq!(body.0.as_deref(), Some("CreateCluster"));
}

#[test]
fn what_the_request_says_itself_wins() {
    for (line, host, headers, action, version) in [
        ("GET /?Action=DescribeInstances&Version=2016-03-14", ECS, "", "DescribeInstances", "2016-03-14"),
        ("GET /?Action=NewInThisYear&Version=2014-05-26", ECS, "", "NewInThisYear", "2014-05-26"),
        (
            "GET /clusters",
            CS,
            "x-acs-action: DeleteCluster\r\nx-acs-version: 2018-04-18\r\n",
            "DeleteCluster",
            "2018-04-18",
        ),
        (
            "GET /?Action=DescribeClusters",
            CS,
            "x-acs-version: 2015-12-15\r\n",
            "DescribeClusters",
            "2015-12-15",
        ),
    ] {
        let (found, its, ..) = added(line, host, headers, "").unwrap();
        assert_eq!((found.as_deref(), its.as_deref()), (Some(action), Some(version)), "{line}");
    }
}

#[test]
fn a_name_that_no_list_has_is_refused_with_the_nearest_unless_it_names_its_version() {
    let unknown = Code::OperationUnknown;
    let (code, text) = refused("GET /?Action=DescribeInstance", ECS, "");
    assert_eq!(code, unknown);
    assert!(text.contains("did you mean `DescribeInstances`") && text.contains("`Version`"), "{text}");
    let (code, text) = refused("GET /clusters", CS, "x-acs-action: DescribeCluster\r\n");
    assert!(code == unknown && text.contains("`DescribeClusters`"), "{text}");
    let (code, text) = refused("GET /", ECS, &format!("{ACS3}x-acs-action: describezones\r\n"));
    assert!(code == unknown && text.contains("`DescribeZones`"), "{text}");
    let (code, text) = refused("GET /?Action=Nonsense", ECS, "");
    assert!(code == unknown && text.contains("`ecs`") && text.contains("correct it"), "{text}");
    // An RPC signature covers what is named, and nothing is added to it.
    assert!(added(&format!("GET /?{SIGNED}&Action=Nonsense"), ECS, "", "").is_ok());
}

#[test]
fn a_call_by_path_that_is_sent_as_one_without_is_shown_its_path() {
    let (code, text) = refused("GET /?Action=DescribeClusterDetail", CS, "");
    assert_eq!(code, Code::OperationUnknown);
    assert!(text.contains("`GET /clusters/[ClusterId]`"), "{text}");
}

#[test]
fn a_path_that_means_nothing_is_refused_and_shown_its_methods() {
    for (line, headers) in [
        ("GET /clusterz", ""),
        ("GET /clusters/", ""),
        ("GET /", ""),
        // Of another version's paths nothing is known.
        ("GET /clusters", "x-acs-version: 2018-04-18\r\n"),
    ] {
        assert_eq!(refused(line, CS, headers).0, Code::OperationUnknown, "{line}");
    }
    let (_, text) = refused("PATCH /clusters", CS, "");
    assert!(text.contains("GET, POST"), "{text}");
}

#[test]
fn a_form_that_is_not_read_yet_may_name_the_version() {
    let headers = format!("{FORM}Content-Length: 30\r\n");
    let judged = |line: &str, headers: &str, is_form_unread: bool| {
        let mut head = Head::new();
        head.buffer().extend(format!("{line} HTTP/1.1\r\nHost: {ECS}\r\n{headers}\r\n").bytes());
        assert_eq!(head.parse(&HeadLimits { head: 8192, headers: 64, uri: 8192 }), Ok(true));
        let target = target(head.target())?;
        let endpoint = reverse(ECS, &Tenants::any()).unwrap();
        let query: Vec<_> = parameters(target.query).collect();
        let read = if is_form_unread { FormRead::NotYet } else { FormRead::None };
        let asked = asked(&head, &query, read, Family::Acs3, true)?;
        let (query, endpoint) = (&query[..], &endpoint);
        let shape = Shape {
            head: &head,
            target,
            query,
            endpoint,
            is_form: true,
            is_form_unread,
            upgrades_rpc: false,
            oss_v1: false,
        };
        settle(&plan(&asked, &shape)?, endpoint.product())
    };
    assert!(judged("POST /?Action=NewInThisYear", &headers, true).is_ok());
    assert!(judged("POST /?Action=NewInThisYear", &headers, false).is_err());
}
