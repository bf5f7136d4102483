//! The line between the stores and HQ: a TCP proxy that can be cut and restored.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Cutting it drops every connection and refuses new ones. Dropping it cuts it for ever.
#[derive(Debug)]
pub struct Wan {
    address: SocketAddr,
    up: watch::Sender<bool>,
    refused: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Wan {
    /// Listens on a free loopback port and forwards to `hq`.
    pub async fn to(hq: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (up, state) = watch::channel(true);
        let refused = Arc::new(AtomicU64::new(0));
        let accepting = tokio::spawn(accept(listener, hq, state, Arc::clone(&refused)));
        Ok(Self { address, up, refused, accepting })
    }

    /// What the hubs take for HQ.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    pub fn restore(&self) {
        self.up.send_replace(true);
    }

    /// How many connections the cut line has turned away.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Wan {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, hq: SocketAddr, up: watch::Receiver<bool>, refused: Arc<AtomicU64>) {
    while let Ok((store, _)) = listener.accept().await {
        if !*up.borrow() {
            refused.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        tokio::spawn(forward(store, hq, up.clone()));
    }
}

/// Copies both ways until one side ends or the line is cut; an error on the line is its end, as in life.
async fn forward(mut store: TcpStream, hq: SocketAddr, mut up: watch::Receiver<bool>) {
    let copying = async {
        let mut far = TcpStream::connect(hq).await?;
        store.set_nodelay(true)?;
        far.set_nodelay(true)?;
        copy_bidirectional(&mut store, &mut far).await
    };
    tokio::select! {
        _ended = copying => {}
        _cut = up.wait_for(|up| !*up) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut reader, mut writer) = stream.split();
                    let _ended = tokio::io::copy(&mut reader, &mut writer).await;
                });
            }
        });
        address
    }

    async fn answers(stream: &mut TcpStream) -> bool {
        let mut byte = [0];
        stream.write_all(b"x").await.is_ok()
            && matches!(timeout(Duration::from_secs(5), stream.read_exact(&mut byte)).await, Ok(Ok(_)))
    }

    #[tokio::test]
    async fn a_cut_drops_what_is_open_and_refuses_what_is_new_until_it_is_restored() {
        let wan = Wan::to(echo().await).await.expect("a proxy");
        let mut open = TcpStream::connect(wan.address()).await.expect("connected");
        assert!(answers(&mut open).await);
        wan.cut();
        let mut nothing = Vec::new();
        let ended = timeout(Duration::from_secs(5), open.read_to_end(&mut nothing)).await;
        assert!(ended.is_ok(), "the open connection stays open");
        let mut refused = TcpStream::connect(wan.address()).await.expect("the port is there");
        assert!(!answers(&mut refused).await);
        assert_eq!(wan.refused(), 1);
        wan.restore();
        let mut again = TcpStream::connect(wan.address()).await.expect("connected");
        assert!(answers(&mut again).await);
    }
}
