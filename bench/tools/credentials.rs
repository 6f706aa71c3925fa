//! Made-up credentials. Secret and token follow from the id, so that whoever verifies keeps no list of what was issued.
//! `bench/credentials.py` has the same two lines.

/// As long as STS's tokens were seen to be.
const TOKEN_BYTES: usize = 700;

/// The secret of an AccessKey.
pub fn secret(id: &str) -> String {
    format!("secret-of-{id}")
}

/// The security token that goes with it. A long-lived key has none.
pub fn token(id: &str) -> Option<String> {
    let token = || format!("CAIS{id}+x/").chars().cycle().take(TOKEN_BYTES).collect();
    id.starts_with("STS.").then(token)
}
