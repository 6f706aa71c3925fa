//! `[[vend]]`: what each kind reads, and what is wrong with what it does not.

use countersign::config::VendWay;

use super::{loaded, mistakes};

#[test]
fn every_kind_is_read() {
    let text = r#"
        [role.dev]
        [[vend]]
        kind = "uri"
        address = "127.0.0.1:9120"
        path_file = "/run/countersign/uri"
        [[vend]]
        kind = "metadata"
        address = "100.100.100.200:80"
        v1 = true
        [[vend]]
        kind = "process"
        address = "unix:/run/user/1000/countersign-vend.sock"
        role = "dev"
        uids = [1000, 0]
    "#;
    let settings = loaded(text, &[]).unwrap().settings;
    let told: Vec<_> =
        settings.vend.iter().map(|vend| (vend.address.to_string(), vend.role.as_str(), &vend.way)).collect();
    let (path_file, uids) = (Some("/run/countersign/uri".into()), vec![1000, 0]);
    assert_eq!(
        told,
        [
            ("127.0.0.1:9120".to_owned(), "default", &VendWay::Uri { path_file }),
            ("100.100.100.200:80".to_owned(), "default", &VendWay::Metadata { allows_v1: true }),
            ("unix:/run/user/1000/countersign-vend.sock".to_owned(), "dev", &VendWay::Process { uids }),
        ]
    );
    assert_eq!(loaded("", &[]).unwrap().settings.vend, [], "nobody unless the file says so");
}

#[test]
fn what_is_printed_brings_the_same_about() {
    let text = "[[vend]]\nkind = \"uri\"\naddress = \"127.0.0.1:9120\"\n[[vend]]\nkind = \"process\"\n\
                address = \"unix:/run/v.sock\"\nuids = [7, 8]\n";
    let first = loaded(text, &[]).unwrap();
    let second = loaded(&first.print(), &[]).unwrap();
    let plain = |loaded: &countersign::config::Loaded| {
        loaded.settings.vend.iter().map(|vend| (vend.way.clone(), vend.address.clone())).collect::<Vec<_>>()
    };
    assert_eq!(plain(&first), plain(&second));
    assert!(first.print().contains("uids = [7, 8]"), "{}", first.print());
}

/// Settings, and what is said of them.
const MISTAKES: &[(&str, &[&str])] = &[
    (
        "[[vend]]",
        &[
            "1: `vend[0]`: it needs an address; write address = \"127.0.0.1:9120\"",
            "1: `vend[0]`: nothing says who asks; write kind = \"uri\", \"metadata\" or \"process\"",
        ],
    ),
    (
        "[[vend]]\nkind = \"url\"\naddress = \"127.0.0.1:1\"",
        &["2: `vend[0].kind`: \"url\" is not \"uri\" or \"metadata\" or \"process\"; did you mean \"uri\"?"],
    ),
    (
        "[[vend]]\nkind = \"uri\"\naddress = \"127.0.0.1:1\"\nrole = \"defautl\"",
        &["4: `vend[0].role`: there is no role \"defautl\"; did you mean \"default\"?"],
    ),
    (
        "[[vend]]\nkind = \"uri\"\naddress = \"0.0.0.0:9120\"",
        &[
            "3: `vend[0].address`: a listener that other machines can reach must authenticate its clients, which this \
           version cannot; listen on 127.0.0.1, [::1] or a unix socket",
        ],
    ),
    (
        "[[vend]]\nkind = \"uri\"\naddress = \"100.100.100.200:80\"",
        &[
            "3: `vend[0].address`: the metadata server's address is for kind \"metadata\"; listen on 127.0.0.1 or [::1]",
        ],
    ),
    (
        "[[vend]]\nkind = \"metadata\"\naddress = \"unix:/run/v.sock\"",
        &["3: `vend[0].address`: no SDK asks on a unix socket; write an IP address and a port"],
    ),
    (
        "[[vend]]\nkind = \"process\"\naddress = \"127.0.0.1:9120\"",
        &["3: `vend[0].address`: only a unix socket tells who asks; write address = \"unix:PATH\""],
    ),
    (
        "[[vend]]\nkind = \"uri\"\naddress = \"127.0.0.1:9110\"",
        &["3: `vend[0].address`: 127.0.0.1:9110 is taken by another listener"],
    ),
    (
        "[[vend]]\nkind = \"uri\"\naddress = \"127.0.0.1:1\"\nv1 = true\nuids = [1]",
        &[
            "4: `vend[0].v1`: only kind \"metadata\" reads it; leave it out",
            "5: `vend[0].uids`: only kind \"process\" reads it; leave it out",
        ],
    ),
    (
        "[[vend]]\nkind = \"metadata\"\naddress = \"127.0.0.1:1\"\npath_file = \"a\"",
        &["4: `vend[0].path_file`: only kind \"uri\" reads it; leave it out"],
    ),
    (
        "[[vend]]\nkind = \"uri\"\naddress = \"127.0.0.1:1\"\npath_file = \"a\"\n\
         [[vend]]\nkind = \"uri\"\naddress = \"127.0.0.1:2\"\npath_file = \"a\"",
        &[
            "8: `vend[1].path_file`: another [[vend]] writes its URI into this file; each needs one of its own",
        ],
    ),
    (
        "[role.k]\nsource = \"kms\"\nkms_secret_name = \"acs/ram/user/ops\"\nkms_role = \"default\"\nkms_region = \"cn-beijing\"\n\
         [[vend]]\nkind = \"uri\"\naddress = \"127.0.0.1:1\"\nrole = \"k\"",
        &[
            "9: `vend[0].role`: the role has a long-lived AccessKey, which is handed to nobody; add an `assume` step to it",
        ],
    ),
    (
        "[[vend]]\nkind = \"process\"\naddress = \"unix:/v\"\nuids = []",
        &[
            "4: `vend[0].uids`: an empty list admits nobody; leave the key out to admit the user that countersign runs as",
        ],
    ),
    (
        "[[vend]]\nkind = \"process\"\naddress = \"unix:/v\"\nuids = [\"root\",\n-1, 4294967295]",
        &[
            "4: `vend[0].uids`: write each as a whole number, without quotes",
            "5: `vend[0].uids`: \"-1\" is not a whole number from 0 to 4294967294",
            "5: `vend[0].uids`: 4294967295 is not between 0 and 4294967294",
        ],
    ),
    (
        "[connect_to]\n\"sts.aliyuncs.com\" = \"http://127.0.0.1:9120\"\n[[vend]]\nkind = \"uri\"\naddress = \"127.0.0.1:9120\"",
        &[
            "2: `connect_to.\"sts.aliyuncs.com\"`: 127.0.0.1:9120 is a listener of this process; a request would go round for \
           ever",
        ],
    ),
];

#[test]
fn every_mistake_is_told_with_its_line() {
    for (text, expected) in MISTAKES {
        let expected: Vec<String> = expected.iter().map(|line| format!("countersign.toml:{line}")).collect();
        assert_eq!(mistakes(text, &[]), expected, "{text}");
    }
}
