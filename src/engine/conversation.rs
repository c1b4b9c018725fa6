//! A UCI conversation over any pair of pipes: greeting, options, searches.
//!
//! Knows no process and no deadline: whoever holds the process bounds the time. What is bounded here is
//! how much an engine may say. After an error the conversation is out of step and of no more use.

use std::collections::{BTreeMap, HashSet};

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};

use super::error::EngineError;
use super::protocol::{self, Said};
use super::search::{Found, Memory, Search};

/// The longest line that is still sense: Fairy-Stockfish lists its hundred variants in 2 KB.
const MAX_LINE: usize = 16 * 1024;
/// More lines than any search of ours gives rise to.
const MAX_LINES: usize = 100_000;
/// More options than any engine has.
const MAX_OPTIONS: usize = 1_000;

#[derive(Debug)]
pub(super) struct Conversation<R, W> {
    output: R,
    input: W,
    name: String,
    known: HashSet<String>,
    set: BTreeMap<&'static str, String>,
    memory: Option<Memory>,
    line: Vec<u8>,
}

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin> Conversation<R, W> {
    /// Greets the engine and waits until it is ready for its first search.
    pub(super) async fn begin(output: R, input: W, hash_mb: u32) -> Result<Self, EngineError> {
        let mut this = Self {
            output,
            input,
            name: "unnamed engine".to_owned(),
            known: HashSet::new(),
            set: BTreeMap::new(),
            memory: None,
            line: Vec::new(),
        };
        this.send("uci\n").await?;
        this.introduction().await?;
        let size = [("Threads", "1".to_owned()), ("Hash", hash_mb.to_string())];
        let commands = this.changed(size);
        this.send(&format!("{commands}isready\n")).await?;
        this.wait_until_ready().await?;
        Ok(this)
    }

    /// What the engine calls itself.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether its tables hold the past of this search.
    pub(super) fn remembers(&self, memory: &Memory) -> bool {
        self.memory.as_ref().is_some_and(|held| memory.continues(held))
    }

    pub(super) async fn search(&mut self, search: &Search) -> Result<Found, EngineError> {
        let mut commands = self.changed(search.options());
        if self.memory.is_some() && !self.remembers(&search.memory) {
            commands.push_str("ucinewgame\n");
        }
        commands.push_str("isready\n");
        self.send(&commands).await?;
        self.wait_until_ready().await?;
        self.memory = Some(search.memory.clone());
        self.send(&format!("{}\n{}\n", search.replayed.command, search.go()))
            .await?;
        self.listen(search).await
    }

    async fn listen(&mut self, search: &Search) -> Result<Found, EngineError> {
        let mut infos: Vec<_> = (0..search.lines).map(|_| None).collect();
        for _ in 0..MAX_LINES {
            match protocol::read(self.hear().await?) {
                Said::Info(number, info) => {
                    if let Some(slot) = infos.get_mut(number - 1) {
                        *slot = Some(info);
                    }
                }
                Said::BestMove(best) => return search.conclude(best, infos),
                _ => {}
            }
        }
        Err(EngineError::Nonsense("a search without end"))
    }

    async fn introduction(&mut self) -> Result<(), EngineError> {
        for _ in 0..MAX_OPTIONS {
            match protocol::read(self.hear().await?) {
                Said::Name(name) => {
                    let name = printable(name);
                    self.name = name;
                }
                Said::Option(option) => {
                    let option = option.to_owned();
                    self.known.insert(option);
                }
                Said::UciOk => return Ok(()),
                _ => {}
            }
        }
        Err(EngineError::Nonsense("an introduction without end"))
    }

    async fn wait_until_ready(&mut self) -> Result<(), EngineError> {
        for _ in 0..MAX_LINES {
            if protocol::read(self.hear().await?) == Said::ReadyOk {
                return Ok(());
            }
        }
        Err(EngineError::Nonsense("never ready"))
    }

    /// The commands for those options that the engine has and that stand otherwise.
    fn changed<const N: usize>(&mut self, options: [(&'static str, String); N]) -> String {
        let mut commands = String::new();
        for (name, value) in options {
            if !self.known.contains(name) || self.set.get(name) == Some(&value) {
                continue;
            }
            for part in ["setoption name ", name, " value ", value.as_str(), "\n"] {
                commands.push_str(part);
            }
            self.set.insert(name, value);
        }
        commands
    }

    async fn send(&mut self, commands: &str) -> Result<(), EngineError> {
        let written = self.input.write_all(commands.as_bytes()).await;
        written.map_err(|_| EngineError::Crashed)?;
        self.input.flush().await.map_err(|_| EngineError::Crashed)
    }

    /// The next line. Not cancel-safe: whoever stops waiting gives the conversation up.
    async fn hear(&mut self) -> Result<&str, EngineError> {
        self.line.clear();
        loop {
            let heard = self.output.fill_buf().await.map_err(|_| EngineError::Crashed)?;
            if heard.is_empty() {
                return Err(EngineError::Crashed);
            }
            let end = heard.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(heard.len(), |end| end + 1);
            if self.line.len() + taken > MAX_LINE {
                return Err(EngineError::Nonsense("an endless line"));
            }
            self.line.extend_from_slice(&heard[..taken]);
            self.output.consume(taken);
            if end.is_some() {
                return std::str::from_utf8(&self.line).map_err(|_| EngineError::Nonsense("not text"));
            }
        }
    }
}

/// A name that may stand in a log or on a page.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shakmaty::fen::Fen;
    use tokio::io::{AsyncReadExt, BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split};

    use super::super::line::{Line, Score};
    use super::super::search::Limit;
    use super::*;

    type Piped = Conversation<BufReader<ReadHalf<DuplexStream>>, WriteHalf<DuplexStream>>;

    /// An engine that says the next of these texts whenever it was asked something (`uci`, `isready`, `go`),
    /// and ends after the last of them.
    async fn engine(says: &[&str]) -> (Result<Piped, EngineError>, tokio::task::JoinHandle<String>) {
        let (ours, theirs) = duplex(64 * 1024);
        let says: Vec<String> = says.iter().map(|&text| text.to_owned()).collect();
        let engine = tokio::spawn(async move {
            let (mut input, mut output) = split(theirs);
            let (mut heard, mut says) = (String::new(), says.into_iter());
            let mut buffer = [0; 4096];
            loop {
                let count = input.read(&mut buffer).await.unwrap();
                let text = std::str::from_utf8(&buffer[..count]).unwrap();
                heard.push_str(text);
                for line in text.lines() {
                    if line == "uci" || line == "isready" || line.starts_with("go ") {
                        let Some(answer) = says.next() else { return heard };
                        let listened = output.write_all(answer.as_bytes()).await;
                        if says.len() == 0 || listened.is_err() {
                            return heard;
                        }
                    }
                }
                if count == 0 {
                    return heard;
                }
            }
        });
        let (output, input) = split(ours);
        (
            Conversation::begin(BufReader::new(output), input, 16).await,
            engine,
        )
    }

    fn search(moves: &[&str], lines: usize) -> Search {
        let moves = moves.iter().map(|uci| uci.parse().unwrap()).collect();
        let start = Fen::from_position(&shakmaty::Chess::default(), shakmaty::EnPassantMode::Legal);
        let line = Line {
            start,
            moves,
            chess960: false,
        };
        Search::new(&line, Limit::Time(Duration::from_millis(10)), 20, lines).unwrap()
    }

    const HELLO: &str = "id name Test 1\noption name Hash type spin\noption name MultiPV type spin\nuciok\n";

    async fn answer(says: &[&str]) -> Result<Found, EngineError> {
        let mut all = vec![HELLO, "readyok\n", "readyok\n"];
        all.extend(says);
        let (begun, _engine) = engine(&all).await;
        begun.unwrap().search(&search(&[], 2)).await
    }

    #[tokio::test]
    async fn the_last_word_on_each_variation_counts() {
        let found = answer(&["info depth 1 multipv 1 score cp 5 pv a2a3\n\
             info depth 2 multipv 1 score cp 31 pv e2e4 e7e5\n\
             info depth 2 multipv 2 score mate -3 pv d2d4 d2d4\n\
             info depth 2 multipv 7 score cp 0 pv h2h4\n\
             bestmove e2e4 ponder e7e5\n"])
        .await
        .unwrap();
        assert_eq!(found.best.to_string(), "e2e4");
        let scores: Vec<_> = found.variations.iter().map(|variation| variation.score).collect();
        assert_eq!(scores, [Score::Centipawns(31), Score::Mate(-3)]);
        assert_eq!(
            found.variations[1].moves.len(),
            1,
            "an illegal continuation is cut off"
        );
    }

    #[tokio::test]
    async fn options_are_set_when_known_and_changed_and_tables_cleared_for_another_line() {
        let says = [
            HELLO,
            "readyok\n",
            "readyok\n",
            "bestmove e2e4\n",
            "readyok\n",
            "bestmove g1f3\n",
            "readyok\n",
        ];
        let mut says = says.to_vec();
        says.push("bestmove e2e4\n");
        let (begun, engine) = engine(&says).await;
        let mut talk = begun.unwrap();
        assert_eq!(talk.name(), "Test 1");
        talk.search(&search(&[], 2)).await.unwrap();
        talk.search(&search(&["e2e4", "e7e5"], 2)).await.unwrap();
        talk.search(&search(&[], 3)).await.unwrap();
        drop(talk);
        let heard = engine.await.unwrap();
        assert_eq!(heard.matches("setoption name Hash value 16\n").count(), 1);
        assert_eq!(heard.matches("setoption").count(), 3, "{heard}");
        assert_eq!(heard.matches("ucinewgame").count(), 1, "{heard}");
        assert_eq!(
            heard.matches("moves e2e4 e7e5\ngo movetime 10\n").count(),
            1,
            "{heard}"
        );
    }

    #[tokio::test]
    async fn nonsense_is_an_error() {
        for bad in [
            "bestmove e2e5\n",
            "bestmove\n",
            "bestmove (none)\n",
            "bestmove \u{0}\n",
        ] {
            assert!(
                matches!(answer(&[bad]).await, Err(EngineError::Nonsense(_))),
                "{bad}"
            );
        }
        let illegal = "info depth 1 score cp 1 pv e7e5\nbestmove e2e4\n";
        assert!(matches!(answer(&[illegal]).await, Err(EngineError::Nonsense(_))));
        let endless = "x".repeat(MAX_LINE + 1);
        assert!(matches!(answer(&[&endless]).await, Err(EngineError::Nonsense(_))));
        let talkative = "info string and\n".repeat(MAX_LINES + 1);
        assert!(matches!(
            answer(&[&talkative]).await,
            Err(EngineError::Nonsense(_))
        ));
    }

    #[tokio::test]
    async fn an_engine_that_ends_has_crashed() {
        assert!(matches!(answer(&[]).await, Err(EngineError::Crashed)));
        assert!(matches!(
            answer(&["bestmove e2"]).await,
            Err(EngineError::Crashed)
        ));
        let (begun, _engine) = engine(&["not an engine\n"]).await;
        assert!(matches!(begun, Err(EngineError::Crashed)));
    }
}
