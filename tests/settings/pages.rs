//! What is written from the settings: `--print-config`, the reference, the file in `deploy/`.

use std::path::Path;

use countersign::config::{Flags, Target, reference};

use super::{Place, loaded};

/// The settings of the interface, without what is not built.
const EXAMPLE: &str = r#"
[[listen]]
address = "127.0.0.1:9110"
role = "default"
[[listen]]
address = "127.0.0.1:9111"
endpoint = "ecs.cn-hangzhou"
[role.default]
source = "auto"
required = true
duration = "1h"
sts = ["sts-vpc.cn-hangzhou.aliyuncs.com"]
[role.app]
source = "oidc"
role_arn = "acs:ram::1000000000000001:role/app"
oidc_provider_arn = "acs:ram::1000000000000001:oidc-provider/rrsa"
oidc_token_file = "/var/run/secrets/countersign/token"
session_name = "app"
accounts = ["1000000000000001"]
[role.audit]
source = "role:app"
assume = [{ role_arn = "acs:ram::2000000000000002:role/reader", external_id = "x-1", source_identity = "audit", duration = "15m" }]
[tenants]
oss = ["logs-prod", "team-*"]
[hosts]
"api.example.com" = { product = "apigateway", keys = "partner" }
[keys.partner]
file = "/run/secrets/partner.json"
[connect_to]
"sts.cn-hangzhou.aliyuncs.com" = "http://127.0.0.1:9000"
"*.oss-cn-hangzhou.aliyuncs.com" = "https://oss.private.example:443"
[limits]
head = "32KiB"
headers = 100
[product.ecs]
rpc = "acs3"
[product.oss]
scheme = "oss-v4"
[upstream]
[admin]
address = "127.0.0.1:9465"
ready = "credentials"
[log]
access = "stdout"
format = "auto"
"#;

#[test]
fn the_example_of_the_interface_is_read() {
    let settings = loaded(EXAMPLE, &[]).unwrap().settings;
    assert_eq!(
        settings.listen[1].endpoint.as_ref().map(|endpoint| endpoint.text.as_str()),
        Some("ecs.cn-hangzhou")
    );
    let buckets: Vec<&str> = settings.tenants["oss"].iter().map(|tenant| tenant.text.as_str()).collect();
    assert_eq!(buckets, ["logs-prod", "team-*"]);
    let own = &settings.hosts[0];
    assert_eq!((own.host.text.as_str(), own.product.as_str()), ("api.example.com", "apigateway"));
    let file = &settings.keys[own.keys.as_ref().unwrap()].file;
    assert_eq!(file, Path::new("/run/secrets/partner.json"));
    let hosts: Vec<&str> = settings.connect_to.iter().map(|row| row.host.text.as_str()).collect();
    assert_eq!(hosts, ["*.oss-cn-hangzhou.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com"]);
    assert_eq!(settings.connect_to[1].target, Target::Http("127.0.0.1:9000".parse().unwrap()));
    assert!(settings.products["ecs"].rpc_leaves_as_acs3 && !settings.products["oss"].rpc_leaves_as_acs3);
}

