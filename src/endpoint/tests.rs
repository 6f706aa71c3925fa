//! Rules that a reader of the table cannot see in it: who is admitted, who is refused, and as what.

use super::{
    NoEndpoint, OwnHosts, Tenants, Unresolved, forward, parse_pin, products_of, reverse, with_tenant,
};
use crate::names::Network;

/// A tenant's host: who is listed, what it means, and as what it is refused when nobody is.
#[test]
fn a_tenants_host_passes_only_if_it_is_listed() {
    let cases = [
        ("oss", "bkt1", "bkt1.oss-cn-hangzhou.aliyuncs.com", "oss", "cn-hangzhou"),
        ("oss", "bkt-*", "bkt-2.oss-cn-hangzhou-internal.aliyuncs.com", "oss", "cn-hangzhou"),
        ("oss", "*-logs", "eu-logs.eu-central-1.oss.aliyuncs.com", "oss", "eu-central-1"),
        ("oss", "bkt1", "bkt1.oss-accelerate.aliyuncs.com", "oss", ""),
        ("oss", "bkt1", "bkt1.oss-cn-hzfinance.aliyuncs.com", "oss", "cn-hangzhou-finance"),
        ("oss", "bkt1", "bkt1.cn-shanghai-finance.oss.aliyuncs.com", "oss", "cn-shanghai-finance-1"),
        ("oss", "bkt1", "bkt1.s3.oss-cn-beijing.aliyuncs.com", "oss-s3", "cn-beijing"),
        ("oss", "bkt1", "bkt1.cn-beijing.oss-vectors.aliyuncs.com", "oss-vectors", "cn-beijing"),
        ("oss", "bkt1", "bkt1.cn-beijing-internal.oss-data-acc.aliyuncs.com", "oss-data-acc", "cn-beijing"),
        ("sls", "prj-1", "prj-1.cn-hangzhou.log.aliyuncs.com", "sls", "cn-hangzhou"),
        ("sls", "prj-1", "prj-1.cn-hangzhou-intranet.log.aliyuncs.com", "sls", "cn-hangzhou"),
        ("ots", "inst1", "inst1.cn-hangzhou.ots.aliyuncs.com", "ots", "cn-hangzhou"),
        ("ots", "inst1", "inst1.cn-hangzhou.vpc.tablestore.aliyuncs.com", "ots", "cn-hangzhou"),
        ("mns", "1234567890", "1234567890.mns.cn-hangzhou-internal.aliyuncs.com", "mns", "cn-hangzhou"),
        ("rocketmq", "1234567890", "1234567890.mqrest.cn-hangzhou.aliyuncs.com", "ons-http", "cn-hangzhou"),
        ("fc", "1234567890", "1234567890.cn-hangzhou.fc.aliyuncs.com", "fc", "cn-hangzhou"),
        (
            "eventbridge",
            "1234567890",
            "1234567890.eventbridge.cn-hangzhou.aliyuncs.com",
            "eventbridge-data",
            "cn-hangzhou",
        ),
        ("kms", "kst-abc", "kst-abc.cryptoservice.kms.aliyuncs.com", "kms-instance", ""),
    ];
    for (key, pattern, host, product, region) in cases {
        let mut tenants = Tenants::none();
        let refused = reverse(host, &tenants).unwrap_err();
        let runs_code = key == "fc" || key == "eventbridge";
        assert_eq!(matches!(refused, Unresolved::NeverSign(_)), runs_code, "{host}: {refused}");
        assert_eq!(refused == Unresolved::TenantNotListed { key }, !runs_code, "{host}: {refused}");
        tenants.allow(key, pattern).unwrap();
        let endpoint = reverse(host, &tenants).unwrap_or_else(|error| panic!("{host}: {error}"));
        let got =
            (endpoint.host().as_str(), endpoint.product().code, endpoint.region().map_or("", |r| r.id()));
        assert_eq!(got, (host, product, region));
        assert_eq!(endpoint.tenant(), host.split('.').next(), "{host}");
        let other = format!("{}.{}", "9".repeat(9), host.split_once('.').unwrap().1);
        assert!(reverse(&other, &tenants).is_err(), "{other}");
    }
}

