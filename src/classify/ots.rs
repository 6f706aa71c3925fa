//! As what a request to Tablestore leaves.

use crate::names::{Action, Call, Endpoint, Scheme, Version};
use crate::refusal::{Code, Refusal};
use crate::wire::{Head, NameSet, Parameter};

use super::once::{check_once, starts};
use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape, has_body, only_reads};

/// The version of Tablestore's protocol, which every request must name.
const OTS_VERSION: &[u8] = b"2015-12-31";

/// With what the caller signed.
pub(super) fn caller_scheme(head: &Head) -> Option<Scheme> {
    if head.field("x-ots-signaturev4").is_some() {
        Some(Scheme::OtsV4)
    } else if head.field("x-ots-signature").is_some() {
        Some(Scheme::OtsV2)
    } else {
        None
    }
}

/// Tablestore: the caller's version is kept, and what nobody signed leaves as version 2.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    if !shape.query.is_empty() {
        return Err(Refusal::new(
            Code::BadTarget,
            "Tablestore's calls have no query, and SDKs do not agree on how one would be signed",
            "send everything in the body",
        ));
    }
    check_once(shape.head, |field| starts(field.name, b"x-ots-"))?;
    check_instance(shape.head, shape.endpoint)?;
    let action = action(shape.target.path);
    let body = match (has_body(shape.head), claimed_md5(shape.head)) {
        (false, _) => BodyPlan::Empty,
        (true, Some(_)) => BodyPlan::StreamHashed,
        (true, None) => BodyPlan::Hold,
    };
    let call = Call {
        action,
        version: Version::from_plain(OTS_VERSION),
        caller_scheme: asked.caller_scheme,
        scheme: Some(asked.caller_scheme.unwrap_or(Scheme::OtsV2)),
        may_be_sent_twice: action.is_some_and(reads),
    };
    Ok(Plan { adds_version: asked.caller_scheme.is_none(), ..Plan::of_data_plane(call, body) })
}

/// Tablestore goes by the header where the two differ, and the operator's list by the host.
fn check_instance(head: &Head, endpoint: &Endpoint) -> Result<(), Refusal> {
    let named = head.field("x-ots-instancename");
    let instance = endpoint.tenant().unwrap_or_default();
    match named {
        Some(named) if !named.eq_ignore_ascii_case(instance.as_bytes()) => Err(Refusal::new(
            Code::HostNotAllowed,
            "`x-ots-instancename` names another instance than the host",
            "send it to the host of that instance, which must be listed as `ots` under [tenants]",
        )),
        _ => Ok(()),
    }
}

/// The body's MD5 as the caller computed it, if it is one in base64.
pub fn claimed_md5(head: &Head) -> Option<&[u8]> {
    let hash = head.field("x-ots-contentmd5")?;
    let digits = hash.strip_suffix(b"==")?;
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    (digits.len() == 22 && digits.iter().all(is_digit)).then_some(hash)
}

fn reads(action: Action) -> bool {
    only_reads(action) || matches!(action.as_bytes(), b"BatchGetRow" | b"Search" | b"ComputeSplits")
}

/// The calls that official SDKs make.
static ACTIONS: NameSet = NameSet::new(&[
    "AbortTransaction",
    "AddDocuments",
    "AddMemories",
    "ApplyMemoryDreamActions",
    "BatchGetRow",
    "BatchWriteRow",
    "BulkExport",
    "BulkImport",
    "CancelMemoryDreamTask",
    "CommitTransaction",
    "ComputeSplitPointsBySize",
    "ComputeSplits",
    "CreateDeliveryTask",
    "CreateIndex",
    "CreateKnowledgeBase",
    "CreateMemoryDreamTask",
    "CreateMemoryStore",
    "CreateSearchIndex",
    "CreateTable",
    "CreateTimeseriesTable",
    "DeleteDeliveryTask",
    "DeleteDocuments",
    "DeleteKnowledgeBase",
    "DeleteMemory",
    "DeleteMemoryStore",
    "DeleteRow",
    "DeleteSearchIndex",
    "DeleteTable",
    "DeleteTimeseriesMeta",
    "DeleteTimeseriesTable",
    "DescribeDeliveryTask",
    "DescribeKnowledgeBase",
    "DescribeSearchIndex",
    "DescribeStream",
    "DescribeTable",
    "DescribeTimeseriesTable",
    "DropIndex",
    "GetDocument",
    "GetMemory",
    "GetMemoryDreamTask",
    "GetMemoryStore",
    "GetMemoryTask",
    "GetRange",
    "GetRow",
    "GetShardIterator",
    "GetStreamRecord",
    "GetTimeseriesData",
    "ListChunks",
    "ListDeliveryTask",
    "ListDocuments",
    "ListKnowledgeBase",
    "ListMemories",
    "ListMemoryDreamActions",
    "ListMemoryDreamTasks",
    "ListMemoryStoreMessages",
    "ListMemoryStoreRequests",
    "ListMemoryStoreScopes",
    "ListMemoryStores",
    "ListMemoryTasks",
    "ListSearchIndex",
    "ListStream",
    "ListTable",
    "ListTimeseriesTable",
    "ParallelScan",
    "PutRow",
    "PutTimeseriesData",
    "QueryTimeseriesMeta",
    "Retrieve",
    "SQLQuery",
    "Search",
    "SearchMemories",
    "StartLocalTransaction",
    "UpdateChunks",
    "UpdateDocument",
    "UpdateKnowledgeBase",
    "UpdateMemory",
    "UpdateMemoryStore",
    "UpdateRow",
    "UpdateSearchIndex",
    "UpdateTable",
    "UpdateTimeseriesMeta",
    "UpdateTimeseriesTable",
]);

/// The call that a path names.
fn action(path: &[u8]) -> Option<Action> {
    let name = path.strip_prefix(b"/")?;
    ACTIONS.holds_parameter(&Parameter::plain(name, b"")).then(|| Action::from_plain(name))?
}
