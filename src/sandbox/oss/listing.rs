//! One page of a bucket's listing: prefix, delimiter and marker, in both versions of the call.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::store::Object;
use crate::sandbox::date;
use crate::sandbox::encode::{hex, hex_decoded, percent, xml};
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;

/// How many entries a page holds unasked, and at the most. From the reference of `GetBucket`.
const PAGE_USUAL: usize = 100;
const PAGE_MOST: usize = 1_000;

/// Every parameter of the two calls.
pub(super) const PARAMETERS: [&str; 9] = [
    "prefix",
    "delimiter",
    "marker",
    "max-keys",
    "encoding-type",
    "list-type",
    "continuation-token",
    "start-after",
    "fetch-owner",
];

/// What a caller wants to see.
struct Ask {
    prefix: Vec<u8>,
    delimiter: Vec<u8>,
    /// Entries after this one.
    after: Vec<u8>,
    most: usize,
    is_encoded: bool,
    is_second: bool,
    with_owner: bool,
}

impl Ask {
    fn read(heard: &Heard) -> Result<Self, Error> {
        let pairs = heard.query_pairs();
        let bytes = |name: &str| {
            pairs.iter().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| value.clone())
        };
        let text = |name: &str| heard.query_value(name).filter(|value| !value.is_empty());
        let invalid = |name: &str| {
            Error::new(400, "InvalidArgument", &format!("The {name} is invalid."))
                .with("ArgumentName", name_of(name))
        };
        let most = match text("max-keys") {
            None => PAGE_USUAL,
            Some(number) => number
                .parse()
                .ok()
                .filter(|number| *number <= PAGE_MOST)
                .ok_or_else(|| invalid("max-keys"))?,
        };
        let is_encoded = match text("encoding-type").as_deref() {
            None => false,
            Some("url") => true,
            Some(_) => return Err(invalid("encoding-type")),
        };
        let is_second = text("list-type").as_deref() == Some("2");
        let after = match text("continuation-token").filter(|_| is_second) {
            Some(token) => hex_decoded(&token).ok_or_else(|| invalid("continuation-token"))?,
            None => bytes(if is_second { "start-after" } else { "marker" }).unwrap_or_default(),
        };
        Ok(Self {
            prefix: bytes("prefix").unwrap_or_default(),
            delimiter: bytes("delimiter").unwrap_or_default(),
            after,
            most,
            is_encoded,
            is_second,
            with_owner: !is_second || text("fetch-owner").as_deref() == Some("true"),
        })
    }

    fn spell(&self, key: &[u8]) -> String {
        if self.is_encoded { percent(key) } else { xml(&String::from_utf8_lossy(key)) }
    }
}

fn name_of(name: &str) -> &'static str {
    PARAMETERS.iter().find(|known| **known == name).copied().unwrap_or_default()
}

/// What a page holds.
struct Page<'a> {
    contents: Vec<(&'a [u8], &'a Object)>,
    common_prefixes: Vec<&'a [u8]>,
    /// The last entry, when there are more behind it.
    next: Option<Vec<u8>>,
}

fn page<'a>(objects: &'a BTreeMap<Vec<u8>, Arc<Object>>, ask: &Ask) -> Page<'a> {
    let mut page = Page { contents: Vec::new(), common_prefixes: Vec::new(), next: None };
    let mut last: &[u8] = &ask.after;
    let first = ask.prefix.clone().max(ask.after.clone());
    for (key, object) in objects.range(first..).take_while(|(key, _)| key.starts_with(&ask.prefix)) {
        let folded = folded(key, &ask.prefix, &ask.delimiter);
        let entry = folded.unwrap_or(key);
        // A key that folds into a prefix already shown, here or on the page before, is no entry of its own.
        if entry <= ask.after.as_slice() || (folded.is_some() && page.common_prefixes.last() == Some(&entry))
        {
            continue;
        }
        if page.contents.len() + page.common_prefixes.len() >= ask.most {
            page.next = (ask.most > 0).then(|| last.to_vec());
            break;
        }
        match folded {
            Some(prefix) => page.common_prefixes.push(prefix),
            None => page.contents.push((key, object)),
        }
        last = entry;
    }
    page
}

/// The part of a key up to and with the first delimiter after the prefix.
pub(super) fn folded<'a>(key: &'a [u8], prefix: &[u8], delimiter: &[u8]) -> Option<&'a [u8]> {
    if delimiter.is_empty() {
        return None;
    }
    let rest = key.get(prefix.len()..)?;
    let at = rest.windows(delimiter.len()).position(|window| window == delimiter)?;
    key.get(..prefix.len() + at + delimiter.len())
}

/// The answer to a listing, as XML.
pub(super) fn answer(
    bucket: &str,
    objects: &BTreeMap<Vec<u8>, Arc<Object>>,
    heard: &Heard,
) -> Result<String, Error> {
    let ask = Ask::read(heard)?;
    let page = page(objects, &ask);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>");
    let mut element = |name: &str, value: &str| out.push_str(&format!("<{name}>{value}</{name}>"));
    element("Name", bucket);
    element("Prefix", &ask.spell(&ask.prefix));
    element("MaxKeys", &ask.most.to_string());
    element("Delimiter", &ask.spell(&ask.delimiter));
    if ask.is_encoded {
        element("EncodingType", "url");
    }
    element("IsTruncated", if page.next.is_some() { "true" } else { "false" });
    if ask.is_second {
        element("StartAfter", &ask.spell(heard.query_value("start-after").unwrap_or_default().as_bytes()));
        element("KeyCount", &(page.contents.len() + page.common_prefixes.len()).to_string());
        if let Some(token) = heard.query_value("continuation-token") {
            element("ContinuationToken", &xml(&token));
        }
        if let Some(next) = &page.next {
            element("NextContinuationToken", &hex(next));
        }
    } else {
        element("Marker", &ask.spell(&ask.after));
        if let Some(next) = &page.next {
            element("NextMarker", &ask.spell(next));
        }
    }
    for (key, object) in &page.contents {
        element("Contents", &contents(key, object, &ask));
    }
    for prefix in &page.common_prefixes {
        element("CommonPrefixes", &format!("<Prefix>{}</Prefix>", ask.spell(prefix)));
    }
    out.push_str("</ListBucketResult>");
    Ok(out)
}

fn contents(key: &[u8], object: &Object, ask: &Ask) -> String {
    let mut out = format!(
        "<Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Type>{}</Type><Size>{}</Size>\
         <StorageClass>Standard</StorageClass>",
        ask.spell(key),
        date::iso_milliseconds(object.modified_at),
        xml(&object.etag),
        object.kind.name(),
        object.content.length(),
    );
    if ask.with_owner {
        out.push_str(super::OWNER);
    }
    out
}
