//! Reads a file of vectors in one of the two published schemas.

use serde::Deserialize;
use serde_json::Value;

use crate::case::Case;

/// A vector as far as it can be understood.
#[derive(Debug)]
pub(crate) struct Vector {
    /// The scheme, whether it is built or not.
    pub(crate) scheme: String,
    pub(crate) name: String,
    /// Why it is left out before anything of it is looked at.
    pub(crate) left_out: Option<String>,
    /// All of it, or what is wrong with it.
    pub(crate) case: Result<Case, String>,
}

/// The two schemas have one shape, and say which they are in different fields.
#[derive(Deserialize)]
struct File {
    schema: Option<String>,
    schema_version: Option<u64>,
    count: Option<usize>,
    vectors: Vec<Value>,
}

/// Every vector of a file.
pub(crate) fn file(text: &str) -> Result<Vec<Vector>, String> {
    let file: File = serde_json::from_str(text).map_err(|why| format!("not a file of vectors: {why}"))?;
    match (file.schema.as_deref(), file.schema_version) {
        (Some("countersign-openapi-vectors/1"), _) | (None, Some(1)) => {}
        (Some(schema), _) => return Err(format!("vectors of the schema `{schema}` cannot be read")),
        (None, Some(version)) => return Err(format!("vectors of schema version {version} cannot be read")),
        (None, None) => {
            return Err("not a file of vectors: it has no `schema` and no `schema_version`".to_owned());
        }
    }
    if file.vectors.is_empty() {
        return Err("the file holds no vectors".to_owned());
    }
    if let Some(count) = file.count.filter(|&count| count != file.vectors.len()) {
        return Err(format!("the file says {count} vectors and holds {}", file.vectors.len()));
    }
    file.vectors.into_iter().enumerate().map(|(index, value)| vector(index, value)).collect()
}

fn vector(index: usize, value: Value) -> Result<Vector, String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(scheme), Some(name)) = (text("scheme"), text("name")) else {
        return Err(format!("vector {} has no `scheme` or no `name`", index + 1));
    };
    let left_out = left_out(&scheme, &value);
    let case = serde_json::from_value(value).map_err(|why| format!("the vector cannot be read: {why}"));
    Ok(Vector { scheme, name, left_out, case })
}

/// What no run emits, whatever is built.
fn left_out(scheme: &str, value: &Value) -> Option<String> {
    if value.get("status").and_then(Value::as_str) == Some("disputed") {
        return Some("disputed, the SDKs differ".to_owned());
    }
    let never = |what: &str| Some(what.to_owned());
    match scheme {
        "ACS3-RSA-SHA256" => never("sent as HMAC-SHA256"),
        _ if scheme.ends_with("-SM3") => never("sent as HMAC-SHA256"),
        _ if scheme.starts_with("BEARER-") => never("a token, nothing is signed"),
        "oss-v2-header" | "oss-v1-query" | "oss-v1-rtmp-query" => never("recognised and never sent"),
        _ if scheme.starts_with("ots-") && has_query(value) => never("refused with a query"),
        _ => None,
    }
}

fn has_query(value: &Value) -> bool {
    let target = value.pointer("/input/path_and_query").or_else(|| value.pointer("/input/request_path"));
    target.and_then(Value::as_str).is_some_and(|target| target.contains('?'))
}
