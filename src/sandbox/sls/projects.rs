//! Projects: made, shown, listed and deleted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::dialect::{done, told};
use super::store::{PROJECTS_MOST, Project, is_name};
use super::{Call, invalid};
use crate::sandbox::answer::Answer;
use crate::sandbox::date;
use crate::sandbox::error::Error;

/// How many a list has, unless fewer are asked for. From `ListProject`.
const LIST_USUAL: usize = 100;
const LIST_MOST: usize = 500;

/// `CreateProject`: its name is in the body, and in the host or not.
pub(super) fn create(call: &Call<'_>) -> Result<Answer, Error> {
    let given = call.object()?;
    let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = text("projectName");
    if !is_name(&name, "-") {
        return Err(invalid(&format!("The project name {name} is invalid.")));
    }
    if call.place.bucket.as_ref().is_some_and(|own| *own != name) {
        return Err(invalid("The project name in the host is another one."));
    }
    let mut projects = call.cloud.sls.projects();
    // A project's name is its own in all regions.
    if projects.0.keys().any(|(_, known)| *known == name) {
        return Err(Error::new(400, "ProjectAlreadyExist", &format!("Project {name} already exist.")));
    }
    if projects.0.len() >= PROJECTS_MOST {
        return Err(Error::new(400, "ProjectQuotaExceed", "The sandbox has as many projects as it can."));
    }
    let now = call.now();
    let project = Project {
        account: call.account.to_owned(),
        description: text("description").chars().take(64).collect(),
        created: now,
        changed: now,
        logstores: BTreeMap::new(),
    };
    projects.0.insert((call.place.region.clone().unwrap_or_default(), name), project);
    Ok(done())
}

/// `UpdateProject`.
pub(super) fn update(call: &Call<'_>) -> Result<Answer, Error> {
    let given = call.object()?;
    let description = given.get("description").and_then(Value::as_str).unwrap_or_default();
    let mut projects = call.cloud.sls.projects();
    let project = projects.project(call)?;
    project.description = description.chars().take(64).collect();
    project.changed = call.now();
    Ok(done())
}

/// `DeleteProject`, with all that is in it.
pub(super) fn delete(call: &Call<'_>) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    projects.project(call)?;
    let name = projects.name(call);
    projects.0.remove(&name);
    Ok(done())
}

/// `GetProject`.
pub(super) fn get(call: &Call<'_>) -> Result<Answer, Error> {
    let mut projects = call.cloud.sls.projects();
    let (region, name) = projects.name(call);
    Ok(told(&shown(&region, &name, projects.project(call)?)))
}

/// `ListProject`: the caller's own in the host's region, by a part of their names, in pages.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Error> {
    let part = call.parameter("projectName").unwrap_or_default();
    let (offset, size) = (call.number("offset", 0)?, call.number("size", LIST_USUAL)?);
    if size > LIST_MOST {
        return Err(invalid("size is at most 500"));
    }
    let projects = call.cloud.sls.projects();
    let is_here = |region: &str| call.place.region.as_deref().is_none_or(|own| own == region);
    let all: Vec<Value> = projects
        .0
        .iter()
        .filter(|((region, name), project)| {
            is_here(region) && name.contains(&part) && project.account == call.account
        })
        .map(|((region, name), project)| shown(region, name, project))
        .collect();
    let page: Vec<&Value> = all.iter().skip(offset).take(size).collect();
    Ok(told(&json!({ "count": page.len(), "total": all.len(), "projects": page })))
}

fn shown(region: &str, name: &str, project: &Project) -> Value {
    // As the cloud spells them: `2024-03-07 08:09:05`.
    let stamp = |moment: i64| date::iso(moment).replace('T', " ").replace('Z', "");
    json!({
        "projectName": name,
        "description": project.description,
        "region": region,
        "owner": project.account,
        "status": "Normal",
        "createTime": stamp(project.created),
        "lastModifyTime": stamp(project.changed),
        "resourceGroupId": "",
        "dataRedundancyType": "LRS",
    })
}
