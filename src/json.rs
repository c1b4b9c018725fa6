//! JSON that others wrote: one object, every name once, not too deep.
//!
//! Readers differ about a name that occurs twice (RFC 8259 section 4): whoever checked the first value must not
//! be followed by somebody who uses the second.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Deepest nesting that is read. What we ask for needs three levels.
const MAX_DEPTH: usize = 16;

/// Why a text is not such an object, with the place where it ceases to be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidObject(String);

/// Reads one object.
pub fn object(text: &[u8]) -> Result<Map<String, Value>, InvalidObject> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Level(0)
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|fault| InvalidObject(fault.to_string()))?;
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(InvalidObject("another kind of value".to_owned())),
    }
}

/// Reads a value so many levels down.
#[derive(Clone, Copy)]
struct Level(usize);

impl Level {
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.0 < MAX_DEPTH {
            Ok(Self(self.0 + 1))
        } else {
            Err(E::custom(format_args!("more than {MAX_DEPTH} levels")))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(value) = values.next_element_seed(below)? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut fields = Map::new();
        while let Some(name) = entries.next_key()? {
            if fields.insert(name, entries.next_value_seed(below)?).is_some() {
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn objects_are_read_as_they_are() {
        let text = r#"{"a": [1, -2, 0.5, null, true, "\u00e9"], "b": {"a": {}}}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), expected);
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "",
            "[]",
            "1",
            "{",
            "{} {}",
            "\u{feff}{}",
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "\u0061": 2}"#,
            r#"{"b": [{"a": 1, "a": 2}]}"#,
        ] {
            assert!(object(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        assert!(object(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert!(object(deep(MAX_DEPTH + 1).as_bytes()).is_err());
        assert!(object(deep(100_000).as_bytes()).is_err());
        assert!(object(b"{\"a\": \"\xff\"}").is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(fields) = object(&text) {
                prop_assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), Value::Object(fields));
            }
        }
    }
}
