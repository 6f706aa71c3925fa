//! A SAML response as `AssumeRoleWithSAML` takes it: who it is of, until when, and which roles it opens.
//!
//! Its shape, audience, recipient, end and attributes are judged. Its XML signature is not: the sandbox has no identity
//! provider, and whoever reaches it may be whom they like.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use crate::sandbox::date;
use crate::sandbox::element::Element;
use crate::sandbox::encode::base64_decoded;
use crate::sandbox::error::Error;

/// How long an assertion may be, in characters of base64. From the reference of `AssumeRoleWithSAML`.
const LENGTHS: RangeInclusive<usize> = 4..=100_000;

/// What Alibaba Cloud's attributes of an assertion begin with.
const ATTRIBUTES: &str = "https://www.aliyun.com/SAML-Role/Attributes/";

/// Whom an assertion must be for: the cloud in China and elsewhere.
const AUDIENCES: [&str; 2] = ["urn:alibaba:cloudcomputing", "urn:alibaba:cloudcomputing:international"];

/// Where it must have been sent. The case of the last word differs between Alibaba Cloud's own pages.
const RECIPIENTS: [&str; 2] =
    ["https://signin.aliyun.com/saml-role/sso", "https://signin.alibabacloud.com/saml-role/sso"];

/// One assertion whose time has not passed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Assertion {
    issuer: String,
    recipient: String,
    subject: String,
    subject_type: String,
    /// Pairs of a role and a provider, as they stand.
    roles: Vec<String>,
    /// What the session is to be called.
    pub(super) session: String,
    /// The longest that it may last, in seconds.
    pub(super) lifetime: Option<i64>,
}

fn refused(code: &str, message: &str) -> Error {
    Error::new(401, &format!("AuthenticationFail.SAMLAssertion.{code}"), message)
}

impl Assertion {
    /// Reads the base64 of a whole SAML response. `now` is the cloud's clock.
    pub(super) fn read(text: &str, now: i64) -> Result<Self, Error> {
        if !LENGTHS.contains(&text.len()) {
            return Err(Error::invalid_parameter("SAMLAssertion"));
        }
        let response = base64_decoded(&text.replace(['\r', '\n'], "")).and_then(|xml| Element::read(&xml));
        let (assertion, ends) = response
            .as_ref()
            .and_then(Self::of)
            .ok_or_else(|| refused("Invalid", "The SAMLAssertion is invalid."))?;
        if ends.iter().any(|&end| now >= end) {
            return Err(refused("Expired", "The SAMLAssertion has expired."));
        }
        Ok(assertion)
    }

    /// The assertion in a response, and the moments at which it ends.
    fn of(response: &Element) -> Option<(Self, Vec<i64>)> {
        let status = response.descend(&["Status", "StatusCode"])?.attribute("Value")?;
        if response.local_name() != "Response" || !status.ends_with(":status:Success") {
            return None;
        }
        let assertion = response.descend(&["Assertion"])?;
        let subject = assertion.descend(&["Subject", "NameID"])?;
        let confirmation =
            assertion.descend(&["Subject", "SubjectConfirmation", "SubjectConfirmationData"])?;
        let conditions = assertion.descend(&["Conditions"])?;
        let audience = conditions.descend(&["AudienceRestriction", "Audience"])?.text.trim();
        let recipient = confirmation.attribute("Recipient")?;
        if !AUDIENCES.contains(&audience) || !RECIPIENTS.contains(&recipient.to_lowercase().as_str()) {
            return None;
        }
        let ends = [Some(confirmation.attribute("NotOnOrAfter")?), conditions.attribute("NotOnOrAfter")];
        let ends = ends.into_iter().flatten().map(date::from_iso).collect::<Option<Vec<i64>>>()?;
        let session = values(assertion, "RoleSessionName").into_iter().next()?;
        let lifetime = match values(assertion, "SessionDuration").first() {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        let format = subject.attribute("Format").unwrap_or_default();
        let assertion = Self {
            issuer: assertion.descend(&["Issuer"])?.text.trim().to_owned(),
            recipient: recipient.to_owned(),
            subject: subject.text.trim().to_owned(),
            subject_type: format.rsplit(':').next().unwrap_or_default().to_owned(),
            roles: values(assertion, "Role"),
            session,
            lifetime,
        };
        Some((assertion, ends))
    }

    /// Whether one of its pairs, in either order, is of this role and this provider.
    pub(super) fn judge_role(&self, role_arn: &str, provider_arn: &str) -> Result<(), Error> {
        let is_meant = |pair: &String| {
            let halves: Vec<&str> = pair.split(',').map(str::trim).collect();
            halves.len() == 2 && halves.contains(&role_arn) && halves.contains(&provider_arn)
        };
        if self.roles.iter().any(is_meant) {
            return Ok(());
        }
        let message = "This operation is forbidden by permission system.";
        Err(Error::new(403, "AuthenticationFail.NoPermission", message))
    }

    /// As the answer repeats it.
    pub(super) fn told(&self) -> Value {
        json!({
            "SubjectType": self.subject_type,
            "Subject": self.subject,
            "Recipient": self.recipient,
            "Issuer": self.issuer,
        })
    }
}

/// The values of one of Alibaba Cloud's attributes.
fn values(assertion: &Element, name: &str) -> Vec<String> {
    let wanted = format!("{ATTRIBUTES}{name}");
    let statements = assertion.children.iter().filter(|child| child.local_name() == "AttributeStatement");
    statements
        .flat_map(|statement| &statement.children)
        .filter(|attribute| attribute.attribute("Name") == Some(&wanted))
        .flat_map(|attribute| &attribute.children)
        .map(|value| value.text.trim().to_owned())
        .collect()
}
