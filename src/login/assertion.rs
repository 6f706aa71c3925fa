//! Reads what of a SAML response says which roles it is good for. Who signed it, and whether it is over, STS judges.

use std::fmt;
use std::time::Duration;

use data_encoding::{BASE64, BASE64_MIME_PERMISSIVE};
use roxmltree::{Document, Node};
use zeroize::Zeroizing;

use crate::names::{RoleArn, SamlProviderArn};

/// The longest that STS takes, in base64.
const BASE64_BYTES_MAX: usize = 100_000;
/// What a file may hold: that, with line ends.
pub const ASSERTION_BYTES_MAX: u64 = 140_000;

const ROLE: &str = "https://www.aliyun.com/SAML-Role/Attributes/Role";
const DURATION: &str = "https://www.aliyun.com/SAML-Role/Attributes/SessionDuration";

/// A response of an identity provider.
pub struct SamlResponse {
    /// The whole of it, in base64.
    pub text: Zeroizing<String>,
    /// The roles that it may be exchanged for, each with the provider that vouches for it.
    pub roles: Vec<(RoleArn, SamlProviderArn)>,
    /// How long the provider would have the session last.
    pub duration: Option<Duration>,
}

impl fmt::Debug for SamlResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SamlResponse({} roles)", self.roles.len())
    }
}

/// Why a text is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadAssertion {
    /// Neither XML nor base64.
    Encoding,
    /// Not well-formed, or with a document type, which no response has.
    Xml,
    /// Not the element `Response` of SAML 2.0.
    NoResponse,
    /// Longer than STS takes.
    TooLong,
}

impl fmt::Display for BadAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "it is neither XML nor base64",
            Self::Xml => "it is not well-formed XML",
            Self::NoResponse => {
                "it is no SAML response; give the whole value of the form's field SAMLResponse"
            }
            Self::TooLong => "it is longer than the 100,000 characters that STS takes",
        })
    }
}

impl std::error::Error for BadAssertion {}

impl SamlResponse {
    /// Reads a response as XML or in base64, as it stands in the form that the provider's page sends.
    ///
    /// # Errors
    /// It is none.
    pub fn read(given: &[u8]) -> Result<Self, BadAssertion> {
        let given = given.trim_ascii();
        let xml = match given.first() {
            Some(b'<') => Zeroizing::new(given.to_vec()),
            _ => Zeroizing::new(BASE64_MIME_PERMISSIVE.decode(given).map_err(|_| BadAssertion::Encoding)?),
        };
        let text = Zeroizing::new(BASE64.encode(&xml));
        if text.len() > BASE64_BYTES_MAX {
            return Err(BadAssertion::TooLong);
        }
        let xml = std::str::from_utf8(&xml).map_err(|_| BadAssertion::Encoding)?;
        let document = Document::parse(xml).map_err(|_| BadAssertion::Xml)?;
        let is_response = |node: Node<'_, '_>| {
            node.tag_name().name() == "Response"
                && node.tag_name().namespace() == Some("urn:oasis:names:tc:SAML:2.0:protocol")
        };
        if !is_response(document.root_element()) {
            return Err(BadAssertion::NoResponse);
        }
        let roles = values(&document, ROLE).into_iter().filter_map(|value| pair(&value)).collect();
        let seconds = values(&document, DURATION).first().and_then(|value| value.trim().parse().ok());
        Ok(Self { text, roles, duration: seconds.map(Duration::from_secs) })
    }
}

/// The values of an attribute.
fn values(document: &Document<'_>, name: &str) -> Vec<String> {
    let is_it =
        |node: &Node<'_, '_>| node.tag_name().name() == "Attribute" && node.attribute("Name") == Some(name);
    let of = document.descendants().filter(is_it).flat_map(|node| node.children());
    of.filter(|node| node.tag_name().name() == "AttributeValue")
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect()
}

/// `roleArn,samlProviderArn`, in either order: both are seen.
fn pair(value: &str) -> Option<(RoleArn, SamlProviderArn)> {
    let (first, second) = value.split_once(',')?;
    let read = |role: &str, provider: &str| {
        Some((RoleArn::parse(role.trim())?, SamlProviderArn::parse(provider.trim())?))
    };
    read(first, second).or_else(|| read(second, first))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE_ARN: &str = "acs:ram::1000000000000001:role/app";
    const PROVIDER: &str = "acs:ram::1000000000000001:saml-provider/idp";

    fn response(values: &[String]) -> String {
        let values: String =
            values.iter().map(|value| format!("<a:AttributeValue>{value}</a:AttributeValue>")).collect();
        format!(
            "<p:Response xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:a=\"urn:oasis:names:tc:SAML:2.0:assertion\"><a:Assertion><a:AttributeStatement>\
             <a:Attribute Name=\"{ROLE}\">{values}</a:Attribute>\
             <a:Attribute Name=\"{DURATION}\"><a:AttributeValue>7200</a:AttributeValue></a:Attribute>\
             </a:AttributeStatement></a:Assertion></p:Response>\n"
        )
    }

    #[test]
    fn roles_are_read_in_either_order_from_xml_and_from_base64() {
        let xml = response(&[
            format!("{ROLE_ARN},{PROVIDER}"),
            format!(" {PROVIDER} , {ROLE_ARN}2 "),
            "neither,nor".to_owned(),
        ]);
        let lines: String = BASE64
            .encode(xml.as_bytes())
            .as_bytes()
            .chunks(64)
            .fold(String::new(), |text, line| text + std::str::from_utf8(line).unwrap() + "\r\n");
        for given in [xml.as_str(), &BASE64.encode(xml.as_bytes()), &lines] {
            let read = SamlResponse::read(given.as_bytes()).unwrap();
            let roles: Vec<_> = read.roles.iter().map(|(role, by)| (role.as_str(), by.as_str())).collect();
            assert_eq!(roles, [(ROLE_ARN, PROVIDER), (&*format!("{ROLE_ARN}2"), PROVIDER)]);
            assert_eq!(read.duration, Some(Duration::from_secs(7_200)));
            let sent = BASE64.decode(read.text.as_bytes()).unwrap();
            assert_eq!(sent.trim_ascii(), xml.trim().as_bytes());
        }
    }

    #[test]
    fn what_is_no_response_is_told_from_one() {
        let bomb = "<!DOCTYPE r [<!ENTITY a \"b\">]><p:Response \
                    xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\">&a;</p:Response>";
        for (given, why) in [
            ("", BadAssertion::Xml),
            ("no base64!", BadAssertion::Encoding),
            ("<Response/>", BadAssertion::NoResponse),
            ("<p:Response", BadAssertion::Xml),
            (bomb, BadAssertion::Xml),
        ] {
            assert_eq!(SamlResponse::read(given.as_bytes()).err(), Some(why), "{given}");
        }
        let long = response(&["x".repeat(80_000)]);
        assert_eq!(SamlResponse::read(long.as_bytes()).err(), Some(BadAssertion::TooLong));
    }
}
