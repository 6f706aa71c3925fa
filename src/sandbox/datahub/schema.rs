//! What the records of a topic look like: fields with types, or bytes.

use serde_json::Value as Json;

use crate::sandbox::encode::base64_url_decoded;
use crate::sandbox::error::Error;

/// How long a schema may be as it is spelled, in bytes: what 1,024 fields with long names need.
const SPELLED_MOST: usize = 256 * 1024;
/// Fields of a schema at the most.
const FIELDS_MOST: usize = 1_024;

/// The records of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// Bytes, spelled in base64.
    Blob,
    /// Fields, and the schema as it was given.
    Tuple { fields: Vec<Field>, spelled: String },
}

/// A field of a tuple.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    kind: Kind,
    may_be_null: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `TINYINT`, `SMALLINT`, `INTEGER`, `BIGINT`, `TIMESTAMP`: a whole number of so many bits.
    Integer(u32),
    Float,
    Boolean,
    Decimal,
    Text,
}

impl Schema {
    /// Reads what a topic is created with.
    pub(super) fn read(order: &Json) -> Result<Self, Error> {
        let invalid = |why: &str| Error::new(400, "InvalidParameter", why);
        match order["RecordType"].as_str() {
            Some("BLOB") => Ok(Self::Blob),
            Some("TUPLE") => {
                let spelled = order["RecordSchema"].as_str().unwrap_or_default().to_owned();
                if spelled.len() > SPELLED_MOST {
                    return Err(invalid("RecordSchema is longer than 256 KiB."));
                }
                let schema: Json =
                    serde_json::from_str(&spelled).map_err(|_| invalid("RecordSchema is no JSON."))?;
                let fields = schema.get("fields").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
                if fields.is_empty() || fields.len() > FIELDS_MOST {
                    return Err(invalid("RecordSchema has no fields, or more than 1024."));
                }
                let fields: Option<Vec<Field>> = fields.iter().map(Field::read).collect();
                let fields = fields.ok_or_else(|| invalid("RecordSchema has a field of an unknown type."))?;
                Ok(Self::Tuple { fields, spelled })
            }
            _ => Err(invalid("RecordType is BLOB or TUPLE.")),
        }
    }

    /// What it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Blob => 0,
            Self::Tuple { spelled, .. } => spelled.len(),
        }
    }

    /// What is wrong with a record's data, if anything is.
    pub(super) fn complaint(&self, data: &Json) -> Option<String> {
        match (self, data) {
            (Self::Blob, Json::String(text)) => {
                let is_base64 = base64_url_decoded(text.trim_end_matches('=')).is_some();
                (!is_base64).then(|| "The data is no base64.".to_owned())
            }
            (Self::Tuple { fields, .. }, Json::Array(values)) => {
                if values.len() != fields.len() {
                    return Some(format!("{} values for {} fields.", values.len(), fields.len()));
                }
                let wrong = fields.iter().zip(values).position(|(field, value)| !field.takes(value));
                wrong.map(|at| format!("The value of field {at} is not of its type."))
            }
            (Self::Blob, _) => Some("The data of a BLOB is base64.".to_owned()),
            (Self::Tuple { .. }, _) => Some("The data of a TUPLE is a list.".to_owned()),
        }
    }
}

impl Field {
    fn read(field: &Json) -> Option<Self> {
        let kind = match field["type"].as_str()?.to_ascii_uppercase().as_str() {
            "TINYINT" => Kind::Integer(8),
            "SMALLINT" => Kind::Integer(16),
            "INTEGER" => Kind::Integer(32),
            "BIGINT" | "TIMESTAMP" => Kind::Integer(64),
            "FLOAT" | "DOUBLE" => Kind::Float,
            "BOOLEAN" => Kind::Boolean,
            "DECIMAL" => Kind::Decimal,
            "STRING" | "JSON" => Kind::Text,
            _ => return None,
        };
        field["name"].as_str().filter(|name| !name.is_empty())?;
        // Either way of putting it, and a third that older SDKs send as a number.
        let is_set = |value: &Json| {
            value.as_bool().unwrap_or_else(|| value.as_i64().is_some_and(|number| number != 0))
        };
        Some(Self { kind, may_be_null: !is_set(&field["notnull"]) })
    }

    /// Values travel as text, whatever their type.
    fn takes(&self, value: &Json) -> bool {
        let text = match value {
            Json::Null => return self.may_be_null,
            Json::String(text) => text,
            _ => return false,
        };
        match self.kind {
            Kind::Integer(bits) => text.parse::<i64>().is_ok_and(|number| {
                let most = i64::MAX >> (64 - bits);
                (-most - 1..=most).contains(&number)
            }),
            Kind::Float => text.parse::<f64>().is_ok(),
            Kind::Boolean => matches!(text.to_ascii_lowercase().as_str(), "true" | "false"),
            Kind::Decimal => {
                let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
                digits.starts_with(|first: char| first.is_ascii_digit()) && text.parse::<f64>().is_ok()
            }
            Kind::Text => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_held_to_its_field() {
        let spelled = json!({"fields": [
            {"name": "a", "type": "BIGINT", "notnull": true},
            {"name": "b", "type": "tinyint"},
            {"name": "c", "type": "DOUBLE"},
            {"name": "d", "type": "BOOLEAN"},
            {"name": "e", "type": "DECIMAL"},
            {"name": "f", "type": "STRING"},
        ]});
        let order = json!({"RecordType": "TUPLE", "RecordSchema": spelled.to_string()});
        let schema = Schema::read(&order).unwrap();
        for data in [
            json!(["-9223372036854775808", "-128", "1.5e+00", "True", "-1.50", "中"]),
            json!(["1", null, null, null, null, null]),
        ] {
            assert_eq!(schema.complaint(&data), None, "{data}");
        }
        for data in [
            json!([null, null, null, null, null, null]),
            json!(["9223372036854775808", null, null, null, null, null]),
            json!(["1", "128", null, null, null, null]),
            json!(["1", null, "x", null, null, null]),
            json!(["1", null, null, "yes", null, null]),
            json!(["1", null, null, null, "e5", null]),
            json!(["1", null, null, null, null, 6]),
            json!(["1"]),
            json!("1"),
        ] {
            assert!(schema.complaint(&data).is_some(), "{data}");
        }
        assert_eq!(Schema::Blob.complaint(&json!("AP8=")), None);
        assert!(Schema::Blob.complaint(&json!("A P")).is_some());
    }

    #[test]
    fn a_schema_must_have_fields_of_known_types() {
        for order in [
            json!({}),
            json!({"RecordType": "TUPLE"}),
            json!({"RecordType": "TUPLE", "RecordSchema": "{\"fields\":[]}"}),
            json!({"RecordType": "TUPLE", "RecordSchema": "{\"fields\":[{\"name\":\"a\",\"type\":\"MAP\"}]}"}),
        ] {
            assert_eq!(Schema::read(&order).unwrap_err().code, "InvalidParameter", "{order}");
        }
    }
}
