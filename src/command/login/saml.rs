//! A login with the response of a SAML identity provider, which is exchanged at STS at once.

use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::super::Exit;
use super::super::offline::{Failed, usage};
use super::Desk;
use super::terminal::{choose, has_human};
use crate::credential::{Assertion, Session};
use crate::login::{ASSERTION_BYTES_MAX, SamlResponse};
use crate::names::{RoleArn, SamlProviderArn};
use crate::sidecar;

pub(super) async fn log_in(desk: &Desk<'_>, file: &Path) -> Result<Session, Failed> {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let given = read(file).map_err(|error| (Exit::Failed, format!("{name}: it cannot be read: {error}")))?;
    let response = SamlResponse::read(&given).map_err(|why| (Exit::Failed, format!("{name}: {why}")))?;
    let (role, provider) = wanted(desk, &response)?;
    let SamlResponse { text, duration, .. } = response;
    let assertion = Assertion { text, role, provider, duration };
    let with = (desk.settings, desk.surroundings);
    let session = sidecar::exchange_assertion(&assertion, desk.role, with).await;
    session.map_err(|error| (Exit::Failed, error.to_string()))
}

fn read(file: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut given = Zeroizing::new(Vec::new());
    if file == Path::new("-") {
        std::io::stdin().lock().take(ASSERTION_BYTES_MAX + 1).read_to_end(&mut given)?;
    } else {
        std::fs::File::open(file)?.take(ASSERTION_BYTES_MAX + 1).read_to_end(&mut given)?;
    }
    Ok(given)
}

/// The role and the provider that the settings name, as far as they do; else the only ones of the response, else those that
/// a human chooses.
fn wanted(desk: &Desk<'_>, response: &SamlResponse) -> Result<(RoleArn, SamlProviderArn), Failed> {
    let told = desk.settings.roles.get(desk.role);
    let (role, provider) =
        (told.and_then(|role| role.role_arn.as_ref()), told.and_then(|role| role.saml_provider_arn.as_ref()));
    if let (Some(role), Some(provider)) = (role, provider) {
        return Ok((role.clone(), provider.clone()));
    }
    let fits = |pair: &&(RoleArn, SamlProviderArn)| {
        role.is_none_or(|role| *role == pair.0) && provider.is_none_or(|provider| *provider == pair.1)
    };
    let fitting: Vec<_> = response.roles.iter().filter(fits).collect();
    let lines: Vec<String> =
        fitting.iter().map(|(role, provider)| format!("{role} by {}", provider.as_str())).collect();
    let name = desk.role;
    let index = match lines.len() {
        0 if response.roles.is_empty() => {
            return Err(usage(format!(
                "the response names no role; write role_arn and saml_provider_arn under [role.{name}]"
            )));
        }
        0 => {
            return Err(usage(format!(
                "the response allows no role that [role.{name}] names; correct role_arn or saml_provider_arn there"
            )));
        }
        1 => 0,
        _ if has_human() => {
            choose("Which role", &lines).ok_or_else(|| (Exit::Failed, "no role was chosen".to_owned()))?
        }
        _ => {
            let there: String = lines.iter().map(|line| format!("\n  {line}")).collect();
            return Err(usage(format!(
                "the response allows more than one role; write role_arn under [role.{name}] with one of:{there}"
            )));
        }
    };
    fitting.get(index).map(|pair| (*pair).clone()).ok_or_else(|| usage("the response names no role"))
}
