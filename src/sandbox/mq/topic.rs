//! One topic: what was published, and how far each group has come with it.

use std::collections::{BTreeMap, VecDeque};

use tokio::sync::watch;

use crate::sandbox::error::Error;
use crate::sandbox::mns::element;

/// What was published. Times are the cloud's, in whole seconds.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    /// In upper-case hexadecimal.
    pub(super) body_md5: String,
    pub(super) tag: String,
    /// `KEY:VALUE|KEY:VALUE|`, as it came.
    pub(super) properties: String,
    pub(super) published: i64,
    /// Of a delayed message, when it can be consumed.
    pub(super) starts_at: i64,
}

impl Message {
    /// How much of the sandbox's memory it stands for.
    pub(super) fn size(&self) -> usize {
        self.body.len() + self.properties.len() + self.tag.len()
    }
}

/// A message that a group was handed and has not acknowledged.
#[derive(Clone, Debug)]
struct Flight {
    message: Message,
    handle: String,
    times: u32,
    first: i64,
    again_at: i64,
}

impl Flight {
    fn elements(&self) -> String {
        let Message { id, body, body_md5, tag, properties, published, .. } = &self.message;
        let milliseconds = |seconds: i64| (seconds * 1_000).to_string();
        let mut elements = [
            element("MessageId", id),
            element("MessageBodyMD5", body_md5),
            element("MessageBody", body),
            element("ReceiptHandle", &self.handle),
            element("PublishTime", &milliseconds(*published)),
            element("FirstConsumeTime", &milliseconds(self.first)),
            element("NextConsumeTime", &milliseconds(self.again_at)),
            element("ConsumedTimes", &self.times.to_string()),
        ]
        .concat();
        for (name, text) in [("MessageTag", tag), ("Properties", properties)] {
            if !text.is_empty() {
                elements.push_str(&element(name, text));
            }
        }
        format!("<Message>{elements}</Message>")
    }
}

/// How far a group has come.
#[derive(Debug, Default)]
struct Group {
    /// What it has not been handed yet.
    ahead: VecDeque<Message>,
    flights: Vec<Flight>,
}

/// A topic. A group begins with the oldest message that is still kept.
#[derive(Debug, Default)]
pub(super) struct Topic {
    messages: Vec<Message>,
    groups: BTreeMap<String, Group>,
    /// Told of each message.
    pub(super) arrivals: watch::Sender<()>,
}

/// What a consumer asks for.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    pub(super) group: &'a str,
    /// None: whatever tag it has.
    pub(super) tags: Option<Vec<String>>,
    pub(super) most: usize,
    /// How long what is handed out may stay without an acknowledgement, in seconds.
    pub(super) invisible: i64,
}

impl Topic {
    /// How many messages it keeps, and how many bytes of them: each once, and once more for every group that is to be
    /// handed it.
    pub(super) fn held(&self) -> (usize, usize) {
        let ahead = self.groups.values().flat_map(|group| &group.ahead);
        let flights =
            self.groups.values().flat_map(|group| group.flights.iter().map(|flight| &flight.message));
        sum(self.messages.iter().chain(ahead).chain(flights))
    }

    /// The same of what a group is to be handed that has not consumed here before.
    pub(super) fn kept(&self) -> (usize, usize) {
        sum(self.messages.iter())
    }

    /// How many groups consume it.
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Forgets what has been kept for long enough.
    pub(super) fn expire(&mut self, before: i64) {
        self.messages.retain(|message| message.published >= before);
        for group in self.groups.values_mut() {
            group.ahead.retain(|message| message.published >= before);
            group.flights.retain(|flight| flight.message.published >= before);
        }
    }

    pub(super) fn publish(&mut self, message: Message) {
        self.groups.values_mut().for_each(|group| group.ahead.push_back(message.clone()));
        self.messages.push(message);
        self.arrivals.send_replace(());
    }

    /// Whether a group has consumed here before.
    pub(super) fn knows(&self, group: &str) -> bool {
        self.groups.contains_key(group)
    }

    /// Hands out what the group was handed before and has not acknowledged in time, then what is new to it. A message of
    /// another tag than those it wants is passed over for good.
    pub(super) fn consume(&mut self, wish: &Wish<'_>, now: i64, fresh: &dyn Fn() -> String) -> Vec<String> {
        let group = self
            .groups
            .entry(wish.group.to_owned())
            .or_insert_with(|| Group { ahead: self.messages.iter().cloned().collect(), flights: Vec::new() });
        let mut out = Vec::new();
        for flight in group.flights.iter_mut().filter(|flight| flight.again_at <= now).take(wish.most) {
            flight.times += 1;
            flight.again_at = now + wish.invisible;
            flight.handle = fresh();
            out.push(flight.elements());
        }
        let mut later = VecDeque::new();
        while out.len() < wish.most
            && let Some(message) = group.ahead.pop_front()
        {
            if message.starts_at > now {
                later.push_back(message);
            } else if wish.tags.as_ref().is_none_or(|tags| tags.contains(&message.tag)) {
                let again_at = now + wish.invisible;
                let flight = Flight { message, handle: fresh(), times: 1, first: now, again_at };
                out.push(flight.elements());
                group.flights.push(flight);
            }
        }
        later.append(&mut group.ahead);
        group.ahead = later;
        out
    }

    /// When the group can be handed something that is there already.
    pub(super) fn next(&self, group: &str, now: i64) -> Option<i64> {
        let group = self.groups.get(group)?;
        let again = group.flights.iter().map(|flight| flight.again_at);
        let starts = group.ahead.iter().map(|message| message.starts_at);
        again.chain(starts).filter(|&at| at > now).min()
    }

    /// Ends a flight, while its handle counts.
    pub(super) fn acknowledge(&mut self, group: &str, handle: &str, now: i64) -> Result<(), Error> {
        let flights = self.groups.get_mut(group).map(|group| &mut group.flights);
        let at = flights.as_ref().and_then(|flights| {
            flights.iter().position(|flight| flight.handle == handle && flight.again_at > now)
        });
        match (flights, at) {
            (Some(flights), Some(at)) => {
                flights.remove(at);
                Ok(())
            }
            _ => Err(Error::new(400, "ReceiptHandleError", "The receipt handle you provide is not valid.")),
        }
    }
}

fn sum<'a>(messages: impl Iterator<Item = &'a Message>) -> (usize, usize) {
    messages.fold((0, 0), |(count, bytes), message| (count + 1, bytes + message.size()))
}
