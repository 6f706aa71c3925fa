//! Pages: which part of a list a call asked for.

use super::error::Error;
use super::heard::Parameters;

/// One page, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) number: usize,
    /// How many items it can hold.
    pub(crate) size: usize,
}

/// How a product names its pages and how large they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging {
    /// The parameter with the page's number.
    pub(crate) number: &'static str,
    /// The parameter with its size.
    pub(crate) size: &'static str,
    /// What a page holds unasked.
    pub(crate) usual: usize,
    /// The most that it can be asked to hold.
    pub(crate) most: usize,
}

impl Paging {
    /// The page that a call asks for.
    pub(crate) fn read(&self, parameters: &Parameters) -> Result<Page, Error> {
        let page = Page {
            number: number(parameters, self.number, 1)?,
            size: number(parameters, self.size, self.usual)?,
        };
        if page.size > self.most {
            return Err(Error::invalid_parameter(self.size));
        }
        Ok(page)
    }
}

impl Page {
    /// What of `all` stands on this page.
    pub(crate) fn of<T>(self, all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        all.skip(self.size.saturating_mul(self.number - 1)).take(self.size)
    }
}

/// A whole number from 1 up.
pub(crate) fn number(parameters: &Parameters, name: &str, usual: usize) -> Result<usize, Error> {
    let Some(text) = parameters.get(name) else { return Ok(usual) };
    text.parse().ok().filter(|&number| number >= 1).ok_or_else(|| Error::invalid_parameter(name))
}
