//! What stands in a cell, and in which order keys are.

use std::cmp::Ordering;

/// A value of a key or of a column.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Before every key. Bounds of a range alone have it.
    Least,
    Integer(i64),
    Double(f64),
    Boolean(bool),
    Text(String),
    Binary(Vec<u8>),
    /// Behind every key.
    Most,
}

impl Value {
    fn rank(&self) -> u8 {
        match self {
            Self::Least => 0,
            Self::Integer(_) => 1,
            Self::Double(_) => 2,
            Self::Boolean(_) => 3,
            Self::Text(_) => 4,
            Self::Binary(_) => 5,
            Self::Most => 6,
        }
    }

    /// How Tablestore names its type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Least => "INF_MIN",
            Self::Integer(_) => "INTEGER",
            Self::Double(_) => "DOUBLE",
            Self::Boolean(_) => "BOOLEAN",
            Self::Text(_) => "STRING",
            Self::Binary(_) => "BINARY",
            Self::Most => "INF_MAX",
        }
    }

    /// Whether both are of one type.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }

    /// How many bytes a text or other bytes have, which are limited.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.size()
    }

    /// Whether it is a bound, and no value that a row can have.
    pub(super) fn is_bound(&self) -> bool {
        matches!(self, Self::Least | Self::Most)
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Double(a), Self::Double(b)) => a.total_cmp(b),
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Binary(a), Self::Binary(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}
