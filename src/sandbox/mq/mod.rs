//! RocketMQ 4 over HTTP: publish, consume with long polling, acknowledge. A topic is there as soon as it is named, since
//! they are made in a console; transactions are not played.

#[cfg(test)]
mod tests;
mod topic;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::admission::Admission;
use super::answer::{Answer, Payload};
use super::cloud::Cloud;
use super::digest::md5;
use super::element::Element;
use super::encode::{hex, path_decoded};
use super::error::Error;
use super::heard::Heard;
use super::mns::{Dialect, element, within, words};
use super::place::Place;
use super::polling::{Look, poll};
use topic::{Message, Topic, Wish};

const MQ: Dialect = Dialect { name: "mq", request_id: "x-mq-request-id" };

/// How many topics there can be, and groups in all of them together.
const TOPICS_MOST: usize = 1_000;
/// How many messages there can be. One counts again for each group that is to be handed it.
const MESSAGES_MOST: usize = 100_000;
/// How much they may hold together, in bytes.
const BYTES_MOST: usize = 64 * 1024 * 1024;
/// The largest message, in bytes. From "Limits" of RocketMQ.
const MESSAGE_BYTES_MOST: usize = 4 * 1024 * 1024;
/// How long messages are kept, in seconds: three days, as the product keeps them.
const RETENTION: i64 = 259_200;
/// How long a message stays with who consumed it, in seconds; in order, a fifth of that.
const INVISIBLE: i64 = 300;

/// Region, account, instance and topic.
type Name = (String, String, String, String);

/// The store.
#[derive(Debug, Default)]
pub(crate) struct Topics(Mutex<BTreeMap<Name, Topic>>);

