//! The modes of the aliyun CLI's profiles, and what a profile without one is.

use super::cli::{Profile, present};
use super::error::ProfileFault;

/// What kind of credential a profile holds or leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Ak,
    StsToken,
    RamRoleArn,
    RsaKeyPair,
    ChainableRamRoleArn,
    External,
    CredentialsUri,
    Oidc,
    CloudSso,
    OAuth,
    EcsRamRole,
    RamRoleArnWithRoleName,
    BearerToken,
    Anonymous,
}

/// As `aliyun configure --mode` spells them.
const MODES: &[(&str, Mode)] = &[
    ("AK", Mode::Ak),
    ("StsToken", Mode::StsToken),
    ("RamRoleArn", Mode::RamRoleArn),
    ("RsaKeyPair", Mode::RsaKeyPair),
    ("ChainableRamRoleArn", Mode::ChainableRamRoleArn),
    ("External", Mode::External),
    ("CredentialsURI", Mode::CredentialsUri),
    ("OIDC", Mode::Oidc),
    ("CloudSSO", Mode::CloudSso),
    ("OAuth", Mode::OAuth),
    ("EcsRamRole", Mode::EcsRamRole),
    ("RamRoleArnWithRoleName", Mode::RamRoleArnWithRoleName),
    ("BearerToken", Mode::BearerToken),
    ("Anonymous", Mode::Anonymous),
];

/// The longest word of a file that a message repeats.
const WORD_MAX: usize = 32;

impl Mode {
    /// The mode that the profile names, in any letter case, as the CLI takes it; else the one that its fields tell.
    pub(super) fn of(profile: &Profile) -> Result<Self, ProfileFault> {
        match present(&profile.mode) {
            Some(text) => Self::named(text).ok_or_else(|| ProfileFault::UnknownMode(word(text))),
            None => Self::recognised(profile).ok_or(ProfileFault::Lacks("mode")),
        }
    }

    fn named(text: &str) -> Option<Self> {
        MODES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, mode)| *mode)
    }

    /// In the CLI's own order.
    fn recognised(profile: &Profile) -> Option<Self> {
        let has = |text| present(text).is_some();
        if has(&profile.access_key_id) && has(&profile.access_key_secret) {
            return Some(match (has(&profile.sts_token), has(&profile.ram_role_arn)) {
                (true, _) => Self::StsToken,
                (false, true) => Self::RamRoleArn,
                (false, false) => Self::Ak,
            });
        }
        if has(&profile.private_key) && has(&profile.key_pair_name) {
            return Some(Self::RsaKeyPair);
        }
        if has(&profile.ram_role_name) {
            return Some(Self::EcsRamRole);
        }
        if has(&profile.process_command) {
            return Some(Self::External);
        }
        let oidc = [&profile.oidc_provider_arn, &profile.oidc_token_file, &profile.ram_role_arn];
        if oidc.into_iter().all(has) {
            return Some(Self::Oidc);
        }
        if has(&profile.cloud_sso_sign_in_url) {
            return Some(Self::CloudSso);
        }
        has(&profile.bearer_token).then_some(Self::BearerToken)
    }
}

/// What may be repeated of a file: a word that is too short and too plain to be a secret.
pub(super) fn word(text: &str) -> String {
    let is_plain =
        text.len() <= WORD_MAX && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if is_plain { text.to_owned() } else { "…".to_owned() }
}
