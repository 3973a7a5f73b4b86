//! A report in parts, each small enough for a line of a log. A report that fits is one part. A larger one is cut at the
//! entries of its lists: each part has the report's own shape, and some of the entries. So whoever looks for an address
//! finds the whole entry on one line. Together the parts hold everything.
//!
//! An event of `CloudWatch Logs` may have 256 KB, in most regions 1 MB by now; the smaller one counts.
//! Source: `CloudWatch Logs` API reference, "`PutLogEvents`".

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;

/// What a line of the log may have.
pub const MAX_LINE_BYTES: usize = 200_000;

/// What a part may have: the line that it is in says besides whose it is.
const MAX_PART_BYTES: usize = 180_000;

/// What says, on a line that begins inside of an entry, which entry that is.
const MAX_NAMING_BYTES: usize = 2_000;

/// The longest text that may say so.
const MAX_NAMING_TEXT: usize = 200;

/// Some of a report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// The report's own shape, with what is in this part.
    pub report: Value,
    /// For each list and text that began in an earlier part, by its JSON pointer in the whole report: how many entries,
    /// or characters, came before.
    pub begin: BTreeMap<String, usize>,
}

/// Cuts a report into parts.
#[must_use]
pub fn parts(report: &Value) -> Vec<Part> {
    let mut leaves = Vec::new();
    collect(report, &mut Vec::new(), &mut leaves);
    let mut parts = Vec::new();
    let mut part = Part::default();
    let mut size = 0;
    for leaf in leaves {
        if size > 0 && size + leaf.size > MAX_PART_BYTES {
            parts.push(std::mem::take(&mut part));
            size = 0;
        }
        size += leaf.size;
        leaf.put_into(&mut part, report);
    }
    parts.push(part);
    parts
}

/// The way from one value into the next.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// What is never divided: a value that fits into a part, or a piece of a text that does not.
struct Leaf<'a> {
    path: Vec<Step<'a>>,
    value: LeafValue<'a>,
    size: usize,
}

enum LeafValue<'a> {
    Whole(&'a Value),
    Piece { text: &'a str, from: usize },
}

fn collect<'a>(value: &'a Value, path: &mut Vec<Step<'a>>, leaves: &mut Vec<Leaf<'a>>) {
    let size = size_of(value) + size_of_path(path);
    let steps: Vec<(Step<'a>, &'a Value)> = match value {
        _ if size <= MAX_PART_BYTES => Vec::new(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (Step::Key(name), member))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, each)| (Step::Index(index), each))
            .collect(),
        Value::String(text) => {
            leaves.extend(pieces(text, path));
            return;
        }
        _ => Vec::new(),
    };
    if steps.is_empty() {
        leaves.push(Leaf {
            path: path.clone(),
            value: LeafValue::Whole(value),
            size,
        });
        return;
    }
    for (step, inner) in steps {
        path.push(step);
        collect(inner, path, leaves);
        path.pop();
    }
}

