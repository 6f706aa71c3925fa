//! Statements: the few of MaxCompute's SQL that its SDKs' basic calls send.
//!
//! ```text
//! CREATE TABLE [IF NOT EXISTS] NAME (COLUMN TYPE [NOT NULL] [COMMENT 'TEXT'], …) [COMMENT 'TEXT'] [LIFECYCLE DAYS]
//! DROP TABLE [IF EXISTS] NAME
//! SELECT {* | COUNT(*) | COLUMN | LITERAL} [AS NAME], … [FROM NAME] [LIMIT ROWS]
//! ```

use super::column::{COLUMNS_MOST, Column, Kind, Value};
use super::token::{self, Token, tokens};

/// A statement that was understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    Create {
        name: Name,
        /// Whether one that is there is none the worse.
        unless_there: bool,
        columns: Vec<Column>,
        comment: String,
    },
    Drop {
        name: Name,
        /// Whether one that is not there is none the worse.
        if_there: bool,
    },
    Select {
        items: Vec<Item>,
        from: Option<Name>,
        /// How many rows at the most.
        limit: Option<usize>,
    },
}

/// A table, by its project if that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) project: Option<String>,
    pub(super) table: String,
    /// Line and column.
    pub(super) at: (usize, usize),
}

/// What a query asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Star,
    Count {
        alias: Option<String>,
    },
    Column {
        name: String,
        alias: Option<String>,
        /// Line and column.
        at: (usize, usize),
    },
    Literal {
        value: Option<Value>,
        /// The type that SDKs are told.
        spelled: &'static str,
        alias: Option<String>,
    },
}

/// Reads a statement, or says what is wrong with it as MaxCompute would.
pub(super) fn read(statement: &str) -> Result<Statement, String> {
    let tokens = tokens(statement);
    let mut words = Words { rest: &tokens };
    let read = if words.take("create") {
        create(&mut words)?
    } else if words.take("drop") {
        drop_table(&mut words)?
    } else {
        words.expect("select")?;
        select(&mut words)?
    };
    words.take(";");
    if words.rest.is_empty() { Ok(read) } else { Err(words.unexpected()) }
}

fn create(words: &mut Words<'_>) -> Result<Statement, String> {
    words.expect("table")?;
    let unless_there = words.take("if");
    if unless_there {
        words.expect("not")?;
        words.expect("exists")?;
    }
    let name = words.table()?;
    words.expect("(")?;
    let mut columns: Vec<Column> = Vec::new();
    loop {
        let column = column(words)?;
        if columns.iter().any(|known| known.name.eq_ignore_ascii_case(&column.name)) {
            return Err(format!(
                "ODPS-0130071:{} Semantic analysis exception - column {} is defined more than once",
                words.place(),
                column.name
            ));
        }
        columns.push(column);
        if !words.take(",") {
            break;
        }
    }
    words.expect(")")?;
    if columns.len() > COLUMNS_MOST {
        let place = words.place();
        return Err(format!(
            "ODPS-0130071:{place} Semantic analysis exception - more than {COLUMNS_MOST} columns"
        ));
    }
    let comment = if words.take("comment") { words.text()? } else { String::new() };
    if words.take("lifecycle") {
        words.number()?;
    }
    Ok(Statement::Create { name, unless_there, columns, comment })
}

fn column(words: &mut Words<'_>) -> Result<Column, String> {
    let name = words.name()?;
    let at = words.place();
    let mut spelled = words.name()?.to_lowercase();
    if words.take("(") {
        let mut numbers = vec![words.number()?];
        while words.take(",") {
            numbers.push(words.number()?);
        }
        words.expect(")")?;
        spelled = format!("{spelled}({})", numbers.join(","));
    }
    let kind = Kind::read(&spelled)
        .ok_or_else(|| format!("ODPS-0130161:{at} Parse exception - invalid type '{spelled}'"))?;
    if words.take("not") {
        words.expect("null")?;
    }
    let comment = if words.take("comment") { words.text()? } else { String::new() };
    Ok(Column { name, kind, spelled, comment })
}

fn drop_table(words: &mut Words<'_>) -> Result<Statement, String> {
    words.expect("table")?;
    let if_there = words.take("if");
    if if_there {
        words.expect("exists")?;
    }
    Ok(Statement::Drop { name: words.table()?, if_there })
}

fn select(words: &mut Words<'_>) -> Result<Statement, String> {
    let mut items = vec![item(words)?];
    while words.take(",") {
        items.push(item(words)?);
    }
    let from = if words.take("from") { Some(words.table()?) } else { None };
    let limit = if words.take("limit") { words.number()?.parse().ok() } else { None };
    Ok(Statement::Select { items, from, limit })
}

fn item(words: &mut Words<'_>) -> Result<Item, String> {
    if words.take("*") {
        return Ok(Item::Star);
    }
    let literal = |value, spelled| Item::Literal { value, spelled, alias: None };
    let at = words.at();
    let mut item = match words.next() {
        Some(token) if token.is("null") => literal(None, "string"),
        Some(token) if token.is("true") || token.is("false") => {
            literal(Some(Value::Boolean(token.is("true"))), "boolean")
        }
        Some(token) if token.is("count") && words.take("(") => {
            words.expect("*")?;
            words.expect(")")?;
            Item::Count { alias: None }
        }
        Some(token) if token.kind == token::Kind::Text => {
            literal(Some(Value::Text(token.text.clone().into_bytes())), "string")
        }
        Some(token) if token.kind == token::Kind::Number => {
            let whole = token.text.parse().map(|whole| (Value::Integer(whole), "bigint"));
            let number =
                whole.or_else(|_| token.text.parse().map(|number| (Value::Double(number), "double")));
            let (value, spelled) = number.map_err(|_| unexpected(Some(token)))?;
            literal(Some(value), spelled)
        }
        Some(token) if matches!(token.kind, token::Kind::Word | token::Kind::Name) => {
            Item::Column { name: token.text.clone(), alias: None, at }
        }
        other => return Err(unexpected(other)),
    };
    let named = if words.take("as") { Some(words.name()?) } else { None };
    if let Item::Count { alias } | Item::Column { alias, .. } | Item::Literal { alias, .. } = &mut item {
        *alias = named;
    }
    Ok(item)
}

