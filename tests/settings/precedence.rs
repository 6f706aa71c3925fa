//! Default < file < environment < command line.

use std::time::Duration;

use countersign::config::{Access, Flags, LogFormat, Origin, Ready, RoleSource, Settings};
use countersign::names::RoleName;

use super::{Place, loaded};

#[test]
fn with_nothing_set_every_default_holds() {
    let settings = Place::new().load(&Flags::default(), &[]).unwrap().settings;
    let addresses: Vec<String> = settings.listen.iter().map(|listen| listen.address.to_string()).collect();
    assert_eq!(addresses, ["127.0.0.1:9110"]);
    let default = &settings.roles[&RoleName::new("default")];
    assert_eq!((settings.roles.len(), &default.source, default.required), (1, &RoleSource::Auto, true));
    assert_eq!((settings.workers, settings.drain_timeout), (1, Duration::from_secs(30)));
    let limits = &settings.limits;
    assert_eq!((limits.head_bytes, limits.headers, limits.uri_bytes), (32_768, 100, 8_192));
    assert_eq!((limits.held_body_bytes, limits.held_bodies_bytes), (8 << 20, 64 << 20));
    assert_eq!(limits.connections, 1024);
    let times =
        [limits.first_byte_timeout, limits.head_timeout, limits.body_idle_timeout, limits.keep_alive_timeout];
    assert_eq!(times.map(|time| time.as_secs()), [5, 10, 30, 60]);
    let upstream = &settings.upstream;
    let times = [upstream.connect_timeout, upstream.head_timeout, upstream.idle_timeout];
    assert_eq!((times.map(|time| time.as_secs()), &upstream.extra_ca), ([3, 60, 60], &None));
    assert_eq!(
        (settings.admin.address.to_string().as_str(), settings.admin.ready),
        ("127.0.0.1:9465", Ready::Credentials)
    );
    assert_eq!((settings.log.access, settings.log.format), (Access::Stdout, LogFormat::Auto));
    assert!(settings.tenants.is_empty() && settings.connect_to.is_empty() && settings.products.is_empty());
}

/// One key: its line in the file, its variable, and how to tell what is in force.
type Case = (&'static str, (&'static str, &'static str), fn(&Settings) -> String, [&'static str; 3]);

#[test]
fn the_file_is_over_the_default_and_the_environment_over_the_file() {
    let cases: [Case; 9] = [
        ("workers = 2", ("COUNTERSIGN_WORKERS", "3"), |s| s.workers.to_string(), ["1", "2", "3"]),
        (
            "drain_timeout = \"5s\"",
            ("COUNTERSIGN_DRAIN_TIMEOUT", "1m"),
            |s| s.drain_timeout.as_secs().to_string(),
            ["30", "5", "60"],
        ),
        (
            "limits.head = \"16KiB\"",
            ("COUNTERSIGN_LIMITS_HEAD", "60KiB"),
            |s| s.limits.head_bytes.to_string(),
            ["32768", "16384", "61440"],
        ),
        (
            "limits.headers = 50",
            ("COUNTERSIGN_LIMITS_HEADERS", "60"),
            |s| s.limits.headers.to_string(),
            ["100", "50", "60"],
        ),
        (
            "upstream.connect_timeout = \"1s\"",
            ("COUNTERSIGN_UPSTREAM_CONNECT_TIMEOUT", "500ms"),
            |s| s.upstream.connect_timeout.as_millis().to_string(),
            ["3000", "1000", "500"],
        ),
        (
            "admin.address = \"127.0.0.1:1\"",
            ("COUNTERSIGN_ADMIN_ADDRESS", "0.0.0.0:2"),
            |s| s.admin.address.to_string(),
            ["127.0.0.1:9465", "127.0.0.1:1", "0.0.0.0:2"],
        ),
        (
            "admin.ready = \"config\"",
            ("COUNTERSIGN_ADMIN_READY", "credentials"),
            |s| format!("{:?}", s.admin.ready),
            ["Credentials", "Config", "Credentials"],
        ),
        (
            "log.access = \"off\"",
            ("COUNTERSIGN_LOG_ACCESS", "stdout"),
            |s| format!("{:?}", s.log.access),
            ["Stdout", "Off", "Stdout"],
        ),
        (
            "log.format = \"text\"",
            ("COUNTERSIGN_LOG_FORMAT", "json"),
            |s| format!("{:?}", s.log.format),
            ["Auto", "Text", "Json"],
        ),
    ];
    for (line, variable, shown, expected) in cases {
        let in_force =
            |text: &str, environment: &[(&str, &str)]| shown(&loaded(text, environment).unwrap().settings);
        let got = [in_force("", &[]), in_force(line, &[]), in_force(line, &[variable])];
        assert_eq!(got, expected, "{line}");
        assert_eq!(in_force("", &[variable]), expected[2], "{variable:?} without a file");
    }
}

