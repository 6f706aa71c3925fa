//! The project's own vectors: one file a scheme, one vector a line.
//!
//! The first line of a file names its scheme, its keys (none of them real) and how many vectors follow; every vector names
//! the SDK, and its version, that was run with a fixed clock and nonce and made what is expected.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::case::{Body, Case, Credentials, Expect, Fixed, Input, Oss, Pairs, Scope};
use crate::count::Count;
use crate::read::Vector;
use crate::{acs4, again, fc, messages, odps, ots, sls};

/// Each file, and how many vectors it holds at least: a file that lost some cannot pass.
const FILES: [(&str, &str, usize); 30] = [
    ("acs3.jsonl", include_str!("acs3.jsonl"), 185),
    ("rpc.jsonl", include_str!("rpc.jsonl"), 310),
    ("roa.jsonl", include_str!("roa.jsonl"), 146),
    ("oss-v4.jsonl", include_str!("oss-v4.jsonl"), 44),
    ("oss-v1.jsonl", include_str!("oss-v1.jsonl"), 39),
    ("oss-v4-url.jsonl", include_str!("oss-v4-url.jsonl"), 14),
    ("oss-vectors.jsonl", include_str!("oss-vectors.jsonl"), 2),
    ("oss-tables.jsonl", include_str!("oss-tables.jsonl"), 2),
    ("oss-s3.jsonl", include_str!("oss-s3.jsonl"), 7),
    ("oss-s3-url.jsonl", include_str!("oss-s3-url.jsonl"), 2),
    ("oss-v1-form.jsonl", include_str!("oss-v1-form.jsonl"), 2),
    ("oss-v4-form.jsonl", include_str!("oss-v4-form.jsonl"), 2),
    ("sls-v1.jsonl", include_str!("sls-v1.jsonl"), 25),
    ("sls-v1-sha256.jsonl", include_str!("sls-v1-sha256.jsonl"), 8),
    ("sls-v4.jsonl", include_str!("sls-v4.jsonl"), 21),
    ("datahub.jsonl", include_str!("datahub.jsonl"), 8),
    ("mns-v2.jsonl", include_str!("mns-v2.jsonl"), 12),
    ("mns-v4.jsonl", include_str!("mns-v4.jsonl"), 8),
    ("mq-http.jsonl", include_str!("mq-http.jsonl"), 10),
    ("acs4.jsonl", include_str!("acs4.jsonl"), 14),
    ("fc1.jsonl", include_str!("fc1.jsonl"), 29),
    ("ca.jsonl", include_str!("ca.jsonl"), 12),
    ("dataplus.jsonl", include_str!("dataplus.jsonl"), 8),
    ("dataplus-nopath.jsonl", include_str!("dataplus-nopath.jsonl"), 2),
    ("ots-v2.jsonl", include_str!("ots-v2.jsonl"), 9),
    ("ots-v4.jsonl", include_str!("ots-v4.jsonl"), 7),
    ("ots-answer-v2.jsonl", include_str!("ots-answer-v2.jsonl"), 2),
    ("ots-answer-v4.jsonl", include_str!("ots-answer-v4.jsonl"), 2),
    ("odps-v2.jsonl", include_str!("odps-v2.jsonl"), 8),
    ("odps-v4.jsonl", include_str!("odps-v4.jsonl"), 8),
];

/// The first line.
#[derive(Debug, Deserialize)]
struct Origin {
    scheme: String,
    keys: BTreeMap<String, Vec<String>>,
    vectors: usize,
}

