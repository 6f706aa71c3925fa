//! All queues, of every account and region: made, shown, listed and deleted.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::StatusCode;

use super::Call;
use super::dialect::{MNS, element};
use super::queue::{Attributes, Queue};
use crate::sandbox::answer::{Answer, Payload, set};
use crate::sandbox::element::Element;
use crate::sandbox::error::Error;

/// How many queues there can be.
const QUEUES_MOST: usize = 1_000;
/// How much all messages may hold together, in bytes.
pub(super) const BYTES_MOST: usize = 64 * 1024 * 1024;
/// How many messages there can be.
pub(super) const MESSAGES_MOST: usize = 100_000;
/// How many queues a list has, unless fewer are asked for.
const LIST_MOST: usize = 1_000;

/// Region, account and name.
pub(super) type Name = (String, String, String);

/// The store.
#[derive(Debug, Default)]
pub(crate) struct Mns(Mutex<BTreeMap<Name, Queue>>);

impl Mns {
    pub(super) fn queues(&self) -> MutexGuard<'_, BTreeMap<Name, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The queue of a call, without what is too old.
pub(super) fn queue<'a>(
    queues: &'a mut BTreeMap<Name, Queue>,
    call: &Call<'_>,
    name: &str,
) -> Result<&'a mut Queue, Error> {
    let queue = queues.get_mut(&call.name(name)).ok_or_else(not_there)?;
    queue.expire(call.now());
    Ok(queue)
}

fn not_there() -> Error {
    Error::new(404, "QueueNotExist", "The queue name you provided is not exist.")
}

/// `CreateQueue`, and with `metaoverride` `SetQueueAttributes`.
pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let document = document(call)?;
    let now = call.now();
    let mut queues = call.cloud.mns.queues();
    if call.parameter("metaoverride").is_some() {
        let queue = queue(&mut queues, call, name)?;
        queue.attributes = queue.attributes.set(document.as_ref())?;
        queue.changed = now;
        return Ok(empty(204));
    }
    check_name(name)?;
    let attributes = Attributes::default().set(document.as_ref())?;
    let status = match queues.get(&call.name(name)) {
        Some(there) if there.attributes == attributes => 204,
        Some(_) => {
            let message = "The queue you want to create is already exist.";
            return Err(Error::new(409, "QueueAlreadyExist", message));
        }
        None if queues.len() >= QUEUES_MOST => {
            let message = "The number of queues exceeds the limit of the sandbox.";
            return Err(Error::new(403, "QueueNumExceededLimit", message));
        }
        None => {
            queues.insert(call.name(name), Queue::new(attributes, now));
            201
        }
    };
    let mut answer = empty(status);
    set(&mut answer, "location", &format!("http://{}/queues/{name}", call.place.host));
    Ok(answer)
}

/// `GetQueueAttributes`.
pub(super) fn get(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let mut queues = call.cloud.mns.queues();
    let queue = queue(&mut queues, call, name)?;
    Ok(MNS.document(200, "Queue", &queue.elements(name, call.now())))
}

/// `DeleteQueue`. One that is not there counts as deleted.
pub(super) fn delete(call: &Call<'_>, name: &str) -> Answer {
    call.cloud.mns.queues().remove(&call.name(name));
    empty(204)
}

/// `ListQueue`: by prefix, in pages, with attributes or without.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Error> {
    let header = |name: &str| call.heard.header(name).unwrap_or_default();
    let most = match header("x-mns-ret-number").as_str() {
        "" => LIST_MOST,
        number => {
            let bad = || Error::new(400, "InvalidArgument", "The value of x-mns-ret-number is out of range.");
            number.parse().ok().filter(|number| (1..=LIST_MOST).contains(number)).ok_or_else(bad)?
        }
    };
    let (prefix, marker) = (header("x-mns-prefix"), header("x-mns-marker"));
    let is_whole = header("x-mns-with-meta") == "true";
    let queues = call.cloud.mns.queues();
    let (region, account, _) = call.name("");
    let mut own = queues
        .iter()
        .filter(|((at, of, name), _)| *at == region && *of == account && name.starts_with(&prefix))
        .filter(|((.., name), _)| *name >= marker);
    let mut elements = String::new();
    for ((.., name), queue) in own.by_ref().take(most) {
        let url = element("QueueURL", &format!("http://{}/queues/{name}", call.place.host));
        let more = if is_whole { queue.elements(name, call.now()) } else { String::new() };
        elements.push_str(&format!("<Queue>{url}{more}</Queue>"));
    }
    if let Some(((.., name), _)) = own.next() {
        elements.push_str(&element("NextMarker", name));
    }
    Ok(MNS.document(200, "Queues", &elements))
}

/// What a body of XML says. None without a body.
pub(super) fn document(call: &Call<'_>) -> Result<Option<Element>, Error> {
    if call.heard.body.is_empty() {
        return Ok(None);
    }
    Element::read(&call.heard.body)
        .map(Some)
        .ok_or_else(|| Error::new(400, "MalformedXML", "The XML you provided was not well-formed."))
}

fn check_name(name: &str) -> Result<(), Error> {
    let is_name = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_name {
        let message = "The queue name you provided is invalid. It starts with a letter or a digit, and holds \
                       letters, digits and hyphens.";
        return Err(Error::new(400, "InvalidQueueName", message));
    }
    if name.len() > 120 {
        let message = "The length of queue name should between 1 and 120.";
        return Err(Error::new(400, "QueueNameLengthError", message));
    }
    Ok(())
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> Answer {
    let mut answer = Answer::new(Payload::empty());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
}
