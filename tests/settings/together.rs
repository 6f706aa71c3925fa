//! What only the endpoint table and the SDKs' variables show is told together with the rest, in the order of the lines.

use std::collections::BTreeMap;

use countersign::config::{Flags, load_judged};
use countersign::sidecar::{mistakes, unwritable, warnings};

use super::Place;

/// The mistakes that `run` would find in a file, with this environment.
pub(super) fn told(place: &Place, text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    place.write("countersign.toml", text);
    let environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let judge = |settings: &_| mistakes(settings, &environment, false);
    let loaded = load_judged(&Flags::default(), (&environment, place.path()), &judge);
    loaded.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn doubts(text: &str) -> Vec<String> {
    let settings = super::loaded(text, &[]).unwrap().settings;
    warnings(&settings).iter().map(ToString::to_string).collect()
}

#[test]
fn mistakes_of_every_kind_are_told_at_once_in_the_order_of_their_lines() {
    let place = Place::new();
    place.write("ca.pem", "no certificate");
    let text = r#"workers = 0
[[listen]]
address = "0.0.0.0:1"
endpoint = "ecs.cn-hangzou"
[role.default]
sts = ["ecs.cn-hangzhou.aliyuncs.com"]
[tenants]
oss = ["*"]
[connect_to]
"ecs.nowhere.aliyuncs.com" = "https://a.example"
[product.ecss]
[upstream]
extra_ca = "ca.pem"
[log]
format = "yaml"
"#;
    let variables = [("ALIBABA_CLOUD_ROLE_ARN", "app"), ("COUNTERSIGN_WORKER", "1")];
    let found = told(&place, text, &variables);
    let places: Vec<&str> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    let lines = [1, 3, 4, 6, 8, 10, 11, 13, 15].map(|line| format!("countersign.toml:{line}"));
    assert_eq!(places[..9], lines, "{found:#?}");
    assert_eq!(places[9..], ["ALIBABA_CLOUD_ROLE_ARN", "COUNTERSIGN_WORKER"], "{found:#?}");
}

/// A file, and its mistakes after `countersign.toml:`.
const IN_A_FILE: &[(&str, &[&str])] = &[
    (
        "[[listen]]\naddress = \"127.0.0.1:1\"\n[[listen]]\naddress = \"127.0.0.1:2\"\nendpoint = \"ecs.cn-hangzou\"",
        &["5: `listen[1].endpoint`: \"ecs.cn-hangzou\": no region has this id; did you mean `cn-hangzhou`?"],
    ),
    ("[product.ecss]", &["1: `product.ecss`: no product is called \"ecss\"; did you mean \"ecs\"?"]),
    (
        "[product.gibberish-x]",
        &[
            "1: `product.gibberish-x`: no product is called \"gibberish-x\"; use the code that its host names start with, such as \"ecs\"",
        ],
    ),
    // Told once, not twice.
    (
        "[product.ECS]",
        &[
            "1: `product`: \"ECS\" is not a product code; use lower-case letters, digits and `-`, such as \"ecs\"",
        ],
    ),
    (
        "[role.a]\nsts = [\"ecs.cn-hangzhou.aliyuncs.com\"]",
        &[
            "2: `role.a.sts`: \"ecs.cn-hangzhou.aliyuncs.com\" is no STS host of the endpoint table; use one such as \"sts.cn-hangzhou.aliyuncs.com\"",
        ],
    ),
    // An AccessKey tells no account, but that is not what is wrong here.
    (
        "[role.a]\nsource = \"role:b\"\n[role.c]\nsource = \"role:a\"\naccounts = [\"1000000000000001\"]",
        &["2: `role.a.source`: there is no role \"b\"; add a table [role.b]"],
    ),
    (
        "[role.a]\nsource = \"oidcc\"\naccounts = [\"1000000000000001\"]",
        &[
            "2: `role.a.source`: \"oidcc\" is not a source; write \"auto\", \"environment\", \"oidc\", \"ecs\", \"cli\", \"ini\", \"process\", \"uri\", \"vault\", \"kms\", \"login\" or \"role:NAME\"; did you mean \"oidc\"?",
        ],
    ),
    (
        "[role.a]\nsource = \"kms\"\nkms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"default\"\nkms_region = \"mars-north-1\"",
        &[
            "1: role `a`: the endpoint table has no KMS in \"mars-north-1\", or not by this network; name the region that the secret is in",
        ],
    ),
    // What is read as a role that is a guess is one too.
    (
        "[role.a]\nprofile = 5\n[role.b]\nsource = \"kms\"\nkms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"a\"\nkms_region = \"cn-beijing\"\naccounts = [\"1000000000000001\"]",
        &["2: `role.a.profile`: write it between quotes: a profile's name"],
    ),
    (
        "[role.a]\nsource = \"kms\"\nkms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"b\"\nkms_region = \"cn-beijing\"\n[role.b]\nsource = \"role:a\"",
        &["1: the roles lead in a circle: a → b → a; one needs a source of its own"],
    ),
    (
        "[role.a]\nsource = \"kms\"\nkms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"default\"\nkms_region = \"cn-beijing\"\naccounts = [\"1000000000000001\"]",
        &[
            "1: role `a` has `accounts`, but its source does not tell its account; assume a role from there, or remove `accounts`",
        ],
    ),
    (
        "[role.a]\nsource = \"environment\"\naccounts = [\"1000000000000001\"]",
        &[
            "1: role `a` has `accounts`, but its source does not tell its account; assume a role from there, or remove `accounts`",
        ],
    ),
    // Hosts of tenants, and those that have none.
    (
        "[connect_to]\n\"*.ecs.cn-hangzhou.aliyuncs.com\" = \"https://a.example\"\n\"*.oss-cn-hangzhou.aliyuncs.com\" = \"https://a.example\"\n\"*.cn-hangzhou.fc.aliyuncs.com\" = \"https://a.example\"\n\"*.aliyuncs.com\" = \"https://a.example\"",
        &[
            "2: `connect_to`: \"*.ecs.cn-hangzhou.aliyuncs.com\" stands for no tenant's host of the endpoint table or under [hosts]; it could never be asked for",
            "5: `connect_to`: \"*.aliyuncs.com\" stands for no tenant's host of the endpoint table or under [hosts]; it could never be asked for",
        ],
    ),
];

#[test]
fn each_mistake_names_its_line_its_key_and_the_nearest_word() {
    for (text, expected) in IN_A_FILE {
        let expected: Vec<String> = expected.iter().map(|line| format!("countersign.toml:{line}")).collect();
        let key = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "a"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "b")];
        assert_eq!(told(&Place::new(), text, &key), expected, "{text}");
    }
}

