//! What the sandbox does that somebody might want to watch, told to whoever listens: no secrets, and not too often.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// The least time between two pieces of news about the same thing.
const PAUSE: Duration = Duration::from_secs(1);

/// How many things are told apart. Past it the rest counts as one.
const SUBJECTS: usize = 100;

/// Something that happened. Keys are shown by their last four characters; secrets and tokens are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// STS issued a credential.
    Issued {
        /// `acs:ram::ACCOUNT:assumed-role/ROLE/SESSION`.
        arn: String,
        /// The end of its AccessKey's id.
        key: String,
        /// How long it says it lives.
        lifetime: Duration,
    },
    /// A request was turned away: an expired token, a clock that is off, a wrong signature.
    Refused {
        /// The host name that it was sent to.
        host: String,
        /// The product code in the host name.
        product: String,
        /// The action, or on OSS the method.
        action: String,
        /// The code of the answer.
        code: String,
        /// The end of the AccessKey's id. None for an unsigned request.
        key: Option<String>,
    },
    /// A request was failed by a fault.
    Failed {
        /// The product code in the host name.
        product: String,
        /// The action, or on OSS the method.
        action: String,
        /// The code of the answer.
        code: String,
        /// How many more calls the fault is on for. None: it is not counted.
        left: Option<u32>,
    },
    /// A request was not answered, but hung up on.
    HungUp,
}

impl News {
    /// What it is about: news about the same thing is told once in a while.
    fn subject(&self) -> String {
        match self {
            Self::Issued { arn, .. } => format!("issued {arn}"),
            Self::Refused { host, code, .. } => format!("refused {host} {code}"),
            Self::Failed { product, code, .. } => format!("failed {product} {code}"),
            Self::HungUp => "hung up".to_owned(),
        }
    }

    /// The last of its kind is told whenever it comes.
    const fn is_last(&self) -> bool {
        matches!(self, Self::Failed { left: Some(0), .. })
    }
}

/// Hears the news. Called while a request is answered; must not block.
pub trait Observer: Send + Sync + fmt::Debug {
    /// This happened, and `untold` times the same since it was last told.
    fn hear(&self, news: &News, untold: u64);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn hear(&self, _: &News, _: u64) {}
}

/// Tells the news, each subject once a second.
#[derive(Debug)]
pub(crate) struct Teller {
    observer: Arc<dyn Observer>,
    clock: Arc<dyn Clock>,
    told: Mutex<HashMap<String, Told>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// When, by the clock that never jumps. None: not yet.
    at: Option<Duration>,
    untold: u64,
}

impl Teller {
    pub(crate) fn new(observer: Arc<dyn Observer>, clock: Arc<dyn Clock>) -> Self {
        Self { observer, clock, told: Mutex::default() }
    }

    /// Tells it, unless it was told a moment ago.
    pub(crate) fn tell(&self, news: &News) {
        let now = self.clock.boot();
        let untold = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            let subject = news.subject();
            let is_known = told.contains_key(&subject) || told.len() < SUBJECTS;
            let told = told.entry(if is_known { subject } else { String::new() }).or_default();
            if !news.is_last() && told.at.is_some_and(|at| now.saturating_sub(at) < PAUSE) {
                told.untold += 1;
                return;
            }
            told.at = Some(now);
            std::mem::take(&mut told.untold)
        };
        self.observer.hear(news, untold);
    }
}

/// The end of an AccessKey's id: enough to tell two apart.
pub(crate) fn masked(access_key_id: &str) -> String {
    let skipped = access_key_id.chars().count().saturating_sub(4);
    format!("…{}", access_key_id.chars().skip(skipped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Ear, StandingClock};
    use super::*;

    fn failed(product: &str, left: Option<u32>) -> News {
        let (action, code) = ("DescribeRegions".to_owned(), "ServiceUnavailable".to_owned());
        News::Failed { product: product.to_owned(), action, code, left }
    }

    #[test]
    fn the_same_is_told_once_a_second_and_the_rest_counted() {
        let (ear, clock) = (Arc::new(Ear::default()), Arc::new(StandingClock::new()));
        let teller = Teller::new(ear.clone(), clock.clone());
        (0..5).for_each(|_| teller.tell(&failed("ecs", None)));
        assert_eq!(ear.heard(), [(failed("ecs", None), 0)]);
        teller.tell(&failed("cs", None));
        assert_eq!(ear.heard(), [(failed("cs", None), 0)]);
        clock.advance(1);
        teller.tell(&failed("ecs", None));
        assert_eq!(ear.heard(), [(failed("ecs", None), 4)]);
        // The last of a count is what recovery begins with.
        teller.tell(&failed("ecs", Some(1)));
        teller.tell(&failed("ecs", Some(0)));
        assert_eq!(ear.heard(), [(failed("ecs", Some(0)), 1)]);
    }

    #[test]
    fn however_many_things_there_are_few_are_remembered() {
        let (ear, clock) = (Arc::new(Ear::default()), Arc::new(StandingClock::new()));
        let teller = Teller::new(ear.clone(), clock);
        (0..SUBJECTS + 50).for_each(|number| teller.tell(&failed(&number.to_string(), None)));
        assert_eq!(ear.heard().len(), SUBJECTS + 1);
        assert_eq!(teller.told.lock().unwrap().len(), SUBJECTS + 1);
    }

    #[test]
    fn a_key_is_known_by_its_end_alone() {
        assert_eq!(masked("STS.NabcdefWXYZ"), "…WXYZ");
        assert_eq!(masked("é"), "…é");
    }
}
