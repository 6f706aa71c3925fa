//! `[hosts]` and `[keys]`: what they amount to, and each mistake in them.

use std::path::Path;

use countersign::config::{Flags, Keys, OwnHost};
use countersign::names::KeysName;

use super::Place;
use super::together::told;

/// Keys that a row may name.
const PARTNER: &str = "[keys.partner]\nfile = \"p.json\"\n";
const NAMED: &str = "[hosts.\"used.example.com\"]\nproduct = \"apigateway\"\nkeys = \"partner\"\n";

#[test]
fn keys_and_hosts_are_what_the_file_says_with_paths_from_where_it_is() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("etc")).unwrap();
    let text = format!(
        "{PARTNER}[keys.studio]\nfile = \"/run/studio\"\nproduct = \"dashscope\"\nregion = \"cn-beijing\"\ntemporary = true\n\
         [keys.rest]\nfile = \"rest\"\nproduct = \"dashscope\"\n\
         [hosts]\n\"api.example.com\" = {{ product = \"apigateway\", keys = \"partner\" }}\n\"t.example.com\" = {{ product = \"fc-trigger\" }}\n"
    );
    place.write("etc/c.toml", &text);
    let flags = Flags { config: Some("etc/c.toml".into()), ..Flags::default() };
    let settings = place.load(&flags, &[]).unwrap().settings;
    let keys = |name: &str| &settings.keys[&KeysName::new(name)];
    let all = |Keys { file, product, region, temporary, .. }: &Keys| {
        (file.clone(), product.clone(), region.as_ref().map(|region| region.text.clone()), *temporary)
    };
    assert_eq!(all(keys("partner")), (place.path().join("etc/p.json"), None, None, false));
    let dashscope = || Some("dashscope".to_owned());
    assert_eq!(all(keys("studio")), ("/run/studio".into(), dashscope(), Some("cn-beijing".to_owned()), true));
    assert_eq!(
        all(keys("rest")),
        (place.path().join("etc").join(Path::new("rest")), dashscope(), None, false)
    );
    let row = |OwnHost { host, product, keys }: &OwnHost| {
        (host.text.clone(), product.clone(), keys.as_ref().map(ToString::to_string))
    };
    let rows: Vec<_> = settings.hosts.iter().map(row).collect();
    assert_eq!(
        rows,
        [
            ("api.example.com".to_owned(), "apigateway".to_owned(), Some("partner".to_owned())),
            ("t.example.com".to_owned(), "fc-trigger".to_owned(), None),
        ]
    );
}