#[test]
fn an_authority_that_cannot_be_used_is_told_with_its_line_and_file() {
    let place = Place::new();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (pem, expected) in [
        (Some(""), "it holds no certificate; name a PEM file of certificate authorities"),
        (Some(broken), "a certificate cannot be used"),
        (Some("-----BEGIN CERTIFICATE-----\n"), "it is not PEM"),
        (None, "there is no such file"),
    ] {
        match pem {
            Some(pem) => drop(place.write("ca.pem", pem)),
            None => std::fs::remove_file(place.path().join("ca.pem")).unwrap(),
        }
        let found = told(&place, "[upstream]\nextra_ca = \"ca.pem\"\n", &[]);
        let path = place.path().join("ca.pem");
        let start = format!("countersign.toml:2: `upstream.extra_ca`: {}: {expected}", path.display());
        assert!(found.len() == 1 && found[0].starts_with(&start), "{found:#?}");
    }
}

#[test]
fn a_variable_that_is_wrong_is_told_by_its_name() {
    for (name, value) in
        [("ALIBABA_CLOUD_STS_ENDPOINT", "foo.example"), ("ALIBABA_CLOUD_STS_REGION", "mars-north-1")]
    {
        let oidc = [
            ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1000000000000001:role/app"),
            ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1000000000000001:oidc-provider/rrsa"),
            ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "token"),
            (name, value),
        ];
        let found = told(&Place::new(), "", &oidc);
        let start = format!("{name}: role `default`: \"{value}\"");
        assert!(found.len() == 1 && found[0].starts_with(&start), "{found:#?}");
    }
}

