//! Each mistake has a message that says where it is and what to write instead; all of them come at once.

use countersign::config::Flags;

use super::{Place, mistakes};

/// A file, and its mistakes after `countersign.toml:`.
const IN_A_FILE: &[(&str, &[&str])] = &[
    (
        "[limits]\nhead = \"32KiB\"\n\n\n\n\nheed = \"1KiB\"",
        &["7: unknown key `limits.heed`; did you mean `limits.head`?"],
    ),
    ("limit.head = \"1KiB\"", &["1: unknown key `limit`; did you mean `limits`?"]),
    ("head_timeout = \"1s\"", &["1: unknown key `head_timeout`; did you mean `limits.head_timeout`?"]),
    ("[log]\ncolour = true", &["2: unknown key `log.colour`; docs/configuration.md lists all keys"]),
    ("[role.app]\nsorce = \"oidc\"", &["2: unknown key `role.app.sorce`; did you mean `role.app.source`?"]),
    (
        "[[listen]]\nadress = \"127.0.0.1:1\"",
        &[
            "1: `listen[0]`: a listener needs an address; write address = \"127.0.0.1:9110\"",
            "2: unknown key `listen[0].adress`; did you mean `listen[0].address`?",
        ],
    ),
    (
        "[tenants]\nosss = []\necs = []",
        &[
            "2: unknown key `tenants.osss`; did you mean `tenants.oss`?",
            "3: unknown key `tenants.ecs`; docs/configuration.md lists all keys",
        ],
    ),
    (
        "\"limits.head\" = 1\n\"listen[]\" = 2",
        &[
            "1: unknown key `\"limits.head\"`; docs/configuration.md lists all keys",
            "2: unknown key `\"listen[]\"`; did you mean `listen`?",
        ],
    ),
    // Not built yet.
    (
        "[upstream]\nproxy = \"http://user:hunter2@p\"",
        &["2: `upstream.proxy` is not available in this version; leave it out"],
    ),
    (
        "[product.oss]\nscheme = \"oss-v2\"",
        &["2: `product.oss.scheme`: \"oss-v2\" is neither \"oss-v4\" nor \"oss-v1\""],
    ),
    (
        "[product.ecs]\nscheme = \"oss-v4\"",
        &["2: `product.ecs.scheme`: only `product.oss` has a choice of schemes; leave it out"],
    ),
    // Shapes and kinds.
    (
        "limits = 3\nlisten = 4\nrole.app = 5",
        &[
            "1: `limits` is a table; write [limits] above its keys",
            "2: `listen` is a list of tables; write [[listen]] above each",
            "3: `role.app` is a table; write [role.app] above its keys",
        ],
    ),
    (
        "[limits]\nhead = 32768\nheaders = \"100\"\nuri = \"8KB\"\nhead_timeout = \"10\"\nconnections = 0x10",
        &[
            "2: `limits.head`: write it between quotes: a size, 1KiB to 60KiB",
            "3: `limits.headers`: write a whole number, without quotes",
            "4: `limits.uri`: \"8KB\" is not a size; write it as \"32KiB\" (B, KiB, MiB or GiB)",
            "5: `limits.head_timeout`: \"10\" is not a time; write it as \"3s\" (ms, s, m or h)",
            "6: `limits.connections`: write a whole number, without quotes",
        ],
    ),
    (
        "workers = 0\ndrain_timeout = \"2h\"\n[limits]\nhead = \"64KiB\"\nheaders = 1001\nhead_timeout = \"0s\"",
        &[
            "1: `workers`: 0 is not between 1 and 256",
            "2: `drain_timeout`: 2h is not between 0 and 1h",
            "4: `limits.head`: 64KiB is not between 1KiB and 60KiB",
            "5: `limits.headers`: 1001 is not between 1 and 1000",
            "6: `limits.head_timeout`: 0s is not between 100ms and 1h",
        ],
    ),
    (
        "[limits]\nuri = \"16KiB\"\nhead = \"8KiB\"\nheld_bodies = \"1MiB\"",
        &[
            "2: `limits.uri`: `limits.uri` must not be larger than `limits.head`",
            "4: `limits.held_bodies`: `limits.held_body` must not be larger than `limits.held_bodies`",
        ],
    ),
    (
        "[admin]\nready = \"credential\"\n[log]\nformat = \"yaml\"\naccess = \"stdot\"",
        &[
            "2: `admin.ready`: \"credential\" is not \"credentials\" or \"config\"; did you mean \"credentials\"?",
            "4: `log.format`: \"yaml\" is not \"auto\" or \"text\" or \"json\"",
            "5: `log.access`: \"stdot\" is not \"stdout\", \"off\" or a file; a file's name has a `/` or a `.` in it",
        ],
    ),
    (
        "[admin]\nready = \"cred\"\naddress = \"unix:admin.sock\"\n[role.a]\nsource = \"enviroment\"",
        &[
            "2: `admin.ready`: \"cred\" is not \"credentials\" or \"config\"; did you mean \"credentials\"?",
            "3: `admin.address`: health and metrics are not to be had on a unix socket; write an IP address and a port such as \"127.0.0.1:9465\"",
            "5: `role.a.source`: \"enviroment\" is not a source; write \"auto\", \"environment\", \"oidc\", \"ecs\", \"cli\", \"ini\", \"process\", \"uri\", \"vault\", \"kms\", \"login\" or \"role:NAME\"; did you mean \"environment\"?",
        ],
    ),
    (
        "[[listen]]\naddress = \"127.0.0.1:1\"\nrole = \"ap\"\n[role.app]\n[role.b]\nsource = \"role:ap\"",
        &[
            "3: `listen[0].role`: there is no role \"ap\"; did you mean \"app\"?",
            "6: `role.b.source`: there is no role \"ap\"; did you mean \"app\"?",
        ],
    ),
    (
        "[connect_to]\n\"a.example\" = \"https://100.100.100.200\"\n\"b.example\" = \"https://0x64.0x64.0x64.0xc8\"\n\"c.example\" = \"http://127.0.0.1:9110\"\n\"d.example\" = \"https://localhost:9465\"",
        &[
            "2: `connect_to.\"a.example\"`: the value is a metadata, link-local, multicast or broadcast address, and nothing that is signed goes there; dial another",
            "3: `connect_to.\"b.example\"`: the value is an address in a spelling that is read in different ways; write it as four numbers from 0 to 255",
            "4: `connect_to.\"c.example\"`: 127.0.0.1:9110 is a listener of this process; a request would go round for ever",
            "5: `connect_to.\"d.example\"`: 127.0.0.1:9465 is a listener of this process; a request would go round for ever",
        ],
    ),
    // Listeners.
    (
        "[[listen]]\naddress = \"0.0.0.0:9110\"\n[[listen]]\naddress = \"localhost:9110\"\n[[listen]]\naddress = \"unix:\"",
        &[
            "2: `listen[0].address`: a listener that other machines can reach must authenticate its clients, which this version cannot; listen on 127.0.0.1, [::1] or a unix socket",
            "4: `listen[1].address`: \"localhost:9110\" is not an address; write an IP address and a port such as \"127.0.0.1:9110\", or \"unix:PATH\"",
            "6: `listen[2].address`: the path of a unix socket has 1 to 107 bytes, its directory included",
        ],
    ),
    (
        "[[listen]]\naddress = \"127.0.0.1:1\"\n[[listen]]\naddress = \"127.0.0.1:1\"\n[admin]\naddress = \"127.0.0.1:1\"",
        &[
            "2: `listen[0].address`: 127.0.0.1:1 is taken by `admin.address`",
            "4: `listen[1].address`: 127.0.0.1:1 is taken by another listener",
        ],
    ),
    (
        "[[listen]]\naddress = \"127.0.0.1:1\"\nrole = \"apps\"\nendpoint = \"a b\"\n[role.app]",
        &[
            "3: `listen[0].role`: there is no role \"apps\"; did you mean \"app\"?",
            "4: `listen[0].endpoint`: \"a b\" is not an endpoint; write PRODUCT.REGION such as \"ecs.cn-hangzhou\", or a whole host",
        ],
    ),
    // Names, hosts, patterns.
    (
        "[role.\"a b\"]\n[product.ECS]",
        &[
            "1: `role`: \"a b\" is not a role's name; use 1 to 64 letters, digits, `-` and `_`",
            "2: `product`: \"ECS\" is not a product code; use lower-case letters, digits and `-`, such as \"ecs\"",
        ],
    ),
    (
        "[tenants]\nots = [\"*-*\", \"*a*\", \"a*\", \"ab*\", \"a\", \"12*-x\"]",
        &[
            "2: `tenants.ots`: \"*-*\" would admit strangers' names too; begin it with at least 2 characters of yours, as in \"team-*\"",
            "2: `tenants.ots`: \"*a*\" would admit strangers' names too; begin it with at least 2 characters of yours, as in \"team-*\"",
            "2: `tenants.ots`: \"a*\" would admit strangers' names too; begin it with at least 2 characters of yours, as in \"team-*\"",
        ],
    ),
    (
        "[tenants]\noss = [\"*\", \"\", \"a.b\",\n  \"Logs\", 3]\nsls = \"a\"",
        &[
            "2: `tenants.oss`: \"\" is not one label of a host; use lower-case letters, digits, `-`, and `*` for any of them",
            "2: `tenants.oss`: \"*\" would admit every tenant of the cloud; name yours",
            "2: `tenants.oss`: \"a.b\" is not one label of a host; use lower-case letters, digits, `-`, and `*` for any of them",
            "3: `tenants.oss`: \"Logs\" is not one label of a host; use lower-case letters, digits, `-`, and `*` for any of them",
            "3: `tenants.oss`: write each between quotes: a name or a pattern with `*`",
            "4: `tenants.sls`: write a list in brackets, such as [\"…\", \"…\"]",
        ],
    ),
    // What stands in paths may hold more.
    (
        "[tenants]\ndatahub = [\"My_project\", \"a/b\", \"M*\"]",
        &[
            "2: `tenants.datahub`: \"M*\" would admit strangers' names too; begin it with at least 2 characters of yours, as in \"team-*\"",
            "2: `tenants.datahub`: \"a/b\" is not a project's name; use letters, digits, `_`, `-`, and `*` for any of them",
        ],
    ),
    (
        "[connect_to]\n\"a.example\" = \"http://user:hunter2@b.example\"\n\"*.*.b\" = \"https://c.example\"\n\"10.0.0.1\" = \"https://c.example\"\n\"d.example\" = \"http://10.0.0.1:80\"",
        &[
            "2: `connect_to.\"a.example\"`: the value is not \"https://HOST[:PORT]\" or, on this machine, \"http://IP:PORT\"",
            "3: `connect_to`: \"*.*.b\" is not a host; write its whole name in lower case, without a port, or \"*.HOST\", or \"*\"",
            "4: `connect_to`: \"10.0.0.1\" is not a host; write its whole name in lower case, without a port, or \"*.HOST\", or \"*\"",
            "5: `connect_to.\"d.example\"`: without TLS only this machine can be dialled; write \"https://…\", or \"http://\" with 127.0.0.1, [::1] or localhost",
        ],
    ),
    // Not TOML at all.
    ("workers = 1\nworkers = 2", &["2: not TOML: duplicate key"]),
    ("[log]\nformat = \"text\"\n[log]\naccess = \"off\"", &["3: not TOML: duplicate key"]),
];

