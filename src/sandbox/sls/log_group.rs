//! A log group as Protocol Buffers: checked when it is written, read when it is searched. From "Data encoding".

use serde_json::{Map, Value};

use crate::sandbox::protobuf::Message;

/// Names and values, in the order of the group. Values may be any bytes, and are shown as far as they are text.
pub(super) type Fields = Vec<(String, String)>;

/// A group of which no log is read yet.
#[derive(Debug)]
pub(super) struct Group<'a> {
    message: Message<'a>,
    /// What each of its logs has: source, topic and tags.
    pub(super) shared: Fields,
}

/// A log of which only the time is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log<'a> {
    /// Since 1970, in whole seconds.
    pub(super) time: i64,
    bytes: &'a [u8],
}

impl<'a> Group<'a> {
    /// Reads one. `None`: it is none.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let message = Message::read(bytes)?;
        let mut shared = vec![
            ("__source__".to_owned(), text(message.bytes(4).unwrap_or_default())),
            ("__topic__".to_owned(), text(message.bytes(3).unwrap_or_default())),
        ];
        for tag in message.all(6) {
            let (name, value) = pair(tag)?;
            shared.push((format!("__tag__:{name}"), value));
        }
        Some(Self { message, shared })
    }

    /// Its logs. `None` among them: one is none.
    pub(super) fn logs(&self) -> impl Iterator<Item = Option<Log<'a>>> {
        self.message.all(1).map(|bytes| {
            let time = u32::try_from(Message::read(bytes)?.number(1)?).ok()?;
            Some(Log { time: i64::from(time), bytes })
        })
    }
}

impl Log<'_> {
    /// What it holds itself.
    pub(super) fn own(&self) -> Option<Fields> {
        Message::read(self.bytes)?.all(2).map(pair).collect()
    }

    /// As a search shows it, with what its group's logs share: every value is a text.
    pub(super) fn shown(&self, shared: &[(String, String)]) -> Value {
        let mut all = Map::new();
        all.insert("__time__".to_owned(), Value::String(self.time.to_string()));
        for (name, value) in shared.iter().cloned().chain(self.own().unwrap_or_default()) {
            all.insert(name, Value::String(value));
        }
        Value::Object(all)
    }
}

/// Whether these bytes are a group.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let is_log = |log: Option<Log<'_>>| log.is_some_and(|log| log.own().is_some());
    Group::read(bytes).is_some_and(|group| group.logs().all(is_log))
}

fn pair(bytes: &[u8]) -> Option<(String, String)> {
    let pair = Message::read(bytes)?;
    Some((text(pair.bytes(1)?), text(pair.bytes(2)?)))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
