//! What a search looks for: words, in any field or in one, joined by `and`, `or`, `not` and parentheses. From "Search syntax".
//! Comparisons, and what stands behind a `|`, are not played.

/// How deep parentheses and negations go.
const DEPTH_MOST: usize = 16;

/// What stands between words, unless an index says otherwise. From "Create indexes".
const DELIMITERS: &str = ", '\";=()[]{}?@&<>/:\n\t\r";

/// A search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Query {
    All,
    /// These words, in one field or in any.
    Words(Option<String>, String),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

impl Query {
    /// Reads one. `None`: it is wrong, or not played.
    pub(super) fn read(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Some(Self::All);
        }
        let mut rest = tokens.as_slice();
        let query = any(&mut rest, 0)?;
        rest.is_empty().then_some(query)
    }

    /// Whether a log is what it looks for: of the fields that it shares with its group, and of its own.
    pub(super) fn finds(&self, fields: [&[(String, String)]; 2]) -> bool {
        match self {
            Self::All => true,
            Self::Words(field, wanted) => fields
                .into_iter()
                .flatten()
                .filter(|(name, _)| field.as_ref().is_none_or(|field| field == name))
                .any(|(_, value)| holds(value, wanted)),
            Self::Not(query) => !query.finds(fields),
            Self::And(queries) => queries.iter().all(|query| query.finds(fields)),
            Self::Or(queries) => queries.iter().any(|query| query.finds(fields)),
        }
    }
}

/// Whether every wanted word is one of the value's. One that ends in `*` is the beginning of one.
fn holds(value: &str, wanted: &str) -> bool {
    let value = value.to_lowercase();
    words(&wanted.to_lowercase()).all(|wanted| {
        words(&value).any(|word| match wanted.strip_suffix('*') {
            Some(beginning) => word.starts_with(beginning),
            None => word == wanted,
        })
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter| DELIMITERS.contains(letter)).filter(|word| !word.is_empty())
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Colon,
    Word(String),
    Quoted(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ':' => tokens.push(Token::Colon),
            '"' => tokens.push(Token::Quoted(quoted(&mut letters)?)),
            '|' | '<' | '>' | '=' | '[' | ']' => return None,
            blank if blank.is_whitespace() => {}
            first => {
                let mut word = String::from(first);
                let goes_on = |next: &char| !next.is_whitespace() && !"():\"|<>=[]".contains(*next);
                while let Some(next) = letters.next_if(goes_on) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}

fn quoted(letters: &mut impl Iterator<Item = char>) -> Option<String> {
    let mut text = String::new();
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => text.push(letters.next()?),
            other => text.push(other),
        }
    }
}

fn is_word(token: Option<&Token>, wanted: &str) -> bool {
    matches!(token, Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted))
}

/// Takes the first token if it is this one.
fn taken(rest: &mut &[Token], is_it: impl Fn(&Token) -> bool) -> bool {
    match rest.split_first() {
        Some((first, behind)) if is_it(first) => {
            *rest = behind;
            true
        }
        _ => false,
    }
}

fn any(rest: &mut &[Token], depth: usize) -> Option<Query> {
    let mut all_of = vec![all(rest, depth)?];
    while taken(rest, |token| is_word(Some(token), "or")) {
        all_of.push(all(rest, depth)?);
    }
    if all_of.len() == 1 { all_of.pop() } else { Some(Query::Or(all_of)) }
}

/// Words beside each other are joined by `and` as well.
fn all(rest: &mut &[Token], depth: usize) -> Option<Query> {
    let mut each = vec![one(rest, depth)?];
    loop {
        let is_joined = taken(rest, |token| is_word(Some(token), "and"));
        let is_end = matches!(rest.first(), None | Some(Token::Close)) || is_word(rest.first(), "or");
        if is_end && !is_joined {
            break;
        }
        each.push(one(rest, depth)?);
    }
    if each.len() == 1 { each.pop() } else { Some(Query::And(each)) }
}

fn one(rest: &mut &[Token], depth: usize) -> Option<Query> {
    if depth > DEPTH_MOST {
        return None;
    }
    if taken(rest, |token| is_word(Some(token), "not")) {
        return Some(Query::Not(Box::new(one(rest, depth + 1)?)));
    }
    if taken(rest, |token| *token == Token::Open) {
        let inner = any(rest, depth + 1)?;
        return taken(rest, |token| *token == Token::Close).then_some(inner);
    }
    let first = text(rest)?;
    if !taken(rest, |token| *token == Token::Colon) {
        return Some(if first == "*" { Query::All } else { Query::Words(None, first) });
    }
    let second = text(rest)?;
    // A tag's name has a colon of its own.
    if first == "__tag__" && taken(rest, |token| *token == Token::Colon) {
        return Some(Query::Words(Some(format!("{first}:{second}")), text(rest)?));
    }
    Some(Query::Words(Some(first), second))
}

fn text(rest: &mut &[Token]) -> Option<String> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    match first {
        Token::Word(word) if ["and", "or", "not"].iter().all(|known| !word.eq_ignore_ascii_case(known)) => {
            Some(word.clone())
        }
        Token::Quoted(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_are() {
        let log = [
            ("__topic__", "shop"),
            ("__tag__:host", "web-1"),
            ("path", "/orders/list?page=2"),
            ("status", "404"),
            ("message", "Bestellung nicht gefunden: 测试"),
        ];
        let log = log.map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (query, is_found) in [
            ("", true),
            ("*", true),
            ("orders", true),
            ("ORDERS list", true),
            ("order", false),
            ("order*", true),
            ("status:404", true),
            ("status : 404 and path:orders", true),
            ("status:40*", true),
            ("status:500", false),
            ("page:404", false),
            ("not status:500", true),
            ("status:500 or status:404", true),
            ("status:500 or orders and list", true),
            ("(status:500 or orders) and missing", false),
            ("\"nicht gefunden\"", true),
            ("message:\"gefunden 测试\"", true),
            ("\"nicht orders\"", false),
            ("__tag__:host:web-1", true),
            ("__topic__: shop", true),
            ("status:*", true),
            ("absent:*", false),
        ] {
            let read = Query::read(query).unwrap_or_else(|| panic!("{query}"));
            let (shared, own) = log.split_at(2);
            assert_eq!(read.finds([shared, own]), is_found, "{query}: {read:?}");
        }
    }

    #[test]
    fn what_is_wrong_or_not_played_is_not_read() {
        for query in [
            "* | select count(1)",
            "status > 400",
            "status:",
            ":404",
            "(a",
            "a)",
            "\"a",
            "a and",
            "or a",
            "not",
        ] {
            assert_eq!(Query::read(query), None, "{query}");
        }
        let deep = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
        assert!(Query::read(&deep(DEPTH_MOST)).is_some());
        assert_eq!(Query::read(&deep(100_000)), None);
        assert_eq!(Query::read(&"not ".repeat(100_000)), None);
    }
}
