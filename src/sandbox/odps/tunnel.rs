//! The tunnel: rows into tables, and out of tables and results, in sessions.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Call;
use super::column::{Column, schema};
use super::records;
use super::run::Outcome;
use super::store::{Block, Download, Project, Table, Upload};
use crate::sandbox::answer::{Answer, Payload, text};
use crate::sandbox::error::Error;

/// Blocks of a session are numbered up to this. The tunnel's own limit.
const BLOCK_MOST: u32 = 19_999;

/// The longest value, in bytes. The tunnel's own limit.
const FIELD_MOST: usize = 8 * 1024 * 1024;

/// `GET /projects/P/tunnel`: the tunnel's host, as it would be named to a caller in the same network.
pub(super) fn host(call: &Call<'_>) -> Answer {
    let rest = call.place.host.split_once('.').map_or("", |(_, rest)| rest);
    text(200, "text/plain", format!("dt.{rest}"))
}

/// What is asked of `/projects/P/tables/T`.
pub(super) fn table(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let has = |parameter: &str| call.heard.query_value(parameter).is_some();
    if has("partition") {
        return Err(Error::new(400, "InvalidPartitionSpec", "The sandbox has no partitions."));
    }
    if has("arrow") {
        return Err(Error::new(400, "NotImplemented", "The sandbox speaks no Arrow."));
    }
    match (call.heard.method.as_str(), call.heard.query_value("uploadid")) {
        ("POST", None) if has("uploads") => begin_upload(call, name),
        ("GET", Some(id)) => call.project(|project| {
            let (upload, table) = upload(project, &id, name)?;
            Ok(session(&described_upload(&id, upload, table)))
        }),
        ("PUT", Some(id)) => put_block(call, &id, name),
        ("POST", Some(id)) => commit(call, &id, name),
        ("POST", None) if has("downloads") => {
            let made = call.project(|project| {
                let table = project.table(name).ok_or_else(no_table)?;
                Ok(Download { of: call.path(), columns: table.columns.clone(), blocks: table.blocks.clone() })
            })?;
            begin_download(call, made)
        }
        ("GET", None) if has("downloadid") => download(call),
        _ => Err(super::not_played()),
    }
}

/// What is asked of `/projects/P/instances/I`.
pub(super) fn instance(call: &Call<'_>, id: &str) -> Result<Answer, Error> {
    let has = |parameter: &str| call.heard.query_value(parameter).is_some();
    match call.heard.method.as_str() {
        "POST" if has("downloads") => {
            let made = call.project(|project| {
                let no_instance =
                    || Error::new(404, "NoSuchInstance", "The specified instance does not exist.");
                match &project.instances.get(id).ok_or_else(no_instance)?.outcome {
                    Outcome::Rows { columns, block } => Ok(Download {
                        of: call.path(),
                        columns: columns.clone(),
                        blocks: vec![Arc::clone(block)],
                    }),
                    Outcome::Done | Outcome::Failed(_) => {
                        let message = "The instance has no result that can be downloaded.";
                        Err(Error::new(400, "InstanceTypeNotSupported", message))
                    }
                }
            })?;
            begin_download(call, made)
        }
        "GET" if has("arrow") => Err(Error::new(400, "NotImplemented", "The sandbox speaks no Arrow.")),
        "GET" if has("downloadid") => download(call),
        _ => Err(super::not_played()),
    }
}

fn begin_upload(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let id = call.id();
    let overwrites = call.heard.query_value("overwrite").is_some_and(|value| value == "true");
    call.project(|project| {
        let table = project.table(name).ok_or_else(no_table)?.clone();
        let upload = Upload {
            table: table.name.clone(),
            table_id: table.id.clone(),
            overwrites,
            blocks: BTreeMap::new(),
            is_committed: false,
        };
        let answer = session(&described_upload(&id, &upload, &table));
        project.uploads.put(&id, upload);
        Ok(answer)
    })
}

/// The session of this id, and its table if that is still the one that it began with.
fn upload<'a>(project: &'a Project, id: &str, name: &str) -> Result<(&'a Upload, &'a Table), Error> {
    let table = project.table(name).ok_or_else(no_table)?;
    let is_its = |upload: &&Upload| upload.table_id == table.id;
    let upload = project
        .uploads
        .get(id)
        .filter(is_its)
        .ok_or_else(|| Error::new(404, "NoSuchUpload", "The specified upload id does not exist."))?;
    Ok((upload, table))
}

