//! A wire between a function and AWS whose connections die while nobody looks. New ones work.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How a connection is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    /// Its other end is gone: it was closed.
    Closed,
    /// It is closed as soon as something is sent, and what was sent is thrown away: the answer is a reset.
    Reset,
    /// What is sent is taken, and nothing comes back.
    Silent,
}

pub(super) const DEATHS: [Death; 3] = [Death::Closed, Death::Reset, Death::Silent];

/// The wire, and all that goes over it.
pub(super) struct Wire {
    pub(super) url: String,
    deaths: watch::Sender<Option<Death>>,
    server: JoinHandle<()>,
}

impl Wire {
    /// To whatever listens at this URL.
    pub(super) async fn to(url: &str) -> Self {
        let target: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let deaths = watch::Sender::new(None);
        let told = deaths.clone();
        let server = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, target, told.subscribe()));
            }
        });
        Self {
            url,
            deaths,
            server,
        }
    }

    /// Every connection that there is dies.
    pub(super) fn kill(&self, how: Death) {
        self.deaths.send_replace(Some(how));
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn carry(
    mut near: TcpStream,
    target: SocketAddr,
    mut deaths: watch::Receiver<Option<Death>>,
) -> io::Result<()> {
    let mut far = TcpStream::connect(target).await?;
    let death = tokio::select! {
        ended = copy_bidirectional(&mut near, &mut far) => return ended.map(drop),
        _ = deaths.changed() => *deaths.borrow(),
    };
    match death {
        Some(Death::Closed) | None => {}
        // Closed while what came is unread: the kernel answers with a reset.
        Some(Death::Reset) => near.readable().await?,
        Some(Death::Silent) => while near.read(&mut [0; 4096]).await? > 0 {},
    }
    Ok(())
}
