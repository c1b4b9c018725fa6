//! Answers that come before the whole request did (RFC 9112 section 9.6): the connection goes on, or says that it ends.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Server};

const BODY: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// How slowly a slow client sends.
const PAUSE: Duration = Duration::from_millis(20);

fn head(server: &Server, path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n",
        server.address()
    )
}

/// Reads one answer: its head, and as much of the body as the head promises.
async fn answer(stream: &mut TcpStream) -> String {
    let read = async {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .map_or(0, |length| length.parse::<usize>().unwrap());
                if body.len() >= length {
                    return head.to_owned();
                }
            }
            assert!(
                stream.read_buf(&mut bytes).await.unwrap() > 0,
                "closed after {text:?}"
            );
        }
    };
    tokio::time::timeout(PATIENCE, read)
        .await
        .expect("an answer in time")
}

#[tokio::test]
async fn a_connection_survives_refusals_whose_body_comes_slowly() {
    let server = Server::start().await;
    for (path, status) in [("/mcp", "401"), ("/nowhere", "404"), ("/oauth/consent", "403")] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        for _ in 0..3 {
            stream
                .write_all(head(&server, path, BODY.len()).as_bytes())
                .await
                .unwrap();
            for part in BODY.as_bytes().chunks(10) {
                tokio::time::sleep(PAUSE).await;
                stream.write_all(part).await.unwrap();
            }
            let head = answer(&mut stream).await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {head}");
            assert!(!head.contains("connection: close"), "{path}: {head}");
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_or_does_not_end_ends_the_connection_in_words() {
    let server = Server::start().await;
    let endless = 64 * 1024 * 1024;
    let mut silent = TcpStream::connect(server.address()).await.unwrap();
    silent
        .write_all(head(&server, "/mcp", 10).as_bytes())
        .await
        .unwrap();
    let mut huge = TcpStream::connect(server.address()).await.unwrap();
    huge.write_all(head(&server, "/mcp", endless).as_bytes())
        .await
        .unwrap();
    huge.write_all(&vec![b' '; 1024 * 1024]).await.unwrap();
    for stream in [&mut silent, &mut huge] {
        let head = answer(stream).await;
        assert!(head.starts_with("HTTP/1.1 401"), "{head}");
        assert!(head.contains("connection: close"), "{head}");
    }
}
