//! CBOR, as Smithy's RPC protocol has it, to and from JSON: the same values, but that a time is tagged.
//! Source: Smithy, "Smithy RPC v2 CBOR protocol".

use ciborium::Value as Cbor;
use serde_json::Value;
use std::io;

/// The tag of a time in seconds since 1970 (RFC 8949, 3.4.2).
const TIME: u64 = 1;

/// Reads a request; none at all is an empty one.
pub(super) fn read(body: &[u8]) -> io::Result<Value> {
    if body.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    ciborium::from_reader(body).map_err(io::Error::other)
}

/// Writes an answer. The members of it that end in `Timestamp` are times.
pub(super) fn write(answer: &Value) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    ciborium::into_writer(&tagged(answer), &mut body).map_err(io::Error::other)?;
    Ok(body)
}

fn tagged(value: &Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cbor::Integer(whole.into()),
            None => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(items) => Cbor::Array(items.iter().map(tagged).collect()),
        Value::Object(members) => Cbor::Map(
            members
                .iter()
                .map(|(name, member)| (Cbor::Text(name.clone()), member_of(name, member)))
                .collect(),
        ),
    }
}

fn member_of(name: &str, member: &Value) -> Cbor {
    let value = tagged(member);
    if name.ends_with("Timestamp") && member.is_number() {
        Cbor::Tag(TIME, Box::new(value))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_again_and_a_time_is_tagged() {
        let answer = json!({"a": [1, "b", true], "StateUpdatedTimestamp": 5});
        let written = write(&answer).unwrap();
        let tags = written.split(|byte| *byte == 0xc1).count() - 1;
        assert_eq!(tags, 1);
        assert_eq!(
            read(&write(&json!({"a": [1, "b"]})).unwrap()).unwrap(),
            json!({"a": [1, "b"]})
        );
    }

    #[test]
    fn no_body_is_an_empty_request() {
        assert_eq!(read(b"").unwrap(), json!({}));
    }
}
