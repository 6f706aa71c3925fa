//! STS: each `AssumeRole` brings another credential, whose secret and token follow from its id.

use std::time::{Duration, SystemTime};

use countersign_bench::credentials;

use super::state::State;

/// The answer to `AssumeRole`, as JSON. The role's name is what stands behind the last `role%2F` of the call.
pub fn answer(state: &State, call: &str) -> String {
    state.sts_called();
    let role = call
        .rsplit_once("role%2F")
        .map_or("role", |(_, rest)| rest.split(['&', ' ', '\r']).next().unwrap_or("role"));
    let number = state.issued.replace(state.issued.get() + 1);
    let id = format!("STS.bench.{role}.{number}");
    let end = SystemTime::now() + Duration::from_secs(state.life.get());
    format!(
        "{{\"RequestId\":\"R\",\"AssumedRoleUser\":{{\"Arn\":\"acs:ram::1000000000000001:assumed-role/{role}/bench\",\
         \"AssumedRoleId\":\"3:bench\"}},\"Credentials\":{{\"AccessKeyId\":\"{id}\",\"AccessKeySecret\":\"{}\",\
         \"SecurityToken\":\"{}\",\"Expiration\":\"{}\"}}}}",
        credentials::secret(&id),
        credentials::token(&id).unwrap_or_default(),
        iso(end),
    )
}

/// `2026-01-31T12:00:00Z`, by the civil calendar.
fn iso(at: SystemTime) -> String {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (mut day, time) = (seconds / 86_400, seconds % 86_400);
    let is_leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let mut year = 1970;
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", day + 1)
}
