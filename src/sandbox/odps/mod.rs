//! MaxCompute: tables made by SQL, filled and read through the tunnel. Hosts `service.*` and `dt.*` of one region share them.

mod column;
mod csv;
mod dialect;
mod instances;
mod records;
mod run;
mod sql;
mod store;
mod tables;
#[cfg(test)]
mod tests;
mod token;
mod tunnel;

pub(crate) use store::Odps;

use super::admission::Admission;
use super::answer::Answer;
use super::cloud::Cloud;
use super::date;
use super::encode::{hex, path_decoded};
use super::error::Error;
use super::heard::Heard;
use super::place::Place;
use dialect::is_tunnel;
use store::Project;

/// Who owns everything.
const OWNER: &str = "ALIYUN$sandbox@example.com";

/// A verified call.
struct Call<'a> {
    cloud: &'a Cloud,
    place: &'a Place,
    heard: &'a Heard,
    /// The name of the project in the path.
    project: &'a str,
}

impl Call<'_> {
    fn now(&self) -> i64 {
        self.cloud.now()
    }

    /// A new id, which begins with the time as MaxCompute's do.
    fn id(&self) -> String {
        let time = date::iso(self.now()).replace(['-', ':', 'T', 'Z'], "");
        format!("{time}000{}", hex(&self.cloud.random(8)))
    }

    /// The path below the endpoint, decoded.
    fn path(&self) -> String {
        path(self.heard, self.place)
    }

    /// Does something with the project that the path names.
    fn project<T>(&self, act: impl FnOnce(&mut Project) -> Result<T, Error>) -> Result<T, Error> {
        let region = self.place.region.as_deref().unwrap_or_default();
        self.cloud.odps.with((region, self.project), self.now(), act)
    }
}

/// Answers a request to a host of MaxCompute. Its body has been read whole.
pub(crate) fn answer(cloud: &Cloud, place: &Place, heard: &Heard) -> Answer {
    let request_id = hex(&cloud.random(12)).to_uppercase();
    let admission = Admission::of(cloud, place, heard, dialect::words);
    let reply = match &admission.caller {
        Ok(_) => perform(cloud, place, heard),
        Err(error) => Err(error.clone()),
    };
    let mut answer = reply.unwrap_or_else(|error| dialect::error(&error, place, &request_id));
    dialect::finish(&mut answer, &request_id);
    admission.note(cloud, place, &heard.method, answer.status().as_u16());
    answer
}

/// The path below the endpoint, decoded: `service.*` answers under `/api`.
fn path(heard: &Heard, place: &Place) -> String {
    let path = String::from_utf8_lossy(&path_decoded(&heard.path)).into_owned();
    let below = path.strip_prefix("/api").filter(|_| !is_tunnel(place)).map(str::to_owned);
    below.unwrap_or(path)
}

fn perform(cloud: &Cloud, place: &Place, heard: &Heard) -> Result<Answer, Error> {
    let path = path(heard, place);
    let mut parts = path.trim_matches('/').split('/');
    let (Some("projects"), Some(project)) = (parts.next(), parts.next()) else { return Err(not_played()) };
    let call = Call { cloud, place, heard, project };
    let rest: Vec<&str> = parts.collect();
    if is_tunnel(place) {
        return match rest.as_slice() {
            ["tables", table] | ["schemas", "default", "tables", table] => tunnel::table(&call, table),
            ["instances", id] => tunnel::instance(&call, id),
            _ => Err(not_played()),
        };
    }
    match (heard.method.as_str(), rest.as_slice()) {
        ("GET", []) => tables::project(&call),
        ("GET", ["tunnel"]) => Ok(tunnel::host(&call)),
        ("GET", ["tables"]) => tables::list(&call),
        ("GET", ["tables", table]) => tables::get(&call, table),
        ("GET", ["instances"]) => instances::list(&call),
        ("POST", ["instances"]) => instances::submit(&call),
        ("GET", ["instances", id]) => instances::get(&call, id),
        ("PUT", ["instances", id]) => instances::stop(&call, id),
        _ => Err(not_played()),
    }
}

/// A call that MaxCompute knows and the sandbox does not play.
fn not_played() -> Error {
    Error::new(501, "NotImplemented", "The sandbox does not play this call.")
}