#[test]
fn of_a_product_that_is_never_signed_for_every_host_is_known_so_that_it_is_refused_for_that() {
    for (host, product) in
        [("bj1.api.aliyunpds.com", "pds"), ("1234567890.cn-hangzhou.mgw.aliyuncs.com", "hcs-mgw")]
    {
        let endpoint = reverse(host, &Tenants::none()).unwrap_or_else(|error| panic!("{host}: {error}"));
        assert_eq!(endpoint.product().code, product);
        assert!(crate::classify::family(&endpoint).is_err(), "{product} is signed for, and lists nobody");
    }
}

#[test]
fn both_products_of_an_accounts_function_compute_host_are_known() {
    let endpoint = reverse("1234567890.cn-hangzhou-internal.fc.aliyuncs.com", &Tenants::any()).unwrap();
    assert_eq!(products_of(&endpoint).map(|product| product.code).collect::<Vec<_>>(), ["fc", "fc-open"]);
    assert_eq!(endpoint.network(), Network::Internal);
}

#[test]
fn a_vpc_binding_is_listed_by_its_instance() {
    let mut tenants = Tenants::none();
    tenants.allow("ots", "inst1").unwrap();
    let endpoint = reverse("vpc1-inst1.cn-hangzhou.vpc.ots.aliyuncs.com", &tenants).unwrap();
    assert_eq!((endpoint.tenant(), endpoint.network()), (Some("inst1"), Network::Vpc));
    let other = reverse("inst1-other.cn-hangzhou.vpc.ots.aliyuncs.com", &tenants);
    assert_eq!(other, Err(Unresolved::TenantNotListed { key: "ots" }));
}

#[test]
fn a_data_planes_service_host_waits_for_a_listed_tenant() {
    let cases = [
        ("oss", "oss-cn-hangzhou.aliyuncs.com"),
        ("oss", "cn-hangzhou.oss-tables.aliyuncs.com"),
        ("sls", "cn-hangzhou.log.aliyuncs.com"),
        ("odps", "service.cn-hangzhou.maxcompute.aliyun.com"),
        ("datahub", "dh-cn-hangzhou.aliyuncs.com"),
    ];
    for (key, host) in cases {
        let mut tenants = Tenants::none();
        assert_eq!(reverse(host, &tenants), Err(Unresolved::NoTenantListed { key }), "{host}");
        tenants.allow(key, "some-one").unwrap();
        assert!(reverse(host, &tenants).is_ok(), "{host}");
    }
    for host in ["fcv3.cn-hangzhou.aliyuncs.com", "dashscope.aliyuncs.com", "api.aliyunpds.com"] {
        assert!(reverse(host, &Tenants::none()).is_ok(), "{host} needs no list");
    }
}