#[test]
fn each_mistake_of_a_file_says_where_it_is_and_what_to_write() {
    assert!(IN_A_FILE.len() >= 20);
    for (text, expected) in IN_A_FILE {
        let expected: Vec<String> = expected.iter().map(|line| format!("countersign.toml:{line}")).collect();
        assert_eq!(mistakes(text, &[]), expected, "{text}");
    }
}

#[test]
fn each_mistake_of_a_variable_says_which_one_is_meant() {
    for (name, value, expected) in [
        ("COUNTERSIGN_LIMITS_HEED", "1KiB", "unknown variable; did you mean `COUNTERSIGN_LIMITS_HEAD`?"),
        ("COUNTERSIGN_WORKER", "2", "unknown variable; did you mean `COUNTERSIGN_WORKERS`?"),
        ("COUNTERSIGN_LISTENS", "x", "unknown variable; did you mean `COUNTERSIGN_LISTEN`?"),
        ("COUNTERSIGN_COLOUR", "x", "unknown variable; docs/configuration.md lists all of them"),
        ("COUNTERSIGN_CONFIG", "x", "unknown variable; the settings file is named by --config"),
        ("COUNTERSIGN_TENANTS_OSS", "a", "tables and lists are set in the settings file, not by variables"),
        (
            "COUNTERSIGN_KEYS_PARTNER_FILE",
            "a",
            "tables and lists are set in the settings file, not by variables",
        ),
        (
            "COUNTERSIGN_ROLE_DEFAULT_SOURCE",
            "oidc",
            "tables and lists are set in the settings file, not by variables",
        ),
        ("COUNTERSIGN_UPSTREAM_PROXY", "x", "not available in this version; leave it out"),
        (
            "COUNTERSIGN_LIMITS_HEAD",
            "1KB",
            "\"1KB\" is not a size; write it as \"32KiB\" (B, KiB, MiB or GiB)",
        ),
        ("COUNTERSIGN_WORKERS", "two", "\"two\" is not a whole number from 1 to 256"),
        ("COUNTERSIGN_WORKERS", "-1", "\"-1\" is not a whole number from 1 to 256"),
    ] {
        assert_eq!(mistakes("", &[(name, value)]), [format!("{name}: {expected}")]);
    }
}