/// Any other line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    kind: Option<String>,
    /// `PACKAGE==VERSION`, of the SDK that made the signature.
    sdk: String,
    key: String,
    time: String,
    nonce: Option<String>,
    /// Method, host, path and query.
    request: (String, String, String),
    headers: Pairs,
    body: Option<Body>,
    policy_json: Option<String>,
    scope: Option<Scope>,
    #[serde(default)]
    oss: Oss,
    #[serde(default)]
    adds: Adds,
    strips: Option<Strips>,
    #[serde(default, deserialize_with = "crate::case::present")]
    body_after: Option<Option<Body>>,
    kept_query: Option<String>,
    signed_headers: Option<String>,
    payload_hash: Option<String>,
    string_to_sign: Option<String>,
    string_to_sign_sha256: Option<String>,
    signature: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Adds {
    headers: Pairs,
    query: Pairs,
    form: Pairs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strips {
    headers: Option<Vec<String>>,
    query: Option<Vec<String>>,
    form: Option<Vec<String>>,
}

/// Runs them all. An error: a file is not what it says it is.
pub(crate) fn run() -> Result<Count, String> {
    let mut count = Count::default();
    for (file, text, floor) in FILES {
        let (scheme, vectors) = read(text).map_err(|why| format!("tests/vectors/{file}: {why}"))?;
        if vectors.len() < floor {
            return Err(format!("tests/vectors/{file} holds {} vectors, not {floor}", vectors.len()));
        }
        let (failed, again) = (count.failed(), again(&scheme)?);
        for vector in vectors {
            if let (Ok(case), Some(again)) = (&vector.case, again) {
                again(case).map_err(|why| format!("{}, signed with a dummy key:\n{why}", vector.name))?;
            }
            count.add(vector);
        }
        if count.failed() == failed && count.passed(&scheme) < floor {
            return Err(format!("tests/vectors/{file}: only {} passed", count.passed(&scheme)));
        }
    }
    match count.left_out() {
        0 => Ok(count),
        some => Err(format!("{some} of the project's own vectors are of no scheme that is built")),
    }
}

type Again = fn(&Case) -> Result<(), String>;

/// What takes a vector of a scheme, signed with a dummy key, on its way a second time. `None` has its reason each; a scheme
/// that is not listed is a mistake.
fn again(scheme: &str) -> Result<Option<Again>, String> {
    let again: Again = match scheme {
        "oss-v4-header" | "oss-v1-header" | "oss-v4-vectors-header" | "oss-v4-tables-header" => again::check,
        "oss-s3-sigv4-header" => again::s3,
        "sls-v1" | "sls-v1-hmac-sha256" | "sls-v4" => sls::again,
        "datahub" | "mns-v2" | "mns-v4" | "mq-http" => messages::again,
        "ACS4-HMAC-SHA256" => acs4::again,
        "FC1-HMAC-SHA256" => fc::again,
        "ots-v2" | "ots-v4" => ots::again,
        "odps-v2" | "odps-v4" => odps::again,
        // Vectors of the kinds `fresh`, `resign` and `upgrade` are among theirs, and say what becomes of each part.
        "ACS3-HMAC-SHA256" | "RPC1-HMAC-SHA1" | "ROA1-HMAC-SHA1" => return Ok(None),
        // No table has their hosts: src/pipeline/tests sends these vectors again, to a host of the operator's own.
        "CA-HMAC-SHA256" | "dataplus" | "dataplus-nopath" => return Ok(None),
        // A URL that comes signed leaves signed in a header, which none of these vectors has.
        "oss-v4-query" | "oss-s3-sigv4-query" => return Ok(None),
        // A policy alone, without the form that it goes with: what becomes of a form is tested with whole forms.
        "oss-v1-post-policy" | "oss-v4-post-policy" => return Ok(None),
        // Answers: nobody sends one.
        "ots-response-v2" | "ots-response-v4" => return Ok(None),
        other => return Err(format!("nothing sends vectors of {other} again, and nothing says why")),
    };
    Ok(Some(again))
}

fn read(text: &str) -> Result<(String, Vec<Vector>), String> {
    let mut lines = text.lines();
    let origin = lines.next().ok_or("the file is empty")?;
    let origin: Origin = serde_json::from_str(origin).map_err(|why| format!("line 1: {why}"))?;
    let vectors = lines.enumerate().map(|(index, line)| {
        let case = case(line, &origin).map_err(|why| format!("line {}: {why}", index + 2))?;
        let (scheme, name) = (origin.scheme.clone(), case.name.clone());
        Ok(Vector { scheme, name, left_out: None, case: Ok(case) })
    });
    let vectors = vectors.collect::<Result<Vec<_>, String>>()?;
    if vectors.len() == origin.vectors {
        Ok((origin.scheme, vectors))
    } else {
        Err(format!("line 1 says {} vectors, and {} follow", origin.vectors, vectors.len()))
    }
}

fn case(line: &str, origin: &Origin) -> Result<Case, String> {
    let line: Line = serde_json::from_str(line).map_err(|why| why.to_string())?;
    if !line.sdk.contains("==") && !line.sdk.contains('@') {
        return Err(format!("`{}` is no PACKAGE==VERSION", line.sdk));
    }
    let key = origin.keys.get(&line.key).map(Vec::as_slice);
    let (id, secret, token) = match key {
        Some([id, secret]) => (id, secret, None),
        Some([id, secret, token]) => (id, secret, Some(token)),
        _ => return Err(format!("no key `{}` in line 1", line.key)),
    };
    let (method, host, path_and_query) = line.request;
    let strips = line.strips.unwrap_or_default();
    Ok(Case {
        scheme: origin.scheme.clone(),
        name: line.name,
        kind: line.kind,
        input: Input {
            method,
            host,
            path_and_query,
            headers: line.headers,
            body: line.body,
            policy_json: line.policy_json,
        },
        credentials: Credentials {
            access_key_id: id.clone(),
            access_key_secret: secret.clone(),
            security_token: token.cloned(),
        },
        scope: line.scope,
        fixed: Fixed { timestamp: line.time, nonce: line.nonce, sign_date: None, oss: line.oss },
        expect: Expect {
            signature: line.signature,
            string_to_sign: line.string_to_sign,
            string_to_sign_sha256: line.string_to_sign_sha256,
            canonical_request: None,
            signed_headers: line.signed_headers,
            payload_hash: line.payload_hash,
            set_headers: line.adds.headers,
            add_query: line.adds.query,
            add_form: line.adds.form,
            remove_query: strips.query,
            remove_form: strips.form,
            remove_headers: strips.headers,
            kept_query: line.kept_query,
            body_after: line.body_after,
        },
    })
}