impl Topics {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Name, Topic>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a request to a host of RocketMQ. Its body has been read whole.
pub(crate) async fn answer(cloud: &Cloud, place: &Place, heard: &Heard) -> Answer {
    let request_id = hex(&cloud.random(12)).to_uppercase();
    let admission = Admission::of(cloud, place, heard, words);
    let reply = match &admission.caller {
        Ok(_) => perform(cloud, place, heard).await,
        Err(error) => Err(error.clone()),
    };
    let mut answer = reply.unwrap_or_else(|error| MQ.error(&error, place, &request_id));
    MQ.finish(&mut answer, &request_id);
    let action = match heard.method.as_str() {
        "POST" => "PublishMessage",
        "GET" => "ConsumeMessage",
        "DELETE" => "AckMessage",
        _ => "unknown",
    };
    admission.note(cloud, place, action, answer.status().as_u16());
    answer
}

async fn perform(cloud: &Cloud, place: &Place, heard: &Heard) -> Result<Answer, Error> {
    let path = path_decoded(heard.path.trim_matches('/'));
    let path = String::from_utf8_lossy(&path).into_owned();
    let ["topics", topic, "messages"] = *path.split('/').collect::<Vec<_>>() else {
        return Err(not_played());
    };
    let trans = heard.query_value("trans");
    if trans.as_deref().is_some_and(|trans| trans != "order") {
        return Err(not_played());
    }
    let account = place.host.split('.').next().unwrap_or_default().to_owned();
    let region = place.region.clone().unwrap_or_default();
    let name = (region, account, heard.query_value("ns").unwrap_or_default(), topic.to_owned());
    match heard.method.as_str() {
        "POST" => publish(cloud, name, &heard.body),
        "GET" => consume(cloud, name, heard, trans.is_some()).await,
        "DELETE" => acknowledge(cloud, &name, heard),
        _ => Err(not_played()),
    }
}

fn not_played() -> Error {
    Error::new(400, "InvalidRequestURL", "Http request URL format invalid, or not played here.")
}

fn full() -> Error {
    Error::new(503, "ServiceUnavailable", "The sandbox holds as much as it can.")
}

fn malformed(why: &str) -> Error {
    Error::new(400, "MalformedXML", &format!("The XML you provided was not well-formed: {why}."))
}

fn publish(cloud: &Cloud, name: Name, body: &[u8]) -> Result<Answer, Error> {
    let document = Element::read(body).filter(|document| document.name == "Message");
    let document = document.ok_or_else(|| malformed("a Message is wanted"))?;
    let text = document.child("MessageBody").ok_or_else(|| malformed("MessageBody is missing"))?;
    let now = cloud.now();
    let properties = document.child("Properties").unwrap_or_default().to_owned();
    // Of a message that is delivered at a time of its own, in milliseconds.
    let starts_at = properties
        .split('|')
        .find_map(|pair| pair.strip_prefix("__STARTDELIVERTIME:")?.parse::<i64>().ok())
        .map_or(now, |at| at / 1_000);
    let message = Message {
        id: hex(&cloud.random(16)).to_uppercase(),
        body: text.to_owned(),
        body_md5: hex(&md5(text.as_bytes())).to_uppercase(),
        tag: document.child("MessageTag").unwrap_or_default().to_owned(),
        properties,
        published: now,
        starts_at,
    };
    if message.size() > MESSAGE_BYTES_MOST {
        return Err(Error::new(400, "InvalidArgument", "The message is larger than 4 MiB."));
    }
    let mut topics = cloud.topics.all();
    topics.values_mut().for_each(|topic| topic.expire(now - RETENTION));
    let copies = 1 + topics.get(&name).map_or(0, Topic::groups);
    let is_new = !topics.contains_key(&name);
    if !has_room(&topics, (copies, copies * message.size())) || is_new && topics.len() >= TOPICS_MOST {
        return Err(full());
    }
    let elements = [element("MessageId", &message.id), element("MessageBodyMD5", &message.body_md5)];
    topics.entry(name).or_default().publish(message);
    Ok(MQ.document(201, "Message", &elements.concat()))
}

/// Whether so many messages of so many bytes can be held besides.
fn has_room(topics: &BTreeMap<Name, Topic>, (count, bytes): (usize, usize)) -> bool {
    let held = topics.values().map(Topic::held);
    let (count, bytes) =
        held.fold((count, bytes), |(count, bytes), (more, size)| (count + more, bytes + size));
    count <= MESSAGES_MOST && bytes <= BYTES_MOST
}

async fn consume(cloud: &Cloud, name: Name, heard: &Heard, in_order: bool) -> Result<Answer, Error> {
    let group = group(heard)?;
    let number = |parameter: &str, usual: i64, low: i64, high: i64| match heard.query_value(parameter) {
        Some(text) => within(parameter, &text, low, high),
        None => Ok(usual),
    };
    let most = number("numOfMessages", 1, 1, 16)?;
    let wait = number("waitseconds", 0, 0, 30)?;
    let tags = heard.query_value("tag").filter(|tags| !tags.is_empty() && tags != "*");
    let wish = Wish {
        group: &group,
        tags: tags.map(|tags| tags.split("||").map(|tag| tag.trim().to_owned()).collect()),
        most: usize::try_from(most).unwrap_or(1),
        invisible: if in_order { INVISIBLE / 5 } else { INVISIBLE },
    };
    let taken = poll(Some(wait), || {
        let now = cloud.now();
        let mut topics = cloud.topics.all();
        let is_new = !topics.get(&name).is_some_and(|topic| topic.knows(&group));
        if is_new {
            let groups: usize = topics.values().map(Topic::groups).sum();
            let more = topics.get(&name).map(Topic::kept).unwrap_or_default();
            if groups >= TOPICS_MOST || topics.len() >= TOPICS_MOST || !has_room(&topics, more) {
                return Err(full());
            }
        }
        let topic = topics.entry(name.clone()).or_default();
        topic.expire(now - RETENTION);
        let taken = topic.consume(&wish, now, &|| cloud.letters(40));
        if !taken.is_empty() {
            return Ok(Look::Found(taken));
        }
        let next = topic.next(&group, now).map(|at| at - now);
        Ok(Look::Nothing { arrivals: topic.arrivals.subscribe(), next, usual: 0 })
    });
    match taken.await? {
        Some(taken) => Ok(MQ.document(200, "Messages", &taken.concat())),
        None => Err(Error::new(404, "MessageNotExist", "Message not exist.")),
    }
}

fn acknowledge(cloud: &Cloud, name: &Name, heard: &Heard) -> Result<Answer, Error> {
    let group = group(heard)?;
    let document = Element::read(&heard.body).filter(|document| document.name == "ReceiptHandles");
    let handles = document.ok_or_else(|| malformed("ReceiptHandles are wanted"))?.children;
    let mut topics = cloud.topics.all();
    let mut unknown = Topic::default();
    let topic = topics.get_mut(name).unwrap_or(&mut unknown);
    let mut errors = String::new();
    for handle in &handles {
        if let Err(error) = topic.acknowledge(&group, &handle.text, cloud.now()) {
            let told = [
                element("ErrorCode", &error.code),
                element("ErrorMessage", &error.message),
                element("ReceiptHandle", &handle.text),
            ];
            errors.push_str(&format!("<Error>{}</Error>", told.concat()));
        }
    }
    if !errors.is_empty() {
        return Ok(MQ.document(404, "Errors", &errors));
    }
    let mut answer = Answer::new(Payload::empty());
    *answer.status_mut() = hyper::StatusCode::NO_CONTENT;
    Ok(answer)
}

fn group(heard: &Heard) -> Result<String, Error> {
    let group = heard.query_value("consumer").filter(|group| !group.is_empty());
    group.ok_or_else(|| Error::new(400, "InvalidArgument", "The value of consumer is missing."))
}
