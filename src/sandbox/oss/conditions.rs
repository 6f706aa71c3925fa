//! Conditions of a request: on the object that is read, or on the source of a copy.

use super::store::Object;
use crate::sandbox::date;
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;

/// What the conditions of a request come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All hold.
    Met,
    /// The caller has it already: 304.
    NotModified,
    /// One does not hold, by its name: 412.
    Failed(&'static str),
}

/// Names of the four, on the object that is read.
pub(super) const OWN: [&str; 4] = ["if-match", "if-unmodified-since", "if-none-match", "if-modified-since"];

/// The same, on the source of a copy.
pub(super) const SOURCE: [&str; 4] = [
    "x-oss-copy-source-if-match",
    "x-oss-copy-source-if-unmodified-since",
    "x-oss-copy-source-if-none-match",
    "x-oss-copy-source-if-modified-since",
];

/// Judges the four. A date that is none is no condition, as in HTTP. From the references of `GetObject` and `CopyObject`.
pub(super) fn judge(names: [&'static str; 4], heard: &Heard, object: &Object) -> Outcome {
    let [is, not_since, is_not, since] = names;
    let names_it = |name: &str| {
        heard.header(name).map(|asked| {
            asked
                .split(',')
                .any(|one| one.trim() == "*" || plain(one).eq_ignore_ascii_case(plain(&object.etag)))
        })
    };
    let date = |name: &str| heard.header(name).and_then(|text| date::from_gmt(&text));
    if names_it(is) == Some(false) {
        return Outcome::Failed(is);
    }
    if date(not_since).is_some_and(|date| object.modified_at > date) {
        return Outcome::Failed(not_since);
    }
    if names_it(is_not) == Some(true) || date(since).is_some_and(|date| object.modified_at <= date) {
        return Outcome::NotModified;
    }
    Outcome::Met
}

/// An ETag without its quotation marks, which some callers leave out.
fn plain(etag: &str) -> &str {
    etag.trim().trim_matches('"')
}

/// The answer to a condition that does not hold.
pub(super) fn failed(name: &str) -> Error {
    let message = "At least one of the pre-conditions you specified did not hold.";
    Error::new(412, "PreconditionFailed", message).with("Condition", name).with("EC", "0017-00001001")
}

/// OSS refuses to write over an object where it was told not to.
pub(super) fn allow_overwriting(heard: &Heard, is_there: bool) -> Result<(), Error> {
    let is_forbidden = heard.header("x-oss-forbid-overwrite").is_some_and(|value| value == "true");
    if is_there && is_forbidden {
        let message = "The object you specified already exists and can not be overwritten.";
        return Err(Error::new(409, "FileAlreadyExists", message).with("EC", "0026-00000002"));
    }
    Ok(())
}
