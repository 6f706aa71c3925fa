//! API Gateway's signature and Dataplus's, the signers alone. No table has their hosts: the same vectors, signed with a dummy
//! key, go their way in the tests of `src/pipeline`.

use crate::case::Case;
use crate::count::Differences;
use crate::signer::{headers, text};
use countersign::classify::is_form_type;
use countersign::sign::{Key, Workspace, dataplus, gateway};
use countersign::wire::parameters;

/// Signs the input with what its signer added, and compares what is said to be signed.
pub(crate) fn signature(
    case: &Case,
    key: &Key,
    workspace: &mut Workspace,
    differences: &mut Differences,
) -> Result<String, String> {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let mut headers = headers(&case.input.headers, &case.expect.set_headers);
    headers.retain(|field| !field.is("x-ca-signature") && !field.is("x-ca-signature-headers"));
    let body = case.input.body()?.unwrap_or_default();
    let is_form = headers.iter().any(|field| field.is("content-type") && is_form_type(field.value));
    let form = parameters(if is_form { &body } else { &[] }).collect::<Vec<_>>();
    let listed = case.expect.signed_headers.as_deref().ok_or("  the vector does not say what is signed")?;
    let covered = gateway::Covered {
        method: &case.input.method,
        path: path.as_bytes(),
        query: &query,
        form: &form,
        headers: headers.iter(),
        listed: listed.as_bytes(),
    };
    let signature = text(&gateway::signature(covered, key, workspace));
    differences.compare_text(
        "signed headers",
        case.expect.signed_headers.as_ref(),
        workspace.signed_headers(),
    );
    Ok(signature)
}

/// The same of Dataplus.
pub(crate) fn of_dataplus(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let headers = headers(&case.input.headers, &case.expect.set_headers);
    let body = case.input.body()?.unwrap_or_default();
    let covered = dataplus::Covered {
        dialect: dataplus::Dialect::of(&case.input.host, path.as_bytes()),
        method: &case.input.method,
        path: path.as_bytes(),
        query: &query,
        headers: headers.iter(),
        body: &body,
    };
    Ok(text(&dataplus::signature(covered, key, workspace)))
}