fn pieces<'a>(text: &'a str, path: &[Step<'a>]) -> Vec<Leaf<'a>> {
    let around = size_of_path(path);
    let (mut pieces, mut rest, mut from) = (Vec::new(), text, 0);
    while !rest.is_empty() {
        let mut size = around;
        let mut characters = 0;
        let mut end = rest.len();
        for (at, character) in rest.char_indices() {
            size += size_in_json(character);
            if size > MAX_PART_BYTES {
                end = at;
                break;
            }
            characters += 1;
        }
        let (text, after) = rest.split_at(end);
        pieces.push(Leaf {
            path: path.to_vec(),
            value: LeafValue::Piece { text, from },
            size,
        });
        (rest, from) = (after, from + characters);
    }
    pieces
}

/// At the most: JSON writes a control character with six.
fn size_in_json(character: char) -> usize {
    match character {
        '"' | '\\' => 2,
        character if character.is_ascii_control() => 6,
        character => character.len_utf8(),
    }
}

fn size_of_path(path: &[Step<'_>]) -> usize {
    let each = path.iter().map(|step| match step {
        Step::Key(name) => name.len() + 6,
        Step::Index(_) => 3,
    });
    each.sum()
}

impl Leaf<'_> {
    fn put_into(&self, part: &mut Part, whole: &Value) {
        let Part { report, begin } = part;
        self.put(&self.path, report, whole, String::new(), begin);
    }

    /// `at` is the place in the part, `whole` the same place in the report, `pointer` its name.
    fn put(
        &self,
        path: &[Step<'_>],
        at: &mut Value,
        whole: &Value,
        pointer: String,
        begin: &mut BTreeMap<String, usize>,
    ) {
        match path {
            [] => match self.value {
                LeafValue::Whole(value) => at.clone_from(value),
                LeafValue::Piece { text, from } => {
                    *at = Value::String(text.to_owned());
                    note_begin(begin, pointer, from);
                }
            },
            [Step::Key(name), inner @ ..] => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                let pointer = format!("{pointer}/{}", escaped(name));
                if let Value::Object(members) = at {
                    let member = members.entry((*name).to_owned()).or_insert(Value::Null);
                    self.put(inner, member, &whole[*name], pointer, begin);
                }
            }
            [Step::Index(index), inner @ ..] => {
                if at.is_null() {
                    *at = Value::Array(Vec::new());
                    note_begin(begin, pointer.clone(), *index);
                }
                let first = begin.get(&pointer).copied().unwrap_or_default();
                if let Value::Array(list) = at {
                    let place = index.saturating_sub(first);
                    let whole = &whole[*index];
                    if place == list.len() {
                        list.push(if inner.is_empty() {
                            Value::Null
                        } else {
                            naming(whole)
                        });
                    }
                    let pointer = format!("{pointer}/{index}");
                    if let Some(entry) = list.get_mut(place) {
                        self.put(inner, entry, whole, pointer, begin);
                    }
                }
            }
        }
    }
}

fn note_begin(begin: &mut BTreeMap<String, usize>, pointer: String, from: usize) {
    if from > 0 {
        begin.insert(pointer, from);
    }
}

/// A name as a JSON pointer writes it. Source: RFC 6901, section 3.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What of an entry says which one it is: its short values. Each part that has some of the entry has these.
fn naming(entry: &Value) -> Value {
    let Value::Object(members) = entry else {
        return Value::Null;
    };
    let mut size = 0;
    let short = members.iter().filter(|(name, member)| {
        let is_short = match member {
            Value::String(text) => text.len() <= MAX_NAMING_TEXT,
            Value::Number(_) | Value::Bool(_) => true,
            _ => false,
        };
        let own = name.len() + size_of(member) + 4;
        let fits = is_short && size + own <= MAX_NAMING_BYTES;
        if fits {
            size += own;
        }
        fits
    });
    Value::Object(
        short
            .map(|(name, member)| (name.clone(), member.clone()))
            .collect(),
    )
}

/// How many bytes a value has as JSON.
#[must_use]
pub fn size_of(value: &Value) -> usize {
    let mut bytes = Bytes(0);
    match serde_json::to_writer(&mut bytes, value) {
        Ok(()) => bytes.0,
        Err(_) => usize::MAX,
    }
}

struct Bytes(usize);

impl io::Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::joined::joined;
    use super::*;
    use serde_json::json;

    fn moved(number: usize) -> Value {
        json!({ "allocation": format!("eipalloc-{number:017x}"), "end": "moved", "tried": [], "why": "x".repeat(400) })
    }

    fn checked(report: &Value) -> Vec<Part> {
        let parts = parts(report);
        for part in &parts {
            let size = size_of(&part.report);
            assert!(size < MAX_LINE_BYTES - 1_000, "{size}");
        }
        assert_eq!(joined(&parts).as_ref(), Some(report));
        parts
    }

    #[test]
    fn a_report_that_fits_is_one_part_and_whole() {
        let report = json!({ "outcome": "failed-over", "moves": [moved(1)] });
        assert_eq!(
            checked(&report),
            [Part {
                report: report.clone(),
                begin: BTreeMap::new()
            }]
        );
        assert_eq!(checked(&Value::Null).len(), 1);
    }

    #[test]
    fn five_thousand_moves_are_in_numbered_parts_each_move_whole_in_one_of_them() {
        let moves: Vec<Value> = (0..5_000).map(moved).collect();
        let report = json!({ "sweep": { "failovers": moves, "groups": [] }, "summary": "moved" });
        let parts = checked(&report);
        assert!(parts.len() > 10, "{}", parts.len());
        for number in [0, 1, 777, 4_999] {
            let name = format!("eipalloc-{number:017x}");
            let with: Vec<&Part> = parts
                .iter()
                .filter(|part| part.report.to_string().contains(&name))
                .collect();
            assert_eq!(with.len(), 1, "{name}");
            let list = &with[0].report["sweep"]["failovers"];
            assert!(list.as_array().unwrap().contains(&moved(number)));
        }
    }

    #[test]
    fn a_part_that_begins_inside_of_an_entry_says_which_one() {
        let group = |name: &str| json!({ "group": name, "cause": "alarm a", "moves": (0..900).map(moved).collect::<Vec<_>>() });
        let report = json!({ "failovers": [group("web"), group("db")] });
        let parts = checked(&report);
        assert!(parts.len() > 3);
        for part in &parts {
            for entry in part.report["failovers"].as_array().unwrap() {
                assert!(entry["group"].is_string(), "{entry}");
            }
        }
    }

    #[test]
    fn a_text_that_is_too_long_goes_on_in_the_next_part() {
        let report = json!({ "a/b": { "summary": "\u{1}ä\"".repeat(80_000) }, "z": [1, 2] });
        assert!(checked(&report).len() > 3);
    }
}
