//! Host names: their grammar, and one kept inline.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The longest name in DNS, in bytes (RFC 1035).
const NAME_MAX: usize = 253;
/// The longest label in DNS, in bytes (RFC 1035).
const LABEL_MAX: usize = 63;

/// Whether this is a name of at least two labels, in any letter case: letters, digits and inner hyphens; no user, no
/// escape, no final dot, no port, no address in brackets. One pass over the bytes, because every request comes by here.
pub fn is_host_name(name: &[u8]) -> bool {
    let (mut label_bytes, mut dots, mut before) = (0, 0, b'.');
    for &byte in name {
        match byte {
            b'.' if before != b'.' && before != b'-' => {
                label_bytes = 0;
                dots += 1;
                before = byte;
                continue;
            }
            b'-' if before != b'.' => {}
            _ if byte.is_ascii_alphanumeric() => {}
            _ => return false,
        }
        label_bytes += 1;
        if label_bytes > LABEL_MAX {
            return false;
        }
        before = byte;
    }
    name.len() <= NAME_MAX && dots > 0 && before != b'.' && before != b'-'
}

/// Whether this is one label of such a name.
pub fn is_host_label(label: &[u8]) -> bool {
    (1..=LABEL_MAX).contains(&label.len())
        && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        && label.first() != Some(&b'-')
        && label.last() != Some(&b'-')
}

/// A host name in lower case, kept inline so that looking one up allocates nothing.
#[derive(Clone, Copy)]
pub struct Host {
    length: u8,
    bytes: [u8; Self::CAPACITY],
}

/// A name that does not fit a [`Host`]. No host of the table comes near the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostTooLong;

impl Host {
    /// The longest name kept. A label has at most 63 bytes, and every pattern of the table adds fewer than 60.
    pub const CAPACITY: usize = 127;

    /// Joins the pieces of a table entry into a name.
    pub fn from_pieces(pieces: &[&str]) -> Result<Self, HostTooLong> {
        let mut host = Self { length: 0, bytes: [0; Self::CAPACITY] };
        let mut at = 0;
        for piece in pieces {
            let end = at + piece.len();
            host.bytes.get_mut(at..end).ok_or(HostTooLong)?.copy_from_slice(piece.as_bytes());
            at = end;
        }
        host.length = u8::try_from(at).map_err(|_| HostTooLong)?;
        Ok(host)
    }

    /// A name in lower case, for looking it up.
    pub fn in_lower_case(name: &str) -> Result<Self, HostTooLong> {
        let mut host = Self::from_pieces(&[name])?;
        host.bytes.make_ascii_lowercase();
        Ok(host)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The same, for the wire: without looking at it again.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Host {}

/// So that a map by `Host` can be asked with the bytes that arrived.
impl Borrow<[u8]> for Host {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Hash for Host {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_two_labels_or_more_of_letters_digits_and_inner_hyphens() {
        let longest_label = "a".repeat(63);
        let longest = format!("{0}.{0}.{0}.{1}", longest_label, "a".repeat(61));
        assert_eq!(longest.len(), 253);
        for name in ["a.b", "A-1.b-2.C", "1.2", &format!("{longest_label}.b"), &longest] {
            assert!(is_host_name(name.as_bytes()), "{name}");
        }
        let too_long = format!("a.{longest}");
        for name in [
            "",
            "a",
            ".",
            "a.",
            ".a",
            "a..b",
            "-a.b",
            "a-.b",
            "a.-b",
            "a.b-",
            "a_.b",
            "a.b:1",
            "[a.b]",
            "a@b.c",
            "a.%62",
            "\u{e9}.b",
            &format!("{longest_label}a.b"),
            &format!("b.{longest_label}a"),
            &too_long,
        ] {
            assert!(!is_host_name(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_label_is_what_may_stand_between_the_dots_of_a_name() {
        for label in ["a", "A-1", "0", &"a".repeat(63)] {
            assert!(is_host_label(label.as_bytes()), "{label}");
        }
        for label in ["", "-", "-a", "a-", "a.b", "a_b", &"a".repeat(64)] {
            assert!(!is_host_label(label.as_bytes()), "{label}");
        }
    }

    #[test]
    fn a_host_is_the_join_of_its_pieces() {
        let host = Host::from_pieces(&["bkt1", ".oss-", "cn-hangzhou", ".aliyuncs.com"]).unwrap();
        assert_eq!(host.as_str(), "bkt1.oss-cn-hangzhou.aliyuncs.com");
    }

    #[test]
    fn a_name_past_the_capacity_is_refused() {
        assert_eq!(
            Host::from_pieces(&["a".repeat(Host::CAPACITY).as_str()]).map(|h| h.as_str().len()),
            Ok(127)
        );
        assert_eq!(Host::from_pieces(&["a".repeat(Host::CAPACITY).as_str(), "b"]), Err(HostTooLong));
    }
}
