//! A link between two processes: a TCP proxy that can be cut, slowed and made one-way. The bytes
//! pass through as they are, so connections stay encrypted from end to end.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes that are moved at a time.
const CHUNK_BYTES: usize = 64 << 10;
/// Bytes of a direction that wait behind a delay, in chunks.
const WAITING_CHUNKS: usize = 64;

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Whether bytes of the one who dials arrive.
    pub(crate) forward: bool,
    /// Whether bytes of the one who is dialed arrive.
    pub(crate) backward: bool,
    /// They arrive so much later.
    pub(crate) delay: Duration,
    /// Counts the times at which all connections were broken.
    pub(crate) breaks: u64,
}

impl Shape {
    /// As it should be.
    pub(crate) const fn open(breaks: u64) -> Self {
        Self { forward: true, backward: true, delay: Duration::ZERO, breaks }
    }
}

/// See the module.
pub(crate) struct Link {
    /// Where to dial.
    pub(crate) address: SocketAddr,
    shape: watch::Sender<Shape>,
}

impl Link {
    /// Listens, and leads to `target`.
    ///
    /// # Errors
    /// When no port is free.
    pub(crate) async fn start(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (shape, watched) = watch::channel(Shape::open(0));
        tokio::spawn(accept(listener, target, watched));
        Ok(Self { address, shape })
    }

    /// Changes how it is.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Shape)) {
        self.shape.send_modify(change);
    }

    /// As it should be. Connections that were held up go on, or are broken.
    pub(crate) fn mend(&self, break_connections: bool) {
        self.change(|shape| *shape = Shape::open(shape.breaks + u64::from(break_connections)));
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, shape: watch::Receiver<Shape>) {
    while let Ok((dialed_by, _)) = listener.accept().await {
        tokio::spawn(carry(dialed_by, target, shape.clone()));
    }
}

/// One connection, until either side ends it or it is broken.
async fn carry(dialed_by: TcpStream, target: SocketAddr, mut shape: watch::Receiver<Shape>) {
    let breaks = shape.borrow().breaks;
    // Nothing comes through a link that is cut, not even the first greeting.
    if passes(&mut shape, |shape| shape.forward).await.is_none() {
        return;
    }
    let Ok(dialed) = TcpStream::connect(target).await else { return };
    // Without it small frames wait for each other, which no link between machines does here.
    let _ = (dialed_by.set_nodelay(true), dialed.set_nodelay(true));
    let (near_in, near_out) = dialed_by.into_split();
    let (far_in, far_out) = dialed.into_split();
    let forward = pump(near_in, far_out, shape.clone(), |shape| shape.forward);
    let backward = pump(far_in, near_out, shape.clone(), |shape| shape.backward);
    tokio::select! {
        () = forward => {}
        () = backward => {}
        _ = shape.wait_for(|shape| shape.breaks != breaks) => {}
    }
}

/// Waits until a direction is open.
async fn passes(shape: &mut watch::Receiver<Shape>, open: fn(&Shape) -> bool) -> Option<Duration> {
    shape.wait_for(open).await.ok().map(|shape| shape.delay)
}

/// Moves bytes one way; what is late does not hold up what follows it.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut shape: watch::Receiver<Shape>,
    open: fn(&Shape) -> bool,
) {
    let (sender, mut waiting) = tokio::sync::mpsc::channel(WAITING_CHUNKS);
    let delays = shape.clone();
    let read = async move {
        let mut buffer = vec![0; CHUNK_BYTES];
        while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
            let due = tokio::time::Instant::now() + delays.borrow().delay;
            if sender.send((due, buffer[..bytes].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, bytes)) = waiting.recv().await {
            tokio::time::sleep_until(due).await;
            if passes(&mut shape, open).await.is_none() || to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(read, write);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that repeats what it is told.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mut from, mut to) = stream.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from, &mut to).await });
            }
        });
        address
    }

    async fn say(stream: &mut TcpStream, word: &[u8]) {
        stream.write_all(word).await.unwrap();
    }

    async fn hear(stream: &mut TcpStream) -> Option<Vec<u8>> {
        let mut word = vec![0; 3];
        let read = stream.read_exact(&mut word);
        let read = tokio::time::timeout(Duration::from_millis(200), read).await.ok()?;
        read.ok().map(|_| word)
    }

    #[tokio::test]
    async fn a_cut_link_carries_nothing_and_goes_on_when_mended() {
        let link = Link::start(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(link.address).await.unwrap();
        say(&mut stream, b"one").await;
        assert_eq!(hear(&mut stream).await.unwrap(), b"one");
        link.change(|shape| shape.forward = false);
        say(&mut stream, b"two").await;
        assert_eq!(hear(&mut stream).await, None);
        link.mend(false);
        assert_eq!(hear(&mut stream).await.unwrap(), b"two");
    }

    #[tokio::test]
    async fn one_way_is_one_way() {
        let link = Link::start(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(link.address).await.unwrap();
        link.change(|shape| shape.backward = false);
        say(&mut stream, b"one").await;
        assert_eq!(hear(&mut stream).await, None);
        link.change(|shape| (shape.forward, shape.backward) = (false, true));
        assert_eq!(hear(&mut stream).await.unwrap(), b"one");
        say(&mut stream, b"two").await;
        assert_eq!(hear(&mut stream).await, None);
    }

    #[tokio::test]
    async fn a_broken_link_ends_its_connections_and_takes_new_ones() {
        let link = Link::start(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(link.address).await.unwrap();
        say(&mut stream, b"one").await;
        assert_eq!(hear(&mut stream).await.unwrap(), b"one");
        link.mend(true);
        assert_eq!(stream.read(&mut [0; 3]).await.unwrap_or(0), 0);
        let mut stream = TcpStream::connect(link.address).await.unwrap();
        say(&mut stream, b"two").await;
        assert_eq!(hear(&mut stream).await.unwrap(), b"two");
    }
}
