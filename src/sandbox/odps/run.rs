//! What statements do: make and drop tables, and ask for rows.

use std::sync::Arc;

use super::column::{Column, Kind, Row, Value};
use super::sql::{Item, Name, Statement};
use super::store::{Block, Odps, Project, Table};
use crate::sandbox::error::Error;

/// What a statement came to.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It did something.
    Done,
    /// It asked for rows.
    Rows { columns: Vec<Column>, block: Arc<Block> },
    /// It failed, and why.
    Failed(String),
}

/// Runs a statement in a project.
///
/// # Errors
/// When the sandbox has no room. What is wrong with a statement is an outcome.
pub(super) fn run(
    odps: &Odps,
    project: &mut Project,
    statement: Statement,
    (now, id): (i64, String),
) -> Result<Outcome, Error> {
    match statement {
        Statement::Create { name, unless_there, columns, comment } => {
            if let Some(complaint) = foreign(project, &name) {
                return Ok(Outcome::Failed(complaint));
            }
            if project.table(&name.table).is_some() {
                return Ok(if unless_there {
                    Outcome::Done
                } else {
                    Outcome::Failed(already(project, &name))
                });
            }
            if project.is_full() {
                return Err(Error::new(
                    503,
                    "ServiceUnavailable",
                    "The sandbox keeps 1000 tables of a project.",
                ));
            }
            let key = name.table.to_lowercase();
            let table = Table {
                name: key.clone(),
                id,
                comment,
                columns,
                created_at: now,
                modified_at: now,
                blocks: Vec::new(),
            };
            project.tables.insert(key, table);
            Ok(Outcome::Done)
        }
        Statement::Drop { name, if_there } => {
            if let Some(complaint) = foreign(project, &name) {
                return Ok(Outcome::Failed(complaint));
            }
            let is_gone = project.tables.remove(&name.table.to_lowercase()).is_some();
            Ok(if is_gone || if_there { Outcome::Done } else { Outcome::Failed(not_found(project, &name)) })
        }
        Statement::Select { items, from, limit } => select(odps, project, &items, from.as_ref(), limit),
    }
}

fn select(
    odps: &Odps,
    project: &Project,
    items: &[Item],
    from: Option<&Name>,
    limit: Option<usize>,
) -> Result<Outcome, Error> {
    if let Some(complaint) = from.and_then(|name| foreign(project, name)) {
        return Ok(Outcome::Failed(complaint));
    }
    let table = match from {
        Some(name) => match project.table(&name.table) {
            Some(table) => Some(table),
            None => return Ok(Outcome::Failed(not_found(project, name))),
        },
        None => None,
    };
    let picks = match picks(items, table) {
        Ok(picks) => picks,
        Err(complaint) => return Ok(Outcome::Failed(complaint)),
    };
    let count = table.map_or(0, |table| table.size().0);
    let has_count = picks.iter().any(|(_, pick)| matches!(pick, Pick::Count));
    if has_count && picks.iter().any(|(_, pick)| matches!(pick, Pick::Place(_))) {
        let complaint = "ODPS-0130071:[1,8] Semantic analysis exception - the sandbox groups no rows";
        return Ok(Outcome::Failed(complaint.to_owned()));
    }
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let row = |row: &Row| -> Row { picks.iter().map(|(_, pick)| pick.value(row, count)).collect() };
    let most = limit.unwrap_or(usize::MAX);
    let rows: Vec<Row> = match table {
        Some(table) if !has_count => {
            table.blocks.iter().flat_map(|block| &block.rows).take(most).map(row).collect()
        }
        _ => std::iter::once(row(&Row::new())).take(most).collect(),
    };
    let columns = picks.into_iter().map(|(column, _)| column).collect();
    Ok(Outcome::Rows { columns, block: Arc::new(odps.block(rows)?) })
}

/// Where a column of a result comes from.
#[derive(Clone, Debug)]
enum Pick {
    /// A column of the table.
    Place(usize),
    Count,
    Literal(Option<Value>),
}

impl Pick {
    fn value(&self, row: &Row, count: i64) -> Option<Value> {
        match self {
            Self::Place(place) => row.get(*place).cloned().flatten(),
            Self::Count => Some(Value::Integer(count)),
            Self::Literal(value) => value.clone(),
        }
    }
}

/// The columns of a result. Those without a name are `_c` and their place, as MaxCompute calls them.
fn picks(items: &[Item], table: Option<&Table>) -> Result<Vec<(Column, Pick)>, String> {
    let mut picks: Vec<(Column, Pick)> = Vec::new();
    let known = table.map_or(&[][..], |table| table.columns.as_slice());
    for item in items {
        let unnamed = format!("_c{}", picks.len());
        let made = |alias: &Option<String>, spelled: &str| Column {
            name: alias.clone().unwrap_or(unnamed),
            kind: Kind::read(spelled).unwrap_or(Kind::Text),
            spelled: spelled.to_owned(),
            comment: String::new(),
        };
        match item {
            Item::Star => {
                picks.extend(known.iter().cloned().enumerate().map(|(at, column)| (column, Pick::Place(at))));
            }
            Item::Count { alias } => picks.push((made(alias, "bigint"), Pick::Count)),
            Item::Column { name, alias, at: (line, place) } => {
                let at = known.iter().position(|column| column.name.eq_ignore_ascii_case(name));
                let column = at.and_then(|at| Some((at, known.get(at)?)));
                let (at, column) = column.ok_or_else(|| {
                    format!("ODPS-0130071:[{line},{place}] Semantic analysis exception - column {name} cannot be resolved")
                })?;
                let name = alias.clone().unwrap_or_else(|| column.name.clone());
                picks.push((Column { name, ..column.clone() }, Pick::Place(at)));
            }
            Item::Literal { value, spelled, alias } => {
                picks.push((made(alias, spelled), Pick::Literal(value.clone())));
            }
        }
    }
    if picks.is_empty() {
        return Err("ODPS-0130071:[1,8] Semantic analysis exception - * stands for no column".to_owned());
    }
    Ok(picks)
}

/// Only the project that a statement runs in is reached.
fn foreign(project: &Project, name: &Name) -> Option<String> {
    let other = name.project.as_deref().filter(|other| *other != project.name)?;
    Some(format!(
        "ODPS-0130013:[{},{}] Authorization exception - the sandbox reaches no other project, and so not {other}",
        name.at.0, name.at.1
    ))
}

fn not_found(project: &Project, name: &Name) -> String {
    let (project, (line, column), table) = (&project.name, name.at, name.table.to_lowercase());
    format!("ODPS-0130131:[{line},{column}] Table not found - table {project}.{table} cannot be resolved")
}

fn already(project: &Project, name: &Name) -> String {
    let (project, (line, column), table) = (&project.name, name.at, name.table.to_lowercase());
    format!(
        "ODPS-0130211:[{line},{column}] Table or view already exists - table {project}.{table} is already defined"
    )
}
