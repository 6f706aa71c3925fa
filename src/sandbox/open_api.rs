//! The OpenAPI gateway: reads which action a request wants, verifies it, and hands it to the product.

use serde_json::{Value, json};

use super::answer::{Answer, Dialect, set};
use super::cloud::Cloud;
use super::error::Error;
use super::heard::{Heard, Parameters};
use super::ledger::{Outcome, Verdict};
use super::oidc::Issuer;
use super::place::Place;
use super::verify::{self, Claim};
use super::{cs, ecs, sts};

/// One call, as the products see it.
struct Call<'a> {
    place: &'a Place,
    heard: &'a Heard,
    action: String,
    parameters: Parameters,
}

/// Answers a request to any product but OSS. Its body has been read whole.
pub(crate) async fn answer(cloud: &Cloud, issuer: &Issuer, place: &Place, heard: &Heard) -> Answer {
    let request_id = cloud.request_id();
    let parameters = heard.parameters();
    let call = Call { place, heard, action: action(place, heard, &parameters), parameters };
    let (claim, outcome, reply) = decide(cloud, issuer, &call).await;
    let dialect = Dialect::of(heard);
    let mut answer = match reply {
        Ok(mut value) => {
            if let Value::Object(members) = &mut value {
                members.insert("RequestId".to_owned(), json!(request_id));
            }
            dialect.success(&call.action, &value)
        }
        Err(error) => dialect.error(&error, &place.product, &place.host, &request_id),
    };
    set(&mut answer, "x-acs-request-id", &request_id);
    set(&mut answer, "x-acs-trace-id", &request_id.replace('-', "").to_lowercase());
    let status = answer.status().as_u16();
    cloud.ledger.note(Verdict::new(&place.product, &call.action, claim.as_ref(), outcome, status));
    answer
}

/// The header where there is one, else the parameter, else what the path means.
fn action(place: &Place, heard: &Heard, parameters: &Parameters) -> String {
    let named = heard.header("x-acs-action").or_else(|| parameters.get("Action").cloned());
    let by_path =
        || cs::action(&heard.method, &heard.path).filter(|_| place.product == "cs").map(str::to_owned);
    named.or_else(by_path).unwrap_or_else(|| "unknown".to_owned())
}

type Decision = (Option<Claim>, Outcome, Result<Value, Error>);

async fn decide(cloud: &Cloud, issuer: &Issuer, call: &Call<'_>) -> Decision {
    let mut failure = cloud.faults.product_failure(&call.place.product);
    if call.place.product == "sts" {
        if let Some(delay) = cloud.faults.sts_delay() {
            tokio::time::sleep(delay).await;
        }
        failure = failure.or_else(|| cloud.faults.next_sts_failure());
    }
    if let Some(error) = failure {
        return (None, Outcome::Failed(error.code.clone()), Err(error));
    }
    let claim = match verify::read(call.heard, call.place) {
        Ok(claim) => claim,
        Err(denial) => return refused(None, denial.open_api(None)),
    };
    let is_anonymous = call.place.product == "sts" && sts::is_anonymous(&call.action);
    let Some(claim) = claim else {
        if is_anonymous {
            let reply = sts::answer_anonymous(cloud, issuer, &call.action, &call.parameters);
            return (None, Outcome::Unsigned, reply);
        }
        return refused(None, verify::Denial::Missing("AccessKeyId").open_api(None));
    };
    match cloud.bench().judge(&claim) {
        Err(denial) => {
            let error = denial.open_api(Some(&claim));
            refused(Some(claim), error)
        }
        Ok(caller) => {
            let region = call.place.region.as_deref();
            let reply = match call.place.product.as_str() {
                "sts" if is_anonymous => sts::answer_anonymous(cloud, issuer, &call.action, &call.parameters),
                "sts" => sts::answer(cloud, &call.action, &call.parameters, &caller),
                "ecs" => ecs::answer(&call.action, &call.parameters, region),
                "cs" => cs::answer(&call.heard.method, &call.heard.path, region),
                _ => Err(Error::no_such_action()),
            };
            (Some(claim), Outcome::Verified, reply)
        }
    }
}

fn refused(claim: Option<Claim>, error: Error) -> Decision {
    (claim, Outcome::Refused(error.code.clone()), Err(error))
}
