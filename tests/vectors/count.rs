//! Runs vectors one by one, and counts what became of them.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::read::Vector;
use crate::{route, signer};
use countersign::names::Scheme;

/// What became of the vectors so far.
#[derive(Debug, Default)]
pub(crate) struct Count {
    passed: BTreeMap<String, usize>,
    failures: Vec<String>,
    /// Each by its name, with why.
    not_emitted: Vec<(String, String)>,
}

impl Count {
    /// Runs one.
    pub(crate) fn add(&mut self, vector: Vector) {
        let Vector { scheme, name, left_out, case } = vector;
        let reason = left_out.or_else(|| built(&scheme).is_none().then(|| "not built yet".to_owned()));
        if let Some(reason) = reason {
            self.not_emitted.push((format!("{scheme} {name}"), reason));
            return;
        }
        match case.and_then(|case| check(&case)) {
            Ok(()) => *self.passed.entry(scheme).or_default() += 1,
            Err(differences) => self.fail(&scheme, &name, &differences),
        }
    }

    /// Counts one as failed.
    pub(crate) fn fail(&mut self, scheme: &str, name: &str, differences: &str) {
        self.failures.push(format!("{scheme} {name}:\n{}", differences.trim_end()));
    }

    /// How many failed.
    pub(crate) const fn failed(&self) -> usize {
        self.failures.len()
    }

    /// How many of a scheme passed.
    pub(crate) fn passed(&self, scheme: &str) -> usize {
        self.passed.get(scheme).copied().unwrap_or_default()
    }

    /// How many were not emitted.
    pub(crate) fn left_out(&self) -> usize {
        self.not_emitted.len()
    }

    /// The failures, the numbers, every vector that is not emitted with its reason; the whole in the last line.
    pub(crate) fn print(&self) {
        for failure in &self.failures {
            println!("FAILED {failure}");
        }
        for (scheme, count) in &self.passed {
            println!("passed: {count} {scheme}");
        }
        for (name, reason) in &self.not_emitted {
            println!("not emitted: {name}: {reason}");
        }
        let (passed, failed, left_out) =
            (self.passed.values().sum::<usize>(), self.failed(), self.left_out());
        let all = passed + failed + left_out;
        println!("{all} vectors, {passed} passed, {failed} failed, {left_out} not emitted");
    }
}

/// The scheme, if there is a signer for it.
pub(crate) fn built(scheme: &str) -> Option<Scheme> {
    match scheme {
        "ACS3-HMAC-SHA256" => Some(Scheme::Acs3),
        "RPC1-HMAC-SHA1" => Some(Scheme::RpcV1),
        "ROA1-HMAC-SHA1" => Some(Scheme::RoaV1),
        "oss-v4-header" | "oss-v4-query" | "oss-v4-vectors-header" | "oss-v4-tables-header" => {
            Some(Scheme::OssV4)
        }
        "oss-v1-header" | "oss-v1-post-policy" => Some(Scheme::OssV1),
        "oss-v4-post-policy" => Some(Scheme::OssV4),
        "sls-v1" | "sls-v1-hmac-sha256" => Some(Scheme::SlsV1),
        "sls-v4" => Some(Scheme::SlsV4),
        "datahub" => Some(Scheme::DataHub),
        "mns-v2" => Some(Scheme::MnsV2),
        "mns-v4" => Some(Scheme::MnsV4),
        "mq-http" => Some(Scheme::MqHttp),
        "ACS4-HMAC-SHA256" => Some(Scheme::Acs4),
        "FC1-HMAC-SHA256" => Some(Scheme::FcV1),
        "CA-HMAC-SHA256" => Some(Scheme::ApiGateway),
        "dataplus" | "dataplus-nopath" => Some(Scheme::Dataplus),
        "ots-v2" | "ots-response-v2" => Some(Scheme::OtsV2),
        "ots-v4" | "ots-response-v4" => Some(Scheme::OtsV4),
        "odps-v2" => Some(Scheme::OdpsV2),
        "odps-v4" => Some(Scheme::OdpsV4),
        "oss-s3-sigv4-header" | "oss-s3-sigv4-query" => Some(Scheme::S3),
        _ => None,
    }
}

fn check(case: &Case) -> Result<(), String> {
    let scheme = built(&case.scheme).ok_or("no such scheme")?;
    match case.kind.as_deref() {
        None | Some("sign") => signer::check(case, scheme),
        Some("fresh" | "resign" | "upgrade") => route::check(case, scheme),
        Some(kind) => Err(format!("  a vector of kind `{kind}` cannot be run")),
    }
}

/// What was expected and what came, for every difference.
#[derive(Debug, Default)]
pub(crate) struct Differences(String);

impl Differences {
    /// Compares, in full.
    pub(crate) fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: &T, got: &T) {
        if expected != got {
            self.0.push_str(&format!("  {what}\n    expected {expected:?}\n    got      {got:?}\n"));
        }
    }

    /// Compares a text with what a vector says of it, if it does.
    pub(crate) fn compare_text(&mut self, what: &str, expected: Option<&String>, got: &[u8]) {
        if let Some(expected) = expected {
            self.compare(what, expected, &String::from_utf8_lossy(got).into_owned());
        }
    }

    /// Nothing, or all of it.
    pub(crate) fn end(self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}
