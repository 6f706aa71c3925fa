//! Latencies, and what is said of them.

use std::fmt::Write as _;
use std::time::Duration;

/// Latencies of one run, each with the moment at which it ended.
#[derive(Default)]
pub struct Times {
    /// Nanoseconds since the run began, and the latency in nanoseconds.
    all: Vec<(u64, u32)>,
}

fn percentile(sorted: &[u32], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |nanoseconds| f64::from(*nanoseconds) / 1000.0)
}

impl Times {
    /// Room for so many, so that none is measured while memory is fetched.
    pub fn with_room(count: usize) -> Self {
        Self { all: Vec::with_capacity(count) }
    }

    pub fn add(&mut self, ended: Duration, latency: Duration) {
        self.all.push((ended.as_nanos() as u64, u32::try_from(latency.as_nanos()).unwrap_or(u32::MAX)));
    }

    pub fn merge(&mut self, other: Self) {
        self.all.extend(other.all);
    }

    /// As JSON: how many, in how many seconds, percentiles in microseconds.
    pub fn json(&self, elapsed: Duration, window_ms: Option<u64>, extra: &str) -> String {
        let mut sorted: Vec<u32> = self.all.iter().map(|pair| pair.1).collect();
        sorted.sort_unstable();
        let mut text = format!(
            "{{\"requests\":{},\"seconds\":{:.6},\"p50\":{:.1},\"p90\":{:.1},\"p99\":{:.1},\"max\":{:.1}{extra}",
            sorted.len(),
            elapsed.as_secs_f64(),
            percentile(&sorted, 0.5),
            percentile(&sorted, 0.9),
            percentile(&sorted, 0.99),
            percentile(&sorted, 1.0),
        );
        if let Some(window) = window_ms {
            let _ = write!(text, ",\"windows\":[{}]", self.windows(window * 1_000_000));
        }
        text + "}"
    }

    /// For each window: p50, p99 and how many.
    fn windows(&self, window: u64) -> String {
        let last = self.all.iter().map(|pair| pair.0 / window).max().unwrap_or(0);
        let mut sets = vec![Vec::new(); usize::try_from(last).unwrap_or(0) + 1];
        for (ended, latency) in &self.all {
            sets[usize::try_from(ended / window).unwrap_or(0)].push(*latency);
        }
        let one = |set: &mut Vec<u32>| {
            set.sort_unstable();
            format!("[{:.1},{:.1},{}]", percentile(set, 0.5), percentile(set, 0.99), set.len())
        };
        sets.iter_mut().map(one).collect::<Vec<_>>().join(",")
    }
}
