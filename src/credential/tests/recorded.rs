//! Answers as the references, the official clients' sources and their traffic have them (`data/recorded.jsonl`): what each is
//! taken for.

use serde::Deserialize;

use super::super::caller_identity::{self, IdentityKind};
use super::super::process_error::ProcessFault;
use super::super::refused::OF_STS;
use super::super::short_lived::ShortLived;
use super::super::{answer, cloud_sso, process_answer};
use super::*;

const ALL: &str = include_str!("data/recorded.jsonl");
const STS: &str = "sts.aliyuncs.com";
const ID: &str = "STS.NFAKE0000000000000000";

#[derive(Deserialize)]
struct Recorded {
    name: String,
    /// 0: what a program printed.
    status: u16,
    body: String,
}

impl Recorded {
    fn answer(&self) -> Answer {
        let body = Zeroizing::new(self.body.clone().into_bytes());
        Answer { status: self.status, date: None, retry_after: None, acs_retry_after: None, body }
    }
}

/// Those whose names begin so, by the rest of it.
fn recorded(start: &str) -> Vec<(String, Recorded)> {
    let all = ALL.lines().map(|line| serde_json::from_str::<Recorded>(line).unwrap());
    let named = all.filter_map(|row| Some((row.name.strip_prefix(start)?.to_owned(), row)));
    named.collect()
}

#[test]
fn every_grant_is_read_whatever_else_it_says_and_none_in_xml() {
    let role = RoleArn::parse("acs:ram::1000000000000001:role/fakerole").unwrap();
    let rows = recorded("assume_role");
    assert_eq!(rows.len(), 5);
    for (name, row) in rows {
        match answer::read(STS, &role, &row.answer()) {
            Ok(granted) => {
                assert!(!name.ends_with(".xml") && granted.access_key_id.as_str() == ID, "{name}");
                assert_eq!(granted.expires_at, 2_082_762_000, "{name}: 2036-01-01T01:00:00Z");
            }
            Err(error) => assert_eq!((name.as_str(), error.code()), (".xml", "not_json")),
        }
    }
}

#[test]
fn every_refusal_of_sts_is_known_by_its_code_with_its_own_advice() {
    let rows = recorded("error.");
    assert!(rows.len() >= 32, "{}", rows.len());
    for (name, row) in rows {
        let refused = answer::refused(STS, &row.answer(), &OF_STS);
        let text = refused.to_string();
        assert!(!text.contains("http") && !text.contains("tengine"), "{name}: {text}");
        if name.starts_with("gateway") || name.ends_with(".xml") {
            assert_eq!(refused.code, "", "{name}: {text}");
            let is_passing = refused.class == Class::Passing;
            assert_eq!(is_passing, row.status >= 500, "{name}: the status decides");
            continue;
        }
        assert_eq!(refused.code, name, "{text}");
        assert_eq!(refused.request_id, "00000000-0000-0000-0000-000000000001");
        assert!(!refused.advice.contains("look the code up"), "{name}: {text}");
    }
}

#[test]
fn every_identity_is_told_from_the_others() {
    let rows = recorded("get_caller_identity.");
    assert_eq!(rows.len(), 3);
    for (name, row) in rows {
        let kind = match name.as_str() {
            "account" => IdentityKind::Account,
            "ramuser" => IdentityKind::RamUser,
            _ => IdentityKind::AssumedRole,
        };
        let identity = caller_identity::read(STS, &row.answer()).unwrap();
        assert_eq!((identity.kind, identity.account.as_str()), (kind, "1000000000000001"), "{name}");
    }
}

#[test]
fn a_portals_refusal_says_whether_a_login_is_over() {
    for (name, row) in recorded("cloudsso.error.") {
        let refused = cloud_sso::refusal("portal.example", &row.answer());
        assert_eq!(cloud_sso::is_over(&refused), name == "unauthorized", "{name}: {refused}");
        let code = if name == "unauthorized" { "InvalidAccessToken" } else { name.as_str() };
        assert_eq!(refused.code, code);
    }
}

#[tokio::test(start_paused = true)]
async fn oauths_triple_is_read_in_either_spelling() {
    let rows = recorded("oauth.exchange");
    assert_eq!(rows.len(), 2);
    let (place, _) = Place::parse("https://oauth.example").unwrap();
    for (name, row) in rows {
        let given: ShortLived = answer::object(row.body.as_bytes()).unwrap();
        let fetched = given.fetched((&place, &row.answer()), TestClock::new().now(), false).unwrap();
        assert!(matches!(fetched.proof, Proof::AccessKey { id, .. } if id.as_str() == ID), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_programs_print_is_read_in_each_of_its_forms() {
    let rows = recorded("external.");
    assert_eq!(rows.len(), 5);
    for (name, row) in rows {
        let read = process_answer::read(row.body.as_bytes(), TestClock::new().now());
        if name == "sts.bad-no-mode" {
            assert_eq!(read.unwrap_err(), ProcessFault::NoMode);
            continue;
        }
        let fetched = read.unwrap();
        assert_eq!(fetched.life.is_some(), matches!(name.as_str(), "sts" | "oss_process"), "{name}");
        let Proof::AccessKey { id, security_token, .. } = fetched.proof else { panic!("{name}") };
        let expected = if name == "ak" { "LTAI5tFAKEext" } else { ID };
        assert_eq!((id.as_str(), security_token.is_some()), (expected, name != "ak"), "{name}");
    }
}