#[test]
fn each_value_is_printed_with_its_origin() {
    let place = Place::with(
        "workers = 2\n[limits]\nhead = \"16KiB\"\n[connect_to]\n\"a.example\" = \"https://b.example\"\n[hosts]\n\
         \"t.example\" = { product = \"fc-trigger\" }\n[keys.studio]\nfile = \"key\"\nproduct = \"dashscope\"\n",
    );
    let flags = Flags { listen: vec!["127.0.0.1:0".into()], ..Flags::default() };
    let printed = place.load(&flags, &[("COUNTERSIGN_LOG_FORMAT", "json")]).unwrap().print();
    for (value, origin) in [
        ("workers = 2", "countersign.toml:1"),
        ("drain_timeout = \"30s\"", "default"),
        ("head = \"16KiB\"", "countersign.toml:3"),
        ("headers = 100", "default"),
        ("\"a.example\" = \"https://b.example\"", "countersign.toml:5"),
        ("product = \"fc-trigger\"", "countersign.toml:7"),
        ("# keys", "not set"),
        ("file = \"key\"", "countersign.toml:9"),
        ("product = \"dashscope\"", "countersign.toml:10"),
        ("# region", "not set"),
        ("temporary = false", "default"),
        ("format = \"json\"", "COUNTERSIGN_LOG_FORMAT"),
        ("address = \"127.0.0.1:0\"", "--listen"),
        ("role = \"default\"", "default"),
        ("required = true", "default"),
        ("oss = []", "default"),
        ("# extra_ca", "not set"),
    ] {
        let is_there = printed
            .lines()
            .filter_map(|line| line.rsplit_once("# "))
            .any(|(left, right)| left.trim() == value && right == origin);
        assert!(is_there, "{value} from {origin} is not in\n{printed}");
    }
}

#[test]
fn what_is_printed_brings_the_same_settings_about() {
    let first = loaded(EXAMPLE, &[("COUNTERSIGN_WORKERS", "7"), ("COUNTERSIGN_LIMITS_URI", "4KiB")]).unwrap();
    let printed = first.print();
    let second = loaded(&printed, &[]).unwrap_or_else(|found| panic!("{found:#?}\n{printed}"));
    let without_origins = |text: String| {
        text.lines()
            .map(|line| line.rsplit_once("# ").map_or(line, |(left, _)| left).trim().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(without_origins(second.print()), without_origins(printed));
    assert_eq!((second.settings.workers, second.settings.limits.uri_bytes), (7, 4096));
    assert_eq!(second.settings.limits, first.settings.limits);
}

fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

#[test]
fn the_reference_is_the_one_in_docs() {
    for (path, text) in
        [("docs/configuration.md", reference()), ("docs/refusals.md", countersign::refusal::reference())]
    {
        assert!(page(path) == text, "{path} is out of date; write it with: cargo run -- reference docs");
    }
}

#[test]
fn the_file_in_deploy_sets_nothing_and_lists_every_default() {
    let text = page("deploy/countersign.toml");
    let as_it_is = loaded(&text, &[]).unwrap();
    let untouched = Place::new().load(&Flags::default(), &[]).unwrap();
    assert_eq!(as_it_is.settings, untouched.settings);
    let defaults = untouched.print();
    let defaults: Vec<&str> =
        defaults.lines().filter_map(|line| line.strip_suffix("# default")).map(str::trim).collect();
    assert!(defaults.len() >= 25, "{defaults:?}");
    for line in defaults {
        assert!(
            text.lines().any(|written| written.strip_prefix('#') == Some(line)),
            "#{line} is not in deploy/countersign.toml"
        );
    }
    for unset in untouched
        .print()
        .lines()
        .filter_map(|line| Some(line.strip_prefix("# ")?.split(' ').next()?.to_owned()))
    {
        assert!(text.contains(&format!("#{unset} = ")), "#{unset} = … is not in deploy/countersign.toml");
    }
}

#[test]
fn the_file_in_deploy_can_be_uncommented() {
    // A setting is a `#` with no space after it; prose has one.
    let uncommented = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|first: char| !first.is_whitespace()) => setting.to_owned(),
        _ => line.to_owned(),
    };
    let text: String = page("deploy/countersign.toml").lines().map(|line| uncommented(line) + "\n").collect();
    let place = Place::with(&text.replace("/etc/countersign/", ""));
    place.write("ca.pem", "");
    place.write("audit.json", "{}");
    let settings = place.load(&Flags::default(), &[]).unwrap_or_else(|found| panic!("{found:#?}")).settings;
    assert!(settings.listen.len() >= 2 && settings.roles.len() >= 3 && settings.connect_to.len() >= 2);
}
