//! Every row of the table, in both directions; and what no row says.

use std::collections::HashSet;

use super::*;
use crate::endpoint;
use crate::names::Action;
use crate::wire::{Method, Parameter, parameters};

const ROWS: &str = include_str!("../../data/actions.tsv");

fn action(name: &str) -> Action {
    Action::new(name.bytes()).unwrap()
}

fn product(code: &str) -> Listed {
    listed(endpoint::product(code).unwrap()).unwrap()
}

/// The table's lines, each in its six fields.
fn rows() -> impl Iterator<Item = [&'static str; 6]> {
    let lines = ROWS.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
}

/// What a method, a target and a host with or without a tenant mean.
fn meant(code: &str, method: &str, target: &str, has_tenant: bool) -> Option<String> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: Vec<Parameter<'_>> = parameters(query.as_bytes()).collect();
    let method = Method::from_name(method).unwrap();
    let call = ByPath { method, path: path.as_bytes(), query: &query, has_tenant };
    product(code).by_path(&call).map(|action| action.as_str().to_owned())
}

/// A template with what a caller would put for its placeholders.
fn filled(path: &str) -> String {
    let mut parts = path.split(['[', ']']).enumerate();
    let first = parts.next().unwrap().1.to_owned();
    parts.fold(first, |path, (at, part)| path + if at % 2 == 1 { "a%2Fb%20c" } else { part })
}

/// A template without the names of its placeholders, in which templates that mean the same may differ.
fn nameless(path: &str) -> String {
    path.split(['[', ']']).step_by(2).collect::<Vec<_>>().join("[]")
}

#[test]
fn every_row_is_found_by_its_name() {
    let mut found = (0, 0);
    for [code, version, name, methods, path, _] in rows() {
        let operation = product(code).by_name(action(name)).unwrap_or_else(|| panic!("{code} {name}"));
        assert_eq!(&*operation.version, version, "{code} {name}");
        assert_eq!(&*product(code).version(), version, "{code}");
        match operation.route {
            None => {
                assert_eq!((methods, path), ("-", "-"), "{code} {name}");
                found.0 += 1;
            }
            Some(route) => {
                let printed = route.to_string();
                let (printed_methods, printed_path) = printed.split_once(' ').unwrap();
                let sorted = |text: &str, by: char| {
                    let mut words: Vec<String> = text.split(by).map(str::to_owned).collect();
                    words.sort();
                    words
                };
                assert_eq!(sorted(printed_methods, '|'), sorted(methods, ' '), "{code} {name}");
                assert_eq!(nameless(printed_path), nameless(path), "{code} {name}");
                found.1 += 1;
            }
        }
    }
    assert_eq!(found, (13_597, 2_645));
}

#[test]
fn every_row_with_a_path_is_found_by_it() {
    let mut found = 0;
    for [code, _, name, methods, path, condition] in rows().filter(|row| row[4] != "-") {
        for method in methods.split(' ') {
            let query = if condition.contains('=') { condition } else { "" };
            let target = format!("{}?x=1&{query}", filled(path));
            let has_tenant = condition == "{tenant}";
            assert_eq!(meant(code, method, &target, has_tenant).as_deref(), Some(name), "{method} {target}");
            // The SDKs send a colon escaped.
            let target = target.replace(':', "%3A");
            assert_eq!(meant(code, method, &target, has_tenant).as_deref(), Some(name), "{method} {target}");
            found += 1;
        }
    }
    assert!(found > 2_645, "{found}");
}

#[test]
fn no_name_but_those_of_the_table_is_found() {
    let names: HashSet<(&str, &str)> = rows().map(|[code, _, name, ..]| (code, name)).collect();
    for [code, _, name, ..] in rows() {
        for other in [&format!("{name}X"), &name[..name.len() - 1], &name.to_lowercase()] {
            let is_listed = names.contains(&(code, other));
            assert_eq!(product(code).by_name(action(other)).is_some(), is_listed, "{code} {other}");
        }
    }
    for other in ["A", "zzz", "0", "Describe.Instances"] {
        assert!(product("ecs").by_name(action(other)).is_none(), "{other}");
    }
}

#[test]
fn a_text_wins_over_a_placeholder_and_a_condition_over_none() {
    for (code, method, target, has_tenant, name) in [
        ("cs", "GET", "/clusters", false, Some("DescribeClusters")),
        ("cs", "GET", "/clusters/c1", false, Some("DescribeClusterDetail")),
        ("cs", "GET", "/cl%75sters/c1", false, Some("DescribeClusterDetail")),
        ("cs", "POST", "/clusters", false, Some("CreateCluster")),
        ("cs", "DELETE", "/clusters", false, None),
        ("cs", "GET", "/clusters/", false, None),
        ("cs", "GET", "/Clusters", false, None),
        ("cs", "GET", "/", false, None),
        ("cs", "GET", "", false, None),
        ("cs", "GET", "//", false, None),
        ("cs", "GET", "/clusters/c1/d/e/f/g/h/i/j/k/l/m/n", false, None),
        ("ecs", "GET", "/", false, None),
        ("sls", "GET", "/", true, Some("GetProject")),
        ("sls", "GET", "/", false, Some("ListProject")),
        ("sls", "GET", "/logstores/l?type=log", true, Some("GetLogs")),
        ("sls", "GET", "/logstores/l?ty%70e=l%6Fg", true, Some("GetLogs")),
        ("sls", "GET", "/logstores/l?type=context_log", true, Some("GetContextLogs")),
        ("sls", "GET", "/logstores/l", true, Some("GetLogStore")),
        ("sls", "GET", "/logstores/l?type=log&type=context_log", true, Some("GetLogStore")),
        ("sls", "POST", "/logstores/l/shards/lb?action=merge", true, Some("PutLogs")),
        ("sls", "POST", "/logstores/l/shards/7?action=merge", true, Some("MergeShard")),
        ("paistudio", "GET", "/api/v1/quotas/", false, Some("ListQuotas")),
        ("paistudio", "GET", "/api/v1/quotas/q", false, Some("GetQuota")),
        ("paistudio", "GET", "/api/v1/quotas", false, None),
        ("devops", "GET", "/appstack/apps%3Asearch", false, Some("ListApplications")),
        ("ververica", "POST", "/api/v2/namespaces/n/jobs/j%3AhotUpdate", false, Some("HotUpdateJob")),
        ("ververica", "POST", "/api/v2/namespaces/n/jobs/%3AhotUpdate", false, None),
    ] {
        assert_eq!(meant(code, method, target, has_tenant).as_deref(), name, "{code} {method} {target}");
    }
}

#[test]
fn the_nearest_names_are_at_hand() {
    let nearest = |code, name| {
        let near = product(code).nearest(action(name));
        near.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(nearest("ecs", "DescribeInstance").first().map(String::as_str), Some("DescribeInstances"));
    assert_eq!(nearest("cs", "describeclusters").first().map(String::as_str), Some("DescribeClusters"));
    assert!(nearest("ecs", "Nonsense").is_empty());
    assert!(nearest("ecs", "DescribeInstance").len() <= Listed::NEAREST);
}

#[test]
fn a_product_without_rows_is_not_listed() {
    let unlisted = endpoint::products().filter(|product| listed(product).is_none()).count();
    assert_eq!(endpoint::products().len() - unlisted, 156);
}