#[test]
fn a_host_behind_which_a_customers_code_listens_is_never_signed_for() {
    let hosts = [
        "f-abc.cn-hangzhou.fcapp.run",
        "0123456789-cn-hangzhou.alicloudapi.com",
        "alb-x.cn-hangzhou.alb.aliyuncs.com",
        "nlb-x.cn-hangzhou.nlb.aliyuncs.com",
        "x.slb.aliyuncs.com",
        "alb-x.cn-hangzhou.alb.aliyuncsslb.com",
        "alb-x.ap-southeast-1.alb.aliyuncsslbintl.com",
        "ep-1.epsrv-1.cn-hangzhou.privatelink.aliyuncs.com",
        "1234567890.cn-hangzhou.pai-eas.aliyuncs.com",
        "ap-1234567890.oss-cn-hangzhou.oss-object-process.aliyuncs.com",
        "rm-bp1.mysql.rds.aliyuncs.com",
        "r-bp1.redis.rds.aliyuncs.com",
        "es-cn-1.elasticsearch.aliyuncs.com",
        "es-cn-1.kibana.elasticsearch.aliyuncs.com",
        "1234567890.mq-amqp.cn-hangzhou-a.aliyuncs.com",
        "cc-1.clickhouse.ads.aliyuncs.com",
        "c1.cn-hangzhou.cs.aliyuncs.com",
        "c1.cn-hangzhou.alicontainer.com",
        "a1.agentrun-data.cn-hangzhou.aliyuncs.com",
        "inst1-registry.cn-hangzhou.cr.aliyuncs.com",
        "ram.console.aliyun.com",
        "console.aliyun.com",
        "www.example.com.w.kunlunar.com",
        "x.aliyunga0018.com",
        "x.yundunwaf3.aliyunwaf1.com",
        "x.aliyunddos1001.com",
        "1234567890.cn-hangzhou.fc.aliyuncs.com",
        "1234567890.eventbridge.cn-hangzhou-vpc.aliyuncs.com",
    ];
    let mut everything_else = Tenants::none();
    for key in ["oss", "sls", "ots", "odps", "datahub", "mns", "rocketmq", "kms", "pds", "dashscope", "mgw"] {
        everything_else.allow(key, "*").unwrap();
    }
    for host in hosts {
        let got = reverse(host, &everything_else);
        let is_refused = matches!(got, Err(Unresolved::NeverSign(_) | Unresolved::NotNamed { .. }));
        assert!(is_refused, "{host}: {got:?}");
    }
    assert!(hosts.len() >= 28);
}

#[test]
fn a_host_outside_the_table_is_unknown() {
    let hosts = [
        "example.com",
        "evil.aliyuncs.com",
        "x.evil.aliyuncs.com",
        "ecs.cn-nowhere.aliyuncs.com",
        "ecs.cn-hangzhou.aliyuncs.com.evil.com",
        "ecs.cn-hangzhou.evilaliyuncs.com",
        "aliyuncs.com",
        "bkt1.oss-cn-nowhere.aliyuncs.com",
        "bkt1.oss.aliyuncs.com",
        "a.b.oss-cn-hangzhou.aliyuncs.com",
        "bk.oss-cn-hangzhou.aliyuncs.com",
        "1234.mns.cn-hangzhou.aliyuncs.com",
        "ecs.public.aliyuncs.com",
        "bkt1.oss-public.aliyuncs.com",
        "service.cn-hzfinance.maxcompute.aliyun.com",
        "cn-hzfinance.log.aliyuncs.com",
        "ecs.cn-hzfinance.aliyuncs.com",
        "127.0.0.1",
        "100.100.100.200",
        "[::1]",
        "www.aliyun.com",
        "api.alibabacloud.com",
    ];
    for host in hosts {
        assert_eq!(reverse(host, &Tenants::any()), Err(Unresolved::Unknown), "{host}");
    }
    let malformed = [
        "",
        "localhost",
        ".",
        "ecs.cn-hangzhou.aliyuncs.com.",
        "ecs..aliyuncs.com",
        ".ecs.aliyuncs.com",
        "ECS.aliyuncs.com",
        "ecs.aliyuncs.com:443",
        "u@ecs.aliyuncs.com",
        "ecs_.aliyuncs.com",
        "reid_cloud.aliyuncs.com",
        "-ecs.aliyuncs.com",
        "ecs-.aliyuncs.com",
        "ecs.aliyuncs.com/",
        "ecs.aliyuncs.com\0",
        "ecs.aliyuncs.com ",
        "écs.aliyuncs.com",
    ];
    for host in malformed {
        assert_eq!(reverse(host, &Tenants::any()), Err(Unresolved::Malformed), "{host}");
    }
    let long = format!("{}.aliyuncs.com", "a".repeat(64));
    assert_eq!(reverse(&long, &Tenants::any()), Err(Unresolved::Malformed));
}