#[test]
fn the_command_line_is_over_all() {
    let place = Place::with(
        "[[listen]]\naddress = \"127.0.0.1:1\"\nendpoint = \"ecs.cn-hangzhou\"\n[admin]\naddress = \"127.0.0.1:2\"\n",
    );
    let environment =
        [("COUNTERSIGN_LISTEN", "127.0.0.1:3, unix:app.sock"), ("COUNTERSIGN_ADMIN_ADDRESS", "127.0.0.1:4")];
    let flags = Flags {
        config: None,
        listen: vec!["[::1]:5".into(), "127.0.0.1:6".into()],
        admin: Some("127.0.0.1:7".into()),
    };
    let addresses = |flags: &Flags, environment: &[(&str, &str)]| {
        let settings = place.load(flags, environment).unwrap().settings;
        let listen = settings.listen.iter().map(|listen| listen.address.to_string());
        listen.chain([settings.admin.address.to_string()]).collect::<Vec<_>>()
    };
    let socket = format!("unix:{}", place.path().join("app.sock").display());
    assert_eq!(addresses(&Flags::default(), &[]), ["127.0.0.1:1", "127.0.0.1:2"]);
    assert_eq!(addresses(&Flags::default(), &environment), ["127.0.0.1:3", socket.as_str(), "127.0.0.1:4"]);
    assert_eq!(addresses(&flags, &environment), ["[::1]:5", "127.0.0.1:6", "127.0.0.1:7"]);
}

#[test]
fn listeners_of_the_command_line_keep_nothing_of_the_file() {
    let place = Place::with(
        "[[listen]]\naddress = \"127.0.0.1:1\"\nendpoint = \"ecs\"\nrole = \"app\"\n[role.app]\n",
    );
    let flags = Flags { listen: vec!["127.0.0.1:2".into()], ..Flags::default() };
    let settings = place.load(&flags, &[]).unwrap().settings;
    let [listen] = settings.listen.as_slice() else { panic!("{:?}", settings.listen) };
    assert_eq!(
        (&listen.endpoint, &listen.role, &listen.origin),
        (&None, &RoleName::new("default"), &Origin::Flag("--listen"))
    );
}

#[test]
fn an_empty_variable_is_not_set() {
    let settings =
        loaded("workers = 2", &[("COUNTERSIGN_WORKERS", ""), ("COUNTERSIGN_LISTEN", "")]).unwrap().settings;
    assert_eq!((settings.workers, settings.listen.len()), (2, 1));
}

#[test]
fn variables_of_others_are_passed_over() {
    let links = [
        ("COUNTERSIGN_PORT", "tcp://10.0.0.1:9110"),
        ("COUNTERSIGN_SERVICE_HOST", "10.0.0.1"),
        ("COUNTERSIGN_SERVICE_PORT", "9110"),
        ("COUNTERSIGN_SERVICE_PORT_HTTP", "9110"),
        ("COUNTERSIGN_PORT_9110_TCP", "tcp://10.0.0.1:9110"),
        ("COUNTERSIGN_PORT_9110_TCP_PROTO", "tcp"),
        ("COUNTERSIGN_PORT_9110_TCP_PORT", "9110"),
        ("COUNTERSIGN_PORT_9110_TCP_ADDR", "10.0.0.1"),
        ("COUNTERSIGN_METRICS_SERVICE_HOST", "10.0.0.2"),
        ("COUNTERSIGN_METRICS_PORT", "udp://10.0.0.2:9465"),
        ("COUNTERSIGN_METRICS_PORT_9465_UDP", "udp://10.0.0.2:9465"),
        ("COUNTERSIGN_DEPTH", "1"),
        ("COUNTERSIGN_VECTORS", "a:b"),
        ("COUNTERSIGN_CLIENTS", "1"),
        ("COUNTERSIGNED", "by someone else"),
        ("PATH", "/bin"),
    ];
    assert_eq!(super::mistakes("", &links), [""; 0]);
}

#[test]
fn what_only_looks_like_a_service_link_is_a_mistake() {
    let almost = [
        ("COUNTERSIGN_PORT", "9110"),
        ("COUNTERSIGN_PORT_9110", "tcp"),
        ("COUNTERSIGN_PORT_HTTP_TCP", "tcp"),
        ("COUNTERSIGN_SUPPORT_1_TCP", "x"),
        ("COUNTERSIGN_PORT_9110_TCP_NAME", "x"),
    ];
    let found = super::mistakes("", &almost);
    assert_eq!(found.len(), almost.len(), "{found:#?}");
}
