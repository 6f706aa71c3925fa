//! Tablestore: tables of rows, read and written by messages in protobuf, answered under the caller's own key.

mod batch;
mod dialect;
mod filter;
mod message;
mod plain_buffer;
mod read;
mod row;
mod store;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod value;
mod write;

pub(crate) use store::Ots;

use super::admission::Admission;
use super::answer::Answer;
use super::cloud::Cloud;
use super::error::Error;
use super::heard::Heard;
use super::place::Place;
use super::protobuf::Writer;
use message::Message;

/// A verified call.
struct Call<'a> {
    cloud: &'a Cloud,
    /// The region and the name of the instance.
    instance: (&'a str, &'a str),
}

impl Call<'_> {
    /// In milliseconds since 1970: what a cell is stamped with.
    fn now(&self) -> i64 {
        self.cloud.now().saturating_mul(1_000)
    }
}

/// Answers a request to a host of Tablestore. Its body has been read whole.
pub(crate) fn answer(cloud: &Cloud, place: &Place, heard: &Heard) -> Answer {
    let admission = Admission::of(cloud, place, heard, dialect::words);
    let reply = match &admission.caller {
        Ok(_) => perform(cloud, place, heard),
        Err(error) => Err(error.clone()),
    };
    let (status, body) = match reply {
        Ok(message) => (200, message.finish()),
        Err(error) => (error.status, dialect::error(&error).finish()),
    };
    // Whoever was not believed gets nothing signed.
    let signer = admission.claim.as_ref().zip(admission.caller.as_deref().ok());
    let answer = dialect::answer(cloud, (status, body), signer, &heard.path);
    let action = heard.path.trim_start_matches('/');
    admission.note(cloud, place, action, answer.status().as_u16());
    answer
}

fn perform(cloud: &Cloud, place: &Place, heard: &Heard) -> Result<Writer, Error> {
    let instance = heard.header("x-ots-instancename").unwrap_or_default();
    let call = &Call { cloud, instance: (place.region.as_deref().unwrap_or_default(), &instance) };
    if heard.method != "POST" {
        let message = "Only POST method for requests is supported.";
        return Err(Error::new(405, "OTSMethodNotAllowed", message));
    }
    let order = &Message::read(&heard.body)?;
    match heard.path.trim_start_matches('/') {
        "CreateTable" => tables::create(call, order),
        "ListTable" => tables::list(call),
        "DescribeTable" => tables::describe(call, order),
        "UpdateTable" => tables::update(call, order),
        "DeleteTable" => tables::delete(call, order),
        "PutRow" => write::put(call, order),
        "UpdateRow" => write::update(call, order),
        "DeleteRow" => write::delete(call, order),
        "GetRow" => read::get(call, order),
        "GetRange" => read::range(call, order),
        "BatchGetRow" => batch::get(call, order),
        "BatchWriteRow" => batch::write(call, order),
        other => Err(unsupported(other)),
    }
}

/// What Tablestore does not know, or knows and the sandbox does not play.
fn unsupported(what: &str) -> Error {
    Error::new(400, "OTSUnsupportOperation", &format!("Unsupported operation: '{what}'."))
}

/// A parameter that cannot be.
fn invalid(why: &str) -> Error {
    Error::new(400, "OTSParameterInvalid", why)
}
