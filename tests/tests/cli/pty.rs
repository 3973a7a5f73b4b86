//! The tool in a real terminal: a pseudo terminal with so many columns, whose keys a test presses and whose screen it
//! reads.

use crate::tool::Tool;
use holdfast::clock::{Clock, WallClock};
use pty_process::Size;
use pty_process::blocking::{Pty, open};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Nothing takes as long as this.
const LIMIT: Duration = Duration::from_mins(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// What a person presses to stop a program.
pub(crate) const CTRL_C: &str = "\u{3}";

/// A program in a terminal.
pub(crate) struct Screen {
    pty: Arc<Pty>,
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    /// All that the terminal was sent.
    pub(crate) text: String,
}

impl Tool {
    /// Starts the tool in a terminal of so many columns.
    pub(crate) fn in_terminal(&self, arguments: &[&str], columns: u16) -> Screen {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(50, columns)).unwrap();
        let (binary, environment) = self.parts();
        let command = pty_process::blocking::Command::new(binary)
            .args(arguments)
            .env_clear()
            .env("TERM", "xterm-256color")
            .envs(environment);
        let child = command.spawn(pts).unwrap();
        let (pty, shown) = (Arc::new(pty), Arc::default());
        let (from, to) = (Arc::clone(&pty), Arc::clone(&shown));
        std::thread::spawn(move || keep(&from, &to));
        Screen { pty, child, shown }
    }
}

/// Until the program is gone: its terminal cannot be read from then on.
fn keep(from: &Pty, to: &Mutex<Vec<u8>>) {
    let mut some = [0; 4096];
    let mut from = from;
    while let Ok(count @ 1..) = from.read(&mut some) {
        let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
        to.extend_from_slice(&some[..count]);
    }
}

impl Screen {
    /// Waits until the terminal shows a text.
    pub(crate) async fn shows(&self, text: &str) {
        let began = Instant::now();
        while !self.text().contains(text) {
            assert!(
                began.elapsed() < LIMIT,
                "{text} is not shown: {}",
                self.text()
            );
            WallClock.sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Waits until the terminal was sent a text so many times.
    pub(crate) async fn shows_times(&self, text: &str, times: usize) {
        let began = Instant::now();
        while self.text().matches(text).count() < times {
            assert!(began.elapsed() < LIMIT, "{text}: {}", self.text());
            WallClock.sleep(BETWEEN_LOOKS).await;
        }
    }

    pub(crate) fn press(&self, keys: &str) {
        let mut pty = self.pty.as_ref();
        pty.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end of the program.
    pub(crate) async fn ends(mut self) -> Ended {
        let began = Instant::now();
        let status: ExitStatus = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < LIMIT, "it does not end: {}", self.text());
            WallClock.sleep(BETWEEN_LOOKS).await;
        };
        // The last of it may be on its way.
        WallClock.sleep(5 * BETWEEN_LOOKS).await;
        Ended {
            code: status.code(),
            signal: status.signal(),
            text: self.text(),
        }
    }

    /// All that was shown so far. A terminal gets a carriage return before each line feed.
    fn text(&self) -> String {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&shown).replace("\r\n", "\n")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
