//! Counters, in the text form that Prometheus reads. Each worker counts for itself; reading adds up.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Record;
use super::record::Outcome;
use crate::names::{Action, Endpoint, Region};

/// Distinct actions that are counted by name, over all workers. The rest is `other`: what callers send must not fill
/// memory, neither here nor in whatever collects the numbers.
const ACTIONS_MAX: usize = 200;
/// Combinations of labels that a worker counts apart. More than an application has; what comes later is counted without
/// product and region.
const SERIES_MAX: usize = 5_000;
/// Upper bounds of the histograms' buckets, in seconds: from a local answer to a long upload.
const BUCKETS: [f64; 15] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// All workers' counters.
#[derive(Debug, Default)]
pub struct Metrics {
    shards: Mutex<Vec<Arc<Shard>>>,
    named: Arc<Named>,
}

/// One worker's counters.
#[derive(Debug)]
pub struct Shard {
    counters: Mutex<Counters>,
    named: Arc<Named>,
}

/// The actions that are counted by name.
#[derive(Debug, Default)]
struct Named(Mutex<FxHashSet<Action>>);

#[derive(Debug, Default)]
struct Counters {
    requests: FxHashMap<Request, u64>,
    /// Those of the named actions that this worker knows of: others are looked for among all.
    named: FxHashSet<Action>,
    /// Whether it knows of all there will ever be.
    knows_all: bool,
    refusals: FxHashMap<&'static str, u64>,
    signatures: FxHashMap<&'static str, u64>,
    request_seconds: Histogram,
    upstream_seconds: Histogram,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Request {
    product: &'static str,
    action: Option<Action>,
    /// Whether the action is one too many to be counted by name.
    is_other: bool,
    region: Option<Region>,
    status: u16,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, Default)]
struct Histogram {
    counts: [u64; BUCKETS.len()],
    count: u64,
    sum: f64,
}

impl Histogram {
    fn add(&mut self, seconds: f64) {
        for (count, bound) in self.counts.iter_mut().zip(BUCKETS) {
            *count += u64::from(seconds <= bound);
        }
        self.count += 1;
        self.sum += seconds;
    }

    fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.sum += other.sum;
    }

    fn render(&self, name: &str, help: &str, out: &mut String) {
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} histogram\n");
        for (count, bound) in self.counts.iter().zip(BUCKETS) {
            let _ = writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {count}");
        }
        let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(out, "{name}_sum {}\n{name}_count {}", self.sum, self.count);
    }
}

impl Shard {
    /// Counts a request that has ended, by CLOCK_BOOTTIME.
    pub fn count(&self, record: &Record, ended: Duration) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let request = Request {
            product: record.endpoint.as_ref().map_or("", |endpoint| endpoint.product().code),
            action: record.action,
            is_other: false,
            region: record.endpoint.as_ref().and_then(Endpoint::region),
            status: record.status,
            outcome: record.outcome,
        };
        counters.count_request(request, &self.named);
        if let Some(code) = record.refusal {
            *counters.refusals.entry(code).or_default() += 1;
        }
        if let Some(scheme) = record.scheme {
            *counters.signatures.entry(scheme.name()).or_default() += u64::from(record.attempts);
        }
        let took = ended.saturating_sub(record.begun.boot);
        counters.request_seconds.add(took.as_secs_f64());
        if let Some(upstream) = record.upstream {
            counters.upstream_seconds.add(upstream.as_secs_f64());
        }
    }
}

impl Counters {
    fn count_request(&mut self, mut request: Request, named: &Named) {
        if let Some(count) = self.requests.get_mut(&request) {
            *count += 1;
            return;
        }
        if let Some(action) = request.action
            && !self.is_named(action, named)
        {
            request = Request { action: None, is_other: true, ..request };
        }
        if self.requests.len() >= SERIES_MAX && !self.requests.contains_key(&request) {
            request = Request { product: "", action: None, is_other: true, region: None, ..request };
        }
        *self.requests.entry(request).or_default() += 1;
    }

    fn is_named(&mut self, action: Action, all: &Named) -> bool {
        if self.named.contains(&action) || self.knows_all {
            return self.named.contains(&action);
        }
        let mut all = all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < ACTIONS_MAX {
            all.insert(action);
            self.named.insert(action);
        } else {
            // No more will come: from here on this worker needs to ask nobody.
            self.named.clone_from(&all);
            self.knows_all = true;
        }
        self.named.contains(&action)
    }
}

