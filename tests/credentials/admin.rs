//! What the admin listener says, and to whom.

use std::collections::BTreeSet;

use countersign::sandbox::Failure;

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{Caller, ECS, Kit, OSS, REGIONS, Reply, Upstream, get, request, soon, with_body};

#[tokio::test]
async fn readiness_waits_for_the_roles_that_are_required_and_names_the_others() {
    let sandboxed = Sandboxed::start().await;
    sandboxed.sandbox.faults().fail_sts(Failure::new(503, "ServiceUnavailable"), None);
    let roles = "[role.other]\nsource = \"environment\"";
    let proxy = sandboxed.kit().settings(roles).start().await;
    let answer = proxy.admin("/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("role default (required)"), "{answer:?}");
    assert!(answer.text().contains("role other (not required)"), "{answer:?}");
    assert_eq!(proxy.admin("/healthz").await.status, 200);
    sandboxed.sandbox.faults().heal();
    soon("readiness", async { while proxy.admin("/readyz").await.status != 200 {} }).await;
    assert!(proxy.admin("/readyz").await.text().contains("role other (not required): no live credential"));
}

#[tokio::test]
async fn readiness_of_a_broker_does_not_depend_on_sts() {
    let proxy = Kit::without_credentials().admin("ready = \"config\"").start().await;
    assert_eq!(proxy.admin("/readyz").await.status, 200);
}

#[tokio::test]
async fn the_admin_listener_answers_addresses_and_localhost_and_changes_nothing() {
    let proxy = Kit::new().start().await;
    let admin = proxy.sidecar.admin;
    let send = async |request: String| {
        let mut caller = Caller::connect(admin).await;
        caller.send(request).await;
        caller.answer().await
    };
    let port = admin.port();
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "[::1]".to_owned()] {
        assert_eq!(send(get(&host, "/healthz")).await.status, 200, "{host}");
    }
    for host in [format!("rebind.test:{port}"), "localhost.evil.test".to_owned(), String::new()] {
        for path in ["/healthz", "/readyz", "/metrics", "/quit"] {
            assert_eq!(send(get(&host, path)).await.status, 421, "{host} {path}");
        }
    }
    let host = admin.to_string();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = send(with_body(method, &host, "/metrics", "", "")).await;
        assert_eq!((answer.status, answer.header("allow").as_deref()), (405, Some("GET, HEAD")), "{method}");
    }
    for path in ["/", "/quit", "/credentials", "/metrics/x", "/config"] {
        assert_eq!(send(get(&host, path)).await.status, 404, "{path}");
    }
    // Nobody but the admin listener has them.
    let answer = proxy.call(get(&proxy.forward().to_string(), "/metrics")).await;
    assert_eq!(answer.verdict(), (400, "no_endpoint".to_owned()));
}

#[tokio::test]
async fn the_metrics_count_what_happened() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    for _ in 0..3 {
        caller.send(get(ECS, REGIONS)).await;
        assert_eq!(caller.answer().await.status, 200);
    }
    proxy.put(OSS, "/k", "hello").await;
    proxy.get("evil.test", "/").await;
    proxy.call(request("GET", ECS, REGIONS, "Content-Length: x\r\n")).await;
    let ecs = "product=\"ecs\",action=\"DescribeRegions\",region=\"cn-hangzhou\",status=\"200\",outcome=\"forwarded\"";
    let oss =
        "product=\"oss\",action=\"PutObject\",region=\"cn-hangzhou\",status=\"200\",outcome=\"forwarded\"";
    let nowhere = "product=\"\",action=\"\",region=\"\",status=\"403\",outcome=\"refused\"";
    for (metric, value) in [
        (format!("countersign_requests_total{{{ecs}}}"), 3.0),
        (format!("countersign_requests_total{{{oss}}}"), 1.0),
        (format!("countersign_requests_total{{{nowhere}}}"), 1.0),
        ("countersign_refusals_total{code=\"host_not_allowed\"}".to_owned(), 1.0),
        ("countersign_refusals_total{code=\"bad_content_length\"}".to_owned(), 1.0),
        ("countersign_signatures_total{scheme=\"ACS3-HMAC-SHA256\"}".to_owned(), 3.0),
        ("countersign_signatures_total{scheme=\"OSS4-HMAC-SHA256\"}".to_owned(), 1.0),
        ("countersign_request_seconds_count".to_owned(), 6.0),
        ("countersign_upstream_seconds_count".to_owned(), 4.0),
        ("countersign_upstream_connections_total".to_owned(), 2.0),
        ("countersign_upstream_connections_open".to_owned(), 2.0),
        ("countersign_credential_refresh_total{role=\"default\",outcome=\"fetched\"}".to_owned(), 1.0),
        ("countersign_credential_refresh_total{role=\"default\",outcome=\"failed\"}".to_owned(), 0.0),
        (format!("countersign_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1.0),
    ] {
        assert_eq!(proxy.metric(&metric).await, value, "{metric}");
    }
}

#[tokio::test]
async fn the_metrics_are_well_formed_and_hold_no_name_of_the_callers_choosing_without_bound() {
    let sandboxed = Sandboxed::start().await;
    let proxy = sandboxed.kit().start().await;
    let mut caller = proxy.caller().await;
    for index in 0..300 {
        caller.send(get(ECS, &format!("/?Action=Describe{index}&Version=2014-05-26"))).await;
        caller.answer().await;
    }
    let text = proxy.admin("/metrics").await.text();
    let (mut typed, mut names) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert!(typed.insert(rest.split(' ').next().unwrap()), "typed twice: {line}");
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(names.insert(series), "twice: {line}");
        let name = series.split('{').next().unwrap();
        let family =
            ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        assert!(typed.contains(family) || typed.contains(name), "no type: {line}");
    }
    assert!(typed.len() >= 10, "{typed:?}");
    assert!(names.len() < 300, "{} series", names.len());
    let expiry: f64 = proxy.metric("countersign_credential_expiry_timestamp_seconds{role=\"default\"}").await;
    let left = expiry - f64::from(i32::try_from(crate::kit::clock::unix_seconds()).unwrap());
    assert!((3500.0..=3600.0).contains(&left), "{left}");
    assert!(text.contains("action=\"other\""));
}
