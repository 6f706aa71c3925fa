//! What a difference most likely comes from.

use std::collections::HashMap;
use std::fmt;

use super::diff::Change;
use super::pieces::Piece;
use crate::names::calendar;
use crate::wire::{Spelling, decoded};

/// The likely cause of a signature that the cloud does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Both signed the same: the secrets differ.
    Secret,
    /// Both signed the same, as far as the masks let see.
    SecretOrToken,
    /// The same path or parameter, encoded in another way.
    Encoding,
    /// Another path.
    Path,
    /// Another method.
    Method,
    /// A date that is not the one that was signed.
    Clock,
    /// Another region, or another product of it, in the scope.
    Region,
    /// Another host.
    Host,
    /// A header that is another, by its name.
    HeaderChanged(String),
    /// A header that did not arrive.
    HeaderLost(String),
    /// A header that was not signed.
    HeaderAdded(String),
    /// A parameter that is another, or is on one side only.
    Parameter(String),
    /// Another body.
    Body,
    /// Only the hashes of the canonical requests can be compared.
    Untold,
    /// None of these.
    Unknown,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret => f.write_str("both signed the same text, so the secrets differ: the AccessKey was replaced or disabled, or the role's source gives the secret of another; unless the signature itself was changed on its way"),
            Self::SecretOrToken => f.write_str("both signed the same text as far as it is shown, so what is masked differs: the AccessKey, its secret or the security token is not the one that the cloud knows"),
            Self::Encoding => f.write_str("the path or a parameter is encoded in another way: something between here and the cloud decodes and encodes addresses, such as a proxy that normalises them"),
            Self::Path => f.write_str("the path is another: something between here and the cloud rewrote it"),
            Self::Method => f.write_str("the method is another: something between here and the cloud changed it"),
            Self::Clock => f.write_str("the date is another than the one that was signed: something between here and the cloud set it anew, or the clocks differ; the texts may also be of two requests"),
            Self::Region => f.write_str("the signature is for another region or product than the cloud expects: the endpoint's host and the region in the scope do not belong together"),
            Self::Host => f.write_str("the cloud heard another host: a proxy or a [connect_to] rule leads the request to another endpoint, or rewrites Host"),
            Self::HeaderChanged(name) => write!(f, "the header {name} was changed after the signature was made, by something between here and the cloud"),
            Self::HeaderLost(name) => write!(f, "the header {name} was signed and did not arrive: something between here and the cloud takes it out"),
            Self::HeaderAdded(name) => write!(f, "the header {name} was added after the signature was made, by something between here and the cloud"),
            Self::Parameter(name) => write!(f, "the parameter {name} differs: something between here and the cloud changes the query or the form"),
            Self::Body => f.write_str("the body is another than the one that was signed: something between here and the cloud changed it"),
            Self::Untold => f.write_str("the canonical requests differ, and the cloud tells only the hash of its own: look for a header, path or query that is changed between here and the cloud"),
            Self::Unknown => f.write_str("the texts differ as shown; if nothing between here and the cloud changes requests, please report this"),
        }
    }
}

