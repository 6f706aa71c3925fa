//! What a person was given: access configurations in accounts, listed a page at a time.

use serde_json::{Value, json};

use super::invalid;
use crate::sandbox::cloud::ACCOUNT;
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;

/// An account in which the person was given something.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: String,
    name: String,
    pub(super) configurations: Vec<Configuration>,
}

/// What the person may be there.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    pub(super) id: String,
    pub(super) name: String,
}

impl Account {
    pub(super) fn new(id: &str, name: &str, configurations: &[(&str, &str)]) -> Self {
        let configuration =
            |(id, name): &(&str, &str)| Configuration { id: (*id).to_owned(), name: (*name).to_owned() };
        let configurations = configurations.iter().map(configuration).collect();
        Self { id: id.to_owned(), name: name.to_owned(), configurations }
    }

    /// The sandbox's own.
    pub(super) fn usual() -> Self {
        Self::new(ACCOUNT, "sandbox", &[("ac-00sandbox00000001", "Admin")])
    }

    pub(super) fn told(&self) -> Value {
        json!({ "AccountId": self.id, "DisplayName": self.name })
    }
}

impl Configuration {
    pub(super) fn told(&self) -> Value {
        json!({
            "AccessConfigurationId": self.id,
            "AccessConfigurationName": self.name,
            "AccessConfigurationDescription": "",
        })
    }
}

/// The part of a list that `MaxResults` and `NextToken` ask for, of at most `most`.
pub(super) fn page(heard: &Heard, name: &str, list: Vec<Value>, most: usize) -> Result<Value, Error> {
    let number = |name: &str, usual: usize| match heard.query_value(name).filter(|text| !text.is_empty()) {
        None => Ok(usual),
        Some(text) => text.trim_start_matches(TOKEN).parse().map_err(|_| invalid(name)),
    };
    let size: usize = number("MaxResults", 10)?;
    if !(1..=100).contains(&size) {
        return Err(invalid("MaxResults"));
    }
    let (from, total) = (number("NextToken", 0)?, list.len());
    let items: Vec<Value> = list.into_iter().skip(from).take(size.min(most)).collect();
    let next = from.saturating_add(items.len());
    let is_truncated = next < total;
    Ok(json!({
        name: items,
        "IsTruncated": is_truncated,
        "NextToken": if is_truncated { format!("{TOKEN}{next}") } else { String::new() },
    }))
}

/// What a `NextToken` begins with: nobody should reckon with the number behind it.
const TOKEN: &str = "next-";