fn put_block(call: &Call<'_>, id: &str, name: &str) -> Result<Answer, Error> {
    let number = call.heard.query_value("blockid").and_then(|number| number.parse().ok());
    let number = number
        .filter(|number| *number <= BLOCK_MOST)
        .ok_or_else(|| Error::new(400, "InvalidBlockID", "The specified block id is not valid."))?;
    if call.heard.header("content-encoding").is_some() {
        return Err(Error::new(400, "NotImplemented", "The sandbox unpacks nothing."));
    }
    let columns = call.project(|project| Ok(upload(project, id, name)?.1.columns.clone()))?;
    // Read while nobody waits for the projects.
    let rows = records::read(&columns, &call.heard.body).map_err(|fault| {
        Error::new(400, "MalformedDataStream", &format!("The data stream is broken: {fault}."))
    })?;
    let block = Arc::new(call.cloud.odps.block(rows)?);
    call.project(|project| {
        if upload(project, id, name)?.0.is_committed {
            return Err(closed());
        }
        if let Some(upload) = project.uploads.get_mut(id) {
            upload.blocks.insert(number, block);
        }
        Ok(text(200, "application/json", String::new()))
    })
}

/// Hangs the blocks of a session on its table, in the order of their numbers.
fn commit(call: &Call<'_>, id: &str, name: &str) -> Result<Answer, Error> {
    let now = call.now();
    call.project(|project| {
        let (found, table) = upload(project, id, name)?;
        if found.is_committed {
            return Err(closed());
        }
        let (key, table_id) = (found.table.clone(), table.id.clone());
        let Some(upload) = project.uploads.get_mut(id) else { return Err(closed()) };
        upload.is_committed = true;
        let blocks: Vec<Arc<Block>> = upload.blocks.values().cloned().collect();
        let overwrites = upload.overwrites;
        let described = match project.tables.get_mut(&key).filter(|table| table.id == table_id) {
            Some(table) => {
                if overwrites {
                    table.blocks.clear();
                }
                table.blocks.extend(blocks);
                table.modified_at = now;
                table.clone()
            }
            None => return Err(no_table()),
        };
        let (upload, _) = self::upload(project, id, name)?;
        Ok(session(&described_upload(id, upload, &described)))
    })
}

fn begin_download(call: &Call<'_>, download: Download) -> Result<Answer, Error> {
    let id = call.id();
    call.project(|project| {
        let answer = session(&described_download(&id, &download));
        project.downloads.put(&id, download);
        Ok(answer)
    })
}

/// A session, or with `data` some of its rows.
fn download(call: &Call<'_>) -> Result<Answer, Error> {
    let value = |name: &str| call.heard.query_value(name);
    let id = value("downloadid").unwrap_or_default();
    let download = call.project(|project| {
        let is_its = |download: &&Download| download.of == call.path();
        let found = project.downloads.get(&id).filter(is_its).cloned();
        found.ok_or_else(|| Error::new(404, "NoSuchDownload", "The specified download id does not exist."))
    })?;
    if value("data").is_none() {
        return Ok(session(&described_download(&id, &download)));
    }
    let invalid = || Error::new(400, "InvalidRowRange", "The specified row range is not valid.");
    let range = value("rowrange").ok_or_else(invalid)?;
    let (start, count) = range
        .strip_prefix('(')
        .and_then(|range| range.strip_suffix(')')?.split_once(','))
        .and_then(|(start, count)| Some((start.trim().parse().ok()?, count.trim().parse().ok()?)))
        .ok_or_else(invalid)?;
    let places = places(&download.columns, value("columns").as_deref())?;
    let stream = records::write(download.rows().skip(start).take(count), &places);
    let mut answer = text(200, "application/octet-stream", String::new());
    *answer.body_mut() = Payload::Whole(stream.into());
    Ok(answer)
}

/// Where the columns that were asked for stand among those that there are. All of them, unasked.
fn places(columns: &[Column], asked: Option<&str>) -> Result<Vec<usize>, Error> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        return Ok((0..columns.len()).collect());
    };
    let place = |name: &str| columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    asked
        .split(',')
        .map(|name| {
            place(name)
                .ok_or_else(|| Error::new(400, "InvalidColumnSpec", "The specified columns is not valid."))
        })
        .collect()
}

fn session(value: &Json) -> Answer {
    text(200, "application/json", value.to_string())
}

fn described_upload(id: &str, upload: &Upload, table: &Table) -> Json {
    let blocks: Vec<Json> = upload
        .blocks
        .keys()
        .map(|number| json!({"BlockID": number, "CreateTime": 0, "Date": "", "FileName": ""}))
        .collect();
    json!({
        "UploadID": id,
        "Status": if upload.is_committed { "CLOSED" } else { "NORMAL" },
        "Schema": schema(&table.columns),
        "UploadedBlockList": blocks,
        "MaxFieldSize": FIELD_MOST,
        "Owner": super::OWNER,
        "QuotaName": "default",
    })
}

fn described_download(id: &str, download: &Download) -> Json {
    json!({
        "DownloadID": id,
        "Status": "NORMAL",
        "RecordCount": download.rows().count(),
        "Schema": schema(&download.columns),
        "Owner": super::OWNER,
        "QuotaName": "default",
        "SupportReadByRawSize": false,
    })
}

fn no_table() -> Error {
    Error::new(404, "NoSuchTable", "The specified table name does not exist.")
}

fn closed() -> Error {
    Error::new(
        409,
        "StatusConflict",
        "You cannot complete the specified operation under the current upload or download status.",
    )
}
