//! `[[vend]]`: its keys, and what it amounts to. Each kind reads keys of its own, and listens where its programs look.

use std::collections::{BTreeMap, HashSet};

use super::address::{Address, Reach, socket_path_rule};
use super::assemble::any_port;
use super::keys::Key;
use super::kind::Kind;
use super::problem::Problem;
use super::roles;
use super::rows::{ROLE, key, unset};
use super::settings::{Role, RoleSource, Vend, VendWay};
use super::table::{Bases, Table};
use crate::names::{METADATA, RoleName};

const URI: &str = "uri";
const METADATA_KIND: &str = "metadata";
const PROCESS: &str = "process";

/// The keys of one `[[vend]]`.
pub(super) const VEND: &[Key] = &[
    unset(
        "vend[].kind",
        Kind::Choice(&[URI, METADATA_KIND, PROCESS]),
        "Who asks: `\"uri\"` SDKs by `ALIBABA_CLOUD_CREDENTIALS_URI`; `\"metadata\"` whatever asks the metadata server of ECS; \
         `\"process\"` `countersign credential`, so that each call of a command line does not cost one of STS.",
    ),
    unset(
        "vend[].address",
        Kind::Address(Reach::Metadata),
        "Where: `IP:PORT` for `\"uri\"` and `\"metadata\"`, `unix:PATH` for `\"process\"`. SDKs look for metadata at \
         `100.100.100.200:80` and nowhere else: add that address to `lo`.",
    ),
    key(
        "vend[].role",
        ROLE,
        "default",
        "most processes serve one role",
        "The role whose credential is handed out.",
    ),
    unset(
        "vend[].path_file",
        Kind::Path,
        "For `\"uri\"`: the file with the URI, for whom it is to be known to. Made at the first start, for its owner alone, with \
         a last part of 128 random bits, and kept. Without it the URI has no such part.",
    ),
    key(
        "vend[].v1",
        Kind::Boolean,
        "false",
        "a page or a service that can be made to send a GET gets nothing without a token",
        "For `\"metadata\"`: whether requests without a token are answered too, for programs that know no other.",
    ),
    unset(
        "vend[].uids",
        Kind::Numbers(0, 0xffff_fffe),
        "For `\"process\"`: the users who may ask. Without it, the one that countersign runs as.",
    ),
];

/// What the tables amount to. `taken`: the addresses of all other listeners.
pub(super) fn vends(
    root: &Table,
    (bases, roles): (&Bases, &BTreeMap<RoleName, Role>),
    taken: Vec<&Address>,
    problems: &mut Vec<Problem>,
) -> Vec<Vend> {
    let mut addresses: HashSet<Address> = taken.into_iter().cloned().collect();
    let (mut files, mut vends) = (HashSet::new(), Vec::new());
    for table in root.list("vend") {
        for name in ["kind", "address"] {
            if !table.is_set(name) {
                problems.push(Problem::new(&table.origin, format!("`{}`: {}", table.path, missing(name))));
            }
        }
        let role = RoleName::new(&table.text("role").unwrap_or_default());
        if !roles.contains_key(&role) && !table.misread.contains(&"role".to_owned()) {
            problems.push(table.problem("role", &roles::unknown(role.as_str(), roles)));
        }
        if roles.get(&role).is_some_and(gives_a_long_lived_key) {
            let text =
                "the role has a long-lived AccessKey, which is handed to nobody; add an `assume` step to it";
            problems.push(table.problem("role", text));
        }
        let address = table.address("address", bases);
        if let Some(address) = &address {
            if !address.fits() {
                problems.push(table.problem("address", &socket_path_rule()));
            }
            if address.is_one_place() && !addresses.insert(address.clone()) {
                problems.push(table.problem("address", &format!("{address} is taken by another listener")));
            }
        }
        let Some(kind) = table.text("kind") else { continue };
        check_keys(&kind, table, problems);
        if let Some(address) = &address
            && let Err(text) = check_address(&kind, address)
        {
            problems.push(table.problem("address", text));
        }
        if let Some(file) = table.path("path_file", bases)
            && !files.insert(file)
        {
            let text = "another [[vend]] writes its URI into this file; each needs one of its own";
            problems.push(table.problem("path_file", text));
        }
        let way = match kind.as_str() {
            METADATA_KIND => VendWay::Metadata { allows_v1: table.boolean("v1") },
            PROCESS => VendWay::Process { uids: uids(table) },
            _ => VendWay::Uri { path_file: table.path("path_file", bases) },
        };
        let origin = table.origin_of("address");
        vends.push(Vend { way, address: address.unwrap_or_else(any_port), role, origin });
    }
    vends
}

/// Whether that is so whatever its source answers.
const fn gives_a_long_lived_key(role: &Role) -> bool {
    matches!(role.source, RoleSource::Kms(_)) && role.assume.is_empty()
}

fn missing(name: &str) -> &'static str {
    match name {
        "kind" => "nothing says who asks; write kind = \"uri\", \"metadata\" or \"process\"",
        _ => "it needs an address; write address = \"127.0.0.1:9120\"",
    }
}

/// A key that the kind does not read would be believed to be in force.
fn check_keys(kind: &str, table: &Table, problems: &mut Vec<Problem>) {
    // What was not set to anything but its default changes nothing.
    let (is_v1, is_path, is_uids) = (table.boolean("v1"), table.is_set("path_file"), table.is_set("uids"));
    for (name, only, is_told) in
        [("v1", METADATA_KIND, is_v1), ("path_file", URI, is_path), ("uids", PROCESS, is_uids)]
    {
        if is_told && kind != only {
            problems.push(table.problem(name, &format!("only kind {only:?} reads it; leave it out")));
        }
    }
    if is_uids && !table.misread.contains(&"uids".to_owned()) && table.items("uids").is_empty() {
        let text =
            "an empty list admits nobody; leave the key out to admit the user that countersign runs as";
        problems.push(table.problem("uids", text));
    }
}

fn check_address(kind: &str, address: &Address) -> Result<(), &'static str> {
    match (kind, address) {
        (PROCESS, Address::Tcp(_)) => Err("only a unix socket tells who asks; write address = \"unix:PATH\""),
        (URI | METADATA_KIND, Address::Unix(_)) => {
            Err("no SDK asks on a unix socket; write an IP address and a port")
        }
        (URI, Address::Tcp(address)) if address.ip() == METADATA => {
            Err("the metadata server's address is for kind \"metadata\"; listen on 127.0.0.1 or [::1]")
        }
        _ => Ok(()),
    }
}

fn uids(table: &Table) -> Vec<u32> {
    table.items("uids").iter().filter_map(|item| item.text.parse().ok()).collect()
}
