//! Hostile hosts and servers. A canary counts who connects to it.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Answers with the next list each time; the last one stays.
#[derive(Clone, Default)]
struct Table {
    answers: Arc<Mutex<VecDeque<Vec<IpAddr>>>>,
    asked: Arc<AtomicUsize>,
}

impl Table {
    fn of(answers: &[&[&str]]) -> Self {
        let table = Self::default();
        table.set(answers);
        table
    }

    fn set(&self, answers: &[&[&str]]) {
        let parse = |list: &&[&str]| list.iter().map(|address| address.parse().unwrap()).collect();
        *self.answers.lock().unwrap() = answers.iter().map(parse).collect();
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Table {
    fn resolve<'n>(&'n self, _: &'n str) -> Addresses<'n> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        Box::pin(async move { answer.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)) })
    }
}

/// Counts connections, and does to each what it was told.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start<F, R>(answer: F) -> Self
    where
        F: Fn(TcpStream) -> R + Send + 'static,
        R: Future<Output = io::Result<()>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                // Whoever fetches may hang up in the middle.
                drop(answer(stream).await);
            }
        });
        Self { port, connections }
    }

    /// Answers every request with these bytes.
    async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::start(move |mut stream| {
            let answer = Arc::clone(&answer);
            async move {
                read_request(&mut stream).await?;
                stream.write_all(&answer).await?;
                stream.shutdown().await
            }
        })
        .await
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}/client.json", self.port)).unwrap()
    }
}

async fn read_request(stream: &mut TcpStream) -> io::Result<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&request).into_owned())
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

const JSON: &str = "200 OK\r\nContent-Type: application/json";

/// Whether this is the fault that was to be found.
type Expected = fn(&FetchError) -> bool;

/// A client for which the canary's port is the public one, as if it listened on 443.
fn net(table: &Table, canary: &Server, permits: fn(IpAddr) -> bool) -> Net {
    Net::with(Rules {
        resolver: Arc::new(table.clone()),
        permits,
        port: canary.port,
        loopback: false,
    })
}

/// What a server on loopback lets strangers' URLs lead to.
fn local() -> &'static Net {
    static NET: LazyLock<Net> = LazyLock::new(|| Net::new(SystemResolver, true));
    &NET
}

