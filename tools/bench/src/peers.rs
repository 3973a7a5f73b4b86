//! The same job in Python: boto3 behind AWS's own runtime client, as a function of Lambda's managed runtime is. Clients
//! are made at the start, as AWS advises.

use holdfast_tests::runtime::Environment;
use holdfast_tests::terminal::Problem;
use std::path::{Path, PathBuf};

/// A script.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) name: &'static str,
    handler: &'static str,
}

pub(super) const RECLAIM: Peer = Peer {
    name: "boto3-reclaim",
    handler: "reclaim.handler",
};

pub(super) const FAILOVER: Peer = Peer {
    name: "boto3-failover",
    handler: "failover.handler",
};

pub(super) const PEERS: [Peer; 2] = [RECLAIM, FAILOVER];

/// Where the scripts are, and the Python that runs them.
#[derive(Debug)]
pub(super) struct Peers {
    folder: PathBuf,
    python: PathBuf,
}

impl Peers {
    /// With the Python of `tools/venv tools/bench/peers/requirements.txt peers`.
    pub(super) fn new(python: &Path) -> Result<Self, Problem> {
        // Not canonical: a virtual environment is known by the link to its Python.
        let python = std::path::absolute(python)?;
        if !python.is_file() {
            return Err(
                format!("there is no {}: `make bench` installs it", python.display()).into(),
            );
        }
        Ok(Self {
            folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("peers"),
            python,
        })
    }

    pub(super) fn bootstrap(&self) -> PathBuf {
        self.folder.join("bootstrap")
    }

    pub(super) fn environment(&self, peer: Peer, environment: Environment) -> Environment {
        environment
            .set("LAMBDA_TASK_ROOT", &self.folder.display().to_string())
            .set("PEER_PYTHON", &self.python.display().to_string())
            .set("PYTHONDONTWRITEBYTECODE", "1")
            .set("_HANDLER", peer.handler)
    }
}