/// A file that says this after keys that a row names, and its mistakes.
const AFTER_KEYS: &[(&str, &[&str])] = &[
    // Keys.
    ("[keys.a]\nproduct = \"dashscope\"", &["6: `keys.a`: keys are read from a file; write file = \"PATH\""]),
    (
        "[keys.a]\nfile = \"a\"",
        &[
            "6: `keys.a`: nothing uses these keys; name them by `keys` of a row of [hosts], or write product = \"dashscope\"",
        ],
    ),
    (
        "[keys.a]\nfile = \"a\"\nproduct = \"dashscop\"",
        &["8: `keys.a.product`: \"dashscop\" is not \"dashscope\"; did you mean \"dashscope\"?"],
    ),
    (
        "[keys.a]\nfil = \"a\"\nproduct = \"dashscope\"\nregon = \"cn-beijing\"",
        &[
            "6: `keys.a`: keys are read from a file; write file = \"PATH\"",
            "7: unknown key `keys.a.fil`; did you mean `keys.a.file`?",
            "9: unknown key `keys.a.regon`; did you mean `keys.a.region`?",
        ],
    ),
    (
        "[keys.\"a b\"]\nfile = \"a\"\nproduct = \"dashscope\"",
        &["6: `keys`: \"a b\" is not a name for keys; use 1 to 64 letters, digits, `-` and `_`"],
    ),
    (
        "[keys.a]\nfile = \"a\"\nregion = \"cn-beijing\"\ntemporary = true\n[hosts.\"b.example.com\"]\nproduct = \"dataplus\"\nkeys = \"a\"",
        &[
            "8: `keys.a.region`: only keys of a product have it; write product = \"dashscope\", or leave it out",
            "9: `keys.a.temporary`: only keys of a product have it; write product = \"dashscope\", or leave it out",
        ],
    ),
    (
        "[keys.a]\nfile = \"a\"\nproduct = \"dashscope\"\nregion = \"cn-beijin\"",
        &["9: `keys.a.region`: \"cn-beijin\": no region has this id; did you mean `cn-beijing`?"],
    ),
    (
        "[keys.a]\nfile = \"a\"\nproduct = \"dashscope\"\nregion = \"CN\"",
        &["9: `keys.a.region`: \"CN\" is not a region; write its id, such as \"cn-beijing\""],
    ),
    // The later one is blamed, whatever it is called; and keys for one region stand beside those for the rest.
    (
        "[keys.b]\nfile = \"b\"\nproduct = \"dashscope\"\n[keys.a]\nfile = \"a\"\nproduct = \"dashscope\"\n[keys.c]\nfile = \"c\"\nproduct = \"dashscope\"\nregion = \"cn-beijing\"\n[keys.d]\nfile = \"d\"\nproduct = \"dashscope\"\nregion = \"cn-beijing\"",
        &[
            "11: `keys.a.product`: `keys.b` opens \"dashscope\" in regions without keys of their own already; leave one of them out",
            "19: `keys.d.region`: `keys.c` opens \"dashscope\" in cn-beijing already; leave one of them out",
        ],
    ),
    // What a row needs.
    (
        "[hosts.\"b.example.com\"]",
        &[
            "6: `hosts.\"b.example.com\"`: a host needs its product; write product = \"apigateway\", \"dataplus\" or \"fc-trigger\"",
        ],
    ),
    (
        "[hosts]\n\"b.example.com\" = \"apigateway\"",
        &["7: `hosts.\"b.example.com\"` is a table; write [hosts.\"b.example.com\"] above its keys"],
    ),
    (
        "[hosts.\"b.example.com\"]\nproduct = \"fc\"",
        &[
            "7: `hosts.\"b.example.com\".product`: \"fc\" is not \"apigateway\" or \"dataplus\" or \"fc-trigger\"; did you mean \"fc-trigger\"?",
        ],
    ),
    (
        "[hosts.\"b.example.com\"]\nproduct = \"apigateway\"\n[hosts.\"c.example.com\"]\nproduct = \"dataplus\"",
        &[
            "6: `hosts.\"b.example.com\"`: \"apigateway\" takes no role's credential; write keys = \"NAME\", and its file in [keys.NAME]",
            "8: `hosts.\"c.example.com\"`: \"dataplus\" takes no role's credential; write keys = \"NAME\", and its file in [keys.NAME]",
        ],
    ),
    (
        "[hosts.\"b.example.com\"]\nproduct = \"fc-trigger\"\nkeys = \"partner\"",
        &[
            "8: `hosts.\"b.example.com\".keys`: a trigger is signed for with the listener's role; leave it out",
        ],
    ),
    (
        "[hosts.\"b.example.com\"]\nproduct = \"apigateway\"\nkeys = \"partnr\"\n[hosts.\"c.example.com\"]\nproduct = \"apigateway\"\nkeys = \"other\"",
        &[
            "8: `hosts.\"b.example.com\".keys`: there are no keys \"partnr\"; did you mean \"partner\"?",
            "11: `hosts.\"c.example.com\".keys`: there are no keys \"other\"; add a table [keys.other]",
        ],
    ),
    (
        "[keys.studio]\nfile = \"a\"\nproduct = \"dashscope\"\n[hosts.\"b.example.com\"]\nproduct = \"apigateway\"\nkeys = \"studio\"",
        &[
            "11: `hosts.\"b.example.com\".keys`: `keys.studio` is for the hosts of \"dashscope\"; name keys without a product",
        ],
    ),
    (
        "[hosts.\"a.example.com\"]\nproduct = \"dataplus\"\nkeys = \"partner\"",
        &[
            "8: `hosts.\"a.example.com\".keys`: `keys.partner` is what \"used.example.com\" is signed for with, and \"dataplus\" takes other keys; name some of its own",
        ],
    ),
    (
        "[hosts.\"b.example.com\"]\nproduct = \"fc-trigger\"\nkey = \"partner\"",
        &["8: unknown key `hosts.\"b.example.com\".key`; did you mean `hosts.\"b.example.com\".keys`?"],
    ),
    // Which hosts.
    (
        "[hosts]\n\"ecs.cn-hangzhou.aliyuncs.com\" = { product = \"fc-trigger\" }\n\"*.example.com\" = { product = \"fc-trigger\" }",
        &[
            "7: `hosts`: \"ecs.cn-hangzhou.aliyuncs.com\" is a host of the endpoint table, and signed for as what it is there; take it out, and list its tenant under [tenants] if it names one",
            "8: `hosts`: \"*.example.com\" is not a host; write its whole name in lower case, without a port and without `*`: each is named by itself",
        ],
    ),
    (
        "[hosts]\n\"a.alb.aliyuncs.com\" = { product = \"fc-trigger\" }\n\"a.alicloudapi.com\" = { product = \"fc-trigger\" }\n\"esc.cn-hangzhou.aliyuncs.com\" = { product = \"fc-trigger\" }",
        &[
            "7: `hosts`: \"a.alb.aliyuncs.com\" is a load balancer: the customer's servers receive the request; nothing is signed for it, so take it out",
            "8: `hosts`: \"a.alicloudapi.com\" is a name that \"apigateway\" gives out; write product = \"apigateway\"",
            "9: `hosts`: \"esc.cn-hangzhou.aliyuncs.com\" is in aliyuncs.com, which is Alibaba Cloud's, and no name that API Gateway, Dataplus or Function Compute gives out; correct it",
        ],
    ),
    // Dialling elsewhere admits no host, and takes those that are admitted.
    (
        "[connect_to]\n\"used.example.com\" = \"https://a.example\"\n\"other.example.com\" = \"https://a.example\"\n\"*.example.com\" = \"https://a.example\"",
        &[
            "8: `connect_to`: \"other.example.com\" is no host of the endpoint table or under [hosts]; it could never be asked for",
            "9: `connect_to`: \"*.example.com\" stands for no tenant's host of the endpoint table or under [hosts]; it could never be asked for",
        ],
    ),
    (
        "[[listen]]\naddress = \"127.0.0.1:1\"\nendpoint = \"used.example.com\"\n[[listen]]\naddress = \"127.0.0.1:2\"\nendpoint = \"other.example.com\"",
        &[
            "11: `listen[1].endpoint`: \"other.example.com\": the host is not in the endpoint table; correct it, or update countersign if the product or region is new",
        ],
    ),
];

#[test]
fn each_mistake_of_keys_and_hosts_says_where_it_is_and_what_to_write() {
    assert!(AFTER_KEYS.len() >= 18);
    assert_eq!(told(&Place::new(), &format!("{PARTNER}{NAMED}"), &[]), [""; 0]);
    for (text, expected) in AFTER_KEYS {
        let expected: Vec<String> = expected.iter().map(|line| format!("countersign.toml:{line}")).collect();
        assert_eq!(told(&Place::new(), &format!("{PARTNER}{NAMED}{text}"), &[]), expected, "{text}");
    }
}

#[test]
fn keys_that_only_a_mistaken_row_names_are_not_called_unused() {
    let text = format!("{PARTNER}[hosts.\"*.x\"]\nproduct = \"apigatewayy\"\nkeys = \"partner\"\n");
    let found = told(&Place::new(), &text, &[]);
    assert!(found.len() == 1 && found[0].contains("`hosts.\"*.x\".product`"), "{found:#?}");
}
