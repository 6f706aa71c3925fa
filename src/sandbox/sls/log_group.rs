//! A log group as Protocol Buffers: checked when it is written, read when it is searched. From "Data encoding".

use serde_json::{Map, Value};

use crate::sandbox::protobuf::Message;

/// One log, with what it has of its group.
#[derive(Debug)]
pub(super) struct Log {
    /// Since 1970, in whole seconds.
    pub(super) time: i64,
    /// In the order of the group: source, topic and tags, then what the log itself holds.
    pub(super) fields: Vec<(String, String)>,
}

impl Log {
    /// As a search shows it: every value is a text.
    pub(super) fn shown(&self) -> Value {
        let mut all = Map::new();
        all.insert("__time__".to_owned(), Value::String(self.time.to_string()));
        for (name, value) in &self.fields {
            all.insert(name.clone(), Value::String(value.clone()));
        }
        Value::Object(all)
    }
}

/// The logs of a group. `None`: it is none. Values may be any bytes, and are shown as far as they are text.
pub(super) fn logs(group: &[u8]) -> Option<Vec<Log>> {
    let group = Message::read(group)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let pair = |bytes| {
        let pair = Message::read(bytes)?;
        Some((text(pair.bytes(1)?), text(pair.bytes(2)?)))
    };
    let mut shared = vec![
        ("__source__".to_owned(), text(group.bytes(4).unwrap_or_default())),
        ("__topic__".to_owned(), text(group.bytes(3).unwrap_or_default())),
    ];
    for tag in group.all(6) {
        let (name, value) = pair(tag)?;
        shared.push((format!("__tag__:{name}"), value));
    }
    group
        .all(1)
        .map(|log| {
            let log = Message::read(log)?;
            let own: Vec<(String, String)> = log.all(2).map(pair).collect::<Option<_>>()?;
            let time = i64::from(u32::try_from(log.number(1)?).ok()?);
            Some(Log { time, fields: [shared.clone(), own].concat() })
        })
        .collect()
}
