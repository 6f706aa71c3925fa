//! `[role.NAME]` as a whole: references, policies, paths.

use std::time::Duration;

use countersign::config::{Flags, RoleSource};
use countersign::names::RoleName;

use super::{Place, loaded, mistakes};

const CHAIN: &str = r#"
[role.app]
source = "oidc"
role_arn = "acs:ram::1000000000000001:role/app"
oidc_provider_arn = "acs:ram::1000000000000001:oidc-provider/rrsa"
oidc_token_file = "token"
session_name = "app"
accounts = ["1000000000000001"]
sts = ["sts-vpc.cn-hangzhou.aliyuncs.com", "sts.aliyuncs.com"]
duration = "1h"
[role.audit]
source = "role:app"
required = true
assume = [{ role_arn = "acs:ram::2000000000000002:role/reader", external_id = "x-1", policy_file = "audit.json", source_identity = "audit", duration = "15m" }]
"#;

#[test]
fn a_chain_of_roles_is_read_with_its_policy_and_its_paths_beside_the_file() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("etc")).unwrap();
    place.write("etc/settings.toml", CHAIN);
    place.write("etc/audit.json", " {\"Version\": \"1\"}\n");
    let flags = Flags { config: Some("etc/settings.toml".into()), ..Flags::default() };
    let settings = place.load(&flags, &[]).unwrap().settings;
    let app = &settings.roles[&RoleName::new("app")];
    assert_eq!(app.oidc_token_file, Some(place.path().join("etc/token")));
    assert_eq!((app.required, app.duration), (false, Some(Duration::from_secs(3600))));
    assert_eq!(app.role_arn.as_ref().map(|arn| arn.account()), Some("1000000000000001"));
    let audit = &settings.roles[&RoleName::new("audit")];
    assert_eq!((&audit.source, audit.required), (&RoleSource::Role(RoleName::new("app")), true));
    let [step] = audit.assume.as_slice() else { panic!("{:?}", audit.assume) };
    assert_eq!(step.policy.as_deref(), Some("{\"Version\": \"1\"}"));
    assert_eq!((step.external_id.as_deref(), step.duration), (Some("x-1"), Some(Duration::from_secs(900))));
}

#[test]
fn each_mistake_of_a_role_says_what_to_write() {
    for (text, expected) in [
        ("source = \"role:b\"", "2: `role.a.source`: there is no role \"b\"; add a table [role.b]"),
        (
            "source = \"sso\"",
            "2: `role.a.source`: \"sso\" is not a source; write \"auto\", \"environment\", \"oidc\", \"ecs\", \"cli\", \"ini\", \"process\", \"uri\", \"vault\", \"kms\", \"login\" or \"role:NAME\"",
        ),
        (
            "role_arn = \"app\"",
            "2: `role.a.role_arn`: \"app\" is not a RAM role; write it as \"acs:ram::ACCOUNT:role/NAME\"",
        ),
        (
            "session_name = \"x\"",
            "2: `role.a.session_name`: \"x\" is not a session name; STS takes 2 to 64 letters, digits, `.`, `@`, `_` and `-`",
        ),
        ("duration = \"14m\"", "2: `role.a.duration`: 14m is not between 15m and 12h"),
        (
            "accounts = []",
            "2: `role.a.accounts`: an empty list allows nothing; leave the key out to allow all",
        ),
        (
            "accounts = [\"x\"]",
            "2: `role.a.accounts`: \"x\" is not an account; write its number, such as \"1000000000000001\"",
        ),
        (
            "assume = [{ external_id = \"xx\" }]",
            "2: `role.a.assume[0]`: a step without a role; write role_arn = \"acs:ram::ACCOUNT:role/NAME\"",
        ),
        (
            "assume = [{ role_arn = \"acs:ram::1:role/a\", external_id = \"a b\" }]",
            "2: `role.a.assume[0].external_id`: \"a b\" is not an external id; STS takes 2 to 1224 letters, digits and `_+=,.@:/-`",
        ),
        (
            "assume = [{ role_arn = \"acs:ram::1:role/a\", policyfile = \"x\" }]",
            "2: unknown key `role.a.assume[0].policyfile`; did you mean `role.a.assume[0].policy_file`?",
        ),
        ("assume = [\"x\"]", "2: `role.a.assume` is a list of tables; write { key = value, … }"),
        (
            "source = \"environment\"\noidc_token_file = \"x\"",
            "3: `role.a.oidc_token_file`: source \"environment\" does not read it; to assume a RAM role from there, write assume = [{ role_arn = \"…\" }]",
        ),
        (
            "sts = [\"http://sts\"]",
            "2: `role.a.sts`: \"http://sts\" is not a host; write its whole name in lower case, without a port",
        ),
    ] {
        assert_eq!(
            mistakes(&format!("[role.a]\n{text}\n"), &[]),
            [format!("countersign.toml:{expected}")],
            "{text}"
        );
    }
}

