//! Starting, stopping and deleting instances, one or several in a call.

use serde_json::{Value, json};

use super::ask::{self, is_true, required};
use super::fleet::{Fleet, Instance, Status};
use crate::sandbox::error::Error;
use crate::sandbox::heard::Parameters;

/// What is to become of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Start,
    Stop,
    Delete,
}

impl Change {
    /// Whether an instance is in the state for it.
    fn judge(self, instance: &Instance, is_forced: bool) -> Result<(), Error> {
        let is_right = match self {
            Self::Start => instance.status == Status::Stopped,
            Self::Stop => instance.status == Status::Running,
            Self::Delete => instance.status == Status::Stopped || is_forced,
        };
        if is_right {
            return Ok(());
        }
        let message = "The current status of the resource does not support this operation.";
        Err(Error::new(403, "IncorrectInstanceStatus", message))
    }

    fn make(self, fleet: &mut Fleet, id: &str) {
        match self {
            Self::Delete => fleet.instances.retain(|instance| instance.id != id),
            Self::Start | Self::Stop => {
                if let Ok(instance) = fleet.find(id) {
                    instance.status = if self == Self::Start { Status::Running } else { Status::Stopped };
                }
            }
        }
    }
}

/// `StartInstance`, `StopInstance`, `DeleteInstance`.
pub(super) fn one(fleet: &mut Fleet, parameters: &Parameters, change: Change) -> Result<Value, Error> {
    let id = required(parameters, "InstanceId")?;
    change.judge(fleet.find(id)?, is_true(parameters, "Force"))?;
    ask::end_dry_run(parameters)?;
    change.make(fleet, id);
    Ok(json!({}))
}

/// `StartInstances`, `StopInstances`, `DeleteInstances`: all or none, unless `BatchOptimization` is `SuccessFirst`.
pub(super) fn several(fleet: &mut Fleet, parameters: &Parameters, change: Change) -> Result<Value, Error> {
    let ids = ask::some_of(parameters, "InstanceId")?;
    let is_each_alone = change != Change::Delete
        && parameters.get("BatchOptimization").is_some_and(|mode| mode == "SuccessFirst");
    let is_forced = is_true(parameters, "Force");
    let mut judged = Vec::new();
    for id in &ids {
        let status = fleet.find(id).and_then(|instance| {
            change.judge(instance, is_forced)?;
            Ok(instance.status)
        });
        match status {
            Err(error) if !is_each_alone => return Err(error),
            status => judged.push((id, status)),
        }
    }
    if is_true(parameters, "DryRun") {
        // Another word than that of the calls with one instance. From the reference of `StartInstances`.
        return Err(Error::new(
            400,
            "DRYRUN.SUCCESS",
            "Request validation has been passed with DryRun flag set.",
        ));
    }
    let mut answers = Vec::new();
    for (id, status) in judged {
        answers.push(match status {
            Ok(before) => {
                change.make(fleet, id);
                let after = fleet.find(id).map_or(before, |instance| instance.status);
                json!({
                    "InstanceId": id,
                    "Code": "200",
                    "Message": "success",
                    "PreviousStatus": before.name(),
                    "CurrentStatus": after.name(),
                })
            }
            Err(error) => json!({"InstanceId": id, "Code": error.code, "Message": error.message}),
        });
    }
    if change == Change::Delete {
        return Ok(json!({}));
    }
    Ok(json!({"InstanceResponses": {"InstanceResponse": answers}}))
}
