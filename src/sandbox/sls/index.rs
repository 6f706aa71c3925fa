//! The index of a logstore: kept and shown. What is searched is all there is, whatever the index leaves out.

use serde_json::{Value, json};

use super::Call;
use super::dialect::{done, told};
use crate::sandbox::answer::Answer;
use crate::sandbox::error::Error;

/// How much one may hold, in bytes.
const BYTES_MOST: usize = 32 * 1024;

/// `CreateIndex`, and `UpdateIndex` where there is one.
pub(super) fn put(call: &Call<'_>, logstore: &str) -> Result<Answer, Error> {
    let given = call.object()?;
    if call.heard.body.len() > BYTES_MOST {
        return Err(Error::new(400, "IndexInfoInvalid", "The index is larger than 32 KiB."));
    }
    if !given.contains_key("line") && !given.contains_key("keys") {
        return Err(Error::new(400, "IndexInfoInvalid", "An index has line or keys."));
    }
    let is_new = call.heard.method == "POST";
    let mut projects = call.cloud.sls.projects();
    let logstore = projects.logstore(call, logstore)?;
    match &logstore.index {
        Some(_) if is_new => {
            return Err(Error::new(400, "IndexAlreadyExist", "log store index is already created"));
        }
        None if !is_new => return Err(not_there()),
        _ => {}
    }
    let mut index = given;
    index.insert("index_mode".to_owned(), json!("v2"));
    index.insert("lastModifyTime".to_owned(), json!(call.now()));
    index.entry("ttl").or_insert_with(|| logstore.settings.get("ttl").cloned().unwrap_or(Value::Null));
    logstore.index = Some(index);
    Ok(done())
}

/// `GetIndex`.
pub(super) fn get(call: &Call<'_>, logstore: &str) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    let index = projects.logstore(call, logstore)?.index.clone();
    index.map(|index| told(&Value::Object(index))).ok_or_else(not_there)
}

/// `DeleteIndex`.
pub(super) fn delete(call: &Call<'_>, logstore: &str) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    projects.logstore(call, logstore)?.index.take().map(|_| done()).ok_or_else(not_there)
}

fn not_there() -> Error {
    Error::new(404, "IndexConfigNotExist", "index config doesn't exist")
}