#[test]
fn what_an_sdk_derives_by_rule_is_known() {
    let cases = [
        ("ram.cn-heyuan.aliyuncs.com", "ram", Some("cn-heyuan"), Network::Public),
        ("ecs-vpc.sa-east-1.aliyuncs.com", "ecs", Some("sa-east-1"), Network::Vpc),
        ("green-cip-internal.cn-heyuan.aliyuncs.com", "green", Some("cn-heyuan"), Network::Internal),
        ("account-crm.aliyuncs.com", "account-crm", None, Network::Public),
    ];
    for (host, product, region, network) in cases {
        let endpoint = reverse(host, &Tenants::none()).unwrap_or_else(|error| panic!("{host}: {error}"));
        let got = (endpoint.product().code, endpoint.region().map(|region| region.id()), endpoint.network());
        assert_eq!(got, (product, region, network), "{host}");
        assert_eq!(endpoint.host().as_str(), host);
    }
}

#[test]
fn a_pin_names_a_product_a_region_and_a_network_or_a_host() {
    let mut tenants = Tenants::none();
    tenants.allow("oss", "bkt1").unwrap();
    let cases = [
        ("ecs.cn-hangzhou", "ecs.cn-hangzhou.aliyuncs.com"),
        ("Ecs.cn-hangzhou/vpc", "ecs-vpc.cn-hangzhou.aliyuncs.com"),
        ("oss.cn-hangzhou/internal", "oss-cn-hangzhou-internal.aliyuncs.com"),
        ("sls.cn-hangzhou", "cn-hangzhou.log.aliyuncs.com"),
        ("ram", "ram.aliyuncs.com"),
        ("sts", "sts.aliyuncs.com"),
        ("sts.cn-hangzhou-finance", "sts.aliyuncs.com"),
        ("memcache", "m-kvstore.aliyuncs.com"),
        ("account-crm", "account-crm.aliyuncs.com"),
        ("ram.cn-heyuan", "ram.aliyuncs.com"),
        ("cds.cn-heyuan", "cds.cn-beijing.aliyuncs.com"),
        ("ecs.sa-east-1", "ecs.sa-east-1.aliyuncs.com"),
        ("cn-hangzhou.log.aliyuncs.com", "cn-hangzhou.log.aliyuncs.com"),
        ("bkt1.oss-cn-hangzhou.aliyuncs.com", "bkt1.oss-cn-hangzhou.aliyuncs.com"),
    ];
    for (pin, host) in cases {
        let got = parse_pin(pin, &tenants, &OwnHosts::default()).map(|endpoint| endpoint.host().to_string());
        assert_eq!(got, Ok(host.to_owned()), "{pin}");
    }
    let mistakes = [
        ("ecz.cn-hangzhou", "no product has this code; did you mean `ecd`?"),
        ("ecs.cn-hangzou", "no region has this id; did you mean `cn-hangzhou`?"),
        ("ecs.cn-hangzhou/lan", "the network of an endpoint is `/vpc` or `/internal`"),
        ("ecs.cn-hangzhou.aliyuncs.com/vpc", "the network of an endpoint is"),
        ("oss", "this product has no single host for all regions"),
        ("mns.cn-hangzhou", "this product's hosts name a tenant; give the full host of one listed as `mns`"),
        ("marketing_event.cn-hangzhou", "this product has no public host there"),
        ("ots", "this product's hosts name a tenant"),
        ("ots.me-central-1", "this product's hosts name a tenant"),
        ("ecs.cn-hangzhou/internal", "this product has no internal host there"),
        ("bkt2.oss-cn-hangzhou.aliyuncs.com", "the host names a tenant that is not listed; add it to `oss`"),
        ("", "no product has this code"),
    ];
    for (pin, sentence) in mistakes {
        let got = parse_pin(pin, &tenants, &OwnHosts::default()).unwrap_err().to_string();
        assert!(got.starts_with(sentence), "{pin}: {got}");
    }
}

