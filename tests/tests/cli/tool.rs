//! Runs the tool as a person does: a command line, an environment that is cleared but for what the test says, and what
//! came back.

use holdfast_tests::runtime::find_binary;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

/// No command takes as long as this: one that hangs fails.
const LIMIT: Duration = Duration::from_mins(1);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// The tool with an environment.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    environment: BTreeMap<String, String>,
    home: PathBuf,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tool {
    /// With keys in the environment, and all calls to `endpoint`.
    pub(crate) fn at(endpoint: &str) -> Self {
        Self::without_keys(endpoint)
            .set("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
            .set("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    }

    /// Without keys: a profile has to give them.
    pub(crate) fn without_keys(endpoint: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("holdfast-cli-{}-{number}", std::process::id());
        let home = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&home).unwrap();
        let tool = Self {
            environment: BTreeMap::new(),
            home,
        };
        let home = tool.home.to_string_lossy().into_owned();
        tool.set("HOME", &home)
            .set("PATH", "/usr/bin:/bin")
            .set("AWS_REGION", "us-east-1")
            .set("AWS_EC2_METADATA_DISABLED", "true")
            .set("AWS_ENDPOINT_URL", endpoint)
    }

    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        self.environment.insert(key.to_owned(), value.to_owned());
        self
    }

    /// A file in the home folder; gives its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let binary = find_binary("holdfast").unwrap_or_else(|missing| panic!("{missing}"));
        let mut command = Command::new(binary);
        command
            .args(arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// The binary, and the environment that it runs with.
    pub(crate) fn parts(&self) -> (PathBuf, BTreeMap<String, String>) {
        let binary = find_binary("holdfast").unwrap_or_else(|missing| panic!("{missing}"));
        (binary, self.environment.clone())
    }

    /// The tool as it runs, to be killed.
    pub(crate) fn start(&self, arguments: &[&str]) -> tokio::process::Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// The first lines that a command prints into a pipe, which goes on until it is stopped.
    pub(crate) async fn first_lines(&self, arguments: &[&str], count: usize) -> Vec<String> {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut first = Vec::new();
        while first.len() < count {
            let line = timeout(LIMIT, lines.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("{arguments:?} hangs"));
            first.push(line.unwrap().expect("it goes on"));
        }
        process.kill().await.unwrap();
        first
    }

    /// A path in the home folder, where nothing is yet.
    pub(crate) fn place(&self, name: &str) -> String {
        self.home.join(name).to_string_lossy().into_owned()
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_to(arguments, Stdio::piped()).await
    }

    /// Nobody reads what it prints: the other end of the pipe is closed.
    pub(crate) async fn run_into_nothing(&self, arguments: &[&str]) -> Ran {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.run_to(arguments, writer.into()).await
    }

    async fn run_to(&self, arguments: &[&str], out: Stdio) -> Ran {
        let mut command = self.command(arguments);
        command.stdout(out).stderr(Stdio::piped());
        let started = command.spawn().unwrap();
        let output = timeout(LIMIT, started.wait_with_output()).await;
        let output = output
            .unwrap_or_else(|_| panic!("{arguments:?} hangs"))
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// The document as JSON, held to its schema; and the exit code.
    pub(crate) async fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let all: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(["--output", "json"])
            .collect();
        let ran = self.run(&all).await;
        let document: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        super::schema::holds(&document);
        (ran.code, document)
    }
}
