//! A TCP stream to a mail server that cannot be made to read without end, and that reads nothing ahead before it is
//! encrypted.
//!
//! An answer without an end would otherwise be collected until memory is full, since a line's length is looked at
//! only where it ends. And what was read ahead in clear would, after STARTTLS, count as said under encryption.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use futures_util::io::{AsyncRead as _, AsyncWrite as _};
#[expect(deprecated, reason = "lettre's only way to encrypt a stream of ours before the greeting")]
use lettre::transport::smtp::client::AsyncNetworkStream;
use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What a server may say for one letter, the handshake included.
const ALLOWANCE: usize = 256 * 1024;

/// How much may still be read, and whether to read ahead; shared with whoever uses the stream.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    left: Arc<AtomicUsize>,
    ahead: Arc<AtomicBool>,
}

impl Allowance {
    pub fn new() -> Self {
        Self { left: Arc::new(AtomicUsize::new(ALLOWANCE)), ahead: Arc::new(AtomicBool::new(false)) }
    }

    /// For the next letter.
    pub fn refill(&self) {
        self.left.store(ALLOWANCE, Ordering::Relaxed);
    }

    /// What comes from now on is encrypted, or never will be.
    pub fn read_ahead(&self) {
        self.ahead.store(true, Ordering::Relaxed);
    }
}

/// The stream itself.
#[derive(Debug)]
pub(super) struct Guarded {
    stream: TcpStream,
    allowance: Allowance,
}

impl Guarded {
    pub fn new(stream: TcpStream, allowance: Allowance) -> Self {
        Self { stream, allowance }
    }
}

impl AsyncTokioStream for Guarded {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.allowance.left.load(Ordering::Relaxed);
        if left == 0 {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the answer does not end")));
        }
        let ahead = self.allowance.ahead.load(Ordering::Relaxed);
        let mut part = buffer.take(if ahead { left } else { 1 });
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut part))?;
        let read = part.filled().len();
        self.allowance.left.store(left - read.min(left), Ordering::Relaxed);
        let filled = part.filled().to_vec();
        buffer.put_slice(&filled);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A stream that lettre has encrypted, as one that it takes.
#[expect(deprecated, reason = "as above")]
pub(super) struct Encrypted(pub AsyncNetworkStream);

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.0).poll_read(context, buffer.initialize_unfilled()))?;
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(context)
    }
}
