//! The child process of a function under test: its log and its end. One task owns the child and is the
//! only one that waits for it or kills it; everybody else watches what that task publishes.

use super::environment::Environment;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

type Lines = Arc<Mutex<Vec<String>>>;

#[derive(Debug)]
pub(super) struct Process {
    id: u32,
    lines: Lines,
    end: watch::Receiver<Option<ExitStatus>>,
    kill: Arc<Notify>,
    owner: JoinHandle<()>,
}

impl Process {
    pub(super) fn spawn(
        binary: &Path,
        environment: &Environment,
        runtime_api: SocketAddr,
    ) -> io::Result<Self> {
        let mut child = Command::new(binary)
            .env_clear()
            .envs(environment.variables())
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        // A child has an id until somebody has waited for its end, and nobody has yet.
        let id = child.id().unwrap_or_default();
        let lines = Lines::default();
        let readers = [
            child
                .stdout
                .take()
                .map(|stream| collect(stream, Arc::clone(&lines))),
            child
                .stderr
                .take()
                .map(|stream| collect(stream, Arc::clone(&lines))),
        ];
        let (publish, end) = watch::channel(None);
        let kill = Arc::new(Notify::new());
        let owner = tokio::spawn(own(child, readers, Arc::clone(&kill), publish));
        Ok(Self {
            id,
            lines,
            end,
            kill,
            owner,
        })
    }

    /// Resolves when the process has ended and its log is complete.
    pub(super) async fn ended(&self) {
        // An error means that the owning task is gone, and the child with it.
        let _ = self.end.clone().wait_for(Option::is_some).await;
    }

    /// What the system calls it.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    pub(super) fn is_running(&self) -> bool {
        self.end.borrow().is_none()
    }

    pub(super) fn exit_code(&self) -> Option<i32> {
        self.end.borrow().and_then(|status| status.code())
    }

    pub(super) fn kill(&self) {
        self.kill.notify_one();
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The task owns the child, and the child is killed when dropped.
        self.owner.abort();
    }
}

async fn own(
    mut child: Child,
    readers: [Option<JoinHandle<()>>; 2],
    kill: Arc<Notify>,
    publish: watch::Sender<Option<ExitStatus>>,
) {
    let ended = tokio::select! {
        ended = child.wait() => ended,
        () = kill.notified() => {
            // Fails only when it has ended already, and then the wait says how.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    for reader in readers.into_iter().flatten() {
        // A grandchild could hold the pipe open; the log is not worth a hang.
        let _ = timeout(Duration::from_secs(1), reader).await;
    }
    if let Ok(status) = ended {
        publish.send_replace(Some(status));
    }
}

fn collect(stream: impl AsyncRead + Unpin + Send + 'static, lines: Lines) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut reader = BufReader::new(stream).lines();
        while let Ok(Some(line)) = reader.next_line().await {
            lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line);
        }
    })
}
