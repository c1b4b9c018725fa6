//! A UCI engine in a child process, asked one question at a time.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use chess_mcp::chess::fen_of;
use chess_mcp::engine::{Score, embedded};
use shakmaty::uci::UciMove;
use shakmaty::{CastlingMode, Chess, Move, Position};

/// The process ends with this value.
pub(crate) struct Engine {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// One variation of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Variation {
    /// From the side to move.
    pub(crate) score: Score,
    /// Legal moves, at least one.
    pub(crate) moves: Vec<Move>,
}

impl Engine {
    /// The engine inside a build of the server.
    pub(crate) fn embedded(server: &Path) -> Result<Self> {
        let mut command = Command::new(server);
        command.arg(embedded::ARGUMENT);
        Self::start(command, 1)
    }

    /// An engine of its own, Stockfish as a rule.
    pub(crate) fn external(program: &Path) -> Result<Self> {
        Self::start(Command::new(program), 32)
    }

    fn start(mut command: Command, hash_mb: u32) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", command.get_program().display()))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else {
            bail!("an engine without pipes");
        };
        let output = BufReader::new(output);
        let mut engine = Self { child, input, output };
        engine.send("uci")?;
        engine.wait_for("uciok")?;
        engine.set("Hash", hash_mb)?;
        engine.new_game()?;
        Ok(engine)
    }

    pub(crate) fn set(&mut self, option: &str, value: impl std::fmt::Display) -> Result<()> {
        self.send(&format!("setoption name {option} value {value}"))
    }

    pub(crate) fn new_game(&mut self) -> Result<()> {
        self.send("ucinewgame\nisready")?;
        self.wait_for("readyok")
    }

    /// The best move after `moves` from `start`, and the last variations that the engine told, best first.
    pub(crate) fn search(
        &mut self,
        start: &Chess,
        moves: &[Move],
        limit: &str,
    ) -> Result<(Move, Vec<Variation>)> {
        let mut position = start.clone();
        let mut command = format!("position fen {} moves", fen_of(start));
        for m in moves {
            command.push(' ');
            command.push_str(&m.to_uci(CastlingMode::Standard).to_string());
            position.play_unchecked(*m);
        }
        self.send(&format!("{command}\ngo {limit}"))?;
        let mut variations: Vec<Option<Variation>> = Vec::new();
        loop {
            let line = self.hear()?;
            if let Some(best) = line.strip_prefix("bestmove ") {
                let best: UciMove = best.split(' ').next().unwrap_or_default().parse()?;
                return Ok((
                    best.to_move(&position)?,
                    variations.into_iter().map_while(|v| v).collect(),
                ));
            }
            if let Some((number, variation)) = read_info(&line, &position) {
                variations.resize(variations.len().max(number), None);
                variations[number - 1] = Some(variation);
            }
        }
    }

    fn send(&mut self, command: &str) -> Result<()> {
        self.input.write_all(command.as_bytes())?;
        self.input.write_all(b"\n")?;
        Ok(self.input.flush()?)
    }

    fn hear(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("the engine has ended");
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }

    fn wait_for(&mut self, word: &str) -> Result<()> {
        while self.hear()? != word {}
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `info depth 12 … multipv 2 score cp 31 … pv e2e4 e7e5`; bounds and what carries no variation are passed over.
fn read_info(line: &str, position: &Chess) -> Option<(usize, Variation)> {
    let mut words = line.strip_prefix("info ")?.split(' ');
    let (mut number, mut score) = (1, None);
    loop {
        match words.next()? {
            "multipv" => number = words.next()?.parse().ok().filter(|n| (1..=500).contains(n))?,
            "score" => score = Some(read_score(words.next()?, words.next()?)?),
            "lowerbound" | "upperbound" | "string" => return None,
            "pv" => break,
            _ => {}
        }
    }
    let mut position = position.clone();
    let mut moves = Vec::new();
    for word in words {
        let uci: UciMove = word.parse().ok()?;
        let m = uci.to_move(&position).ok()?;
        position.play_unchecked(m);
        moves.push(m);
    }
    let variation = Variation { score: score?, moves };
    (!variation.moves.is_empty()).then_some((number, variation))
}

fn read_score(unit: &str, value: &str) -> Option<Score> {
    let value = value.parse().ok()?;
    match unit {
        "cp" => Some(Score::Centipawns(value)),
        "mate" => Some(Score::Mate(value)),
        _ => None,
    }
}

/// A score as centipawns, where a mate is worth more than anything.
pub(crate) fn centipawns(score: Score) -> i32 {
    match score {
        Score::Centipawns(value) => value,
        Score::Mate(moves) if moves > 0 => 10_000 - moves,
        Score::Mate(moves) => -10_000 - moves,
    }
}
