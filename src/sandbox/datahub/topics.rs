//! Projects, topics and shards: made, described, listed, deleted.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::schema::Schema;
use super::store::{COMMENT_MOST, PROJECTS_MOST, Project, SHARDS_MOST, TOPICS_MOST, Topic};
use super::{Call, Reply, invalid};
use crate::sandbox::error::Error;

/// The longest that records can be kept, in days. DataHub's own limit.
const LIFECYCLE_MOST: u64 = 7;

/// `GET /projects`.
pub(super) fn list_projects(call: &Call<'_>) -> Reply {
    let hub = call.cloud.datahub.hub();
    let own = hub.projects.keys().filter(|(region, _)| region == call.region);
    let names: Vec<&str> = own.map(|(_, name)| name.as_str()).collect();
    Ok((200, json!({"ProjectNames": names})))
}

/// `POST /projects/P`.
pub(super) fn create_project(call: &Call<'_>, name: &str, order: &Json) -> Reply {
    is_name(name, 3..=32).then_some(()).ok_or_else(|| {
        invalid("A project's name has 3 to 32 letters, digits and underscores, a letter first.")
    })?;
    let mut hub = call.cloud.datahub.hub();
    let key = (call.region.to_owned(), name.to_lowercase());
    if hub.projects.contains_key(&key) {
        return Err(Error::new(
            400,
            "ProjectAlreadyExist",
            &format!("The specified project {name} already exists."),
        ));
    }
    if hub.projects.keys().filter(|(region, _)| region == call.region).count() >= PROJECTS_MOST {
        return Err(Error::new(400, "LimitExceeded", "The sandbox keeps 100 projects of a region."));
    }
    let now = call.cloud.now();
    let comment = comment(order)?;
    hub.projects.insert(key, Project { comment, created_at: now, modified_at: now, topics: BTreeMap::new() });
    Ok((201, json!({})))
}

/// `GET /projects/P`.
pub(super) fn get_project(call: &Call<'_>, name: &str) -> Reply {
    let mut hub = call.cloud.datahub.hub();
    let project = hub.project(call.region, name)?;
    Ok((
        200,
        json!({
            "Comment": project.comment,
            "CreateTime": project.created_at,
            "LastModifyTime": project.modified_at,
            "Creator": super::CREATOR,
        }),
    ))
}

/// `PUT /projects/P`.
pub(super) fn update_project(call: &Call<'_>, name: &str, order: &Json) -> Reply {
    let mut hub = call.cloud.datahub.hub();
    let project = hub.project(call.region, name)?;
    project.comment = comment(order)?;
    project.modified_at = call.cloud.now();
    Ok((200, json!({})))
}

/// `DELETE /projects/P`.
pub(super) fn delete_project(call: &Call<'_>, name: &str) -> Reply {
    let mut hub = call.cloud.datahub.hub();
    if !hub.project(call.region, name)?.topics.is_empty() {
        return Err(Error::new(
            403,
            "OperationDenied",
            "The project has topics, which must be deleted first.",
        ));
    }
    hub.projects.remove(&(call.region.to_owned(), name.to_lowercase()));
    Ok((200, json!({})))
}

/// `GET /projects/P/topics`.
pub(super) fn list(call: &Call<'_>, project: &str) -> Reply {
    let mut hub = call.cloud.datahub.hub();
    let names: Vec<&String> = hub.project(call.region, project)?.topics.keys().collect();
    Ok((200, json!({"TopicNames": names})))
}

/// `POST /projects/P/topics/T` with the action `create`.
pub(super) fn create(call: &Call<'_>, project: &str, name: &str, order: &Json) -> Reply {
    is_name(name, 1..=128)
        .then_some(())
        .ok_or_else(|| invalid("A topic's name has letters, digits and underscores, a letter first."))?;
    let shards = order["ShardCount"].as_u64().and_then(|count| usize::try_from(count).ok());
    let shards = shards.filter(|count| (1..=SHARDS_MOST).contains(count));
    let shards = shards.ok_or_else(|| invalid("ShardCount is a number from 1 to 256."))?;
    let lifecycle = order["Lifecycle"].as_u64().filter(|days| (1..=LIFECYCLE_MOST).contains(days));
    let lifecycle = lifecycle.ok_or_else(|| invalid("Lifecycle is a number of days from 1 to 7."))?;
    let schema = Schema::read(order)?;
    let now = call.cloud.now();
    let mut hub = call.cloud.datahub.hub();
    let number = hub.made;
    let found = hub.project(call.region, project)?;
    if found.topics.contains_key(&name.to_lowercase()) {
        return Err(Error::new(
            400,
            "TopicAlreadyExist",
            &format!("The specified topic {name} already exists."),
        ));
    }
    if found.topics.len() >= TOPICS_MOST {
        return Err(Error::new(400, "LimitExceeded", "The sandbox keeps 1000 topics of a project."));
    }
    let topic = Topic {
        number,
        schema,
        comment: comment(order)?,
        lifecycle,
        created_at: now,
        modified_at: now,
        shards: vec![Vec::new(); shards],
        next_shard: 0,
    };
    hub.take(topic.bytes())?;
    hub.project(call.region, project)?.topics.insert(name.to_lowercase(), topic);
    hub.made += 1;
    Ok((201, json!({})))
}

