//! Instances: statements that were submitted, and what came of them.

use super::Call;
use super::csv::csv;
use super::dialect::document;
use super::run::{Outcome, run};
use super::sql;
use crate::sandbox::answer::{Answer, set, text};
use crate::sandbox::date;
use crate::sandbox::element::Element;
use crate::sandbox::encode::{base64, xml};
use crate::sandbox::error::Error;

/// How many rows the text of a result holds. MaxCompute's own limit; a tunnel has them all.
const TEXT_ROWS_MOST: usize = 10_000;

/// One instance. It has run by the time that its id is known.
#[derive(Debug)]
pub(super) struct Instance {
    /// The job as it was submitted.
    job: Element,
    task: String,
    pub(super) outcome: Outcome,
    /// Since 1970, in whole seconds.
    ran_at: i64,
    /// Whether it will say that it runs when it is first asked: a query does, so that who waits is seen to.
    is_running: bool,
}

impl Instance {
    fn status(&self) -> &'static str {
        if self.is_running { "Running" } else { "Terminated" }
    }

    const fn task_status(&self) -> &'static str {
        match self.outcome {
            _ if self.is_running => "Running",
            Outcome::Failed(_) => "Failed",
            Outcome::Done | Outcome::Rows { .. } => "Success",
        }
    }
}

/// `POST /projects/P/instances`: runs the one statement of a job.
pub(super) fn submit(call: &Call<'_>) -> Result<Answer, Error> {
    let job = Element::read(&call.heard.body)
        .and_then(|root| root.children.into_iter().find(|child| child.name == "Job"));
    let job = job.ok_or_else(|| malformed("the body is no instance with a job"))?;
    let tasks =
        job.children.iter().find(|child| child.name == "Tasks").map_or(&[][..], |tasks| &tasks.children);
    let [task] = tasks else { return Err(malformed("a job has one task here")) };
    if task.name != "SQL" {
        return Err(malformed("the sandbox runs tasks of SQL alone"));
    }
    let name = task.child("Name").unwrap_or("AnonymousSQLTask").trim().to_owned();
    let statement = task.child("Query").unwrap_or_default().to_owned();
    let (now, id) = (call.now(), call.id());
    let table_id = call.id();
    call.project(|project| {
        let outcome = match sql::read(&statement) {
            Ok(statement) => run(&call.cloud.odps, project, statement, (now, table_id))?,
            Err(complaint) => Outcome::Failed(complaint),
        };
        let is_running = matches!(outcome, Outcome::Rows { .. });
        project.instances.put(&id, Instance { job, task: name, outcome, ran_at: now, is_running });
        Ok(())
    })?;
    let mut answer = text(201, "application/xml", String::new());
    let location = format!("https://{}/api/projects/{}/instances/{id}", call.place.host, call.project);
    set(&mut answer, "location", &location);
    Ok(answer)
}

/// `GET /projects/P/instances/ID`: how it stands, what its tasks are, what came of them, what it was.
pub(super) fn get(call: &Call<'_>, id: &str) -> Result<Answer, Error> {
    call.project(|project| {
        let instance = project.instances.get_mut(id).ok_or_else(|| no_instance(id))?;
        let is_known = |name: &str| call.heard.query_value(name).is_some();
        if is_known("source") {
            return Ok(document(&instance.job.to_string()));
        }
        let status = instance.status();
        let mut answer = if is_known("result") {
            result(instance)
        } else if is_known("taskstatus") {
            tasks(instance)
        } else if is_known("instancesummary") || is_known("instancedetail") {
            text(200, "application/json", "{\"Instance\":{}}".to_owned())
        } else {
            document(&format!("<Instance><Status>{status}</Status></Instance>"))
        };
        let ran_at = date::gmt(instance.ran_at);
        set(&mut answer, "x-odps-owner", super::OWNER);
        set(&mut answer, "x-odps-start-time", &ran_at);
        set(&mut answer, "x-odps-end-time", if instance.is_running { "" } else { &ran_at });
        instance.is_running = false;
        Ok(answer)
    })
}

/// `GET /projects/P/instances`: the newest, oldest first.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Error> {
    call.project(|project| {
        let one = |(id, instance): (&String, &Instance)| {
            let (status, ran_at) = (instance.status(), date::gmt(instance.ran_at));
            format!(
                "<Instance><Name>{id}</Name><Owner>{}</Owner><StartTime>{ran_at}</StartTime>\
                 <EndTime>{ran_at}</EndTime><Status>{status}</Status></Instance>",
                super::OWNER
            )
        };
        let all: String = project.instances.iter().map(one).collect();
        Ok(document(&format!("<Instances>{all}<Marker/><MaxItems>1000</MaxItems></Instances>")))
    })
}

fn tasks(instance: &Instance) -> Answer {
    let (status, ran_at) = (instance.task_status(), date::gmt(instance.ran_at));
    document(&format!(
        "<Instance><Status>{}</Status><Tasks><Task Type=\"SQL\"><Name>{}</Name><StartTime>{ran_at}</StartTime>\
         <EndTime>{ran_at}</EndTime><Status>{status}</Status><Histories/></Task></Tasks></Instance>",
        instance.status(),
        xml(&instance.task)
    ))
}

fn result(instance: &Instance) -> Answer {
    let (format, text) = match &instance.outcome {
        Outcome::Done => ("text", Vec::new()),
        Outcome::Failed(complaint) => ("text", format!("FAILED: {complaint}").into_bytes()),
        Outcome::Rows { columns, block } => {
            let rows = block.rows.get(..TEXT_ROWS_MOST).unwrap_or(&block.rows);
            ("csv", csv(columns, rows))
        }
    };
    document(&format!(
        "<Instance><Tasks><Task Type=\"SQL\"><Name>{}</Name><Result Transform=\"Base64\" Format=\"{format}\">{}</Result>\
         <Status>{}</Status></Task></Tasks></Instance>",
        xml(&instance.task),
        base64(&text),
        instance.task_status()
    ))
}

/// `PUT /projects/P/instances/ID`: stops it, which is late.
pub(super) fn stop(call: &Call<'_>, id: &str) -> Result<Answer, Error> {
    call.project(|project| {
        let instance = project.instances.get_mut(id).ok_or_else(|| no_instance(id))?;
        if !instance.is_running {
            let message = "ODPS-0430055:The instance has been terminated.";
            return Err(Error::new(409, "InvalidStateSetting", message));
        }
        instance.is_running = false;
        Ok(text(200, "application/xml", String::new()))
    })
}

/// An instance that is not there.
pub(super) fn no_instance(id: &str) -> Error {
    Error::new(404, "NoSuchObject", &format!("ODPS-0420095:Instance not found - '{id}'"))
}

fn malformed(why: &str) -> Error {
    Error::new(400, "InvalidParameter", &format!("ODPS-0420031:Invalid XML in HTTP request body - {why}"))
}
