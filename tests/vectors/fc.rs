//! Function Compute's version 1 alone, and signed with a dummy key.

use crate::case::{Case, Pairs};
use crate::route::{Sent, send, signature as carried};
use crate::signer::{headers, text};
use crate::wire::arrived;
use countersign::endpoint::{self, Tenants};
use countersign::names::Scheme;
use countersign::sign::{Key, Workspace, fc};
use countersign::wire::parameters;

/// Whether the query is signed: at a trigger, and at a name that is not Function Compute's own.
fn is_trigger(case: &Case) -> bool {
    !case.input.host.ends_with(".fc.aliyuncs.com") || case.input.target().0.contains("/proxy/")
}

/// Signs the input with what its signer added.
pub(crate) fn signature(case: &Case, key: &Key, workspace: &mut Workspace) -> String {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let headers = headers(&case.input.headers, &case.expect.set_headers);
    let covered = fc::Covered {
        method: &case.input.method,
        path: path.as_bytes(),
        query: is_trigger(case).then_some(&query),
        headers: headers.iter(),
    };
    text(&fc::signature(covered, key, workspace))
}

/// A vector's input, with the headers that its signer added in their dummy form, gives the same signature.
pub(crate) fn again(case: &Case) -> Result<(), String> {
    let Case { input, .. } = case;
    // A custom domain: what is sent there has tests of its own, since the table has no such name.
    if !input.host.ends_with(".fc.aliyuncs.com") {
        return Ok(());
    }
    let endpoint =
        endpoint::reverse(&input.host, &Tenants::any()).map_err(|why| format!("  {}: {why}", input.host))?;
    let endpoint = endpoint::by_path(endpoint, input.path_and_query.as_bytes());
    let mut headers = input.headers.clone();
    headers.extend(dummy(&case.expect.set_headers));
    let body = input.body()?;
    let head = arrived((&input.method, &input.host, &input.path_and_query), &headers, body.as_deref())?;
    let Sent { outgoing, workspace, .. } =
        send(case, Scheme::FcV1, &head, (endpoint, endpoint), body.as_deref())?;
    let got = outgoing.header("authorization")?.and_then(carried);
    if got.as_deref() == Some(&case.expect.signature) {
        return Ok(());
    }
    let over = String::from_utf8_lossy(workspace.string_to_sign()).into_owned();
    Err(format!("  expected {}\n  got      {got:?} over\n{over}", case.expect.signature))
}

/// What a client with a dummy key adds: the same headers with another key's values, and some that others send.
fn dummy(added: &Pairs) -> Pairs {
    let mut dummy = added.clone();
    for (name, value) in &mut dummy {
        *value = match name.to_ascii_lowercase().as_str() {
            "authorization" => "FC dummy:dummy".to_owned(),
            "date" => "Wed, 01 Jan 2020 00:00:00 GMT".to_owned(),
            _ => "dummy".to_owned(),
        };
    }
    let more = ["Security-Token", "X-Fc-Security-Token", "x-acs-security-token", "x-acs-signature-nonce"];
    dummy.extend(more.map(|name| (name.to_owned(), "dummy".to_owned())));
    dummy
}