#[tokio::test]
async fn hostile_names_lead_to_no_connection() {
    let canary = Server::saying("").await;
    let table = Table::default();
    let net = net(&table, &canary, address::is_public);
    let url = Url::parse(&format!("https://evil.example:{}/", canary.port)).unwrap();
    let hostile = [
        &["127.0.0.1"][..],
        &["127.1.2.3"],
        &["0.0.0.0"],
        &["10.0.0.1"],
        &["100.64.0.1"],
        &["100.100.100.200"],
        &["169.254.169.254"],
        &["172.16.0.1"],
        &["192.0.0.192"],
        &["192.168.0.1"],
        &["198.18.0.1"],
        &["203.0.113.7"],
        &["224.0.0.1"],
        &["255.255.255.255"],
        &["::1"],
        &["::"],
        &["::ffff:127.0.0.1"],
        &["::ffff:169.254.169.254"],
        &["::127.0.0.1"],
        &["64:ff9b::127.0.0.1"],
        &["64:ff9b:1::127.0.0.1"],
        &["2002:7f00:1::1"],
        &["2001:0:4136:e378:8000:63bf:80ff:fffe"],
        &["2606:4700::5efe:7f00:1"],
        &["fd00:ec2::254"],
        &["fe80::1"],
        &["ff02::1"],
        &["1.1.1.1", "127.0.0.1"],
        &["127.0.0.1", "1.1.1.1"],
        &["2606:4700::1111", "::1"],
    ];
    for (asked, answers) in (1..).zip(hostile) {
        table.set(&[answers]);
        let fault = net.fetch_public(&url).await.unwrap_err();
        assert!(matches!(fault, FetchError::NotPublic), "{answers:?}: {fault:?}");
        assert_eq!(table.asked(), asked, "{answers:?}");
    }
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn hostile_urls_are_not_even_looked_up() {
    let canary = Server::saying("").await;
    let table = Table::of(&[&["1.1.1.1"]]);
    let net = net(&table, &canary, address::is_public);
    let port = canary.port;
    let at = |host: &str| format!("https://{host}:{port}/");
    for (url, fault) in [
        (at("127.0.0.1"), UnfitUrl::Address),
        (at("2130706433"), UnfitUrl::Address),
        (at("0x7f000001"), UnfitUrl::Address),
        (at("0x7f.1"), UnfitUrl::Address),
        (at("0177.0.0.1"), UnfitUrl::Address),
        (at("017700000001"), UnfitUrl::Address),
        (at("127.1"), UnfitUrl::Address),
        (at("127.0.0.1."), UnfitUrl::Address),
        (at("%31%32%37.0.0.1"), UnfitUrl::Address),
        (at("１２７.0.0.1"), UnfitUrl::Address),
        (at("127。0。0。1"), UnfitUrl::Address),
        (at("8.8.8.8"), UnfitUrl::Address),
        (at("[::1]"), UnfitUrl::Address),
        (at("[::ffff:127.0.0.1]"), UnfitUrl::Address),
        (at("[2606:4700::1111]"), UnfitUrl::Address),
        (at("localhost"), UnfitUrl::LocalName),
        (at("router"), UnfitUrl::LocalName),
        (at("app.localhost"), UnfitUrl::LocalName),
        (at("good.example."), UnfitUrl::LocalName),
        (at("me@good.example"), UnfitUrl::Userinfo),
        (at("me:word@good.example"), UnfitUrl::Userinfo),
        (format!("https://good.example:{port}/#x"), UnfitUrl::Fragment),
        ("https://good.example:22/".to_owned(), UnfitUrl::Port),
        ("https://good.example/".to_owned(), UnfitUrl::Port),
        (format!("http://good.example:{port}/"), UnfitUrl::Insecure),
        (format!("http://127.0.0.1:{port}/"), UnfitUrl::Insecure),
        (format!("http://localhost:{port}/"), UnfitUrl::Insecure),
        (format!("ftp://good.example:{port}/"), UnfitUrl::Insecure),
        ("file:///etc/passwd".to_owned(), UnfitUrl::Insecure),
        ("data:application/json,{}".to_owned(), UnfitUrl::Insecure),
    ] {
        let found = net.fetch_public(&Url::parse(&url).unwrap()).await.unwrap_err();
        assert!(
            matches!(found, FetchError::Unfit(found) if found == fault),
            "{url}: {found:?}"
        );
    }
    assert_eq!(table.asked(), 0);
    assert_eq!(canary.connections(), 0);
}

#[tokio::test]
async fn what_was_checked_is_what_is_connected_to() {
    // It speaks no TLS.
    let canary = Server::start(async |_| Ok(())).await;
    let table = Table::of(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let net = net(&table, &canary, |address| address.is_loopback());
    let url = Url::parse(&format!("https://flips.example:{}/", canary.port)).unwrap();
    let fault = net.fetch_public(&url).await.unwrap_err();
    assert!(matches!(fault, FetchError::Unreachable(_)), "{fault:?}");
    assert_eq!((table.asked(), canary.connections()), (1, 1));
    let fault = net.fetch_public(&url).await.unwrap_err();
    assert!(matches!(fault, FetchError::NotPublic), "{fault:?}");
    assert_eq!((table.asked(), canary.connections()), (2, 1));
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_told() {
    let canary = Server::saying("").await;
    let url = Url::parse(&format!("https://gone.example:{}/", canary.port)).unwrap();
    for table in [Table::default(), Table::of(&[&[]])] {
        let fault = net(&table, &canary, address::is_public)
            .fetch_public(&url)
            .await
            .unwrap_err();
        assert!(matches!(fault, FetchError::Unknown), "{fault:?}");
    }
}

#[test]
fn strangers_reach_port_443_alone() {
    let net = Net::new(SystemResolver, false);
    let judge = |url: &str| net.0.rules.judge(&Url::parse(url).unwrap()).map(drop);
    assert_eq!(judge("https://good.example/client.json?v=1"), Ok(()));
    assert_eq!(judge("https://good.example:443/"), Ok(()));
    assert_eq!(judge("https://good.example:8443/"), Err(UnfitUrl::Port));
}

#[tokio::test]
async fn a_document_is_read_with_how_long_it_lasts() {
    for (head, max_age) in [
        (JSON, None),
        (
            "200 OK\r\nContent-Type: Application/CIMD+json; charset=utf-8",
            None,
        ),
        (
            "200 OK\r\nContent-Type: application/json\r\nCache-Control: public, max-age=600",
            Some(600),
        ),
        (
            "200 OK\r\nContent-Type: application/json\r\nCache-Control: max-age=600\r\nCache-Control: no-store",
            Some(0),
        ),
    ] {
        let server = Server::saying(answer(head, b"{}")).await;
        let document = local().fetch_public(&server.url()).await.unwrap();
        assert_eq!(document.body, b"{}");
        assert_eq!(document.max_age, max_age.map(Duration::from_secs), "{head}");
    }
}

#[tokio::test]
async fn nothing_of_ours_is_sent_along() {
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let told = told.clone();
        async move {
            told.send(read_request(&mut stream).await?).unwrap();
            let cookie = "200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=b";
            stream.write_all(&answer(cookie, b"{}")).await
        }
    })
    .await;
    let net = local();
    for _ in 0..2 {
        net.fetch_public(&server.url()).await.unwrap();
        let request = hears.recv().await.unwrap().to_ascii_lowercase();
        for header in ["cookie", "referer", "authorization", "accept-encoding"] {
            assert!(!request.contains(header), "{request}");
        }
    }
}

#[tokio::test]
async fn other_answers_are_refused() {
    let canary = Server::saying(answer(JSON, b"{}")).await;
    let redirect = format!("302 Found\r\nLocation: {}", canary.url());
    let bomb = "200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip";
    let cases: [(&str, Vec<u8>, Expected); 9] = [
        (&redirect, Vec::new(), |fault| {
            matches!(fault, FetchError::Redirected)
        }),
        ("404 Not Found", Vec::new(), |fault| {
            matches!(fault, FetchError::Status(404))
        }),
        ("204 No Content", Vec::new(), |fault| {
            matches!(fault, FetchError::Status(204))
        }),
        ("200 OK", b"{}".to_vec(), |fault| {
            matches!(fault, FetchError::NotJson)
        }),
        ("200 OK\r\nContent-Type: text/html", b"{}".to_vec(), |fault| {
            matches!(fault, FetchError::NotJson)
        }),
        ("200 OK\r\nContent-Type: text/x+json", b"{}".to_vec(), |fault| {
            matches!(fault, FetchError::NotJson)
        }),
        (bomb, vec![0x1f; 500], |fault| {
            matches!(fault, FetchError::Compressed)
        }),
        (JSON, vec![b' '; PUBLIC_BYTES + 1], |fault| {
            matches!(fault, FetchError::TooLarge(_))
        }),
        (JSON, vec![b' '; 20_000_000], |fault| {
            matches!(fault, FetchError::TooLarge(_))
        }),
    ];
    for (head, body, expected) in cases {
        let server = Server::saying(answer(head, &body)).await;
        let fault = local().fetch_public(&server.url()).await.unwrap_err();
        assert!(expected(&fault), "{head}: {fault:?}");
    }
    assert_eq!(canary.connections(), 0, "a redirect is not followed");
    let whole = Server::saying(answer(JSON, &[b' '; PUBLIC_BYTES])).await;
    let document = local().fetch_public(&whole.url()).await.unwrap();
    assert_eq!(document.body.len(), PUBLIC_BYTES, "the largest one that is read");
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let server = Server::start(async |mut stream: TcpStream| {
        read_request(&mut stream).await?;
        let head = format!("HTTP/1.1 {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        loop {
            stream.write_all(b"8\r\n        \r\n").await?;
        }
    })
    .await;
    let fault = local().fetch_public(&server.url()).await.unwrap_err();
    assert!(matches!(fault, FetchError::TooLarge(PUBLIC_BYTES)), "{fault:?}");
}

#[tokio::test]
async fn a_dripping_body_runs_out_of_time() {
    let server = Server::start(async |mut stream: TcpStream| {
        read_request(&mut stream).await?;
        let head = format!("HTTP/1.1 {JSON}\r\nContent-Length: 100\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        // The rest never comes; the connection stays open until the other side gives up.
        stream.read_u8().await.map(drop)
    })
    .await;
    let fault = local().fetch_public(&server.url()).await.unwrap_err();
    assert!(matches!(fault, FetchError::Late), "{fault:?}");
}

#[tokio::test]
async fn operators_urls_are_asked_as_they_are() {
    let body = "x".repeat(PUBLIC_BYTES * 2);
    let server = Server::saying(answer("404 Not Found\r\nX-Own: 1", body.as_bytes())).await;
    let net = Net::new(SystemResolver, false);
    let ask = |url: String| Request::get(url).body(Vec::new()).unwrap();
    let response = net.fetch_trusted(ask(server.url().to_string())).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["x-own"], "1");
    assert_eq!(response.body().len(), body.len());

    let canary = Server::saying("").await;
    let elsewhere = format!("302 Found\r\nLocation: {}", canary.url());
    let server = Server::saying(answer(&elsewhere, b"")).await;
    let response = net.fetch_trusted(ask(server.url().to_string())).await.unwrap();
    assert_eq!((response.status().as_u16(), canary.connections()), (302, 0));

    let server = Server::saying(answer("200 OK", &vec![0; TRUSTED_BYTES + 1])).await;
    let fault = net
        .fetch_trusted(ask(server.url().to_string()))
        .await
        .unwrap_err();
    assert!(matches!(fault, FetchError::TooLarge(TRUSTED_BYTES)), "{fault:?}");
}
