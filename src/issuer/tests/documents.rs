//! Clients of metadata documents, at a time of our choosing: for how long an answer counts, good or bad.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::Place;
use crate::clock::Timestamp;
use crate::issuer::Issuer;
use crate::issuer::clients::Unresolved;
use crate::net::{Addresses, Net, Resolve, SystemResolver};
use crate::oauth::{Client, ClientId, KeptDocument, LocalFault};
use crate::store::{StoreError, Tx};
use crate::urls::PublicUrl;

/// A site with one page, which says what it is told to.
struct Site {
    id: ClientId,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Site {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (answer, asked) = (Arc::<Mutex<String>>::default(), Arc::<AtomicUsize>::default());
        let (said, counted) = (Arc::clone(&answer), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let text = said.lock().unwrap().clone();
                // Whoever goes away early is the client's business.
                drop(serve(stream, &text).await);
            }
        });
        let id = format!("http://127.0.0.1:{port}/client.json").parse().unwrap();
        Self { id, answer, asked }
    }

    /// From now on, the document is there under this name, with this `Cache-Control`.
    fn publish(&self, name: &str, cache_control: &str) {
        let id = &self.id;
        let document = format!(
            r#"{{"client_id":"{id}","client_name":"{name}","redirect_uris":["https://h.example/cb"]}}"#
        );
        let length = document.len();
        self.say(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: {cache_control}\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{document}"
        ));
    }

    /// From now on, the document is not there.
    fn fail(&self) {
        self.say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned());
    }

    fn say(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, answer: &str) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    stream.write_all(answer.as_bytes()).await
}

/// A server on loopback, which may read documents there.
fn issuer(place: &Place) -> Issuer {
    let url = PublicUrl::parse("http://127.0.0.1:8000").unwrap();
    place.issuer_at(url, Net::new(SystemResolver, true))
}

async fn resolve(issuer: &Issuer, place: &Place, id: &ClientId) -> Result<Client, String> {
    match issuer.client(id.clone(), place.clock.now()).await {
        Ok(client) => Ok(client),
        Err(Unresolved::Fault(LocalFault::Document { why, .. })) => Err(why),
        Err(other) => panic!("{other:?}"),
    }
}

/// How the client is called now.
async fn name(issuer: &Issuer, place: &Place, site: &Site) -> String {
    let client = resolve(issuer, place, &site.id).await.unwrap();
    client.display_name().to_owned()
}

#[tokio::test]
async fn a_good_answer_counts_for_as_long_as_it_says_within_bounds() {
    let (place, site) = (Place::new().await, Site::open().await);
    let issuer = issuer(&place);
    let mut former = "first".to_owned();
    site.publish(&former, "max-age=0");
    assert_eq!(name(&issuer, &place, &site).await, former);
    for (number, (cache_control, fresh)) in [
        ("no-store", 300),
        ("max-age=600", 300),
        ("max-age=99999999", 600),
        ("public", 86_400),
        ("max-age=60", 3600),
    ]
    .into_iter()
    .enumerate()
    {
        // What was published last decides for how long it is kept: `fresh` belongs to the former one.
        let next = format!("name {number}");
        site.publish(&next, cache_control);
        place.pass(fresh - 1);
        assert_eq!(name(&issuer, &place, &site).await, former, "{cache_control}");
        place.pass(1);
        assert_eq!(name(&issuer, &place, &site).await, next, "{cache_control}");
        former = next;
    }
    assert_eq!(site.asked(), 6);
}

#[tokio::test]
async fn a_bad_answer_counts_for_a_minute() {
    let (place, site) = (Place::new().await, Site::open().await);
    let issuer = issuer(&place);
    site.fail();
    for _ in 0..3 {
        let why = resolve(&issuer, &place, &site.id).await.unwrap_err();
        assert!(why.contains("503"), "{why}");
    }
    site.publish("An app", "max-age=600");
    place.pass(59);
    resolve(&issuer, &place, &site.id).await.unwrap_err();
    assert_eq!(site.asked(), 1);
    place.pass(1);
    assert_eq!(name(&issuer, &place, &site).await, "An app");
    assert_eq!(site.asked(), 2);
}

#[tokio::test]
async fn the_last_good_copy_stands_in_for_a_month_also_after_a_restart() {
    let (place, site) = (Place::new().await, Site::open().await);
    site.publish("An app", "max-age=600");
    assert_eq!(name(&issuer(&place), &place, &site).await, "An app");
    site.fail();
    place.pass(30 * 24 * 3600);
    assert_eq!(name(&issuer(&place), &place, &site).await, "An app");
    place.pass(1);
    let why = resolve(&issuer(&place), &place, &site.id).await.unwrap_err();
    assert!(why.contains("503"), "{why}");
    assert_eq!(site.asked(), 3);
}

#[tokio::test]
async fn nothing_stands_in_for_a_document_that_is_gone() {
    for status in ["404 Not Found", "410 Gone"] {
        let (place, site) = (Place::new().await, Site::open().await);
        let issuer = issuer(&place);
        site.publish("An app", "max-age=600");
        assert_eq!(name(&issuer, &place, &site).await, "An app");
        site.say(format!(
            "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ));
        place.pass(600);
        let why = resolve(&issuer, &place, &site.id).await.unwrap_err();
        assert!(why.contains(&status[..3]), "{why}");
        site.fail();
        place.pass(60);
        let why = resolve(&issuer, &place, &site.id).await.unwrap_err();
        assert!(why.contains("503"), "nor when it is away afterwards: {why}");
    }
}

#[tokio::test]
async fn what_the_program_knows_stands_in_for_well_known_hosts() {
    let place = Place::new().await;
    let url = PublicUrl::parse("https://chess.example").unwrap();
    // Names are looked up in a table that is empty.
    let issuer = place.issuer_at(url, Net::new(Nowhere, false));
    let id: ClientId = "https://claude.ai/oauth/mcp-oauth-client-metadata"
        .parse()
        .unwrap();
    let client = resolve(&issuer, &place, &id).await.unwrap();
    assert_eq!(client.display_name(), "Claude");
    let unknown: ClientId = "https://claude.ai/oauth/another".parse().unwrap();
    resolve(&issuer, &place, &unknown).await.unwrap_err();
}

/// A machine without a way out.
struct Nowhere;

impl Resolve for Nowhere {
    fn resolve<'n>(&'n self, _: &'n str) -> Addresses<'n> {
        Box::pin(async { Err(io::Error::from(io::ErrorKind::NotFound)) })
    }
}

#[tokio::test]
async fn only_so_many_documents_are_kept_the_last_used_ones() {
    let (place, site) = (Place::new().await, Site::open().await);
    let issuer = issuer(&place);
    site.publish("An app", "max-age=86400");
    assert_eq!(name(&issuer, &place, &site).await, "An app");
    let fill = |tx: &mut dyn Tx| -> Result<(), StoreError> {
        for number in 0..1000 {
            let id: ClientId = format!("https://h.example/{number}").parse().unwrap();
            let at = Timestamp::from_seconds(1_000_100 + number);
            let kept = KeptDocument::new(id, "{}".to_owned(), None, at);
            tx.keep_client_document(&kept, 1000)?;
        }
        Ok(())
    };
    place.pass(5000);
    place.store.write(fill).await.unwrap();
    let kept = place.store.read(|tx| tx.client_documents()).await.unwrap();
    assert_eq!(kept.len(), 1000);
    assert!(
        kept.iter().all(|kept| kept.id != site.id),
        "the least recently used one went"
    );
    assert_eq!(name(&issuer, &place, &site).await, "An app");
    assert_eq!(site.asked(), 2);
}
