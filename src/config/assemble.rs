//! The tree to `Settings`: defaults filled in, and everything checked that takes more than one value to judge.

use std::collections::{BTreeMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};

use super::address::{Address, socket_path_rule};
use super::connect_to::{ConnectTo, target};
use super::file;
use super::grammar;
use super::hosts;
use super::keys::under;
use super::kind::Value;
use super::login;
use super::problem::{Origin, Placed, Problem};
use super::roles;
use super::settings::{
    Access, Admin, ExtraCa, Limits, Listen, Log, LogFormat, ProductRules, Ready, Role, Settings, Upstream,
};
use super::table::{Bases, Leaf, Table, quoted};
use super::vend;
use crate::names::RoleName;

/// What is there although nobody wrote it: one listener, the default role, and every table of fixed name.
pub(super) fn complete(root: &mut Table) {
    if root.list("listen").is_empty() {
        let listener = Table::new("listen[]", "listen[0]", Origin::Default);
        root.lists.insert("listen".to_owned(), vec![listener]);
    }
    for name in
        ["login", "tenants", "keys", "hosts", "connect_to", "limits", "product", "upstream", "admin", "log"]
    {
        root.table_mut(name);
    }
    let roles = root.table_mut("role");
    let default = roles
        .tables
        .entry(roles::DEFAULT.to_owned())
        .or_insert_with(|| Table::new("role.NAME", "role.default", Origin::Default));
    if !default.is_set("required") {
        let (value, toml) = (Value::Boolean(true), "true".to_owned());
        let leaf = Leaf { value, toml, origin: Origin::Default, items: Vec::new() };
        default.leaves.insert("required".to_owned(), leaf);
    }
}

/// The settings of a completed tree. Only of use when no problem was found, here or before.
pub(super) fn settings(root: &Table, bases: &Bases, problems: &mut Vec<Problem>) -> Settings {
    let empty = Table::new("", "", Origin::Default);
    let table = |name: &str| root.table(name).unwrap_or(&empty);
    let roles = roles::roles(root, bases, problems);
    let admin = admin(table("admin"), bases);
    let listen = listeners(root, (bases, &roles, &admin.address), problems);
    let keys = hosts::keys(root, bases, problems);
    let own = listen.iter().map(|listen| &listen.address).chain([&admin.address]);
    let vend = vend::vends(root, (bases, &roles), own.clone().collect(), problems);
    let own: Vec<&Address> = own.chain(vend.iter().map(|vend| &vend.address)).collect();
    Settings {
        connect_to: connect_to(table("connect_to"), &own, problems),
        listen,
        login: login::login(table("login"), bases),
        tenants: tenants(table("tenants")),
        hosts: hosts::hosts(table("hosts"), &keys, problems),
        keys,
        vend,
        limits: limits(table("limits"), problems),
        products: products(table("product"), problems),
        upstream: upstream(table("upstream"), bases, problems),
        log: log(table("log"), bases),
        workers: root.number("workers"),
        drain_timeout: root.duration("drain_timeout").unwrap_or_default(),
        roles,
        admin,
    }
}

type Around<'a> = (&'a Bases, &'a BTreeMap<RoleName, Role>, &'a Address);

fn listeners(root: &Table, around: Around<'_>, problems: &mut Vec<Problem>) -> Vec<Listen> {
    let (bases, roles, admin) = around;
    let mut listeners: Vec<Listen> = Vec::new();
    let mut addresses: HashSet<Address> = HashSet::new();
    for table in root.list("listen") {
        if table.origin != Origin::Default && !table.is_set("address") {
            let text =
                format!("`{}`: a listener needs an address; write address = \"127.0.0.1:9110\"", table.path);
            problems.push(Problem::new(&table.origin, text));
        }
        let role = RoleName::new(&table.text("role").unwrap_or_default());
        if !roles.contains_key(&role) && !table.misread.contains(&"role".to_owned()) {
            problems.push(table.problem("role", &roles::unknown(role.as_str(), roles)));
        }
        let is_told = table.origin != Origin::Default && !table.leaves.contains_key("address");
        let address = if is_told { None } else { table.address("address", bases) };
        let address = address.unwrap_or_else(any_port);
        if !address.fits() {
            problems.push(table.problem("address", &socket_path_rule()));
        }
        let taken_by_admin = (admin.is_one_place() && *admin == address).then_some("`admin.address`");
        let taken =
            (address.is_one_place() && !addresses.insert(address.clone())).then_some("another listener");
        if let Some(by) = taken.or(taken_by_admin) {
            problems.push(table.problem("address", &format!("{address} is taken by {by}")));
        }
        listeners.push(Listen {
            address,
            role,
            endpoint: table.placed("endpoint"),
            origin: table.origin_of("address"),
        });
    }
    listeners
}

