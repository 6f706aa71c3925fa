//! One place where one role's credential is handed out: who asks is judged, the cell is asked, the answer is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::http::request::Parts;

use super::answer::{self, Answer};
use super::denial::Denial;
use super::form;
use super::metadata::{Metadata, Wanted};
use super::plain::Plain;
use super::process::Process;
use super::tally::{Outcome, Tally};
use super::uri::Uri;
use crate::clock::Clock;
use crate::credential::{Cell, Credential};
use crate::names::RoleName;

/// What kind of program is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// SDKs that are told a URI.
    Uri,
    /// Whatever asks the metadata server of ECS.
    Metadata,
    /// `countersign credential`.
    Process,
}

impl Kind {
    /// Each, in the order of their numbers.
    pub(super) const ALL: [Self; 3] = [Self::Uri, Self::Metadata, Self::Process];

    /// As the settings and the metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uri => "uri",
            Self::Metadata => "metadata",
            Self::Process => "process",
        }
    }

    /// How long a request waits where there is no live credential. The clients of each give up a little later: those of
    /// metadata after a second, those of a URI after five.
    const fn patience(self) -> Duration {
        match self {
            Self::Uri => Duration::from_secs(4),
            Self::Metadata => Duration::from_millis(800),
            Self::Process => Duration::from_secs(5),
        }
    }

    /// The shortest life of a credential with which its clients do not ask anew at each call: Python, Node and Java want
    /// 15 minutes to be left of one from a URI, and Node's client of metadata an hour.
    pub const fn least_life(self) -> Option<Duration> {
        match self {
            Self::Uri => Some(Duration::from_secs(3_600)),
            Self::Metadata => Some(Duration::from_secs(7_200)),
            Self::Process => None,
        }
    }
}

/// How a credential is asked for.
#[derive(Debug)]
pub enum Way {
    /// At a URI.
    Uri(Uri),
    /// As of the metadata server.
    Metadata(Metadata),
    /// At a unix socket.
    Process(Process),
}

impl Way {
    /// Which kind it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Uri(_) => Kind::Uri,
            Self::Metadata(_) => Kind::Metadata,
            Self::Process(_) => Kind::Process,
        }
    }
}

/// One place where one role's credential is handed out.
#[derive(Debug)]
pub struct Desk {
    way: Way,
    role: RoleName,
    cell: Arc<Cell>,
    clock: Arc<dyn Clock>,
    tally: Arc<Tally>,
    /// Whether it was said that the role's credentials live too shortly.
    has_warned: AtomicBool,
}

impl Desk {
    /// Hands out the credential of `cell`, which is that of `role`.
    pub fn new(
        way: Way,
        (role, cell): (RoleName, Arc<Cell>),
        clock: Arc<dyn Clock>,
        tally: Arc<Tally>,
    ) -> Self {
        Self { way, role, cell, clock, tally, has_warned: AtomicBool::new(false) }
    }

    /// The answer to a request, of which the head alone counts. `uid`: who the kernel says is asking, on a unix socket.
    pub(super) async fn answer(&self, asked: &Parts, uid: Option<u32>) -> Answer {
        let judged = match &self.way {
            Way::Uri(uri) => uri.judge(asked).map(|()| Wanted::Credential),
            Way::Metadata(metadata) => metadata.judge(asked, self.clock.boot()),
            Way::Process(process) => process.judge(asked, &self.role, uid).map(|()| Wanted::Credential),
        };
        let written = match (judged, &self.way) {
            (Err(denial), _) => Err(denial),
            (Ok(Wanted::Credential), _) => self.hand_out(uid).await,
            (Ok(Wanted::Token(lifetime)), Way::Metadata(metadata)) => {
                return answer::text(metadata.token(&*self.clock, lifetime));
            }
            (Ok(Wanted::Token(_) | Wanted::RoleName), _) => return answer::text(Metadata::role_name()),
        };
        let kind = self.way.kind();
        match (written, kind) {
            (Ok(body), Kind::Metadata) => answer::text(body),
            (Ok(body), _) => answer::json(body),
            (Err(denial), _) => {
                self.tell(&denial, uid);
                if kind == Kind::Metadata { answer::denied_in_text(&denial) } else { answer::denied(&denial) }
            }
        }
    }

    async fn hand_out(&self, uid: Option<u32>) -> Result<String, Denial> {
        let kind = self.way.kind();
        let credential =
            self.cell.wait_at_most(kind.patience()).await.map_err(|missing| Denial::from(&missing))?;
        let body = self.write(&credential)?;
        self.warn_of_short_lives(&credential);
        self.tally.count(kind, Outcome::Handed);
        let (kind, role, generation) = (kind.name(), &self.role, credential.generation());
        let id = credential.access_key().map(|key| key.id().to_string()).unwrap_or_default();
        tracing::info!(kind, %role, uid, id, generation, "handed out a credential");
        Ok(body)
    }

    fn write(&self, credential: &Credential) -> Result<String, Denial> {
        let plain = Plain::of(credential).ok_or(super::Unfit::NotKept);
        let plain = plain.and_then(|plain| plain.judge().map(|()| plain)).map_err(|unfit| {
            tracing::warn!(role = %self.role, "a credential is not handed out: {unfit}");
            Denial::Unavailable { code: "credentials_refused", retry_after: None }
        })?;
        Ok(match self.way.kind() {
            Kind::Metadata => form::metadata(&plain),
            Kind::Uri | Kind::Process => form::uri(&plain),
        })
    }

    /// Settings tell how long a credential is asked for, and only the credential how long it lives.
    fn warn_of_short_lives(&self, credential: &Credential) {
        let (kind, life) = (self.way.kind(), credential.life().map(crate::credential::Life::length));
        // Seconds are lost on the way.
        let is_short =
            kind.least_life().zip(life).is_some_and(|(least, life)| life + Duration::from_secs(60) < least);
        if is_short && !self.has_warned.swap(true, Ordering::Relaxed) {
            let seconds = life.unwrap_or_default().as_secs();
            tracing::warn!(
                kind = kind.name(), role = %self.role, seconds,
                "the role's credentials live too shortly to be handed out: some SDKs will ask anew at each call; ask for \
                 a longer `duration`"
            );
        }
    }

    fn tell(&self, denial: &Denial, uid: Option<u32>) {
        let (kind, role) = (self.way.kind(), &self.role);
        let is_missing = matches!(denial, Denial::Unavailable { .. });
        self.tally.count(kind, if is_missing { Outcome::Unavailable } else { Outcome::Denied });
        tracing::info!(kind = kind.name(), %role, uid, status = denial.status(), "no credential was handed out: {denial}");
    }
}
