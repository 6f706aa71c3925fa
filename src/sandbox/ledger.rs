//! What the sandbox saw: a bounded list of verdicts, and counters that are not bounded in number but in names. What is
//! worth watching of it is told as it happens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::news::{News, Teller, masked};
use super::place::Place;
use super::verify::Claim;

/// How many verdicts are kept. More than any demonstration or test makes; past it the oldest go.
const KEPT: usize = 1_024;

/// How many different names one counter takes before it counts under `other`. As many as the metrics take actions.
const NAMES: usize = 200;

/// What came of a request's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The signature is right.
    Verified,
    /// None was needed: the call carries its own proof.
    Unsigned,
    /// Turned away, with the code of the answer.
    Refused(String),
    /// Not looked at: a fault was switched on, with the code of the answer.
    Failed(String),
}

/// One request, as the sandbox judged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The host name that it was sent to.
    pub host: String,
    /// The product code in the host name.
    pub product: String,
    /// The action, or on OSS the method.
    pub action: String,
    /// The signature scheme by its name on the wire. None for an unsigned request.
    pub scheme: Option<&'static str>,
    /// The key that signed, whole: it opens nothing but the sandbox.
    pub access_key_id: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// The status of the answer.
    pub status: u16,
    /// What the sandbox itself took the MAC of. Under RPC version 1 it holds the security token.
    pub string_to_sign: Option<String>,
    /// How many more calls the fault that failed it is on for. None: it is not counted.
    pub left: Option<u32>,
}

impl Verdict {
    pub(crate) fn new(
        place: &Place,
        action: &str,
        claim: Option<&Claim>,
        outcome: Outcome,
        status: u16,
    ) -> Self {
        Self {
            host: place.host.clone(),
            product: place.product.clone(),
            action: action.to_owned(),
            scheme: claim.map(|claim| claim.scheme.name()),
            access_key_id: claim.map(|claim| claim.access_key_id.clone()),
            outcome,
            status,
            string_to_sign: claim.map(|claim| String::from_utf8_lossy(&claim.string_to_sign).into_owned()),
            left: None,
        }
    }

    /// What somebody who watches wants to know of it.
    fn news(&self) -> Option<News> {
        let (product, action) = (self.product.clone(), self.action.clone());
        match &self.outcome {
            Outcome::Verified | Outcome::Unsigned => None,
            Outcome::Refused(code) => Some(News::Refused {
                host: self.host.clone(),
                product,
                action,
                code: code.clone(),
                key: self.access_key_id.as_deref().map(masked),
            }),
            Outcome::Failed(code) => {
                Some(News::Failed { product, action, code: code.clone(), left: self.left })
            }
        }
    }
}

/// How often what happened since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls to STS by action, failed ones included.
    pub sts_calls: BTreeMap<String, u64>,
    /// Verified requests by scheme.
    pub verified: BTreeMap<String, u64>,
    /// Requests turned away, by the code of the answer.
    pub refused: BTreeMap<String, u64>,
    /// Connections taken.
    pub connections: u64,
}

/// The book that all this is written into.
#[derive(Debug)]
pub(crate) struct Ledger {
    book: Mutex<Book>,
    teller: Teller,
}

#[derive(Debug, Default)]
struct Book {
    verdicts: VecDeque<Verdict>,
    counters: Counters,
}

impl Ledger {
    pub(crate) fn new(teller: Teller) -> Self {
        Self { book: Mutex::default(), teller }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a connection.
    pub(crate) fn connected(&self) {
        self.book().counters.connections += 1;
    }

    /// Tells what is not in a verdict.
    pub(crate) fn tell(&self, news: &News) {
        self.teller.tell(news);
    }

    /// Notes a verdict, counts it, and tells it if it is none of the ordinary ones.
    pub(crate) fn note(&self, verdict: Verdict) {
        if let Some(news) = verdict.news() {
            self.teller.tell(&news);
        }
        let mut book = self.book();
        if verdict.product == "sts" {
            count(&mut book.counters.sts_calls, &verdict.action);
        }
        match &verdict.outcome {
            Outcome::Verified => count(&mut book.counters.verified, verdict.scheme.unwrap_or_default()),
            Outcome::Refused(code) => count(&mut book.counters.refused, code),
            Outcome::Unsigned | Outcome::Failed(_) => {}
        }
        if book.verdicts.len() == KEPT {
            book.verdicts.pop_front();
        }
        book.verdicts.push_back(verdict);
    }

    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        self.book().verdicts.iter().cloned().collect()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.book().counters.clone()
    }
}

fn count(names: &mut BTreeMap<String, u64>, name: &str) {
    let name = if names.len() < NAMES || names.contains_key(name) { name } else { "other" };
    *names.entry(name.to_owned()).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::news::Unobserved;
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn the_book_keeps_the_newest_and_counts_all() {
        let ledger = Ledger::new(Teller::new(Arc::new(Unobserved), Arc::new(SystemClock)));
        let sts = Place::of("sts.cn-hangzhou.aliyuncs.com");
        for number in 0..KEPT + 10 {
            let refused = Outcome::Refused("SignatureDoesNotMatch".to_owned());
            ledger.note(Verdict::new(&sts, &format!("Action{number}"), None, refused, 400));
        }
        let (verdicts, counters) = (ledger.verdicts(), ledger.counters());
        assert_eq!(verdicts.len(), KEPT);
        assert_eq!(verdicts[0].action, "Action10");
        assert_eq!(counters.refused["SignatureDoesNotMatch"], 1_034);
        assert_eq!(counters.sts_calls.len(), NAMES + 1);
        assert_eq!(counters.sts_calls["other"], 1_034 - 200);
    }
}
