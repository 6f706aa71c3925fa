//! Projects and tables as they are described and listed. SQL makes and drops them.

use serde_json::json;

use super::Call;
use super::column::schema;
use super::dialect::document;
use super::store::Table;
use crate::sandbox::answer::{Answer, set};
use crate::sandbox::date;
use crate::sandbox::encode::xml;
use crate::sandbox::error::Error;

/// Tables of a page at the most, and unasked.
const PAGE_MOST: usize = 1_000;

/// `GET /projects/P`.
pub(super) fn project(call: &Call<'_>) -> Result<Answer, Error> {
    let region = call.place.region.as_deref().unwrap_or_default();
    call.project(|project| {
        let created_at = date::gmt(project.created_at);
        let mut answer = document(&format!(
            "<Project><Name>{name}</Name><Type>managed</Type><Comment/><Owner>{owner}</Owner>\
             <CreationTime>{created_at}</CreationTime><LastModifiedTime>{created_at}</LastModifiedTime>\
             <State>AVAILABLE</State><Region>{region}</Region><Properties><Property><Name>odps.sql.type.system.odps2\
             </Name><Value>true</Value></Property></Properties><ExtendedProperties/></Project>",
            name = project.name,
            owner = super::OWNER,
        ));
        set(&mut answer, "x-odps-owner", super::OWNER);
        set(&mut answer, "x-odps-creation-time", &created_at);
        set(&mut answer, "last-modified", &created_at);
        Ok(answer)
    })
}

/// `GET /projects/P/tables`: a page, by the beginning of their names.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Error> {
    let value = |name: &str| call.heard.query_value(name).unwrap_or_default();
    let (begin, marker) = (value("name").to_lowercase(), value("marker"));
    let most =
        value("maxitems").parse().ok().filter(|&most| (1..PAGE_MOST).contains(&most)).unwrap_or(PAGE_MOST);
    call.project(|project| {
        let mut found =
            project.tables.iter().filter(|(key, _)| key.starts_with(&begin) && **key > marker).peekable();
        let (mut page, mut last) = (String::new(), String::new());
        for (key, table) in found.by_ref().take(most) {
            let (owner, at) = (super::OWNER, date::gmt(table.created_at));
            page.push_str(&format!(
                "<Table><Name>{}</Name><Owner>{owner}</Owner><CreationTime>{at}</CreationTime>\
                 <Type>MANAGED_TABLE</Type></Table>",
                xml(&table.name)
            ));
            last.clone_from(key);
        }
        let marker = if found.peek().is_some() { xml(&last) } else { String::new() };
        Ok(document(&format!("<Tables>{page}<Marker>{marker}</Marker><MaxItems>{most}</MaxItems></Tables>")))
    })
}

/// `GET /projects/P/tables/T`.
pub(super) fn get(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    call.project(|project| {
        let table = project.table(name).ok_or_else(|| no_table(&project.name, name))?;
        let mut answer = document(&described(&project.name, table));
        set(&mut answer, "x-odps-owner", super::OWNER);
        set(&mut answer, "x-odps-creation-time", &date::gmt(table.created_at));
        set(&mut answer, "last-modified", &date::gmt(table.modified_at));
        Ok(answer)
    })
}

fn described(project: &str, table: &Table) -> String {
    let (rows, bytes) = table.size();
    let mut schema = schema(&table.columns);
    if let Some(members) = schema.as_object_mut() {
        let more = json!({
            "comment": table.comment,
            "owner": super::OWNER,
            "createTime": table.created_at,
            "lastModifiedTime": table.modified_at,
            "lastDDLTime": table.created_at,
            "lifecycle": -1,
            "recordNum": rows,
            "size": bytes,
            "tableName": table.name,
            "projectName": project,
            "tableLabel": "",
            "isArchived": false,
        });
        members.extend(more.as_object().cloned().unwrap_or_default());
    }
    let (created_at, modified_at) = (date::gmt(table.created_at), date::gmt(table.modified_at));
    format!(
        "<Table><Name>{}</Name><TableId>{}</TableId><Schema format=\"Json\">{}</Schema><Comment>{}</Comment>\
         <Owner>{}</Owner><CreationTime>{created_at}</CreationTime><LastModifiedTime>{modified_at}</LastModifiedTime>\
         <Type>MANAGED_TABLE</Type></Table>",
        xml(&table.name),
        table.id,
        xml(&schema.to_string()),
        xml(&table.comment),
        super::OWNER,
    )
}

/// A table that is not there.
fn no_table(project: &str, table: &str) -> Error {
    let message = format!("ODPS-0130131:Table not found - table {project}.{table} cannot be resolved");
    Error::new(404, "NoSuchObject", &message)
}