#[test]
fn a_credentials_uri_that_leads_back_to_a_listener_is_a_mistake() {
    let settings = "[[listen]]\naddress = \"127.0.0.1:9999\"\n[role.default]\nsource = \"uri\"\n";
    for (port, is_own) in [(9999, true), (9465, true), (9110, false)] {
        let uri = format!("http://localhost:{port}/canary");
        let text =
            format!("role `default` asks http://localhost:{port} for its credential, which is a listener");
        let by_file = told(&Place::new(), &format!("{settings}uri = \"{uri}\"\n"), &[]);
        let by_variable = told(&Place::new(), settings, &[("ALIBABA_CLOUD_CREDENTIALS_URI", &uri)]);
        for (found, origin) in
            [(by_file, "countersign.toml:3"), (by_variable, "ALIBABA_CLOUD_CREDENTIALS_URI")]
        {
            let is_told =
                |found: &[String]| found.len() == 1 && found[0].starts_with(&format!("{origin}: {text}"));
            assert!(if is_own { is_told(&found) } else { found.is_empty() }, "{port}: {found:#?}");
            assert!(!found.concat().contains("canary"));
        }
    }
}

#[test]
fn a_vault_that_is_a_listener_of_ours_is_a_mistake() {
    let settings = "[[listen]]\naddress = \"127.0.0.1:9999\"\n[role.default]\nsource = \"vault\"\nvault_role = \"app\"\n\
                    vault_token_file = \"token\"\n";
    for (port, is_own) in [(9999, true), (9465, true), (8200, false)] {
        let url = format!("http://127.0.0.1:{port}");
        let text = format!("role `default` asks {url} for its credential, which is a listener");
        let by_file = told(&Place::new(), &format!("{settings}vault_address = \"{url}\"\n"), &[]);
        let by_variable = told(&Place::new(), settings, &[("VAULT_ADDR", &url)]);
        for (found, origin) in [(by_file, "countersign.toml:3"), (by_variable, "VAULT_ADDR")] {
            let is_told = found.len() == 1 && found[0].starts_with(&format!("{origin}: {text}"));
            assert!(if is_own { is_told } else { found.is_empty() }, "{port}: {found:#?}");
        }
    }
}

#[test]
fn a_metadata_server_that_is_asked_and_played_is_a_mistake_unless_another_place_is_asked() {
    let vend =
        "[[vend]]\nkind = \"metadata\"\naddress = \"127.0.0.1:9120\"\n[role.default]\nsource = \"ecs\"\n";
    let text = "countersign.toml:4: role `default` asks the metadata server, which countersign plays itself by a [[vend]]";
    for (imds, expected) in [
        (None, Some(text)),
        (Some("http://100.100.100.201"), None),
        (
            Some("http://127.0.0.1:9120"),
            Some("ALIBABA_CLOUD_IMDS_ENDPOINT: role `default` asks http://127.0.0.1:9120"),
        ),
        (Some("http://100.100.100.201/x"), Some("ALIBABA_CLOUD_IMDS_ENDPOINT: role `default` reads")),
    ] {
        let variables: Vec<_> = imds.map(|url| ("ALIBABA_CLOUD_IMDS_ENDPOINT", url)).into_iter().collect();
        let found = told(&Place::new(), vend, &variables);
        match expected {
            Some(text) => assert!(found.len() == 1 && found[0].starts_with(text), "{imds:?}: {found:#?}"),
            None => assert!(found.is_empty(), "{imds:?}: {found:#?}"),
        }
    }
}

#[test]
fn a_way_through_more_roles_than_anybody_means_is_a_mistake() {
    let chain = |roles: usize| -> String {
        let role = |at: usize| format!("[role.r{at}]\nsource = \"role:r{}\"\n", at + 1);
        (1..roles).map(role).chain([format!("[role.r{roles}]\nsource = \"oidc\"\n")]).collect()
    };
    assert_eq!(told(&Place::new(), &chain(32), &[]), Vec::<String>::new());
    let found = told(&Place::new(), &chain(33), &[]);
    assert!(found.len() == 1 && found[0].contains("more than 32 roles away"), "{found:#?}");
    // One that nobody has written by hand ends in words as well.
    assert!(told(&Place::new(), &chain(5_000), &[]).len() > 4_000);
}

