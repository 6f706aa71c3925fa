//! How programs spell the variables of an AccessKey. What two programs were told is never mixed.

use std::collections::HashMap;

use zeroize::Zeroizing;

/// One program's names for a key's three parts.
#[derive(Debug)]
pub(super) struct Spelling {
    pub(super) id: &'static str,
    pub(super) secret: &'static str,
    /// Several where programs that share the others do not share this one.
    tokens: &'static [&'static str],
    /// Whether nobody but Alibaba Cloud's programs has variables of these names.
    is_own: bool,
    /// What to say of an id without its secret, and the other way round.
    halves: [&'static str; 2],
}

macro_rules! spelling {
    ($id:literal, $secret:literal, $tokens:expr, $is_own:literal) => {
        Spelling {
            id: $id,
            secret: $secret,
            tokens: &$tokens,
            is_own: $is_own,
            halves: [
                concat!($id, " is set and ", $secret, " is not; set both, or neither"),
                concat!($secret, " is set and ", $id, " is not; set both, or neither"),
            ],
        }
    };
}

/// In the order of the aliyun CLI, which takes the SDKs' own first; then what the older SDKs and Terraform read, and OSS's.
const SPELLINGS: &[Spelling] = &[
    spelling!(
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ["ALIBABA_CLOUD_SECURITY_TOKEN"],
        true
    ),
    spelling!(
        "ALIBABACLOUD_ACCESS_KEY_ID",
        "ALIBABACLOUD_ACCESS_KEY_SECRET",
        ["ALIBABACLOUD_SECURITY_TOKEN"],
        true
    ),
    spelling!("ALICLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_SECRET", ["ALICLOUD_SECURITY_TOKEN"], true),
    spelling!("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", ["SECURITY_TOKEN"], false),
    spelling!(
        "ALICLOUD_ACCESS_KEY",
        "ALICLOUD_SECRET_KEY",
        ["ALICLOUD_ACCESS_KEY_STS_TOKEN", "ALICLOUD_SECURITY_TOKEN"],
        true
    ),
    spelling!("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", ["OSS_SESSION_TOKEN"], false),
];

/// A variable's name and value.
pub(super) type Said = (&'static str, Zeroizing<String>);

/// What the environment says of an AccessKey: one program's spelling, whole or half.
pub(super) struct KeySaid {
    pub(super) id: Option<Said>,
    pub(super) secret: Option<Said>,
    pub(super) token: Option<Said>,
    /// What to say where a half is missing.
    pub(super) half: Option<&'static str>,
}

/// The first whole pair with its own token. Where there is none, the first half of one: a name that is misspelt, or a
/// secret that was not mounted, must not look like no key at all. Half of a pair whose names other programs use as well
/// is nobody's mistake.
pub(super) fn first_key(given: &HashMap<String, Zeroizing<String>>) -> Option<KeySaid> {
    let said = |name: &'static str| {
        given.get(name).filter(|value| !value.is_empty()).map(|value| (name, value.clone()))
    };
    let pair = |spelling: &Spelling| (said(spelling.id), said(spelling.secret));
    let is_whole = |spelling: &&Spelling| matches!(pair(spelling), (Some(_), Some(_)));
    let is_half =
        |spelling: &&Spelling| spelling.is_own && matches!(pair(spelling), (Some(_), None) | (None, Some(_)));
    let whole = SPELLINGS.iter().find(is_whole);
    let spelling = whole.or_else(|| SPELLINGS.iter().find(is_half))?;
    let (id, secret) = pair(spelling);
    let [no_secret, no_id] = spelling.halves;
    let half = match (&id, &secret) {
        (Some(_), None) => Some(no_secret),
        (None, Some(_)) => Some(no_id),
        _ => None,
    };
    let token = whole.and_then(|whole| whole.tokens.iter().find_map(|name| said(name)));
    Some(KeySaid { id, secret, token, half })
}

/// Whether a variable is one of those that a key is taken from.
pub(super) fn is_of_a_key(name: &str) -> bool {
    SPELLINGS
        .iter()
        .any(|spelling| spelling.id == name || spelling.secret == name || spelling.tokens.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variables that a key is taken from, or what is said of half of one.
    fn taken(names: &[&str]) -> Result<Vec<&'static str>, Option<&'static str>> {
        let given = names.iter().map(|name| ((*name).to_owned(), Zeroizing::new("x".to_owned())));
        let key = first_key(&given.collect()).ok_or(None)?;
        match key.half {
            Some(half) => Err(Some(half)),
            None => Ok([key.id, key.secret, key.token].into_iter().flatten().map(|(name, _)| name).collect()),
        }
    }

    #[test]
    fn every_programs_spelling_is_read_with_its_own_token() {
        for spelling in SPELLINGS {
            assert_eq!(taken(&[spelling.id, spelling.secret]), Ok(vec![spelling.id, spelling.secret]));
            for token in spelling.tokens {
                let all = vec![spelling.id, spelling.secret, token];
                assert_eq!(taken(&all), Ok(all.clone()), "{token}");
            }
        }
        assert_eq!(SPELLINGS.len(), 6);
    }

    #[test]
    fn the_first_whole_pair_wins_and_is_never_mixed_with_another() {
        let (ours, older) = (
            ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"],
        );
        assert_eq!(taken(&[older[0], older[1], ours[0], ours[1]]), Ok(ours.to_vec()));
        // An id of one and a secret of another are no pair; nor is a token of one the other's.
        assert_eq!(taken(&[ours[0], older[0], older[1], "ALIBABA_CLOUD_SECURITY_TOKEN"]), Ok(older.to_vec()));
        let half =
            taken(&["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_SECRET"]).unwrap_err().unwrap();
        assert!(
            half.starts_with("ALIBABA_CLOUD_ACCESS_KEY_ID is set and ALIBABA_CLOUD_ACCESS_KEY_SECRET is not")
        );
        let half = taken(&["ALICLOUD_SECRET_KEY"]).unwrap_err().unwrap();
        assert!(half.starts_with("ALICLOUD_SECRET_KEY is set and ALICLOUD_ACCESS_KEY is not"), "{half}");
    }

    #[test]
    fn half_of_what_other_programs_spell_alike_is_no_key_at_all() {
        for names in [&["ACCESS_KEY_ID"][..], &["OSS_ACCESS_KEY_SECRET"], &["SECURITY_TOKEN"], &[]] {
            assert_eq!(taken(names), Err(None), "{names:?}");
        }
    }
}
