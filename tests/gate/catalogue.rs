//! What a request need not say: the version of its action, and the action of its path; and when it must.

use std::collections::BTreeMap;

use super::{Row, all_are_refused, bad, silent};
use crate::kit::sandboxed::Sandboxed;
use crate::kit::{ECS, Judge, Kit, Proxy, Reply, Upstream, get, request, with_body};

const CS: &str = "cs.cn-hangzhou.aliyuncs.com";
const SAE: &str = "sae.cn-hangzhou.aliyuncs.com";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const JSON: &str = "Content-Type: application/json\r\n";
const ACS3: &str = "ACS3-HMAC-SHA256";
const VERSIONED: &str = "Authorization: ACS3-HMAC-SHA256 x\r\nx-acs-version: 2014-05-26\r\n";
const RPC: &str = "RPC1-HMAC-SHA1";

fn with(host: &str, target: &str, headers: &str) -> String {
    request("GET", host, target, headers)
}

/// Requests as somebody types them, and what arrives: product, action, version, scheme.
#[expect(clippy::too_many_lines, reason = "one table")]
fn typed() -> Vec<(String, [&'static str; 4])> {
    let by = |method: &str, host: &str, target: &str| request(method, host, target, "");
    let body = |method: &str, host: &str, target: &str| with_body(method, host, target, JSON, "{}");
    let action = "x-acs-action: DescribeZones\r\n";
    let dummy = "Authorization: ACS3-HMAC-SHA256 Credential=d,SignedHeaders=host,Signature=0\r\n";
    vec![
        // RPC.
        (get(ECS, "/?Action=DescribeInstances"), ["ecs", "DescribeInstances", "2014-05-26", ACS3]),
        (by("POST", ECS, "/?Action=RunInstances"), ["ecs", "RunInstances", "2014-05-26", ACS3]),
        (get(ECS, "/?Action=Describe%5aones"), ["ecs", "DescribeZones", "2014-05-26", ACS3]),
        (with(ECS, "/", action), ["ecs", "DescribeZones", "2014-05-26", ACS3]),
        (with(ECS, "/", &format!("{action}{dummy}")), ["ecs", "DescribeZones", "2014-05-26", ACS3]),
        (
            with_body("POST", ECS, "/", FORM, "Action=DescribeZones"),
            ["ecs", "DescribeZones", "2014-05-26", RPC],
        ),
        (
            get("vpc.cn-beijing.aliyuncs.com", "/?Action=DescribeVpcs"),
            ["vpc", "DescribeVpcs", "2016-04-28", ACS3],
        ),
        (get("ram.aliyuncs.com", "/?Action=ListUsers"), ["ram", "ListUsers", "2015-05-01", ACS3]),
        (
            get("adb.cn-beijing.aliyuncs.com", "/?Action=DescribeDBClusters"),
            ["adb", "DescribeDBClusters", "2019-03-15", ACS3],
        ),
        (
            get("sts.cn-hangzhou.aliyuncs.com", "/?Action=GetCallerIdentity"),
            ["sts", "GetCallerIdentity", "2015-04-01", ACS3],
        ),
        // Said by the request, known or not.
        (get(ECS, "/?Action=NewThing&Version=2014-05-26"), ["ecs", "NewThing", "2014-05-26", ACS3]),
        (
            with(ECS, "/?Action=DescribeZones", "x-acs-version: 2016-03-14\r\n"),
            ["ecs", "DescribeZones", "2016-03-14", ACS3],
        ),
        // A product without rows.
        (get("advisor.aliyuncs.com", "/?Action=Anything"), ["advisor", "Anything", "2018-01-20", ACS3]),
        // ROA.
        (get(CS, "/clusters"), ["cs", "DescribeClusters", "2015-12-15", ACS3]),
        (get(CS, "/api/v1/clusters?page_size=1"), ["cs", "DescribeClustersV1", "2015-12-15", ACS3]),
        (get(CS, "/clusters/c%2f1"), ["cs", "DescribeClusterDetail", "2015-12-15", ACS3]),
        (body("POST", CS, "/clusters"), ["cs", "CreateCluster", "2015-12-15", ACS3]),
        (by("DELETE", CS, "/clusters/c1"), ["cs", "DeleteCluster", "2015-12-15", ACS3]),
        (with(CS, "/clusters", dummy), ["cs", "DescribeClusters", "2015-12-15", ACS3]),
        (
            with(CS, "/clusters", "x-acs-version: 2015-12-15\r\n"),
            ["cs", "DescribeClusters", "2015-12-15", ACS3],
        ),
        (
            with(CS, "/clusters", "x-acs-action: DeleteCluster\r\nx-acs-version: 2018-04-18\r\n"),
            ["cs", "DeleteCluster", "2018-04-18", ACS3],
        ),
        (
            with(CS, "/clusters", "x-acs-action: DescribeClusterDetail\r\n"),
            ["cs", "DescribeClusterDetail", "2015-12-15", ACS3],
        ),
        (with_body("POST", CS, "/clusters", FORM, "a=b"), ["cs", "CreateCluster", "2015-12-15", ACS3]),
        (get(SAE, "/pop/v1/sam/instance/webshellToken"), ["sae", "GetWebshellToken", "2019-05-06", ACS3]),
        (
            get("elasticsearch.cn-hangzhou.aliyuncs.com", "/openapi/instances/es-1"),
            ["elasticsearch", "DescribeInstance", "2017-06-13", ACS3],
        ),
        (
            get("devops.cn-hangzhou.aliyuncs.com", "/appstack/apps%3Asearch"),
            ["devops", "ListApplications", "2021-06-25", ACS3],
        ),
    ]
}

/// How many requests of an action were counted, wherever they went and however they ended.
async fn counted(proxy: &Proxy, product: &str, action: &str) -> f64 {
    let text = proxy.admin("/metrics").await.text();
    let name = format!("countersign_requests_total{{product=\"{product}\",action=\"{action}\",");
    let lines = text.lines().filter(|line| line.starts_with(&name));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

#[tokio::test]
async fn what_a_request_does_not_say_is_found_and_signed() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let everything = format!("[connect_to]\n\"*\" = \"http://{}\"\n", upstream.address);
    let proxy = Kit::new().access().settings(&everything).start().await;
    let judge = Judge::new().await;
    let rows = typed();
    let mut asked = BTreeMap::new();
    for (request, [product, action, version, scheme]) in &rows {
        let answer = proxy.call(request).await;
        assert_eq!(answer.status, 200, "{request}{answer:?}");
        let seen = upstream.last();
        assert_eq!(judge.scheme(&seen).await, Ok(*scheme), "{request}");
        let said = |header: &str, parameter: &str| {
            if *scheme == RPC { seen.parameter(parameter) } else { seen.header(header) }
        };
        assert_eq!(said("x-acs-version", "Version").as_deref(), Some(*version), "{request}");
        if *scheme != RPC {
            assert_eq!(seen.header("x-acs-action").as_deref(), Some(*action), "{request}");
        }
        *asked.entry((*product, *action)).or_insert(0.0) += 1.0;
        assert_eq!(counted(&proxy, product, action).await, asked[&(*product, *action)], "{request}");
    }
    let lines = proxy.access_lines(rows.len()).await;
    assert_eq!(lines.len(), rows.len());
    for (line, (request, [product, action, _, scheme])) in lines.iter().zip(&rows) {
        let said = ["product", "action", "scheme"].map(|name| line[name].as_str().unwrap());
        assert_eq!(said, [*product, *action, *scheme], "{request}");
    }
}

#[tokio::test]
async fn the_cloud_takes_a_bare_call_of_either_style() {
    let sandboxed = Sandboxed::start().await;
    let proxy = sandboxed.kit().start().await;
    for (host, target, inside) in [
        (ECS, "/?Action=DescribeInstances", "Instances"),
        (ECS, "/?Action=DescribeRegions", "cn-hangzhou"),
        (CS, "/clusters", "c5b1sandbox0001"),
        (CS, "/clusters/c5b1sandbox0002", "shop"),
    ] {
        let answer = proxy.get(host, target).await;
        assert!(answer.status == 200 && answer.text().contains(inside), "{target}: {answer:?}");
    }
    assert!(sandboxed.sandbox.counters().verified.values().sum::<u64>() >= 4);
}

#[tokio::test]
async fn what_nobody_can_know_is_refused() {
    let unknown = "operation_unknown";
    let rows: Vec<Row> = vec![
        bad("a name that is near", get(ECS, "/?Action=DescribeInstance"), unknown),
        bad("a name of another product", get(ECS, "/?Action=DescribeVpcPeers"), unknown),
        bad("in another letter case", get(ECS, "/?Action=describeinstances"), unknown),
        bad("in a header", with(ECS, "/", "x-acs-action: DescribeInstance\r\n"), unknown),
        bad("in a form", with_body("POST", ECS, "/", FORM, "Action=DescribeInstance"), unknown),
        bad("of a product of paths", with(CS, "/clusters", "x-acs-action: ListClusters\r\n"), unknown),
        bad("a path", get(CS, "/clusterz"), unknown),
        bad("a method", request("PATCH", CS, "/clusters", ""), unknown),
        bad("another version's path", with(CS, "/clusters", "x-acs-version: 2018-04-18\r\n"), unknown),
        bad("a call by path without one", get(CS, "/?Action=DescribeClusters"), unknown),
        bad("nothing", get(CS, "/"), unknown),
        bad("a path, signed", with(CS, "/clusterz", "Authorization: ACS3-HMAC-SHA256 x\r\n"), unknown),
        bad("nothing but a version, signed", with(ECS, "/", VERSIONED), unknown),
        bad("a path, signed by path", with(CS, "/clusterz", "Authorization: acs d:0\r\n"), unknown),
    ];
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
    for (request, told) in [
        (get(ECS, "/?Action=DescribeInstance"), "did you mean `DescribeInstances`"),
        (with(CS, "/x", "x-acs-action: DescribeCluster\r\n"), "`DescribeClusters`"),
        (request("PATCH", CS, "/clusters", ""), "this path takes GET, POST"),
        (get(CS, "/?Action=CreateCluster"), "send `POST /clusters`"),
    ] {
        let text = proxy.call(&request).await.text();
        assert!(text.contains(told), "{request}{text}");
    }
}
