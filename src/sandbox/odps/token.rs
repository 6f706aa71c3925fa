//! The words of a statement, each with its place, as MaxCompute's complaints name them.

/// What kind of word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name.
    Word,
    /// A name in backquotes.
    Name,
    /// A text in quotation marks of either kind.
    Text,
    Number,
    Sign,
}

/// One word or sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Without quotation marks and escapes.
    pub(super) text: String,
    /// Line and column, both from 1.
    pub(super) at: (usize, usize),
}

impl Token {
    /// Whether it is this keyword, in any letter case, or this sign.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Sign) && self.text.eq_ignore_ascii_case(word)
    }
}

/// All words of a statement. A quotation that does not end is a sign by itself.
pub(super) fn tokens(statement: &str) -> Vec<Token> {
    let letters: Vec<char> = statement.chars().collect();
    let (mut tokens, mut at, mut line, mut column) = (Vec::new(), 0, 1, 1);
    while let Some(&letter) = letters.get(at) {
        let rest = letters.get(at..).unwrap_or_default();
        let (kind, text, length) = match letter {
            '-' if rest.get(1) == Some(&'-') => {
                (None, String::new(), rest.iter().position(|&end| end == '\n').unwrap_or(rest.len()))
            }
            _ if letter.is_whitespace() => (None, String::new(), 1),
            '\'' | '"' => quoted(rest, letter, Kind::Text),
            '`' => quoted(rest, letter, Kind::Name),
            _ if letter.is_ascii_digit() => {
                run(rest, Kind::Number, |next| next.is_ascii_digit() || next == '.')
            }
            _ if letter.is_alphabetic() || letter == '_' => {
                run(rest, Kind::Word, |next| next.is_alphanumeric() || next == '_')
            }
            _ => (Some(Kind::Sign), letter.to_string(), 1),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, text, at: (line, column) });
        }
        for &passed in rest.iter().take(length) {
            (line, column) = if passed == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        at += length;
    }
    tokens
}

/// The kind of a word, its text, and how many letters of the statement it takes.
type Cut = (Option<Kind>, String, usize);

fn run(rest: &[char], kind: Kind, goes_on: impl Fn(char) -> bool) -> Cut {
    let text: String = rest.iter().take_while(|&&letter| goes_on(letter)).collect();
    let length = text.chars().count();
    (Some(kind), text, length)
}

fn quoted(rest: &[char], mark: char, kind: Kind) -> Cut {
    let (mut text, mut at) = (String::new(), 1);
    loop {
        match (rest.get(at), rest.get(at + 1)) {
            (Some('\\'), Some(&escaped)) if kind == Kind::Text => {
                text.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                });
                at += 2;
            }
            // Twice, a backquote stands for itself.
            (Some('`'), Some('`')) if kind == Kind::Name => {
                text.push('`');
                at += 2;
            }
            (Some(&letter), _) if letter == mark => return (Some(kind), text, at + 1),
            (Some(&letter), _) => {
                text.push(letter);
                at += 1;
            }
            (None, _) => return (Some(Kind::Sign), mark.to_string(), 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_cut_into_its_words() {
        let found = tokens("SELECT `a``b`, 'it\\'s' -- no\nFROM p.t1 LIMIT 1.5;");
        let texts: Vec<&str> = found.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(texts, ["SELECT", "a`b", ",", "it's", "FROM", "p", ".", "t1", "LIMIT", "1.5", ";"]);
        assert_eq!((found[0].at, found[2].at, found[4].at), ((1, 1), (1, 14), (2, 1)));
        assert_eq!((found[1].kind, found[3].kind, found[9].kind), (Kind::Name, Kind::Text, Kind::Number));
        assert!(found[4].is("from") && !found[1].is("a`b"));
    }

    #[test]
    fn a_quotation_without_an_end_is_a_sign() {
        let found = tokens("a 'b");
        assert_eq!((found[1].kind, found[1].text.as_str(), found.len()), (Kind::Sign, "'", 3));
    }
}