impl Cause {
    /// Told by the first place where both differ.
    pub(super) fn of(changes: &[Change], is_same: bool) -> Self {
        let is_both = |change: &&Change| matches!(change, Change::Both(_));
        let mut hunk = changes.iter().skip_while(is_both).take_while(|change| !is_both(change)).peekable();
        if hunk.peek().is_none() {
            return if is_same { Self::Secret } else { Self::SecretOrToken };
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for change in hunk {
            match change {
                Change::Ours(piece) => ours.push(piece),
                Change::Theirs(piece) => theirs.push(piece),
                Change::Both(_) => {}
            }
        }
        // Pieces of one name are the same piece, changed. The cloud's may be thousands, and so may ours.
        let mut by_name: HashMap<&str, &Piece> = HashMap::new();
        for theirs in &theirs {
            if let Some((name, _)) = theirs.named() {
                by_name.entry(name).or_insert(theirs);
            }
        }
        let alike = |ours: &Piece| by_name.get(ours.named()?.0).copied();
        if let Some((ours, theirs)) = ours.iter().find_map(|ours| Some((*ours, alike(ours)?))) {
            return Self::changed(ours, theirs);
        }
        match (ours.first(), theirs.first()) {
            (Some(ours), Some(theirs)) => Self::replaced(ours, theirs),
            (Some(lost), None) => Self::one_sided(lost, Self::HeaderLost),
            (None, Some(added)) => Self::one_sided(added, Self::HeaderAdded),
            (None, None) => Self::Unknown,
        }
    }

    /// One name, two values.
    fn changed(ours: &Piece, theirs: &Piece) -> Self {
        let (Some((name, before)), Some((_, after))) = (ours.named(), theirs.named()) else {
            return Self::Unknown;
        };
        if is_same_decoded(before, after) {
            return Self::Encoding;
        }
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "host" => Self::Host,
            "x-acs-content-sha256"
            | "x-oss-content-sha256"
            | "x-amz-content-sha256"
            | "content-md5"
            | "x-ots-contentmd5" => Self::Body,
            _ if lower == "date"
                || lower == "timestamp"
                || lower.ends_with("-date")
                || lower.ends_with("-timestamp") =>
            {
                Self::Clock
            }
            _ if is_header(ours) => Self::HeaderChanged(shown(name)),
            _ => Self::Parameter(shown(name)),
        }
    }

    /// Two pieces without a common name in the same place.
    fn replaced(ours: &Piece, theirs: &Piece) -> Self {
        let (Piece(ours), Piece(theirs)) = (ours, theirs);
        if is_same_decoded(ours, theirs) {
            return Self::Encoding;
        }
        let is_date = |text: &str| {
            calendar::parse_http(text.as_bytes())
                .or_else(|| calendar::parse_iso(text))
                .or_else(|| calendar::parse_iso_basic(text))
                .is_some()
        };
        let is_hash = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let both = |is: &dyn Fn(&str) -> bool| is(ours) && is(theirs);
        if both(&is_date) {
            Self::Clock
        } else if both(&|text| scope(text).is_some()) {
            let is_other_day = scope(ours).map(|(day, _)| day) != scope(theirs).map(|(day, _)| day);
            if is_other_day { Self::Clock } else { Self::Region }
        } else if both(&is_hash) {
            Self::Untold
        } else if both(&|text| text.starts_with('/')) {
            Self::Path
        } else if both(&|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase())) {
            Self::Method
        } else {
            Self::Unknown
        }
    }

    fn one_sided(piece: &Piece, header: fn(String) -> Self) -> Self {
        match piece.named() {
            Some((name, _)) if is_header(piece) => header(shown(name)),
            Some((name, _)) => Self::Parameter(shown(name)),
            None if piece.0.starts_with(['?', '&']) => {
                Self::Parameter(shown(piece.0.get(1..).unwrap_or_default()))
            }
            None => Self::Unknown,
        }
    }
}

/// A name, as much of it as a name may have. In its own letters: what is masked later is searched for in these.
fn shown(name: &str) -> String {
    const MAX: usize = 100;
    name.chars().take(MAX).collect()
}

/// Headers are `name:value` in every scheme, parameters `name=value`.
fn is_header(Piece(text): &Piece) -> bool {
    let at = |mark: char| text.find(mark).unwrap_or(usize::MAX);
    at(':') < at('=')
}

fn is_same_decoded(ours: &str, theirs: &str) -> bool {
    let plain = |text: &str| {
        // Encoded twice is the usual mistake: decoded until nothing changes, at most so often.
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..3 {
            bytes = decoded(&bytes, Spelling::Path).collect();
        }
        bytes
    };
    ours != theirs && plain(ours) == plain(theirs)
}

/// Day, and region with product, of a V4 scope: `20240307/cn-hangzhou/oss/aliyun_v4_request`.
fn scope(text: &str) -> Option<(&str, &str)> {
    let (day, rest) = text.split_once('/')?;
    let is_day = day.len() == 8 && day.bytes().all(|digit| digit.is_ascii_digit());
    (is_day && rest.ends_with("_request")).then_some((day, rest))
}
