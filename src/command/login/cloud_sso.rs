//! A login by CloudSSO: a code that is confirmed in a browser, then an account and an access configuration.

use super::super::Exit;
use super::super::offline::{Failed, usage};
use super::super::output::complain;
use super::terminal::{Progress, choose, has_human, shown};
use super::{Desk, browser};
use crate::credential::{Assignment, CloudSsoSession, Session};
use crate::login::{Pkce, Portal, Waited};
use crate::secret::BearerToken;

/// What was asked for of each list.
type Wanted = (Option<String>, Option<String>);

pub(super) async fn log_in(desk: &Desk<'_>, sign_in_url: String, wanted: Wanted) -> Result<Session, Failed> {
    let failed = |error: &dyn std::fmt::Display| (Exit::Failed, error.to_string());
    let with = (&*desk.surroundings.carry, &*desk.surroundings.clock);
    let portal = Portal::new(with, &sign_in_url, &desk.settings.login.cloudsso_client_id)
        .map_err(|why| usage(format!("--cloudsso: this is no sign-in URL: {why}")))?;
    let pkce = Pkce::new().map_err(|error| failed(&error))?;
    let device = portal.begin(&pkce).await.map_err(|error| failed(&error))?;
    browser::show(&device.url, desk.opens_browser);
    complain(format_args!("The browser must show this code: {}\n", shown(&device.user_code)));
    let mut progress = Progress::new();
    let waited = device.wait(&portal, &pkce, |left| progress.waiting(left)).await;
    progress.end();
    let (access_token, ends_at) = match waited.map_err(|error| failed(&error))? {
        Waited::LoggedIn(token, ends_at) => (token, ends_at),
        Waited::Denied => return Err(failed(&"the login was refused in the browser")),
        Waited::TooLate => return Err(failed(&"nobody confirmed the code in time; log in again")),
    };
    let assignment = assignment(&portal, &access_token, wanted).await?;
    Ok(Session::CloudSso(CloudSsoSession { sign_in_url, access_token, ends_at, assignment }))
}

async fn assignment(
    portal: &Portal<'_>,
    token: &BearerToken,
    (account, configuration): Wanted,
) -> Result<Assignment, Failed> {
    let failed = |error: crate::credential::FetchError| (Exit::Failed, error.to_string());
    let accounts = portal.accounts(token).await.map_err(failed)?;
    let items: Vec<Item> =
        accounts.into_iter().map(|account| Item { id: account.id, name: account.display_name }).collect();
    let account = pick(&ACCOUNT, items, account)?;
    let configurations = portal.access_configurations(token, &account).await.map_err(failed)?;
    let items: Vec<Item> = configurations
        .into_iter()
        .map(|configuration| Item { id: configuration.id, name: configuration.name })
        .collect();
    let access_configuration = pick(&CONFIGURATION, items, configuration)?;
    Ok(Assignment { account, access_configuration })
}

/// What is picked.
struct Kind {
    word: &'static str,
    flag: &'static str,
    /// Whether a name does as well as an id: names of accounts need not be unique.
    by_name: bool,
}

const ACCOUNT: Kind = Kind { word: "account", flag: "--account", by_name: false };
const CONFIGURATION: Kind =
    Kind { word: "access configuration", flag: "--access-configuration", by_name: true };

struct Item {
    id: String,
    name: String,
}

impl Item {
    fn line(&self) -> String {
        format!("{} ({})", shown(&self.id), shown(&self.name))
    }
}

/// The id of the one that was asked for, else of the only one, else of the one that a human chooses.
fn pick(kind: &Kind, mut items: Vec<Item>, wanted: Option<String>) -> Result<String, Failed> {
    let Kind { word, flag, by_name } = kind;
    let lines: Vec<String> = items.iter().map(Item::line).collect();
    let there = || lines.iter().map(|line| format!("\n  {line}")).collect::<String>();
    if let Some(wanted) = wanted {
        let is_it = |item: &Item| item.id == wanted || *by_name && item.name == wanted;
        let found = items.iter().position(is_it);
        let missing = || usage(format!("{flag} {wanted:?}: there is no such {word}; there are:{}", there()));
        return found.map(|index| items.swap_remove(index).id).ok_or_else(missing);
    }
    let index = match lines.len() {
        0 => {
            return Err((
                Exit::Failed,
                format!("CloudSSO gives this user no {word}; ask whoever administers it"),
            ));
        }
        1 => 0,
        _ if has_human() => choose(&format!("Which {word}"), &lines)
            .ok_or_else(|| (Exit::Failed, format!("no {word} was chosen")))?,
        _ => return Err(usage(format!("there is more than one {word}; say {flag} with one of:{}", there()))),
    };
    Ok(items.swap_remove(index).id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(names: &[&str]) -> Vec<Item> {
        let item = |name: &&str| Item { id: format!("ac-{name}"), name: (*name).to_owned() };
        names.iter().map(item).collect()
    }

    #[test]
    fn the_only_one_is_taken_and_what_is_asked_for_must_be_there() {
        let wanted = |text: &str| Some(text.to_owned());
        assert_eq!(pick(&CONFIGURATION, items(&["Admin"]), None).unwrap(), "ac-Admin");
        for text in ["ac-Read", "Read"] {
            assert_eq!(pick(&CONFIGURATION, items(&["Admin", "Read"]), wanted(text)).unwrap(), "ac-Read");
        }
        let (exit, text) = pick(&ACCOUNT, items(&["Admin"]), wanted("Admin")).unwrap_err();
        assert_eq!(exit, Exit::Usage, "an account is asked for by its number");
        assert!(
            text.contains("--account \"Admin\": there is no such account; there are:\n  ac-Admin (Admin)"),
            "{text}"
        );
        assert_eq!(pick(&ACCOUNT, Vec::new(), None).unwrap_err().0, Exit::Failed);
    }
}