/// `GET /projects/P/topics/T`.
pub(super) fn get(call: &Call<'_>, project: &str, name: &str) -> Reply {
    let mut hub = call.cloud.datahub.hub();
    let topic = hub.topic(call.region, project, name)?;
    let (kind, schema) = match &topic.schema {
        Schema::Blob => ("BLOB", ""),
        Schema::Tuple { spelled, .. } => ("TUPLE", spelled.as_str()),
    };
    Ok((
        200,
        json!({
            "Comment": topic.comment,
            "ShardCount": topic.shards.len(),
            "Lifecycle": topic.lifecycle,
            "RecordType": kind,
            "RecordSchema": schema,
            "CreateTime": topic.created_at,
            "LastModifyTime": topic.modified_at,
            "ExpandMode": "split",
            "Status": "on",
            "Creator": super::CREATOR,
        }),
    ))
}

/// `PUT /projects/P/topics/T`.
pub(super) fn update(call: &Call<'_>, project: &str, name: &str, order: &Json) -> Reply {
    let mut hub = call.cloud.datahub.hub();
    let topic = hub.topic(call.region, project, name)?;
    let comment = comment(order)?;
    if let Some(days) = order["Lifecycle"].as_u64() {
        (1..=LIFECYCLE_MOST)
            .contains(&days)
            .then_some(())
            .ok_or_else(|| invalid("Lifecycle is a number of days from 1 to 7."))?;
        topic.lifecycle = days;
    }
    topic.comment = comment;
    topic.modified_at = call.cloud.now();
    Ok((200, json!({})))
}

/// `DELETE /projects/P/topics/T`.
pub(super) fn delete(call: &Call<'_>, project: &str, name: &str) -> Reply {
    let mut hub = call.cloud.datahub.hub();
    hub.topic(call.region, project, name)?;
    let topics = &mut hub.project(call.region, project)?.topics;
    if let Some(topic) = topics.remove(&name.to_lowercase()) {
        hub.give(topic.bytes());
    }
    Ok((200, json!({})))
}

/// `GET /projects/P/topics/T/shards`.
pub(super) fn shards(call: &Call<'_>, project: &str, name: &str) -> Reply {
    let mut hub = call.cloud.datahub.hub();
    let topic = hub.topic(call.region, project, name)?;
    let count = topic.shards.len();
    let shards: Vec<Json> = (0..count)
        .map(|at| {
            json!({
                "ShardId": at.to_string(),
                "State": "ACTIVE",
                "BeginHashKey": format!("{:032X}", boundary(at, count)),
                "EndHashKey": format!("{:032X}", boundary(at + 1, count)),
                "ClosedTime": 0,
                "ParentShardIds": [],
                // The largest number of 32 bits stands for none.
                "LeftShardId": u32::MAX.to_string(),
                "RightShardId": u32::MAX.to_string(),
            })
        })
        .collect();
    Ok((200, json!({"Shards": shards, "Protocol": "http1.1", "Interval": 60_000})))
}

/// Where the shard of this place begins among the keys of 128 bits.
pub(super) fn boundary(at: usize, count: usize) -> u128 {
    if at >= count {
        return u128::MAX;
    }
    u128::MAX / count.max(1) as u128 * at as u128
}

fn comment(order: &Json) -> Result<String, Error> {
    let comment = order["Comment"].as_str().unwrap_or_default();
    if comment.len() > COMMENT_MOST {
        return Err(Error::new(400, "InvalidParameter", "Comment is longer than 1024 bytes."));
    }
    Ok(comment.to_owned())
}

fn is_name(name: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