#[test]
fn an_address_in_a_variable_is_told_with_its_form() {
    for (source, name) in [
        ("source = \"vault\"\nvault_role = \"app\"\nvault_token_file = \"/token\"", "VAULT_ADDR"),
        ("source = \"ecs\"", "ALIBABA_CLOUD_IMDS_ENDPOINT"),
    ] {
        for wrong in ["127.0.0.1:8200", "http://127.0.0.1:8200/v1"] {
            let found = told(&Place::new(), &format!("[role.default]\n{source}"), &[(name, wrong)]);
            let form = "write http://HOST[:PORT] or https://HOST[:PORT], without a path";
            assert!(found.len() == 1 && found[0].contains(form) && found[0].contains(name), "{found:#?}");
        }
    }
}

#[test]
fn a_variable_is_not_complained_of_where_nobody_knows_whether_it_is_read() {
    let variables = [("ALIBABA_CLOUD_ROLE_ARN", "app")];
    let told = |text| told(&Place::new(), text, &variables);
    assert_eq!((told("").len(), told("[role.default]\nsource = \"environment\"").len()), (1, 0));
    let found = told("[role.default]\nsource = \"enviroment\"");
    assert!(
        found.len() == 1 && found[0].starts_with("countersign.toml:2: `role.default.source`"),
        "{found:#?}"
    );
}

#[test]
fn what_is_no_mistake_but_doubtful_is_warned_of() {
    assert_eq!(
        doubts(
            "[connect_to]\n\"sts.aliyuncs.com\" = \"http://127.0.0.1:9000\"\n\"ecs.aliyuncs.com\" = \"https://a.example\""
        ),
        ["countersign.toml:2: signed requests for sts.aliyuncs.com leave in the clear to 127.0.0.1:9000"]
    );
    let unbuilt = doubts("[[listen]]\naddress = \"127.0.0.1:1\"\nendpoint = \"cms-metrichub.cn-hangzhou\"");
    let start = "countersign.toml:3: `listen[0].endpoint`: \"cms-metrichub.cn-hangzhou\": every request there is answered 501: ";
    assert!(unbuilt.len() == 1 && unbuilt[0].starts_with(start), "{unbuilt:?}");
    assert!(unbuilt[0].contains("a signature of its own"), "{unbuilt:?}");
    let socket = doubts("[[listen]]\naddress = \"unix:/nonexistent/x.sock\"");
    let expected = "countersign.toml:2: `listen[0].address`: there is no directory /nonexistent; make it, or name another";
    assert_eq!(socket, [expected]);
    assert_eq!(doubts("[[listen]]\naddress = \"127.0.0.1:1\"\nendpoint = \"oss.cn-hangzhou\""), [""; 0]);
}

#[test]
fn a_file_that_access_lines_cannot_go_to_is_a_mistake_and_checking_makes_none() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("logs.d")).unwrap();
    let told = |access: &str| {
        place.write("countersign.toml", &format!("[log]\naccess = {access:?}\n"));
        let settings = place.load(&Flags::default(), &[]).unwrap().settings;
        unwritable(&settings).map(|problem| problem.to_string())
    };
    let (missing, directory) = (place.path().join("no/such/a.log"), place.path().join("logs.d"));
    assert_eq!(
        told("no/such/a.log"),
        Some(format!(
            "countersign.toml:2: `log.access`: {} cannot be made: there is no directory {}; make it, or name another",
            missing.display(),
            missing.parent().unwrap().display()
        ))
    );
    assert_eq!(
        told("logs.d"),
        Some(format!(
            "countersign.toml:2: `log.access`: {} is a directory; name a file",
            directory.display()
        ))
    );
    assert_eq!(told("logs.d/a.log"), None);
    assert!(!directory.join("a.log").exists());
}
