//! The OpenAPI gateway: reads which action a request wants, verifies it, and hands it to the product.

use serde_json::{Value, json};

use super::answer::{Answer, Dialect, set};
use super::cloud::Cloud;
use super::encode::hex;
use super::error::Error;
use super::heard::{Heard, Parameters};
use super::identity::Identity;
use super::ledger::{Outcome, Verdict};
use super::oidc::Issuer;
use super::place::Place;
use super::verify::{self, Claim};
use super::{cs, sts};

/// One call, as the products see it.
struct Call<'a> {
    place: &'a Place,
    heard: &'a Heard,
    action: String,
    parameters: Parameters,
}

/// Answers a request to any product but OSS. Its body has been read whole.
pub(crate) fn answer(cloud: &Cloud, issuer: &Issuer, place: &Place, heard: &Heard) -> Answer {
    let request_id = cloud.request_id();
    let parameters = heard.parameters();
    let call = Call { place, heard, action: action(place, heard, &parameters), parameters };
    let Decision { claim, outcome, reply, left } = decide(cloud, issuer, &call);
    let dialect = Dialect::of(heard);
    let mut answer = match reply {
        Ok((status, mut value)) => {
            if let Value::Object(members) = &mut value {
                let name = if place.product == "cs" { "request_id" } else { "RequestId" };
                members.insert(name.to_owned(), json!(request_id));
            }
            dialect.success(status, &call.action, &value)
        }
        Err(error) => dialect.error(&error, &place.product, &place.host, &request_id),
    };
    set(&mut answer, "x-acs-request-id", &request_id);
    set(&mut answer, "x-acs-trace-id", &request_id.replace('-', "").to_lowercase());
    let status = answer.status().as_u16();
    let verdict = Verdict::new(place, &call.action, claim.as_ref(), outcome, status);
    cloud.ledger.note(Verdict { left, ..verdict });
    answer
}

/// The parameter where parameters are signed; else the header where there is one, else the parameter, else what the path means.
fn action(place: &Place, heard: &Heard, parameters: &Parameters) -> String {
    let signed = parameters.get("Action").filter(|_| parameters.contains_key("Signature")).cloned();
    let named = signed.or_else(|| heard.header("x-acs-action")).or_else(|| parameters.get("Action").cloned());
    let by_path =
        || cs::action(&heard.method, &heard.path).filter(|_| place.product == "cs").map(str::to_owned);
    named.or_else(by_path).unwrap_or_else(|| "unknown".to_owned())
}

/// What became of a call, and its answer's status and body.
struct Decision {
    claim: Option<Claim>,
    outcome: Outcome,
    reply: Result<(u16, Value), Error>,
    /// How many more calls the fault that failed it is on for.
    left: Option<u32>,
}

impl Decision {
    fn refused(claim: Option<Claim>, error: Error) -> Self {
        Self { claim, outcome: Outcome::Refused(error.code.clone()), reply: Err(error), left: None }
    }

    fn failed(error: Error, left: Option<u32>) -> Self {
        Self { claim: None, outcome: Outcome::Failed(error.code.clone()), reply: Err(error), left }
    }

    fn answered(claim: Option<Claim>, reply: Result<(u16, Value), Error>) -> Self {
        let outcome = if claim.is_some() { Outcome::Verified } else { Outcome::Unsigned };
        Self { claim, outcome, reply, left: None }
    }
}

fn decide(cloud: &Cloud, issuer: &Issuer, call: &Call<'_>) -> Decision {
    let product = call.place.product.as_str();
    if let Some(error) = cloud.faults.product_failure(product) {
        return Decision::failed(error, None);
    }
    if product == "sts"
        && let Some((error, left)) = cloud.faults.next_sts_failure()
    {
        return Decision::failed(error, left);
    }
    if product == "sts"
        && let Some(error) = sts::is_given_up(&call.action)
    {
        return Decision::refused(None, error);
    }
    let claim = match verify::read(call.heard, call.place) {
        Ok(claim) => claim,
        Err(denial) => return Decision::refused(None, denial.open_api(None)),
    };
    let is_anonymous = product == "sts" && sts::is_anonymous(&call.action);
    let anonymously =
        || sts::answer_anonymous(cloud, issuer, &call.action, &call.parameters).map(|value| (200, value));
    let Some(claim) = claim else {
        if is_anonymous {
            return Decision::answered(None, anonymously());
        }
        return Decision::refused(None, verify::Denial::Missing("AccessKeyId").open_api(None));
    };
    match cloud.bench().judge(&claim) {
        Err(denial) => {
            let error = denial.open_api(Some(&claim));
            Decision::refused(Some(claim), error)
        }
        Ok(caller) => {
            let reply = if is_anonymous { anonymously() } else { perform(cloud, call, &caller) };
            Decision::answered(Some(claim), reply)
        }
    }
}

/// Has the product do what a verified call asks.
fn perform(cloud: &Cloud, call: &Call<'_>, caller: &Identity) -> Result<(u16, Value), Error> {
    let (parameters, region) = (&call.parameters, call.place.region.as_deref());
    let value = match call.place.product.as_str() {
        "sts" => sts::answer(cloud, &call.action, parameters, caller),
        "kms" => cloud.kms.answer(cloud, &call.action, parameters),
        "ecs" => cloud.ecs.answer(&call.action, parameters, region, cloud.now()),
        "cs" => {
            let stamp = cs::Stamp { now: cloud.now(), fresh: &hex(&cloud.random(16)) };
            return cloud.cs.answer(call.heard, parameters, region, stamp);
        }
        _ => Err(Error::no_such_action()),
    };
    value.map(|value| (200, value))
}
