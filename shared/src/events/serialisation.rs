//! The pieces of JSON that CloudTrail and CloudWatch write in more than one way, each read whichever way
//! it comes. It is also the one place where a reading error gets its full path.
//!
//! EC2's older actions are logged flat, with lower-camel keys and `{items: [...]}` lists. Its newer
//! actions are logged as the XML they travelled in. The XML has a wrapper named for the request, and
//! upper-camel keys. A list of one is written as that one, and texts that look like a boolean or a number
//! are turned into one.

use super::error::EventError;
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// Reads the object `value`, which sits at `path` in the event; absent or null reads as the default.
pub(super) fn read<T>(value: Option<&Value>, path: &str) -> Result<T, EventError>
where
    T: DeserializeOwned + Default,
{
    let Some(value) = object(value, path)? else {
        return Ok(T::default());
    };
    serde_path_to_error::deserialize(value).map_err(|error| located(&error, path))
}

/// The value, which is an object at `path`, or none. A derived struct would also be read from a list, field
/// by field in order.
pub(super) fn object<'event>(
    value: Option<&'event Value>,
    path: &str,
) -> Result<Option<&'event Value>, EventError> {
    let value = value.filter(|value| !value.is_null());
    if value.is_none_or(Value::is_object) {
        return Ok(value);
    }
    Err(EventError {
        field: path.to_owned(),
        problem: "not an object: expected one".to_owned(),
    })
}

/// What could not be read of the object at `path`.
pub(super) fn located(
    error: &serde_path_to_error::Error<serde_json::Error>,
    path: &str,
) -> EventError {
    EventError {
        field: match error.path().to_string().as_str() {
            "." | "" => path.to_owned(),
            inner => below(path, inner),
        },
        problem: error.inner().to_string(),
    }
}

/// A field of an object, where it says anything.
pub(super) fn not_null<'event>(object: &'event Value, field: &str) -> Option<&'event Value> {
    object.get(field).filter(|value| !value.is_null())
}

/// The path of `field` inside the object at `path`.
pub(super) fn below(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

/// A field that must be there.
pub(super) fn require<T>(
    value: Option<T>,
    path: &str,
    field: &str,
    expected: &str,
) -> Result<T, EventError> {
    value.ok_or_else(|| EventError {
        field: below(path, field),
        problem: format!("missing: expected {expected}"),
    })
}

/// One half of a record, its request or its response, taken out of the wrapper if it has one.
pub(super) struct Section<'event> {
    value: Option<&'event Value>,
    path: String,
}

impl<'event> Section<'event> {
    /// The half named `field` of the record at `path`; `wrapper` is the key that the newer
    /// serialisation puts around its content.
    pub(super) fn of(record: &'event Value, path: &str, field: &str, wrapper: &str) -> Self {
        let flat = Self {
            value: record.get(field),
            path: below(path, field),
        };
        match flat.value.and_then(|value| value.get(wrapper)) {
            Some(inner) => Self {
                value: Some(inner),
                path: below(&flat.path, wrapper),
            },
            None => flat,
        }
    }

    /// Its content.
    pub(super) fn read<T: DeserializeOwned + Default>(&self) -> Result<T, EventError> {
        read(self.value, &self.path)
    }

    /// A field of its content that must be there.
    pub(super) fn require<T>(
        &self,
        value: Option<T>,
        field: &str,
        expected: &str,
    ) -> Result<T, EventError> {
        require(value, &self.path, field, expected)
    }
}

/// A text, also where CloudTrail made a boolean, a number or null of it. What it made is all there is:
/// a tag value `1.10` that became the number 1.1 reads as `1.1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

