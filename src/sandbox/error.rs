//! An error as a product states it: a status, a code, a sentence, and what else the answer names.

use std::time::Duration;

/// One error answer, not yet in any dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Further elements, by name.
    pub(crate) more: Vec<(&'static str, String)>,
    /// When the caller may try again.
    pub(crate) retry_after: Option<Duration>,
}

impl Error {
    /// An error that names nothing else.
    pub(crate) fn new(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            more: Vec::new(),
            retry_after: None,
        }
    }

    /// The same, naming one thing more.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.more.push((name, value.to_owned()));
        self
    }

    /// `Missing parameter`, as STS and the gateway word it.
    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::new(400, &format!("MissingParameter.{name}"), &format!("{name} is mandatory for this action."))
    }

    /// A parameter of the wrong form.
    pub(crate) fn invalid_parameter(name: &str) -> Self {
        Self::new(
            400,
            &format!("InvalidParameter.{name}"),
            &format!("The parameter {name} is wrongly formed."),
        )
    }

    /// A call that this product does not know, or that the sandbox does not play.
    pub(crate) fn no_such_action() -> Self {
        Self::new(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )
    }
}