#[test]
fn all_mistakes_come_at_once_the_file_first() {
    let place = Place::with("workers = 0\n[role.app]\nsource = \"role:ap\"\n[limits]\nheed = 1\n");
    let flags = Flags { listen: vec!["x".into()], admin: Some("y".into()), ..Flags::default() };
    let found =
        place.load(&flags, &[("COUNTERSIGN_LOG_FORMAT", "xml"), ("COUNTERSIGN_X", "1")]).err().unwrap();
    let places: Vec<&str> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    let expected =
        ["countersign.toml:1", "countersign.toml:3", "countersign.toml:5", "COUNTERSIGN_LOG_FORMAT"];
    assert_eq!(places, [&expected[..], &["COUNTERSIGN_X", "--admin", "--listen"]].concat(), "{found:#?}");
}

#[test]
fn a_line_that_is_not_toml_does_not_hide_the_other_mistakes() {
    let found = mistakes("workers = 0\ndrain_timeout = 30s\n[limits]\nheed = 1\n", &[]);
    let places: Vec<&str> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["countersign.toml:1", "countersign.toml:2", "countersign.toml:4"], "{found:#?}");
}

#[test]
fn a_secret_in_the_settings_is_refused_and_not_repeated() {
    const CANARY: &str = "hunter2canary";
    let text = format!(
        "access_key_secret = \"{CANARY}\"\n[role.app]\nsecurity_token = \"{CANARY}\"\n[credentials]\npassword = \
         \"{CANARY}\"\n[keys.a]\napp_secret = \"{CANARY}\"\n[connect_to]\n\"a.example\" = \
         \"https://u:{CANARY}@b.example\"\n[x]\ntoken = {CANARY}\n"
    );
    let found = mistakes(&text, &[("COUNTERSIGN_ACCESS_KEY_SECRET", CANARY)]);
    let told = |line: &&String| line.contains("secrets are never settings: take `");
    assert_eq!(found.iter().filter(told).count(), 5, "{found:#?}");
    assert!(found.iter().all(|line| !line.contains(CANARY)), "{found:#?}");
    assert!(
        found[0].starts_with("countersign.toml:1: secrets are never settings: take `access_key_secret` out")
    );
}