#[test]
fn a_tenant_under_a_pinned_host_gets_its_own_host() {
    let mut tenants = Tenants::none();
    tenants.allow("oss", "bkt*").unwrap();
    let pinned = forward("oss", Some("cn-hangzhou"), Network::Public).unwrap();
    let under = with_tenant(&pinned, "bkt1", &tenants).unwrap();
    assert_eq!(under.host().as_str(), "bkt1.oss-cn-hangzhou.aliyuncs.com");
    assert_eq!((under.tenant(), under.product().code), (Some("bkt1"), "oss"));
    let refused = |label: &str| with_tenant(&pinned, label, &tenants).unwrap_err();
    assert_eq!(refused("other"), Unresolved::TenantNotListed { key: "oss" });
    for label in ["s3", "BKT1", "bkt.1", "bkt1-", "", "bkt1/..", "bkt_1"] {
        assert_eq!(refused(label), Unresolved::Malformed, "{label}");
    }
    let ecs = forward("ecs", Some("cn-hangzhou"), Network::Public).unwrap();
    assert_eq!(with_tenant(&ecs, "bkt1", &tenants), Err(Unresolved::NoTenants));
    assert_eq!(with_tenant(&under, "bkt1", &tenants), Ok(under));
    assert_eq!(with_tenant(&under, "bkt2", &tenants), Err(Unresolved::NoTenants));
    let accelerate = reverse("oss-accelerate.aliyuncs.com", &tenants).unwrap();
    let under = with_tenant(&accelerate, "bkt1", &tenants).unwrap();
    assert_eq!(under.host().as_str(), "bkt1.oss-accelerate.aliyuncs.com");
}

#[test]
fn a_star_stands_for_any_run_of_characters() {
    let listed = |pattern: &str, tenant: &str| {
        let mut tenants = Tenants::none();
        tenants.allow("oss", pattern).unwrap();
        tenants.lists("oss", tenant)
    };
    for (pattern, tenant) in
        [("*", "a"), ("a*", "a"), ("a*c", "abcbc"), ("*-x-*", "a-x-x-b"), ("a**b", "ab"), ("*aab", "aaab")]
    {
        assert!(listed(pattern, tenant), "{pattern} {tenant}");
    }
    for (pattern, tenant) in
        [("a", "ab"), ("a*", "ba"), ("a*c", "abcb"), ("*-x-*", "a-x"), ("*aab", "aaba"), ("*", "")]
    {
        assert_eq!(listed(pattern, tenant), (pattern, tenant) == ("*", ""), "{pattern} {tenant}");
    }
}

#[test]
fn an_unknown_key_or_spelling_is_no_tenant() {
    let mut tenants = Tenants::none();
    for (key, pattern) in
        [("os", "bkt1"), ("", "x"), ("oss", ""), ("oss", "a.b"), ("oss", "Bkt1"), ("sls", "ü")]
    {
        assert!(tenants.allow(key, pattern).is_err(), "{key} {pattern}");
    }
    assert!(tenants.allow("osss", "x").unwrap_err().to_string().contains("`oss`"));
    tenants.allow("odps", "My_project").unwrap();
    assert!(
        tenants.lists("odps", "My_project") && !tenants.lists("odps", "other") && !tenants.lists("no", "x")
    );
}

#[test]
fn a_mistyped_product_is_reported_with_the_nearest() {
    assert_eq!(
        forward("r-kvstor", Some("cn-hangzhou"), Network::Public),
        Err(NoEndpoint::Product { nearest: Some("r-kvstore") })
    );
    assert_eq!(forward("zzzzzzzz", None, Network::Public), Err(NoEndpoint::Product { nearest: None }));
}
