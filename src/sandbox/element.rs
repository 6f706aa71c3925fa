//! Reads the XML that callers send: elements and their text. No more of XML than
//! lists of keys and parts, queues and messages need.

use std::fmt;

use super::encode::xml;

/// How deep elements may lie in each other. The lists are three deep.
const DEPTH_MOST: usize = 8;

/// One element.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// By their names, references resolved.
    attributes: Vec<(String, String)>,
    /// Its own text, references resolved.
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
}

impl Element {
    /// Reads a document. `None` when it is none.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}');
        // Above the elements that are open there is one that stands for the document.
        let mut open = vec![Self::default()];
        while let Some((before, tag)) = rest.split_once('<') {
            open.last_mut()?.text.push_str(&resolved(before)?);
            let (closed, behind) = if let Some(comment) = tag.strip_prefix("!--") {
                (None, comment.split_once("-->")?.1)
            } else if let Some(text) = tag.strip_prefix("![CDATA[") {
                let (text, behind) = text.split_once("]]>")?;
                open.last_mut()?.text.push_str(text);
                (None, behind)
            } else {
                let (tag, behind) = tag.split_once('>')?;
                (Some(tag), behind)
            };
            rest = behind;
            let Some(tag) = closed.filter(|tag| !tag.starts_with('?')) else { continue };
            if let Some(name) = tag.strip_prefix('/') {
                let done = open.pop().filter(|done| done.name == name.trim_end())?;
                open.last_mut()?.children.push(done);
            } else {
                let is_empty = tag.ends_with('/');
                let tag = tag.trim_end_matches('/');
                let (name, rest) =
                    tag.split_once(|letter: char| letter.is_ascii_whitespace()).unwrap_or((tag, ""));
                // A document type could define what a reference stands for.
                if name.starts_with('!') || open.len() > DEPTH_MOST {
                    return None;
                }
                let attributes = attributes(rest)?;
                let element = Self { name: name.to_owned(), attributes, ..Self::default() };
                if is_empty { open.last_mut()?.children.push(element) } else { open.push(element) }
            }
        }
        let mut document = open.pop().filter(|_| open.is_empty() && rest.trim().is_empty())?;
        let root = document.children.pop()?;
        (document.children.is_empty() && document.text.trim().is_empty()).then_some(root)
    }

    /// The text of the first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&str> {
        self.children.iter().find(|child| child.name == name).map(|child| child.text.as_str())
    }

    /// Its name without the prefix that stands for a namespace.
    pub(crate) fn local_name(&self) -> &str {
        self.name.rsplit(':').next().unwrap_or_default()
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What lies below it by these local names, the first of each.
    pub(crate) fn descend(&self, names: &[&str]) -> Option<&Self> {
        let (first, rest) = names.split_first()?;
        let child = self.children.iter().find(|child| child.local_name() == *first)?;
        if rest.is_empty() { Some(child) } else { child.descend(rest) }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, text, children, attributes: _ } = self;
        write!(f, "<{name}>{}", xml(text))?;
        children.iter().try_for_each(|child| write!(f, "{child}"))?;
        write!(f, "</{name}>")
    }
}

/// `a="b" c='d'`. A `>` in a value would have ended the tag: none of what is read here has one.
fn attributes(mut rest: &str) -> Option<Vec<(String, String)>> {
    let mut out = Vec::new();
    while !rest.trim_start().is_empty() {
        let (name, behind) = rest.trim_start().split_once('=')?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, behind) = behind.strip_prefix(quote)?.split_once(quote)?;
        out.push((name.trim_end().to_owned(), resolved(value)?));
        rest = behind;
    }
    Some(out)
}

/// Text with its references replaced by what they stand for.
fn resolved(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (reference, behind) = part.split_once(';')?;
        out.push(match reference {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?
            }
        });
        out.push_str(behind);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_out_with_their_text() {
        let root = Element::read(
            b"<?xml version=\"1.0\"?>\n<Delete a=\"b\"><!-- <x> --><Quiet/><Object><Key>a&amp;&#x4F60;&#10; b</Key></Object></Delete>\n",
        )
        .unwrap();
        assert_eq!((root.name.as_str(), root.child("Quiet")), ("Delete", Some("")));
        assert_eq!(root.children.last().unwrap().child("Key"), Some("a&\u{4f60}\n b"));
    }

    #[test]
    fn an_element_is_written_as_it_would_be_read() {
        let root = Element::read(b"<a><b>1 &lt; 2</b><c/></a>").unwrap();
        assert_eq!(root.to_string(), "<a><b>1 &lt; 2</b><c></c></a>");
        assert_eq!(Element::read(root.to_string().as_bytes()), Some(root));
    }

    #[test]
    fn text_that_is_marked_as_such_is_taken_as_it_stands() {
        let root = Element::read(b"<a>1<![CDATA[ <b>&amp;]] ]]>2</a>").unwrap();
        assert_eq!((root.text.as_str(), root.children.len()), ("1 <b>&amp;]] 2", 0));
        assert_eq!(Element::read(b"<a><![CDATA[ </a>"), None);
    }

    #[test]
    fn what_is_no_document_is_none() {
        let deep = "<a>".repeat(20) + &"</a>".repeat(20);
        for text in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "<a>&nbsp;</a>",
            "<!DOCTYPE a><a/>",
            "<a",
            &deep,
        ] {
            assert_eq!(Element::read(text.as_bytes()), None, "{text}");
        }
    }
}
