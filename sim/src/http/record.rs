//! Keeps each distinct call and its answer in a folder, where an environment variable names one: whoever has AWS's own
//! models can then hold both to them. One file for each pair: a line of JSON, the request's body, the answer's body.
//!
//! Two calls are alike when they differ in ids, numbers and order only: a large account costs no more than a small one.
//!
//! Races: many simulators, in many processes, keep in one folder. A file is named by what is in it and put there whole,
//! so whoever comes second writes the same again.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, USER_AGENT};
use axum::http::request::Parts;
use serde_json::json;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, io, process};

/// The folder.
const VARIABLE: &str = "EC2_SIM_RECORD";

/// How many files this process has begun.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Where calls are kept, if anywhere.
#[derive(Debug, Default)]
pub(super) struct Record {
    folder: Option<PathBuf>,
}

/// A request as it came.
#[derive(Debug)]
pub(super) struct Asked {
    method: String,
    /// With what stands behind the question mark.
    path: String,
    target: String,
    content_type: String,
    user_agent: String,
    body: Vec<u8>,
}

/// What was answered; nothing where the connection broke.
#[derive(Debug, Default)]
pub(super) struct Answered<'a> {
    pub(super) status: u16,
    pub(super) content_type: &'a str,
    pub(super) body: &'a [u8],
    /// Whether a test ordered it: then its code says nothing about the simulator.
    pub(super) is_ordered: bool,
    /// The code of a refusal: some services say it in a header.
    pub(super) refused: Option<&'a str>,
}

impl Record {
    /// As the environment says.
    pub(super) fn from_environment() -> Self {
        Self {
            folder: env::var_os(VARIABLE).map(PathBuf::from),
        }
    }

    /// The request, if calls are kept.
    pub(super) fn asked(&self, parts: &Parts, body: &[u8]) -> Option<Asked> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        self.posted(path, &parts.headers, body).map(|asked| Asked {
            method: parts.method.to_string(),
            ..asked
        })
    }

    /// The same for one that was sent by `POST`.
    pub(super) fn posted(&self, path: &str, headers: &HeaderMap, body: &[u8]) -> Option<Asked> {
        self.folder.as_ref()?;
        let header = |value: Option<&axum::http::HeaderValue>| {
            let text = value.and_then(|value| value.to_str().ok());
            text.unwrap_or_default().to_owned()
        };
        Some(Asked {
            method: "POST".to_owned(),
            path: path.to_owned(),
            target: header(headers.get("x-amz-target")),
            content_type: header(headers.get(CONTENT_TYPE)),
            user_agent: header(headers.get(USER_AGENT)),
            body: body.to_vec(),
        })
    }

    /// Keeps a pair that is not there yet. That a disk is full is no answer's business: whoever reads the folder sees
    /// what is missing.
    pub(super) fn keep(&self, asked: Option<&Asked>, answered: &Answered<'_>) {
        if let (Some(folder), Some(asked)) = (&self.folder, asked) {
            let _ = Self::write(folder, asked, answered);
        }
    }

    fn write(folder: &Path, asked: &Asked, answered: &Answered<'_>) -> io::Result<()> {
        let client = asked.user_agent.split([' ', '/']).next();
        let mut name = DefaultHasher::new();
        (&asked.method, likeness(asked.path.as_bytes())).hash(&mut name);
        (&asked.target, client, likeness(&asked.body)).hash(&mut name);
        (answered.status, answered.is_ordered, answered.refused).hash(&mut name);
        likeness(answered.body).hash(&mut name);
        let file = folder.join(format!("{:016x}.call", name.finish()));
        if file.exists() {
            return Ok(());
        }
        let head = json!({
            "method": asked.method, "path": asked.path, "target": asked.target, "content_type": asked.content_type,
            "user_agent": asked.user_agent, "asked": asked.body.len(),
            "status": answered.status, "answer_content_type": answered.content_type,
            "ordered": answered.is_ordered, "refused": answered.refused,
        });
        let mut whole = format!("{head}\n").into_bytes();
        whole.extend_from_slice(&asked.body);
        whole.extend_from_slice(answered.body);
        fs::create_dir_all(folder)?;
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let beside = file.with_extension(format!("{}-{number}", process::id()));
        fs::write(&beside, whole)?;
        fs::rename(beside, file)
    }
}

/// The words of a body, each once and without its digits, in order of the alphabet.
fn likeness(body: &[u8]) -> BTreeSet<Vec<u8>> {
    let is_between = |byte: &u8| !byte.is_ascii_graphic() || b"<>{}[],&".contains(byte);
    let words = body.split(is_between).filter(|word| !word.is_empty());
    words.map(without_numbers).collect()
}

/// A run of digits, or of hexadecimal digits that has a decimal one in it, becomes one mark.
fn without_numbers(word: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(word.len());
    for run in word.chunk_by(|one, other| one.is_ascii_hexdigit() == other.is_ascii_hexdigit()) {
        if run.iter().any(u8::is_ascii_digit) {
            kept.push(b'#');
        } else {
            kept.extend_from_slice(run);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_numbers_and_order_make_no_difference() {
        let one = b"<item><id>i-0a12</id><n>7</n></item><item><id>i-0b</id></item>";
        let other = b"<item><n>12</n><id>i-0c99ff</id></item>";
        assert_eq!(likeness(one), likeness(other));
    }

    #[test]
    fn another_name_and_another_word_make_one() {
        let state = b"<state>available</state>";
        assert_ne!(likeness(state), likeness(b"<state>in-use</state>"));
        assert_ne!(likeness(state), likeness(b"<status>available</status>"));
    }
}
