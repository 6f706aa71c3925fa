//! May this call be made. So far one rule: no call may hand out a credential of our own role.

use crate::names::Action;
use crate::refusal::{Code, Refusal};

/// Operations that answer with a credential of the role that signed them. One such answer would undo the product:
/// the caller would hold what it must never hold.
const HANDS_OUT_CREDENTIALS: [&str; 3] = ["AssumeRole", "GenerateSessionAccessKey", "CreateAccessKey"];

/// Refuses a call that is not allowed. The name is compared in any letter case: what a gateway might read as the
/// operation is the operation.
pub fn decide(action: Option<Action>) -> Result<(), Refusal> {
    let Some(action) = action else { return Ok(()) };
    if HANDS_OUT_CREDENTIALS.iter().any(|denied| denied.as_bytes().eq_ignore_ascii_case(action.as_bytes())) {
        return Err(Refusal::new(
            Code::OperationDenied,
            format!("`{}` would hand this role's credentials to the caller", action.as_str()),
            if action.as_bytes().eq_ignore_ascii_case(b"AssumeRole") {
                "let countersign assume the role: name it in the settings"
            } else {
                "make keys and sessions where an administrator does, not through this proxy"
            },
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_would_hand_out_credentials_is_denied() {
        for name in ["AssumeRole", "assumerole", "CreateAccessKey", "GenerateSessionAccessKey"] {
            let refusal = decide(Action::new(name.bytes())).unwrap_err();
            assert_eq!(refusal.code, Code::OperationDenied, "{name}");
        }
        for name in ["AssumeRoleWithOIDC", "DescribeRegions", "GetCallerIdentity"] {
            assert!(decide(Action::new(name.bytes())).is_ok(), "{name}");
        }
        assert!(decide(None).is_ok());
    }
}
