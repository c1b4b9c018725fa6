//! Requests as bytes on a connection, and just enough of their answers.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::request::Request;
use crate::support::PATIENCE;

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Status(u16),
    /// The connection was closed instead.
    Closed,
    /// Nothing came for too long.
    Late,
}

/// A connection that is kept as long as both sides agree where an answer ends.
pub(super) struct Connection {
    address: String,
    kept: Option<BufReader<TcpStream>>,
}

impl Connection {
    pub(super) fn new(address: String) -> Self {
        Self { address, kept: None }
    }

    pub(super) async fn ask(&mut self, request: &Request) -> Answer {
        // A server may close a kept connection at any time; only a fresh one tells.
        let kept = self.kept.take().filter(|_| request.is_plain());
        if let Some(kept) = kept
            && let answer @ (Answer::Status(_) | Answer::Late) = self.ask_on(kept, request).await
        {
            return answer;
        }
        let fresh = TcpStream::connect(&self.address)
            .await
            .expect("the server accepts");
        fresh.set_nodelay(true).expect("a socket takes its options");
        self.ask_on(BufReader::new(fresh), request).await
    }

    async fn ask_on(&mut self, mut stream: BufReader<TcpStream>, request: &Request) -> Answer {
        let bytes = request.bytes(&self.address);
        let patience = PATIENCE + Duration::from_secs(u64::from(!request.is_plain()));
        let exchange = async {
            // A server that has heard enough closes; its answer still counts.
            let _ = stream.write_all(&bytes).await;
            if !request.is_plain() {
                let _ = stream.shutdown().await;
            }
            read(&mut stream, request.method == "HEAD").await
        };
        match tokio::time::timeout(patience, exchange).await {
            Err(_) => Answer::Late,
            Ok(None) => Answer::Closed,
            Ok(Some((status, keep))) => {
                self.kept = (keep && request.is_plain()).then_some(stream);
                Answer::Status(status)
            }
        }
    }
}

/// The status of the next answer, read to its end, and whether the connection may be used again.
async fn read(stream: &mut BufReader<TcpStream>, head_only: bool) -> Option<(u16, bool)> {
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await.ok()?;
        let text = String::from_utf8_lossy(&line);
        let status: u16 = text.split(' ').nth(1)?.trim().parse().ok()?;
        let (mut length, mut chunked, mut keep) = (0_usize, false, true);
        loop {
            line.clear();
            stream.read_until(b'\n', &mut line).await.ok()?;
            let header = String::from_utf8_lossy(&line).trim().to_ascii_lowercase();
            match header.split_once(':').map(|(name, value)| (name, value.trim())) {
                Some(("content-length", value)) => length = value.parse().ok()?,
                Some(("transfer-encoding", value)) => chunked = value == "chunked",
                Some(("connection", value)) => keep = value != "close",
                Some(_) => {}
                None => break,
            }
        }
        if status < 200 {
            continue;
        }
        if !head_only && status != 204 && status != 304 {
            if chunked {
                skip_chunks(stream).await?;
            } else {
                skip(stream, length).await?;
            }
        }
        return Some((status, keep));
    }
}

async fn skip_chunks(stream: &mut BufReader<TcpStream>) -> Option<()> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        skip(stream, length + 2).await?;
        if length == 0 {
            return Some(());
        }
    }
}

async fn skip(stream: &mut BufReader<TcpStream>, length: usize) -> Option<()> {
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok().map(|_| ())
}