#[test]
fn a_secret_of_kms_is_read_with_the_role_that_reads_it() {
    let text = "[role.a]\nsource = \"kms\"\nkms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"default\"\nkms_region = \"cn-beijing\"\n";
    let first = loaded(text, &[]).unwrap();
    let RoleSource::Kms(kms) = &first.settings.roles[&RoleName::new("a")].source else { panic!("of KMS") };
    assert_eq!((kms.secret_name.as_str(), kms.role.as_str()), ("acs/ram/user/ops", "default"));
    assert_eq!(kms.region.as_deref(), Some("cn-beijing"));
    let again = loaded(&first.print(), &[]).unwrap().settings;
    assert_eq!(again.roles[&RoleName::new("a")].source, first.settings.roles[&RoleName::new("a")].source);
}

#[test]
fn each_mistake_about_a_secret_of_kms_says_what_to_write() {
    let missing = [
        "kms_secret_name, the name of the secret, \"acs/ram/user/NAME\"",
        "kms_role, the role whose credential reads the secret",
    ];
    let [secret, role] = missing.map(|what| format!("2: `role.a.source`: source \"kms\" needs {what}"));
    for (text, expected) in [
        ("", vec![role.clone(), secret.clone()]),
        ("kms_secret_name = \"acs/ram/user/ops\"", vec![role]),
        ("kms_role = \"default\"", vec![secret]),
        (
            "kms_role = \"default\"\nkms_secret_name = \"ops\"",
            vec![
                "4: `role.a.kms_secret_name`: \"ops\" is not a secret that keeps a RAM user's AccessKey; write it as KMS shows it, \
                 \"acs/ram/user/NAME\""
                    .to_owned(),
            ],
        ),
        (
            "kms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"defualt\"",
            vec!["4: `role.a.kms_role`: there is no role \"defualt\"; did you mean \"default\"?".to_owned()],
        ),
        (
            "kms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"a b\"",
            vec!["4: `role.a.kms_role`: \"a b\" is not a role's name; use 1 to 64 letters, digits, `-` and `_`".to_owned()],
        ),
        (
            "kms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"default\"\nkms_region = \"cn_x\"",
            vec!["5: `role.a.kms_region`: \"cn_x\" is not a region; write its id, such as \"cn-beijing\"".to_owned()],
        ),
        (
            "kms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"default\"\nprofile = \"x\"",
            vec![
                "5: `role.a.profile`: source \"kms\" does not read it; write source = \"cli\" or \"ini\" or \"auto\", or take it out"
                    .to_owned(),
            ],
        ),
    ] {
        let expected: Vec<_> = expected.iter().map(|text| format!("countersign.toml:{text}")).collect();
        assert_eq!(mistakes(&format!("[role.a]\nsource = \"kms\"\n{text}\n"), &[]), expected, "{text}");
    }
    assert_eq!(
        mistakes("[role.a]\nkms_role = \"default\"\n", &[]),
        [
            "countersign.toml:2: `role.a.kms_role`: source \"auto\" does not read it; write source = \"kms\", or take it out"
        ]
    );
}

#[test]
fn a_policy_that_sts_would_refuse_is_refused_at_once() {
    let place =
        Place::with("[role.a]\nassume = [{ role_arn = \"acs:ram::1:role/a\", policy_file = \"p.json\" }]\n");
    let fits = format!("{{\"a\":\"{}\"}}", "é".repeat(2040));
    for (policy, expected) in [
        (None, "there is no such file"),
        (Some("[]".to_owned()), "a session policy is one JSON object"),
        (Some("{".to_owned()), "a session policy is one JSON object"),
        (Some(format!("{{\"a\":\"{}\"}}", "x".repeat(2041))), "STS takes 2048 characters, not 2049"),
        (Some("x".repeat(20_000)), "the file is longer than 16384 bytes"),
    ] {
        if let Some(policy) = policy {
            place.write("p.json", &policy);
        }
        let path = place.path().join("p.json");
        let expected =
            format!("countersign.toml:2: `role.a.assume[0].policy_file`: {}: {expected}", path.display());
        assert_eq!(place.load(&Flags::default(), &[]).err(), Some(vec![expected]));
    }
    place.write("p.json", &fits);
    assert!(place.load(&Flags::default(), &[]).is_ok());
}

#[test]
fn the_default_role_may_be_made_optional() {
    let settings =
        loaded("[role.default]\nrequired = false\nsource = \"environment\"", &[]).unwrap().settings;
    let default = &settings.roles[&RoleName::new("default")];
    assert_eq!((default.required, &default.source), (false, &RoleSource::Environment));
}