impl Metrics {
    /// Counters for one more worker.
    pub fn shard(&self) -> Arc<Shard> {
        let shard = Arc::new(Shard { counters: Mutex::default(), named: Arc::clone(&self.named) });
        self.shards.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&shard));
        shard
    }

    /// Everything that the workers counted.
    pub fn render(&self, out: &mut String) {
        let mut requests: BTreeMap<String, u64> = BTreeMap::new();
        let mut refusals: BTreeMap<&str, u64> = BTreeMap::new();
        let mut signatures: BTreeMap<&str, u64> = BTreeMap::new();
        let (mut request_seconds, mut upstream_seconds) = (Histogram::default(), Histogram::default());
        for shard in self.shards.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let counters = shard.counters.lock().unwrap_or_else(PoisonError::into_inner);
            for (request, count) in &counters.requests {
                *requests.entry(request.labels()).or_default() += count;
            }
            for (code, count) in &counters.refusals {
                *refusals.entry(code).or_default() += count;
            }
            for (scheme, count) in &counters.signatures {
                *signatures.entry(scheme).or_default() += count;
            }
            request_seconds.merge(&counters.request_seconds);
            upstream_seconds.merge(&counters.upstream_seconds);
        }
        family(out, "countersign_requests_total", "Requests that have ended.", requests.iter());
        let labelled = |label: &'static str, counts: BTreeMap<&str, u64>| -> BTreeMap<String, u64> {
            counts.into_iter().map(|(value, count)| (format!("{label}=\"{value}\""), count)).collect()
        };
        let refusals = labelled("code", refusals);
        family(out, "countersign_refusals_total", "Requests that were refused.", refusals.iter());
        let signatures = labelled("scheme", signatures);
        family(out, "countersign_signatures_total", "Signatures made for requests.", signatures.iter());
        request_seconds.render("countersign_request_seconds", "From a whole head to the answer's end.", out);
        upstream_seconds.render("countersign_upstream_seconds", "From sending to the answer's head.", out);
    }
}

impl Request {
    fn labels(&self) -> String {
        let action = if self.is_other { "other" } else { self.action.as_ref().map_or("", Action::as_str) };
        let region = self.region.map_or("", Region::id);
        let Self { product, status, outcome, .. } = self;
        let outcome = outcome.name();
        format!(
            "product=\"{product}\",action=\"{action}\",region=\"{region}\",status=\"{status}\",outcome=\"{outcome}\""
        )
    }
}

/// One family of counters.
fn family<'a>(out: &mut String, name: &str, help: &str, counts: impl Iterator<Item = (&'a String, &'a u64)>) {
    let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} counter\n");
    for (labels, count) in counts {
        let _ = writeln!(out, "{name}{{{labels}}} {count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::names::RoleName;

    #[test]
    fn what_callers_make_up_fills_no_memory() {
        let metrics = Metrics::default();
        let (shard, begun) = (metrics.shard(), SystemClock.now());
        for number in 0..3 * SERIES_MAX {
            let action = Action::new(format!("Act{}", number % 100).bytes());
            let status = 200 + u16::try_from(number / 100).unwrap();
            let record = Record { action, status, ..Record::begin(begun, RoleName::new("default")) };
            shard.count(&record, begun.boot);
        }
        let counters = shard.counters.lock().unwrap();
        assert!(counters.requests.len() <= SERIES_MAX + 200, "{}", counters.requests.len());
        assert_eq!(counters.requests.values().sum::<u64>(), 3 * SERIES_MAX as u64, "none is lost");
    }

    #[test]
    fn two_hundred_actions_are_named_however_many_workers_there_are() {
        let metrics = Metrics::default();
        let begun = SystemClock.now();
        for worker in 0..3 {
            let shard = metrics.shard();
            // Half of them are those that the worker before has seen too. Each comes twice.
            for number in (worker * 75..worker * 75 + 150).chain(worker * 75..worker * 75 + 150) {
                let action = Action::new(format!("Act{number}").bytes());
                let record = Record { action, ..Record::begin(begun, RoleName::new("default")) };
                shard.count(&record, begun.boot);
            }
        }
        let mut text = String::new();
        metrics.render(&mut text);
        let requests = text.lines().filter(|line| line.starts_with("countersign_requests_total{"));
        let counts: Vec<(&str, u64)> = requests
            .map(|line| {
                let (labels, count) = line.rsplit_once(' ').unwrap();
                let action = labels.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
                (action, count.parse().unwrap())
            })
            .collect();
        assert_eq!(counts.len(), ACTIONS_MAX + 1, "the named ones and `other`");
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 3 * 300, "none is lost");
        assert!(counts.contains(&("Act199", 4)) && counts.contains(&("other", 250)), "{counts:?}");
    }
}
