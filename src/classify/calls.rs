//! Which operation a method and a path mean, for data planes that the catalogue does not list.

use crate::names::Action;
use crate::wire::Method;

use super::plan::Shape;

/// Method, path, what the query must hold, the operation's name. In a path `*` stands for any one segment; of the query,
/// every `name` or `name=value` that is named must be there, and mean only that. The first row that fits counts.
pub(super) type Row = (Method, &'static str, &'static str, &'static str);

/// The operation of a request, if a row fits.
pub(super) fn named(rows: &[Row], shape: &Shape<'_>) -> Option<Action> {
    let method = shape.head.method()?;
    let (.., name) = rows.iter().find(|(of, path, query, _)| {
        *of == method && is_path(shape.target.path, path) && holds(shape, query)
    })?;
    Action::from_plain(name.as_bytes())
}

fn is_path(path: &[u8], pattern: &str) -> bool {
    let path = if path.is_empty() { b"/" } else { path };
    let mut segments = path.split(|&byte| byte == b'/');
    let fit = |expected: &str| match segments.next() {
        Some(segment) if expected == "*" => !segment.is_empty(),
        segment => segment == Some(expected.as_bytes()),
    };
    pattern.split('/').all(fit) && segments.next().is_none()
}

fn holds(shape: &Shape<'_>, conditions: &str) -> bool {
    conditions.split('&').filter(|condition| !condition.is_empty()).all(|condition| {
        let (name, value) = match condition.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (condition, None),
        };
        let mut named = shape.query.iter().filter(|parameter| parameter.is(name)).peekable();
        named.peek().is_some()
            && named.all(|one| value.is_none_or(|value| one.decoded_value().eq(value.bytes())))
    })
}
