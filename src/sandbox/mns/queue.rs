//! One queue: its attributes, and its messages in the order in which they are handed out.

use tokio::sync::watch;

use super::dialect::element;
use crate::sandbox::element::Element;
use crate::sandbox::error::Error;

/// What a queue is made with, in seconds and bytes. Bounds and usual values are those of `CreateQueue`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) delay: i64,
    pub(super) message_bytes_most: i64,
    pub(super) retention: i64,
    pub(super) visibility: i64,
    pub(super) polling_wait: i64,
    is_logged: bool,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            delay: 0,
            message_bytes_most: 65_536,
            retention: 345_600,
            visibility: 30,
            polling_wait: 0,
            is_logged: false,
        }
    }
}

impl Attributes {
    /// The same with what a document sets.
    pub(super) fn set(&self, document: Option<&Element>) -> Result<Self, Error> {
        let mut set = self.clone();
        let Some(document) = document else { return Ok(set) };
        for child in &document.children {
            let (place, low, high) = match child.name.as_str() {
                "DelaySeconds" => (&mut set.delay, 0, 604_800),
                "MaximumMessageSize" => (&mut set.message_bytes_most, 1_024, 65_536),
                "MessageRetentionPeriod" => (&mut set.retention, 60, 604_800),
                "VisibilityTimeout" => (&mut set.visibility, 1, 43_200),
                "PollingWaitSeconds" => (&mut set.polling_wait, 0, 30),
                "LoggingEnabled" => {
                    set.is_logged = child.text.eq_ignore_ascii_case("true");
                    continue;
                }
                _ => continue,
            };
            *place = within(&child.name, &child.text, low, high)?;
        }
        Ok(set)
    }
}

/// A whole number between two others, or why not.
pub(crate) fn within(name: &str, text: &str, low: i64, high: i64) -> Result<i64, Error> {
    text.trim().parse().ok().filter(|number| (low..=high).contains(number)).ok_or_else(|| {
        let message = format!("The value of {name} should between {low} and {high} seconds/bytes.");
        Error::new(400, "InvalidArgument", &message)
    })
}

/// One message. Times are the cloud's, in whole seconds.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    /// In upper-case hexadecimal.
    pub(super) body_md5: String,
    /// `UserProperties` and `SystemProperties`, as they came.
    pub(super) properties: String,
    pub(super) priority: i64,
    pub(super) sent: i64,
    pub(super) first_received: Option<i64>,
    pub(super) received: u32,
    pub(super) visible_at: i64,
    /// What deletes it, until it is visible again.
    pub(super) handle: Option<String>,
}

impl Message {
    /// How much of the sandbox's memory it stands for.
    pub(super) fn size(&self) -> usize {
        self.body.len() + self.properties.len()
    }

    /// As it is shown to who only looks.
    pub(super) fn elements(&self) -> String {
        let first = self.first_received.unwrap_or_default();
        [
            element("MessageId", &self.id),
            element("MessageBodyMD5", &self.body_md5),
            element("MessageBody", &self.body),
            element("EnqueueTime", &milliseconds(self.sent)),
            element("FirstDequeueTime", &milliseconds(first)),
            element("DequeueCount", &self.received.to_string()),
            element("Priority", &self.priority.to_string()),
            self.properties.clone(),
        ]
        .concat()
    }

    /// As it is handed out.
    pub(super) fn elements_received(&self) -> String {
        let handle = element("ReceiptHandle", self.handle.as_deref().unwrap_or_default());
        let next = element("NextVisibleTime", &milliseconds(self.visible_at));
        [handle, self.elements(), next].concat()
    }
}

/// A time as MNS spells it.
pub(super) fn milliseconds(seconds: i64) -> String {
    (seconds * 1_000).to_string()
}

/// A queue.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) attributes: Attributes,
    pub(super) made: i64,
    pub(super) changed: i64,
    /// In the order of arrival.
    pub(super) messages: Vec<Message>,
    /// Told of each arrival, and dropped with the queue.
    pub(super) arrivals: watch::Sender<()>,
}

impl Queue {
    pub(super) fn new(attributes: Attributes, now: i64) -> Self {
        let arrivals = watch::Sender::new(());
        Self { attributes, made: now, changed: now, messages: Vec::new(), arrivals }
    }

    /// Forgets what has been kept for long enough.
    pub(super) fn expire(&mut self, now: i64) {
        let retention = self.attributes.retention;
        self.messages.retain(|message| now - message.sent < retention);
    }

    /// The visible messages, most urgent first and oldest first among equals.
    pub(super) fn visible(&mut self, now: i64, count: usize) -> Vec<&mut Message> {
        let mut visible: Vec<&mut Message> =
            self.messages.iter_mut().filter(|message| message.visible_at <= now).collect();
        visible.sort_by_key(|message| message.priority);
        visible.truncate(count);
        visible
    }

    /// When a message that is not visible will be.
    pub(super) fn next_visible(&self, now: i64) -> Option<i64> {
        self.messages.iter().map(|message| message.visible_at).filter(|&at| at > now).min()
    }

    /// The place of the message that a handle is for, while it is.
    pub(super) fn held_by(&self, handle: &str, now: i64) -> Result<usize, Error> {
        let is_held =
            |message: &Message| message.handle.as_deref() == Some(handle) && message.visible_at > now;
        self.messages.iter().position(is_held).ok_or_else(|| {
            Error::new(400, "ReceiptHandleError", "The receipt handle you provide is not valid.")
        })
    }

    /// What `GetQueueAttributes` shows.
    pub(super) fn elements(&self, name: &str, now: i64) -> String {
        let count = |is: fn(&Message, i64) -> bool| {
            self.messages.iter().filter(|message| is(message, now)).count().to_string()
        };
        let Attributes { delay, message_bytes_most, retention, visibility, polling_wait, is_logged } =
            &self.attributes;
        [
            element("QueueName", name),
            element("CreateTime", &self.made.to_string()),
            element("LastModifyTime", &self.changed.to_string()),
            element("DelaySeconds", &delay.to_string()),
            element("MaximumMessageSize", &message_bytes_most.to_string()),
            element("MessageRetentionPeriod", &retention.to_string()),
            element("VisibilityTimeout", &visibility.to_string()),
            element("PollingWaitSeconds", &polling_wait.to_string()),
            element("LoggingEnabled", if *is_logged { "True" } else { "False" }),
            element("ActiveMessages", &count(|message, now| message.visible_at <= now)),
            element(
                "InactiveMessages",
                &count(|message, now| message.visible_at > now && message.received > 0),
            ),
            element(
                "DelayMessages",
                &count(|message, now| message.visible_at > now && message.received == 0),
            ),
        ]
        .concat()
    }
}
