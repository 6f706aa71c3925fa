//! Rows as the text that a query's result is: a line of names, then a line a row.

use super::column::{Column, Kind, Row, Value};
use crate::sandbox::date;

/// The whole text. Texts are in quotation marks, NULL is `\N`.
pub(super) fn csv(columns: &[Column], rows: &[Row]) -> Vec<u8> {
    let mut out = Vec::new();
    let line = |cells: Vec<Vec<u8>>, out: &mut Vec<u8>| {
        out.extend(cells.join(b",".as_slice()));
        out.push(b'\n');
    };
    line(columns.iter().map(|column| quoted(column.name.as_bytes())).collect(), &mut out);
    for row in rows {
        line(
            columns.iter().zip(row).map(|(column, value)| cell(column.kind, value.as_ref())).collect(),
            &mut out,
        );
    }
    out
}

fn quoted(text: &[u8]) -> Vec<u8> {
    let doubled = text.split(|&byte| byte == b'"').collect::<Vec<_>>().join(b"\"\"".as_slice());
    [b"\"", doubled.as_slice(), b"\""].concat()
}

fn cell(kind: Kind, value: Option<&Value>) -> Vec<u8> {
    match (value, kind) {
        (None, _) => b"\\N".to_vec(),
        (Some(Value::Integer(milliseconds)), Kind::Datetime) => {
            let seconds = milliseconds.div_euclid(1_000);
            quoted(date::iso(seconds).replace('T', " ").trim_end_matches('Z').as_bytes())
        }
        (Some(Value::Integer(days)), Kind::Date) => {
            quoted(date::iso(days.saturating_mul(86_400)).split('T').next().unwrap_or_default().as_bytes())
        }
        (Some(Value::Integer(integer)), _) => integer.to_string().into_bytes(),
        (Some(Value::Boolean(is)), _) => is.to_string().into_bytes(),
        (Some(Value::Float(float)), _) => float.to_string().into_bytes(),
        (Some(Value::Double(double)), _) => format!("{double:?}").into_bytes(),
        (Some(Value::Text(text)), Kind::Decimal) => text.clone(),
        (Some(Value::Text(text)), _) => quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_numbers_are_not() {
        let column = |name: &str, kind| Column {
            name: name.to_owned(),
            kind,
            spelled: String::new(),
            comment: String::new(),
        };
        let kinds = [Kind::Integer, Kind::Text, Kind::Double, Kind::Datetime, Kind::Boolean];
        let columns: Vec<Column> =
            ["a", "b\"", "c", "d", "e"].into_iter().zip(kinds).map(|(n, k)| column(n, k)).collect();
        let row = vec![
            Some(Value::Integer(-1)),
            Some(Value::Text("中,\"x\"".into())),
            Some(Value::Double(2.0)),
            Some(Value::Integer(1_709_798_945_123)),
            None,
        ];
        let expected =
            "\"a\",\"b\"\"\",\"c\",\"d\",\"e\"\n-1,\"中,\"\"x\"\"\",2.0,\"2024-03-07 08:09:05\",\\N\n";
        assert_eq!(String::from_utf8(csv(&columns, &[row])).unwrap(), expected);
    }
}
