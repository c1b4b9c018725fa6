//! Thousands of requests that are almost right, to every endpoint: none is the server's own fault (5xx), and it
//! goes on serving.
//!
//! `FUZZ_REQUESTS` says how many, `FUZZ_SEED` which; the same seed makes the same requests, as far as they do not
//! hold what this server made up.

mod corpus;
mod mutation;
mod request;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

use self::corpus::Corpus;
use self::mutation::mutate;
use self::request::Request;
use self::wire::{Answer, Connection};
use crate::support::{Server, setting};

/// So many without `FUZZ_REQUESTS`.
const REQUESTS: u64 = 1_200;
/// Senders at once, each on a connection of its own.
const SENDERS: u64 = 6;
/// So many requests are made from the same valid ones; later ones find codes and forms spent or expired.
const ROUND: u64 = 4_000;

/// How often each endpoint answered with each status; `None` is no answer.
type Tally = BTreeMap<(&'static str, Option<u16>), u64>;

#[tokio::test]
async fn requests_that_are_almost_right_never_break_the_server() {
    let (requests, seed) = (setting("FUZZ_REQUESTS", REQUESTS), setting("FUZZ_SEED", 1));
    eprintln!("{requests} requests, FUZZ_SEED={seed}");
    let server = Server::start().await;
    let pid = server.pid();
    let mut tally = Tally::new();
    for round in 0..requests.div_ceil(ROUND) {
        let corpus = Arc::new(Corpus::of(&server, &format!("person{round}")).await);
        let in_round = ROUND.min(requests - round * ROUND);
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            let random = StdRng::seed_from_u64(seed ^ ((round * SENDERS + sender) << 32));
            let count = in_round / SENDERS + u64::from(sender < in_round % SENDERS);
            senders.spawn(send(
                server.address().to_owned(),
                Arc::clone(&corpus),
                random,
                count,
            ));
        }
        for part in senders.join_all().await {
            for (key, count) in part {
                *tally.entry(key).or_default() += count;
            }
        }
    }
    for ((endpoint, status), count) in &tally {
        eprintln!("{count:7}  {endpoint} {status:?}");
    }
    assert_eq!(tally.values().sum::<u64>(), requests);
    assert_eq!(server.pid(), pid, "the same process serves");
    assert!(!server.stderr().contains("panicked"), "no handler panics");
    for endpoint in corpus::ANSWERED_WELL {
        let well =
            |(name, status): &(&str, Option<u16>)| *name == endpoint && status.is_some_and(|s| s < 400);
        assert!(tally.keys().any(well), "{endpoint} was also asked in earnest");
    }
    let alice = server.alice().await;
    let board = alice.board("").await;
    assert_eq!(alice.play(&board, "e4").await.ok()["ply"], 1);
}

async fn send(address: String, corpus: Arc<Corpus>, mut random: StdRng, count: u64) -> Tally {
    let (mut connection, mut tally) = (Connection::new(address), Tally::new());
    for _ in 0..count {
        let (endpoint, mut request) = corpus.request(&mut random);
        mutate(&mut request, &mut random);
        let status = judged(&request, connection.ask(&request).await);
        *tally.entry((endpoint, status)).or_default() += 1;
    }
    tally
}

/// What came back, unless it is a fault of the server.
fn judged(request: &Request, answer: Answer) -> Option<u16> {
    match answer {
        Answer::Status(status) => {
            assert!((200..500).contains(&status), "{status} for {}", request.shown());
            Some(status)
        }
        // What is no HTTP may be hung up on.
        Answer::Closed => {
            assert!(!request.is_plain(), "no answer to {}", request.shown());
            None
        }
        Answer::Late => panic!("no answer in time to {}", request.shown()),
    }
}
