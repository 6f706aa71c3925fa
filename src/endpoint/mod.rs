//! Where: the host that answers.