#[derive(Deserialize)]
struct Element {
    content: Text,
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, guessed: bool) -> Result<Text, E> {
        Ok(Text(guessed.to_string()))
    }

    fn visit_u64<E: de::Error>(self, guessed: u64) -> Result<Text, E> {
        Ok(Text(guessed.to_string()))
    }

    fn visit_i64<E: de::Error>(self, guessed: i64) -> Result<Text, E> {
        Ok(Text(guessed.to_string()))
    }

    fn visit_f64<E: de::Error>(self, guessed: f64) -> Result<Text, E> {
        Ok(Text(Value::from(guessed).to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Text, E> {
        Ok(Text::default())
    }

    /// An XML element with an attribute: `{"tag": 1, "content": "eipalloc-..."}`.
    fn visit_map<A: MapAccess<'de>>(self, element: A) -> Result<Text, A::Error> {
        let element = Element::deserialize(MapAccessDeserializer::new(element))?;
        Ok(element.content)
    }
}

/// A list, however it was written: `[...]`, `{"items": [...]}`, `{"item": {...}}`, one element alone,
/// or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list or one element of it")
    }

    fn visit_unit<E: de::Error>(self) -> Result<List<T>, E> {
        Ok(List::default())
    }

    fn visit_str<E: de::Error>(self, alone: &str) -> Result<List<T>, E> {
        if alone.trim().is_empty() {
            return Ok(List::default());
        }
        T::deserialize(alone.into_deserializer()).map(|element| List(vec![element]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<List<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List<T>, A::Error> {
        let Some(first) = map.next_key::<String>()? else {
            return Ok(List::default());
        };
        if first == "items" || first == "item" {
            let list = map.next_value()?;
            while map
                .next_entry::<de::IgnoredAny, de::IgnoredAny>()?
                .is_some()
            {}
            return Ok(list);
        }
        let alone = MapAccessDeserializer::new(PeekedMap {
            first: Some(first),
            rest: map,
        });
        T::deserialize(alone).map(|element| List(vec![element]))
    }
}

/// A map of which the first key was read, as if it had not been.
struct PeekedMap<A> {
    first: Option<String>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for PeekedMap<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(first) => seed.deserialize(first.into_deserializer()).map(Some),
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.rest.next_value_seed(seed)
    }
}

/// Names with their values, however they were written: `{"InstanceId": "i-..."}`, or as a list of
/// `{"name": "InstanceId", "value": "i-..."}`, with `Name` or `Key` for the name and in either case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pairs(pub(super) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor)
    }
}

#[derive(Deserialize)]
#[serde(expecting = "an object with a name and a value")]
struct Pair {
    #[serde(alias = "Name", alias = "key", alias = "Key")]
    name: String,
    #[serde(default, alias = "Value")]
    value: Text,
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("names with their values")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Pairs, E> {
        Ok(Pairs::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = BTreeMap::new();
        while let Some((name, Text(value))) = map.next_entry()? {
            pairs.insert(name, value);
        }
        Ok(Pairs(pairs))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pairs, A::Error> {
        let mut pairs = BTreeMap::new();
        while let Some(pair) = list.next_element::<Pair>()? {
            pairs.insert(pair.name, pair.value.0);
        }
        Ok(Pairs(pairs))
    }
}

/// CloudWatch writes the offset from UTC without a colon: `2026-01-31T12:00:00.000+0000`.
const CLOUDWATCH: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]]\
     [offset_hour sign:mandatory][offset_minute]"
);

/// A time as CloudTrail and EventBridge write it, RFC 3339, or as CloudWatch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Timestamp(pub(super) OffsetDateTime);

impl TryFrom<String> for Timestamp {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let raw = OffsetDateTime::parse(&text, &Rfc3339);
        let raw = raw.or_else(|error| OffsetDateTime::parse(&text, CLOUDWATCH).map_err(|_| error));
        raw.map(Self).map_err(|error| not_a_time(&text, &error))
    }
}

/// What is wrong with a text that should be a time.
pub(super) fn not_a_time(text: &str, problem: &impl fmt::Display) -> String {
    format!("`{text}` is not a time ({problem}): expected RFC 3339, as in `2026-01-31T12:00:00Z`")
}
