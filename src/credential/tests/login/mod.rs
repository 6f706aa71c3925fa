//! What a login left, in memory, and a role that lives on it.

mod answers;
mod cloud_sso;
mod oauth;
mod over;

use std::sync::atomic::AtomicBool;

use super::*;
use crate::secret::{BearerToken, Secret, SecurityToken};

const NOW: i64 = WALL as i64;

/// Keeps one session, as text, and what was done with it in the order of the cloud's calls.
#[derive(Debug, Default)]
struct Shelf {
    text: Mutex<Option<Vec<u8>>>,
    is_locked: Arc<AtomicBool>,
    mark: AtomicU64,
    done: Arc<Mutex<Vec<String>>>,
}

struct Locked(Arc<AtomicBool>);

impl Drop for Locked {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Shelf {
    /// Somebody logs in, or out.
    fn put(&self, session: Option<&Session>) {
        *self.text.lock().unwrap() = session.map(|session| session.write().to_vec());
        self.mark.fetch_add(1, Ordering::Relaxed);
    }

    fn note(&self, what: &str) {
        self.done.lock().unwrap().push(what.to_owned());
    }

    fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone().unwrap()).unwrap()
    }
}

impl Logins for Shelf {
    fn load(&self, _: &RoleName) -> Result<Option<Session>, Unkept> {
        let text = self.text.lock().unwrap();
        match &*text {
            Some(text) => Session::read(text).map(Some).ok_or_else(|| Unkept("no login is in it".to_owned())),
            None => Ok(None),
        }
    }

    fn save(&self, _: &RoleName, session: &Session) -> Result<(), Unkept> {
        self.note("saved");
        *self.text.lock().unwrap() = Some(session.write().to_vec());
        Ok(())
    }

    fn lock(&self, _: &RoleName) -> Result<Option<Box<dyn Send>>, Unkept> {
        if self.is_locked.swap(true, Ordering::Relaxed) {
            return Ok(None);
        }
        self.note("locked");
        Ok(Some(Box::new(Locked(Arc::clone(&self.is_locked)))))
    }

    fn mark(&self, _: &RoleName) -> Option<u64> {
        Some(self.mark.load(Ordering::Relaxed))
    }
}

/// A stage whose role `default` lives on this session.
fn stage(session: Option<&Session>) -> (Stage, Arc<Shelf>) {
    let shelf = Arc::new(Shelf::default());
    shelf.put(session);
    let mut stage = Stage { logins: Arc::clone(&shelf) as _, ..Stage::with_variables(&[]) };
    stage.role("default", RoleConfig { source: SourceConfig::Login, ..RoleConfig::default() });
    (stage, shelf)
}

fn bearer(text: &str) -> BearerToken {
    BearerToken::new(text.to_owned()).unwrap()
}

fn cloud_sso(ends_at: i64) -> Session {
    Session::CloudSso(CloudSsoSession {
        sign_in_url: "https://signin-cn-shanghai.alibabacloudsso.com/start/login".to_owned(),
        access_token: bearer("canary-access"),
        ends_at,
        assignment: Assignment {
            account: "1000000000000001".to_owned(),
            access_configuration: "ac-00fake0001".to_owned(),
        },
    })
}

fn oauth(access_ends_at: i64) -> Session {
    Session::OAuth(OAuthSession {
        site: "cn".to_owned(),
        url: "https://oauth.aliyun.com".to_owned(),
        client_id: "4038181954557748008".to_owned(),
        access_token: bearer("canary-access-0"),
        access_ends_at,
        refresh_token: bearer("canary-refresh-0"),
    })
}

fn saml(ends_at: i64) -> Session {
    Session::Saml(SamlSession {
        role: RoleArn::parse(ROLE).unwrap(),
        access_key_id: AccessKeyId::new("STS.Saml1"),
        access_key_secret: Secret::new("canary-secret".to_owned()),
        security_token: SecurityToken::new("canary-token".to_owned()).unwrap(),
        ends_at,
    })
}

/// What CloudSSO gives.
fn granted_by_cloud_sso(id: &str, ends_at: i64) -> String {
    let expiration = String::from_utf8(iso(ends_at).to_vec()).unwrap();
    format!(
        r#"{{"CloudCredential":{{"AccessKeyId":"{id}","AccessKeySecret":"canary-secret",
            "SecurityToken":"canary-token","Expiration":"{expiration}"}},"RequestId":"R-1"}}"#
    )
}

/// What OAuth gives for an access token.
fn exchanged(id: &str, ends_at: i64) -> String {
    let expiration = String::from_utf8(iso(ends_at).to_vec()).unwrap();
    format!(
        r#"{{"requestId":"R-1","accessKeyId":"{id}","accessKeySecret":"canary-secret",
            "expiration":"{expiration}","securityToken":"canary-token"}}"#
    )
}

/// What OAuth gives for a refresh token.
fn renewed(number: u32) -> String {
    format!(
        r#"{{"access_token":"canary-access-{number}","refresh_token":"canary-refresh-{number}",
            "expires_in":10800,"token_type":"Bearer"}}"#
    )
}

fn id_of(credential: &Credential) -> String {
    credential.access_key().unwrap().id().as_str().to_owned()
}
