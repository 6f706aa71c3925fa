//! Columns: their names and types, and how a value of each type is held.

use serde_json::{Value as Json, json};

/// Columns of a table at the most. MaxCompute's own limit.
pub(super) const COLUMNS_MOST: usize = 1_200;

/// A column of a table or of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The type as SDKs spell it: `bigint`, `decimal(38,18)`.
    pub(super) spelled: String,
    pub(super) comment: String,
}

impl Column {
    /// As the schemas of tables and of tunnel sessions have it.
    pub(super) fn json(&self) -> Json {
        json!({
            "name": self.name,
            "type": self.spelled,
            "comment": self.comment,
            "isNullable": true,
            "nullable": true,
            "label": "",
            "defaultValue": "",
            "extendedLabels": [],
        })
    }
}

/// The schema of these columns, without the braces of what it stands in.
pub(super) fn schema(columns: &[Column]) -> Json {
    let columns: Vec<Json> = columns.iter().map(Column::json).collect();
    json!({"columns": columns, "partitionKeys": [], "IsVirtualView": false, "isVirtualView": false})
}

/// How a type is written in a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `TINYINT`, `SMALLINT`, `INT`, `BIGINT`: a zigzag number.
    Integer,
    /// Milliseconds since 1970, a zigzag number.
    Datetime,
    /// Days since 1970, a zigzag number.
    Date,
    Boolean,
    Float,
    Double,
    /// `STRING`, `VARCHAR(n)`, `CHAR(n)`, `BINARY`, and `DECIMAL`, whose digits are text.
    Text,
    Decimal,
}

impl Kind {
    /// Reads a type as SQL spells it, in any letter case. `None`: the sandbox does not play it.
    pub(super) fn read(spelled: &str) -> Option<Self> {
        let (name, arguments) = match spelled.split_once('(') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(')')?)),
            None => (spelled, None),
        };
        let numbers = |most: usize| match arguments {
            None => true,
            Some(list) => {
                let list: Vec<&str> = list.split(',').map(str::trim).collect();
                list.len() <= most && list.iter().all(|number| number.parse::<u16>().is_ok())
            }
        };
        let (kind, most) = match name.trim().to_ascii_lowercase().as_str() {
            "tinyint" | "smallint" | "int" | "bigint" => (Self::Integer, 0),
            "datetime" => (Self::Datetime, 0),
            "date" => (Self::Date, 0),
            "boolean" => (Self::Boolean, 0),
            "float" => (Self::Float, 0),
            "double" => (Self::Double, 0),
            "string" | "binary" => (Self::Text, 0),
            "varchar" | "char" => (Self::Text, 1),
            "decimal" => (Self::Decimal, 2),
            _ => return None,
        };
        numbers(most).then_some(kind)
    }
}

/// One value that is not NULL.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Also a datetime and a date.
    Integer(i64),
    Boolean(bool),
    Float(f32),
    Double(f64),
    /// Also a decimal.
    Text(Vec<u8>),
}

/// One row, as long as its columns; NULL is `None`.
pub(super) type Row = Vec<Option<Value>>;

/// About how much memory a row takes, in bytes.
pub(super) fn weight(row: &Row) -> usize {
    let texts = row.iter().flatten().map(|value| match value {
        Value::Text(text) => text.len(),
        _ => 0,
    });
    texts.sum::<usize>() + size_of::<Row>() + row.len() * size_of::<Option<Value>>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_in_any_letter_case_with_its_numbers() {
        for (spelled, kind) in [
            ("BIGINT", Kind::Integer),
            ("string", Kind::Text),
            ("VARCHAR(20)", Kind::Text),
            ("decimal(38, 18)", Kind::Decimal),
            ("DECIMAL", Kind::Decimal),
            ("DateTime", Kind::Datetime),
        ] {
            assert_eq!(Kind::read(spelled), Some(kind), "{spelled}");
        }
        for spelled in ["", "bigint(3)", "varchar(1,2)", "array<string>", "char(x)", "decimal(1"] {
            assert_eq!(Kind::read(spelled), None, "{spelled}");
        }
    }
}
