//! Tokens of the sandbox's own issuer, and of providers whose keys were handed to it.

use super::*;

#[test]
fn a_token_passes_until_its_end_and_only_unchanged() {
    let issuer = Issuer::new(b"key".to_vec());
    let token = issuer.mint(1_000, 60);
    assert!(issuer.claims(&format!("{token}\n"), 1_059).is_ok());
    let code = |token: &str, now| issuer.claims(token, now).unwrap_err().code;
    assert_eq!(code(&token, 1_060), "AuthenticationFail.OIDCToken.Expired");
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert!(issuer.claims(&String::from_utf8(changed).unwrap(), 1_001).is_err(), "byte {at}");
    }
    assert_eq!(
        code(&Issuer::new(b"other".to_vec()).mint(1_000, 60), 1_001),
        "AuthenticationFail.OIDCToken.Invalid"
    );
}

const PROVIDER: &str = "acs:ram::1000000000000001:oidc-provider/ci";
const NOW: i64 = 1_709_798_945;
const JWKS: &str = include_str!("../../../tests/data/sandbox/oidc/jwks.json");

fn provider() -> OidcProvider {
    OidcProvider {
        arn: PROVIDER.to_owned(),
        issuer: "https://token.actions.example".to_owned(),
        client_ids: vec!["other".to_owned(), "sts.aliyuncs.com".to_owned()],
        jwks: JWKS.to_owned(),
    }
}

fn code(token: &str, now: i64) -> String {
    let providers = Providers::default();
    providers.add(provider()).unwrap();
    let code = |claims: Result<Value, Error>| claims.map_or_else(|error| error.code, |_| "good".to_owned());
    providers.claims(PROVIDER, token, now).map(code).unwrap()
}

#[test]
fn a_token_that_openssl_signed_passes_until_its_end() {
    let token = include_str!("../../../tests/data/sandbox/oidc/token.jwt");
    assert_eq!(code(token, NOW + 299), "good");
    assert_eq!(code(token, NOW + 300), "AuthenticationFail.OIDCToken.Expired");
    assert_eq!(code(token, NOW - 61), "AuthenticationFail.OIDCToken.Invalid");
    let token = token.trim();
    for at in 0..token.len() {
        let mut changed = token.to_owned().into_bytes();
        changed[at] = if changed[at] == b'A' { b'Q' } else { b'A' };
        assert_ne!(code(&String::from_utf8(changed).unwrap(), NOW), "good", "byte {at}");
    }
}

#[test]
fn what_a_token_says_is_held_against_the_provider() {
    let rs256 = json!({"alg": "RS256", "kid": "test-1"});
    let claims = json!({
        "iss": "https://token.actions.example", "aud": ["x", "other"], "sub": "s", "exp": NOW + 60,
    });
    assert_eq!(code(&signed(&rs256, &claims), NOW), "good");
    assert_eq!(code(&signed(&json!({"alg": "RS256"}), &claims), NOW), "good");
    let with = |name: &str, value: Value| {
        let mut other = claims.clone();
        other[name] = value;
        signed(&rs256, &other)
    };
    for (token, expected) in [
        (with("iss", json!("https://token.actions.example/")), "IssuerNotMatch"),
        (with("aud", json!("somebody")), "AudienceNotMatch"),
        (with("aud", Value::Null), "AudienceNotMatch"),
        (with("exp", json!(NOW)), "Expired"),
        (with("exp", Value::Null), "Invalid"),
        (with("nbf", json!(NOW + 61)), "Invalid"),
        (signed(&json!({"alg": "RS256", "kid": "other"}), &claims), "Invalid"),
        (signed(&json!({"alg": "none"}), &claims), "Invalid"),
        (signed(&json!({"alg": "HS256", "kid": "test-1"}), &claims), "Invalid"),
        ("a.b.c".to_owned(), "Invalid"),
    ] {
        assert_eq!(code(&token, NOW), format!("AuthenticationFail.OIDCToken.{expected}"), "{token}");
    }
}

#[test]
fn a_provider_without_a_key_for_rs256_is_refused() {
    for jwks in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"EC","kid":"a"}]}"#] {
        let refused = Providers::default().add(OidcProvider { jwks: jwks.to_owned(), ..provider() });
        assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::InvalidInput, "{jwks}");
    }
}

/// A token that the provider of `tests/data/sandbox/oidc` signs.
fn signed(header: &Value, claims: &Value) -> String {
    use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
    let key = include_str!("../../../tests/data/sandbox/oidc/key.base64").replace('\n', "");
    let key = RsaKeyPair::from_pkcs8(&crate::sandbox::encode::base64_decoded(&key).unwrap()).unwrap();
    let text = [header, claims].map(|part| base64_url(part.to_string().as_bytes())).join(".");
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", base64_url(&signature))
}
