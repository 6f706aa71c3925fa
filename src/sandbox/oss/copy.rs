//! Copying: a whole object, or a stretch of one as a part. Nothing is read or written: copies share what is kept.

use std::sync::Arc;

use super::conditions::{self, Outcome};
use super::objects::{Call, absent, hold_to_naming};
use super::store::{Kind, Object};
use super::{buckets, headers, invalid_argument, multipart, range, receive, xml_answer};
use crate::sandbox::answer::{Answer, Payload, set};
use crate::sandbox::date;
use crate::sandbox::encode::{path_decoded, xml};
use crate::sandbox::error::Error;

/// `CopyObject`.
pub(super) fn object(call: Call<'_>) -> Result<Answer, Error> {
    let (source, name) = source(call)?;
    let directive = call.heard.header("x-oss-metadata-directive");
    let headers = match directive.as_deref() {
        None | Some("COPY") => source.headers.clone(),
        Some("REPLACE") => headers::kept(call.heard),
        Some(other) => {
            let message = "The metadata directive is invalid.";
            return Err(invalid_argument("x-oss-metadata-directive", other, message));
        }
    };
    if let Some(answer) = unmet(call, &source)? {
        return Ok(answer);
    }
    // An object that was appended to is a normal one where it is copied to.
    let kind = if source.kind == Kind::Appendable { Kind::Normal } else { source.kind };
    let copied = Object { kind, headers, modified_at: call.cloud.now(), ..Object::clone(&source) };
    let mut answer = result("CopyObjectResult", &copied.etag, copied.modified_at);
    headers::describe(&mut answer, &copied);
    set(&mut answer, "x-oss-copy-source", &name);
    call.insert(copied)?;
    Ok(answer)
}

/// `UploadPartCopy`. A range that cannot be met stands for the whole, as in OSS.
pub(super) async fn part(call: Call<'_>) -> Result<Answer, Error> {
    let number = multipart::part_number(call)?;
    let (source, _) = source(call)?;
    if let Some(answer) = unmet(call, &source)? {
        return Ok(answer);
    }
    let total = source.content.length();
    let asked = call.heard.header("x-oss-copy-source-range");
    let stretch = asked.as_deref().and_then(|header| range::stretch(header, total, false));
    let (from, length) = stretch.unwrap_or((0, total));
    let received = receive::sums(source.content.stretch(from, length)).await?;
    let part = multipart::insert_part(call, number, received)?;
    let mut answer = result("CopyPartResult", &part.etag(), part.modified_at);
    if stretch.is_some() {
        set(&mut answer, "content-range", &format!("bytes {from}-{}/{total}", from + length - 1));
    }
    Ok(answer)
}

/// The object that `x-oss-copy-source` names as `/BUCKET/KEY`, percent-encoded.
fn source(call: Call<'_>) -> Result<(Arc<Object>, String), Error> {
    let name = call.heard.header("x-oss-copy-source").unwrap_or_default();
    let bad = || {
        invalid_argument("x-oss-copy-source", &name, "Copy Source must mention the source bucket and key.")
    };
    if name.contains('?') {
        return Err(super::not_played());
    }
    let (bucket, key) = name.strip_prefix('/').unwrap_or(&name).split_once('/').ok_or_else(bad)?;
    let key = path_decoded(key);
    if key.is_empty() {
        return Err(bad());
    }
    hold_to_naming(&key)?;
    let buckets = call.cloud.store.buckets();
    let found = buckets::find(&buckets, call.place, bucket)?.objects.get(&key).cloned();
    Ok((found.ok_or_else(|| absent(&key))?, name))
}

/// The answer to conditions on the source that do not hold.
fn unmet(call: Call<'_>, source: &Object) -> Result<Option<Answer>, Error> {
    match conditions::judge(conditions::SOURCE, call.heard, source) {
        Outcome::Met => Ok(None),
        Outcome::Failed(name) => Err(conditions::failed(name)),
        Outcome::NotModified => {
            let mut answer = Answer::new(Payload::empty());
            *answer.status_mut() = hyper::StatusCode::NOT_MODIFIED;
            set(&mut answer, "etag", &source.etag);
            Ok(Some(answer))
        }
    }
}

/// The ETag stands in head and body: SDKs read one or the other.
fn result(root: &str, etag: &str, modified_at: i64) -> Answer {
    let mut answer = xml_answer(&format!(
        "<{root}><LastModified>{}</LastModified><ETag>{}</ETag></{root}>",
        date::iso_milliseconds(modified_at),
        xml(etag),
    ));
    set(&mut answer, "etag", etag);
    answer
}