/// What is left of a statement.
struct Words<'a> {
    rest: &'a [Token],
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Takes a keyword or a sign, if it is the next.
    fn take(&mut self, word: &str) -> bool {
        let is = self.rest.first().is_some_and(|token| token.is(word));
        if is {
            self.next();
        }
        is
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn one_of(&mut self, kinds: &[token::Kind]) -> Result<String, String> {
        let wanted = self.rest.first().filter(|token| kinds.contains(&token.kind));
        let text = wanted.map(|token| token.text.clone()).ok_or_else(|| self.unexpected())?;
        self.next();
        Ok(text)
    }

    fn name(&mut self) -> Result<String, String> {
        self.one_of(&[token::Kind::Word, token::Kind::Name])
    }

    fn text(&mut self) -> Result<String, String> {
        self.one_of(&[token::Kind::Text])
    }

    fn number(&mut self) -> Result<String, String> {
        self.one_of(&[token::Kind::Number])
    }

    /// `TABLE`, `PROJECT.TABLE`, `PROJECT.SCHEMA.TABLE`, of which the schema can only be the one that every project has.
    fn table(&mut self) -> Result<Name, String> {
        let at = self.at();
        let mut parts = vec![self.name()?];
        while self.take(".") {
            parts.push(self.name()?);
        }
        match parts.as_slice() {
            [table] => Ok(Name { project: None, table: table.clone(), at }),
            [project, table] => Ok(Name { project: Some(project.clone()), table: table.clone(), at }),
            [project, schema, table] if schema == "default" => {
                Ok(Name { project: Some(project.clone()), table: table.clone(), at })
            }
            _ => {
                Err(format!("ODPS-0130161:[{},{}] Parse exception - the sandbox has no schemas", at.0, at.1))
            }
        }
    }

    fn at(&self) -> (usize, usize) {
        self.rest.first().map_or((1, 1), |token| token.at)
    }

    fn place(&self) -> String {
        let (line, column) = self.at();
        format!("[{line},{column}]")
    }

    fn unexpected(&self) -> String {
        unexpected(self.rest.first())
    }
}

fn unexpected(token: Option<&Token>) -> String {
    match token {
        Some(Token { text, at: (line, column), .. }) => {
            format!("ODPS-0130161:[{line},{column}] Parse exception - invalid token '{text}'")
        }
        None => "ODPS-0130161:[1,1] Parse exception - the statement ends early".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_described_as_the_sdks_write_it() {
        let statement = "CREATE TABLE IF NOT EXISTS p.`t` (\n  `id` BIGINT COMMENT 'the key',\n  `price` \
                         DECIMAL(10,2) NOT NULL,\n  `name` STRING\n)\nCOMMENT '中' LIFECYCLE 7;";
        let Ok(Statement::Create { name, unless_there, columns, comment }) = read(statement) else {
            panic!("{:?}", read(statement));
        };
        assert_eq!((name.project.as_deref(), name.table.as_str(), unless_there), (Some("p"), "t", true));
        let found: Vec<_> =
            columns.iter().map(|column| (column.name.as_str(), column.spelled.as_str())).collect();
        assert_eq!(found, [("id", "bigint"), ("price", "decimal(10,2)"), ("name", "string")]);
        assert_eq!((columns[0].comment.as_str(), comment.as_str()), ("the key", "中"));
    }

    #[test]
    fn a_query_asks_for_columns_and_literals() {
        let Ok(Statement::Select { items, from, limit }) =
            read("select *, a as b, 1, 'x', count(*) from t limit 3")
        else {
            panic!("no query");
        };
        assert_eq!((items.len(), from.map(|name| name.table), limit), (5, Some("t".to_owned()), Some(3)));
        assert_eq!(
            items[2],
            Item::Literal { value: Some(Value::Integer(1)), spelled: "bigint", alias: None }
        );
        assert_eq!(items[4], Item::Count { alias: None });
    }

    #[test]
    fn what_is_not_understood_is_named_with_its_place() {
        for (statement, complaint) in [
            ("UPSERT t", "[1,1] Parse exception - invalid token 'UPSERT'"),
            ("SELECT 1\nFROM t WHERE a", "[2,8] Parse exception - invalid token 'WHERE'"),
            ("CREATE TABLE t (a MAP)", "[1,19] Parse exception - invalid type 'map'"),
            ("CREATE TABLE t (a BIGINT) PARTITIONED BY (b STRING)", "invalid token 'PARTITIONED'"),
            ("SELECT", "the statement ends early"),
            ("DROP TABLE a.b.c", "the sandbox has no schemas"),
        ] {
            let found = read(statement).unwrap_err();
            assert!(found.starts_with("ODPS-0130161:[") && found.ends_with(complaint), "{found}");
        }
    }
}
