//! Names under Alibaba Cloud's own suffixes behind which a customer's code or server reads the whole request.
//!
//! Such a host is refused with its reason and not merely as unknown. No setting may ever admit one, save those of the
//! products that are signed for on an operator's own hosts: see [`super::OwnHosts`].

/// A suffix (with its first dot) and what answers there.
const SUFFIXES: [(&str, &str); 12] = [
    (".alb.aliyuncs.com", LOAD_BALANCER),
    (".nlb.aliyuncs.com", LOAD_BALANCER),
    (".slb.aliyuncs.com", LOAD_BALANCER),
    (".aliyuncsslb.com", LOAD_BALANCER),
    (".aliyuncsslbintl.com", LOAD_BALANCER),
    (".privatelink.aliyuncs.com", "PrivateLink: any customer can publish a server there"),
    (".pai-eas.aliyuncs.com", "Elastic Algorithm Service: the customer's container receives every header"),
    (
        ".oss-object-process.aliyuncs.com",
        "an Object FC access point: the customer's function handles the request",
    ),
    (".cs.aliyuncs.com", "the API server of a customer's Kubernetes cluster"),
    (".alicontainer.com", "an ingress of a customer's Kubernetes cluster"),
    (".cr.aliyuncs.com", "a container registry, which takes docker tokens only"),
    (".console.aliyun.com", CONSOLE),
];
const LOAD_BALANCER: &str = "a load balancer: the customer's servers receive the request";
const CONSOLE: &str = "a web console, not an API";
const AGENT: &str = "an agent runtime: the customer's code receives the request";
const DATABASE: &str = "the endpoint of a customer's database or middleware";
const ORIGIN: &str = "a CDN, acceleration or firewall name: the customer's origin receives the request";

/// A label after the first, under `aliyuncs.com`, that marks a customer's database or middleware.
const DATABASES: [&str; 26] = [
    "ads",
    "alikafka",
    "clickhouse",
    "drds",
    "elasticsearch",
    "gpdb",
    "graphdb",
    "hbase",
    "hologres",
    "influxdata",
    "kibana",
    "kvstore",
    "lindorm",
    "memcache",
    "milvus",
    "mongodb",
    "mq-amqp",
    "opensearch",
    "petadata",
    "polardb",
    "polardbx",
    "rds",
    "redis",
    "rmq",
    "selectdb",
    "tsdb",
];

/// Why no signature may ever go to `host`; `None` when nothing is known against it. Assumes a well-formed name in lower case.
pub(super) fn why(host: &str) -> Option<&'static str> {
    if let Some((_, why)) = SUFFIXES.iter().find(|(suffix, _)| host.ends_with(suffix)) {
        return Some(why);
    }
    if host.starts_with("console.") {
        return Some(CONSOLE);
    }
    match host.strip_suffix(".aliyuncs.com") {
        Some(rest) => under_aliyuncs(rest),
        None => is_origin_alias(host).then_some(ORIGIN),
    }
}

fn under_aliyuncs(rest: &str) -> Option<&'static str> {
    let mut labels = rest.split('.').skip(1);
    labels.find_map(|label| match label {
        _ if DATABASES.binary_search(&label).is_ok() => Some(DATABASE),
        _ if label.starts_with("agentrun") => Some(AGENT),
        _ => None,
    })
}

/// `*.kunlunX.com`, `*.aliyungaN.com`, `*.aliyunwafX.com`, `*.aliyunddosN.com`: what a customer's domain is an alias of.
fn is_origin_alias(host: &str) -> bool {
    let Some((_, zone)) = host.strip_suffix(".com").and_then(|rest| rest.rsplit_once('.')) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    zone.strip_prefix("kunlun").is_some_and(|rest| !rest.is_empty())
        || zone.strip_prefix("aliyunga").is_some_and(digits)
        || zone.strip_prefix("aliyunddos").is_some_and(digits)
        || zone.starts_with("aliyunwaf")
}
