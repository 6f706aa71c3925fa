//! A request as the sandbox heard it: the text that arrived, nothing interpreted yet.

use std::collections::BTreeMap;

use super::encode::pairs;

/// Names and values of a query and a form together, decoded.
pub(crate) type Parameters = BTreeMap<String, String>;

/// A parameter that is given twice in one place. No SDK can emit one, and what the cloud does with it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repeated(pub(crate) String);

/// One request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// In upper case.
    pub(crate) method: String,
    /// As on the wire, still encoded.
    pub(crate) path: String,
    /// As on the wire, without the question mark.
    pub(crate) query: String,
    /// Names in lower case, values as bytes, in the order of arrival.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// All of it. Empty on OSS, where bodies stream and are never signed.
    pub(crate) body: Vec<u8>,
}

impl Heard {
    /// The first value of a header, as bytes with blanks trimmed.
    pub(crate) fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim_ascii())
    }

    /// The first value of a header, as text. Bytes that are not UTF-8 are replaced.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.header_bytes(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Every value of a header, trimmed.
    pub(crate) fn header_lines(&self, name: &str) -> Vec<&[u8]> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.trim_ascii()).collect()
    }

    /// The same with one header another; with none of that name, if `value` is empty.
    #[cfg(test)]
    pub(crate) fn with_header(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(known, _)| known != name);
        if !value.is_empty() {
            other.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        other
    }

    /// Whether the body is a form. A body without a Content-Type is not one.
    pub(crate) fn is_form(&self) -> bool {
        let media_type = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        media_type.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded")
    }

    /// The pairs of the query, decoded, in the order of arrival.
    pub(crate) fn query_pairs(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        pairs(&self.query)
    }

    /// The value of a query parameter. Its first, as OSS reads them.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        let pairs = self.query_pairs();
        let (_, value) = pairs.into_iter().find(|(known, _)| known == name.as_bytes())?;
        Some(String::from_utf8_lossy(&value).into_owned())
    }

    /// Query and form as one, in bytes. The form wins where both name a parameter, as in most SDKs.
    pub(crate) fn parameter_bytes(&self) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Repeated> {
        let mut all = once_each(self.query_pairs())?;
        if self.is_form() {
            all.append(&mut once_each(pairs(&String::from_utf8_lossy(&self.body)))?);
        }
        Ok(all)
    }

    /// Query and form as one, in text. What is given twice in one place is left out: verification refuses it.
    pub(crate) fn parameters(&self) -> Parameters {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let all = self.parameter_bytes().unwrap_or_default();
        all.into_iter().map(|(name, value)| (text(name), text(value))).collect()
    }
}

fn once_each(pairs: Vec<(Vec<u8>, Vec<u8>)>) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Repeated> {
    let mut out = BTreeMap::new();
    for (name, value) in pairs {
        if out.insert(name.clone(), value).is_some() {
            return Err(Repeated(String::from_utf8_lossy(&name).into_owned()));
        }
    }
    Ok(out)
}
