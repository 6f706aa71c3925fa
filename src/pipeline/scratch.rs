//! The memory that judging and signing a request works in, used again for the next one.

use crate::sign::Workspace;
use crate::wire::{Field, Parameter, recycle};

/// The indexes of a request's parts, reused from request to request. One per worker.
#[derive(Debug, Default)]
pub struct Scratch {
    query: Vec<Parameter<'static>>,
    form: Vec<Parameter<'static>>,
    fields: Vec<Field<'static>>,
    pub(super) workspace: Workspace,
}

/// The same, of one request.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    /// Pieces of the query.
    pub query: Vec<Parameter<'a>>,
    /// Fields of a form body.
    pub form: Vec<Parameter<'a>>,
    /// Headers.
    pub fields: Vec<Field<'a>>,
}

impl Scratch {
    /// The indexes, empty. Give them back with [`Self::put`].
    pub fn take<'a>(&mut self) -> Parts<'a> {
        Parts {
            query: recycle(std::mem::take(&mut self.query)),
            form: recycle(std::mem::take(&mut self.form)),
            fields: recycle(std::mem::take(&mut self.fields)),
        }
    }

    /// Keeps the indexes' memory for the next request.
    pub fn put(&mut self, parts: Parts<'_>) {
        self.query = recycle(parts.query);
        self.form = recycle(parts.form);
        self.fields = recycle(parts.fields);
    }
}
