//! Is a body one JSON-RPC message at all? Answered before the protocol library sees it, which would call
//! broken JSON an unsupported media type.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// Why a body is no JSON-RPC message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum EnvelopeError {
    #[error("the body is not JSON")]
    Json,
    #[error("batches are not supported: send one message")]
    Batch,
    #[error("the body is not a JSON-RPC 2.0 message")]
    Message,
    #[error("a request id is a string or an integer")]
    Id,
    #[error("`params` must be an object")]
    Params,
}

impl EnvelopeError {
    /// The JSON-RPC error to answer with; it has no id, because none can be trusted.
    pub(super) fn body(&self) -> Value {
        let code = match self {
            Self::Json => -32700,
            Self::Batch | Self::Message | Self::Id | Self::Params => -32600,
        };
        json!({"jsonrpc": "2.0", "error": {"code": code, "message": self.to_string()}})
    }
}

#[derive(Deserialize)]
struct Envelope {
    jsonrpc: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
    method: Option<Value>,
    params: Option<Shape>,
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

/// Keeps a null apart from what was left out.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What kind of value stands there, without keeping it.
struct Shape {
    is_object: bool,
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Shape;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Shape { is_object: true })
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Shape { is_object: false })
            }

            fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
                Ok(Shape { is_object: false })
            }

            fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
                Ok(Shape { is_object: false })
            }

            fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
                Ok(Shape { is_object: false })
            }

            fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
                Ok(Shape { is_object: false })
            }

            fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
                Ok(Shape { is_object: false })
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Checks that `body` is one request, notification or response.
pub(super) fn check(body: &[u8]) -> Result<(), EnvelopeError> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        let json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
        return Err(match first {
            Some(b'[') if json => EnvelopeError::Batch,
            _ if json => EnvelopeError::Message,
            _ => EnvelopeError::Json,
        });
    }
    let envelope: Envelope = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            EnvelopeError::Message
        } else {
            EnvelopeError::Json
        }
    })?;
    if envelope.jsonrpc.as_ref().and_then(Value::as_str) != Some("2.0") {
        return Err(EnvelopeError::Message);
    }
    match envelope.method {
        Some(Value::String(_)) => {}
        None if envelope.result.is_some() || envelope.error.is_some() => return Ok(()),
        _ => return Err(EnvelopeError::Message),
    }
    match envelope.id {
        None | Some(Value::String(_)) => {}
        Some(Value::Number(id)) if id.is_i64() => {}
        Some(_) => return Err(EnvelopeError::Id),
    }
    if envelope.params.is_some_and(|params| !params.is_object) {
        return Err(EnvelopeError::Params);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn hostile_bodies_never_panic(noise: Vec<u8>, text in "[\\[{\"jsonrpc2.0idmethod:,}\\]]{0,60}") {
            let _ = check(&noise);
            let _ = check(text.as_bytes());
        }
    }

    #[test]
    fn only_one_message_passes() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
            r#" {"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x"}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        ] {
            assert_eq!(check(body.as_bytes()), Ok(()), "{body}");
        }
        for (body, error) in [
            ("", EnvelopeError::Json),
            ("{", EnvelopeError::Json),
            ("[", EnvelopeError::Json),
            ("nonsense", EnvelopeError::Json),
            ("{\"jsonrpc\":\"2.0\"} trailing", EnvelopeError::Json),
            ("\u{0}", EnvelopeError::Json),
            ("[]", EnvelopeError::Batch),
            (
                r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
                EnvelopeError::Batch,
            ),
            ("4", EnvelopeError::Message),
            ("{}", EnvelopeError::Message),
            (
                r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
                EnvelopeError::Message,
            ),
            (r#"{"jsonrpc":"2.0","id":1}"#, EnvelopeError::Message),
            (r#"{"jsonrpc":"2.0","id":1,"method":4}"#, EnvelopeError::Message),
            (
                r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
                EnvelopeError::Id,
            ),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, EnvelopeError::Id),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#,
                EnvelopeError::Params,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}"#,
                EnvelopeError::Params,
            ),
        ] {
            assert_eq!(check(body.as_bytes()), Err(error), "{body}");
        }
        assert_eq!(check(&[0xff, 0xfe]), Err(EnvelopeError::Json));
        assert_eq!(EnvelopeError::Json.body()["error"]["code"], -32700);
    }
}
