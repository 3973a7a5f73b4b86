//! Keeps each request that an adapter sent in these tests, and what was answered, in a folder, where an environment
//! variable names one. `tools/models/check` holds both to AWS's own models, as it does with calls over HTTP: an answer
//! that was written by hand proves nothing if AWS cannot give it.
//!
//! One file for each pair, in the form of the simulator's record: a line of JSON, the request's body, the answer's body.
//! The line also names the test, and says why an answer is wrong on purpose.
//!
//! Races: tests run side by side. A file is named by what is in it and put there whole.

use super::Answer;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::json;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, process, thread};

/// The folder.
const VARIABLE: &str = "HOLDFAST_ADAPTER_RECORD";

/// How many files this process has begun.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Keeps a pair, if pairs are kept. No answer: the connection broke.
pub(super) fn keep(request: &HttpRequest, answer: Option<&Answer>) {
    let Some(folder) = env::var_os(VARIABLE).map(PathBuf::from) else {
        return;
    };
    let whole = whole(request, answer);
    let mut name = DefaultHasher::new();
    whole.hash(&mut name);
    let file = folder.join(format!("{:016x}.call", name.finish()));
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let beside = file.with_extension(format!("{}-{number}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(&beside, whole).unwrap();
    fs::rename(beside, file).unwrap();
}

fn whole(request: &HttpRequest, answer: Option<&Answer>) -> Vec<u8> {
    let asked = request.body().bytes().expect("no request is streamed");
    let header = |name| request.headers().get(name).unwrap_or_default();
    let head = json!({
        "method": request.method(), "path": path(request.uri()), "target": header("x-amz-target"),
        "content_type": header("content-type"), "user_agent": header("user-agent"),
        "asked": asked.len(), "status": answer.map_or(0, |answer| answer.status),
        "refused": answer.and_then(|answer| answer.error_type),
        "test": thread::current().name().unwrap_or("a test without a name"),
        "wrong": answer.and_then(|answer| answer.wrong),
    });
    let mut whole = format!("{head}\n").into_bytes();
    whole.extend_from_slice(asked);
    whole.extend_from_slice(answer.map_or(&[], |answer| &answer.body));
    whole
}

/// What stands behind the host.
pub(super) fn path(uri: &str) -> &str {
    let (_, behind) = uri.split_once("://").expect("a client sends a whole URI");
    behind.find('/').map_or("/", |at| &behind[at..])
}