/// Stands for an address that could not be read: a port that nobody counts on.
pub(super) fn any_port() -> Address {
    Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

fn tenants(table: &Table) -> BTreeMap<String, Vec<Placed>> {
    let listed = table.leaves.iter().map(|(product, leaf)| (product.clone(), leaf.items.clone()));
    listed.filter(|(_, tenants)| !tenants.is_empty()).collect()
}

fn connect_to(table: &Table, own: &[&Address], problems: &mut Vec<Problem>) -> Vec<ConnectTo> {
    let mut rows = Vec::new();
    // A host that is none has been told of.
    for (host, leaf) in table.leaves.iter().filter(|(host, _)| grammar::connect_to_host(host).is_ok()) {
        let Value::Text(text) = &leaf.value else { continue };
        let Ok(target) = target(text) else { continue };
        if let Some(address) = own.iter().find(|address| target.is_at(address)) {
            let text = format!("{address} is a listener of this process; a request would go round for ever");
            let path = under(&table.path, &quoted(host));
            problems.push(Problem::new(&leaf.origin, format!("`{path}`: {text}")));
        }
        let host = Placed { text: host.clone(), origin: leaf.origin.clone() };
        rows.push(ConnectTo { host, target });
    }
    rows
}

fn limits(table: &Table, problems: &mut Vec<Problem>) -> Limits {
    let time = |name: &str| table.duration(name).unwrap_or_default();
    let limits = Limits {
        head_bytes: table.number("head"),
        headers: table.number("headers"),
        uri_bytes: table.number("uri"),
        connections: table.number("connections"),
        first_byte_timeout: time("first_byte_timeout"),
        head_timeout: time("head_timeout"),
        body_idle_timeout: time("body_idle_timeout"),
        keep_alive_timeout: time("keep_alive_timeout"),
        held_body_bytes: table.number("held_body"),
        held_bodies_bytes: table.number("held_bodies"),
    };
    // Blamed on the smaller one where that was set, else on the larger.
    for (part, whole, is_larger) in [
        ("uri", "head", limits.uri_bytes > limits.head_bytes),
        ("held_body", "held_bodies", limits.held_body_bytes > limits.held_bodies_bytes),
    ] {
        let blamed = if table.is_set(part) { part } else { whole };
        if is_larger {
            problems.push(
                table.problem(blamed, &format!("`limits.{part}` must not be larger than `limits.{whole}`")),
            );
        }
    }
    limits
}

fn products(table: &Table, problems: &mut Vec<Problem>) -> BTreeMap<String, ProductRules> {
    let mut products = BTreeMap::new();
    // A name that is none has been told of.
    for (name, table) in table.tables.iter().filter(|(name, _)| grammar::product_code(name).is_ok()) {
        if name != "oss" && table.is_set("scheme") {
            problems
                .push(table.problem("scheme", "only `product.oss` has a choice of schemes; leave it out"));
        }
        let rpc_leaves_as_acs3 = table.text("rpc").as_deref() == Some("acs3");
        let leaves_as_oss_v1 = table.text("scheme").as_deref() == Some("oss-v1");
        let origin = table.origin.clone();
        products.insert(name.clone(), ProductRules { rpc_leaves_as_acs3, leaves_as_oss_v1, origin });
    }
    products
}

fn upstream(table: &Table, bases: &Bases, problems: &mut Vec<Problem>) -> Upstream {
    let mut extra_ca = None;
    if let Some(path) = table.path("extra_ca", bases) {
        match file::read_bytes(&path, file::BYTES_MAX) {
            Ok(pem) => extra_ca = Some(ExtraCa { path, pem, origin: table.origin_of("extra_ca") }),
            Err(unread) => {
                problems.push(table.problem("extra_ca", &format!("{}: {unread}", path.display())));
            }
        }
    }
    let time = |name: &str| table.duration(name).unwrap_or_default();
    Upstream {
        extra_ca,
        connect_timeout: time("connect_timeout"),
        head_timeout: time("head_timeout"),
        idle_timeout: time("idle_timeout"),
    }
}

fn admin(table: &Table, bases: &Bases) -> Admin {
    let ready = match table.text("ready").as_deref() {
        Some("config") => Ready::Config,
        _ => Ready::Credentials,
    };
    // The default can always be read.
    Admin { address: table.address("address", bases).unwrap_or_else(any_port), ready }
}

fn log(table: &Table, bases: &Bases) -> Log {
    let access = match table.text("access").as_deref() {
        Some("off") => Access::Off,
        None | Some("stdout") => Access::Stdout,
        Some(_) => table.path("access", bases).map_or(Access::Stdout, Access::File),
    };
    let format = match table.text("format").as_deref() {
        Some("text") => LogFormat::Text,
        Some("json") => LogFormat::Json,
        _ => LogFormat::Auto,
    };
    Log { access, format, origin: table.origin_of("access") }
}
