//! The endpoint table against a second reading of the same published data.

use std::collections::BTreeMap;

use countersign::endpoint::{Tenants, forward, forward_tenant, products, products_of, regions, reverse};
use countersign::names::{Kind, Network, Product, Scheme, Style};

const HOSTS: &str = include_str!("../data/hosts.tsv");
const FORWARD: &str = include_str!("../data/forward.tsv");
/// A tenant of each spelling, as the forward table names them.
const TENANT: [(&str, &str); 3] =
    [("{instance}", "inst1"), ("{account}", "1234567890123456"), ("{bucket}", "bkt1")];

/// One exact host and what it must mean.
struct Exact {
    host: String,
    products: Vec<&'static str>,
    network: &'static str,
    region: Option<&'static str>,
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn exact_hosts() -> Vec<Exact> {
    let mut hosts = Vec::new();
    for row in rows(HOSTS) {
        let &[pattern, products, network, region, regions] = row.as_slice() else { panic!("{row:?}") };
        let products = products.split(',').collect::<Vec<_>>();
        let one = |host: String, region| Exact { host, products: products.clone(), network, region };
        match region {
            "*" => hosts.extend(regions.split(' ').map(|id| one(pattern.replace('*', id), Some(id)))),
            "-" => hosts.push(one(pattern.to_owned(), None)),
            id => hosts.push(one(pattern.to_owned(), Some(id))),
        }
    }
    hosts
}

#[test]
fn every_exact_host_is_known_with_its_products_region_and_network() {
    let tenants = Tenants::any();
    let mut wrong = Vec::new();
    let hosts = exact_hosts();
    for exact in &hosts {
        let Ok(endpoint) = reverse(&exact.host, &tenants) else {
            wrong.push(format!("{} is refused", exact.host));
            continue;
        };
        let codes = products_of(&endpoint).map(|product| product.code).collect::<Vec<_>>();
        let region = endpoint.region().map(|region| region.id());
        let got = (endpoint.host().as_str(), codes.as_slice(), endpoint.network().name(), region);
        if got != (exact.host.as_str(), exact.products.as_slice(), exact.network, exact.region)
            || endpoint.product().code != exact.products[0]
            || endpoint.tenant().is_some()
        {
            wrong.push(format!("{} is {got:?}", exact.host));
        }
    }
    assert_eq!(hosts.len(), 6657);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn network(name: &str) -> Network {
    [Network::Public, Network::Vpc, Network::Internal, Network::DualStack]
        .into_iter()
        .find(|network| network.name() == name)
        .unwrap()
}

#[test]
fn every_listed_product_region_and_network_leads_to_its_host() {
    let tenants = Tenants::any();
    let (mut pairs, mut wrong) = (0, Vec::new());
    for row in rows(FORWARD) {
        let &[product, asked, pattern, ids] = row.as_slice() else { panic!("{row:?}") };
        for id in ids.split(' ') {
            pairs += 1;
            let mut expected = pattern.replace('*', id);
            let tenant = TENANT.into_iter().find(|(hole, _)| expected.contains(hole));
            let got = match tenant {
                Some((hole, label)) => {
                    expected = expected.replace(hole, label);
                    forward_tenant(product, id, network(asked), label, &tenants)
                }
                None => forward(product, Some(id), network(asked)),
            };
            let got = got.map(|endpoint| (endpoint.host().to_string(), endpoint.product().code));
            if got != Ok((expected.clone(), product)) {
                wrong.push(format!("{product} {asked} {id}: {got:?}, not {expected}"));
            }
        }
    }
    assert_eq!(pairs, 9065);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn whatever_a_product_and_a_region_lead_to_is_a_known_host() {
    let tenants = Tenants::any();
    let mut known = 0;
    for (product, region) in products().flat_map(|product| regions().map(move |region| (product, region))) {
        for network in
            [Network::Public, Network::Vpc, Network::Internal, Network::DualStack, Network::Control]
        {
            let Ok(endpoint) = forward(product.code, Some(region.id()), network) else { continue };
            let back = reverse(endpoint.host().as_str(), &tenants).unwrap();
            assert_eq!((back.host(), back.region()), (endpoint.host(), endpoint.region()));
            known += 1;
        }
    }
    assert!(known > 30_000, "{known} known");
}

#[test]
fn the_table_has_every_product_and_region_in_order() {
    assert_eq!((products().len(), regions().len()), (598, 51));
    assert!(products().zip(products().skip(1)).all(|(one, next)| one.code < next.code));
    let ecs = countersign::endpoint::product("ecs").unwrap();
    let versions = ecs.versions.iter().map(|version| version.name.to_string()).collect::<Vec<_>>();
    assert_eq!(versions, ["2014-05-26", "2016-03-14"]);
    assert_eq!(
        (ecs.kind, ecs.style, &*ecs.schemes),
        (Kind::OpenApi, Style::Rpc, &[Scheme::Acs3, Scheme::RpcV1][..])
    );
}

#[test]
fn a_version_keeps_its_own_style_and_schemes() {
    let version = |code, name: &str| {
        let product: &Product = countersign::endpoint::product(code).unwrap();
        let version = product.versions.iter().find(|version| version.name == name).unwrap();
        (version.style, &*version.schemes)
    };
    assert_eq!(version("alimt", "2019-01-02"), (Style::Roa, &[Scheme::Acs3, Scheme::RoaV1][..]));
    assert_eq!(version("hsm", "2018-01-11"), (Style::Rpc, &[Scheme::RpcV1][..]));
    assert_eq!(version("searchplat", "2024-05-29"), (Style::Roa, &[Scheme::Acs4][..]));
    let by_code = [
        ("ons-http", Scheme::MqHttp),
        ("odps", Scheme::OdpsV4),
        ("ots", Scheme::OtsV4),
        ("oss-s3", Scheme::S3),
        ("dashscope", Scheme::ApiKey),
        ("acr-registry", Scheme::DockerToken),
        ("eventbridge-data", Scheme::RoaV1),
    ];
    for (code, scheme) in by_code {
        assert_eq!(countersign::endpoint::product(code).unwrap().schemes.first(), Some(&scheme), "{code}");
    }
    assert!(products().filter(|product| product.schemes.is_empty()).count() == 20);
}

/// A small generator of numbers, so that a failure can be run again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// One change of one place: a byte replaced, put in, taken out or doubled, or the labels of another host joined on.
fn mutate(host: &str, other: &str, numbers: &mut Numbers) -> String {
    const BYTES: &[u8] = b"abcxyz019-._AZ*%/:@ \0\x7f";
    let at = numbers.below(host.len());
    let byte = char::from(BYTES[numbers.below(BYTES.len())]);
    let (before, after) = host.split_at(at);
    match numbers.below(6) {
        0 => format!("{before}{byte}{}", &after[1..]),
        1 => format!("{before}{byte}{after}"),
        2 => format!("{before}{}", &after[1..]),
        3 => format!("{before}{}{after}", &after[..1]),
        4 => format!("{before}{}", &other[numbers.below(other.len())..]),
        _ => format!("bkt{}.{host}", numbers.below(100)),
    }
}

#[test]
fn a_mutated_host_is_refused_or_comes_back_as_it_was() {
    let hosts = exact_hosts();
    let mut numbers = Numbers(20_260_421);
    let (mut known, mut refused) = (BTreeMap::<&str, usize>::new(), 0);
    for _ in 0..100_000 {
        let (one, other) = (&hosts[numbers.below(hosts.len())].host, &hosts[numbers.below(hosts.len())].host);
        let host = mutate(one, other, &mut numbers);
        match reverse(&host, &Tenants::any()) {
            Ok(endpoint) => {
                assert_eq!(endpoint.host().as_str(), host);
                *known.entry(if endpoint.tenant().is_some() { "tenant" } else { "exact" }).or_default() += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(
        refused > 50_000 && known["tenant"] > 500 && known["exact"] > 400,
        "{refused} refused, {known:?} known"
    );
}
