//! `puzzles import`: a file in the format of Lichess, of our own making, beside a running server.

use std::io::Write as _;

use serde_json::json;

use crate::support::Server;

/// Two puzzles, one whose moves are not legal, one that is too easy, and one that few people tried.
const FILE: &str = "PuzzleId,FEN,Moves,Rating,RatingDeviation,Popularity,NbPlays,Themes,GameUrl,OpeningTags
ours1,r1bqkb1r/pppp1ppp/2n2n2/4p3/2B1P3/8/PPPPQPPP/RNB1K1NR w KQkq - 4 4,e2f3 c6d4 f3d3 d4c2,1500,75,95,1000,fork middlegame short,https://example.org/1,
ours2,6k1/5ppp/8/8/8/8/r4PPP/1R4K1 b - - 0 1,a2a3 b1b8,1210,80,90,500,mateIn1 mate oneMove backRankMate endgame,https://example.org/2,
bad01,6k1/5ppp/8/8/8/8/r4PPP/1R4K1 b - - 0 1,a2a9 b1b8,1500,80,90,500,mateIn1,https://example.org/3,
easy1,6k1/5ppp/8/8/8/8/5PPP/1R4K1 b - - 0 1,h7h6 b1b8,600,80,90,500,mateIn1,https://example.org/4,
few01,6k1/5ppp/8/8/8/8/5PPP/1R4K1 b - - 0 1,h7h6 b1b8,1500,80,90,3,mateIn1,https://example.org/5,
";

#[tokio::test]
async fn puzzles_of_lichess_are_loaded_beside_a_running_server() {
    let server = Server::start().await;
    let plain = server.home().path("puzzles.csv");
    std::fs::write(&plain, FILE).unwrap();
    let plain = plain.to_str().unwrap();
    let import = ["puzzles", "import", plain, "--min-rating", "1000"];
    let printed = server.cli(&import).await.ok();
    assert!(
        printed.starts_with("5 puzzles read, 2 wanted, 2 new, 1 unusable"),
        "{printed}"
    );
    let printed = server.cli(&import).await.ok();
    assert!(printed.contains("2 wanted, 0 new"), "a second time: {printed}");

    let alice = server.alice().await;
    let puzzle = alice
        .call("chess_puzzle", json!({ "puzzle_id": "ours2" }))
        .await
        .ok();
    assert_eq!(puzzle["kind"], "puzzle", "{puzzle}");
    assert_eq!(
        puzzle["reply"]["san"], "Ra3",
        "the opponent's move is made: {puzzle}"
    );
    let arguments = json!({ "move": "Rb8#", "game_id": puzzle["game_id"], "expected_ply": puzzle["ply"] });
    let solved = alice.call("chess_move", arguments).await.ok();
    assert_eq!(solved["status"], "solved", "{solved}");
}

#[tokio::test]
async fn a_compressed_file_is_read_and_a_limit_kept() {
    let server = Server::start().await;
    let packed = server.home().path("puzzles.csv.zst");
    let mut file = zstd::Encoder::new(std::fs::File::create(&packed).unwrap(), 3).unwrap();
    file.write_all(FILE.as_bytes()).unwrap();
    file.finish().unwrap();
    let import = ["puzzles", "import", packed.to_str().unwrap(), "--limit", "1"];
    let printed = server.cli(&import).await.ok();
    assert!(printed.contains("1 wanted, 1 new"), "{printed}");
}

#[tokio::test]
async fn what_is_no_puzzle_file_is_refused_in_words() {
    let server = Server::start().await;
    let other = server.home().path("other.csv");
    std::fs::write(&other, "a,b\n1,2\n").unwrap();
    let other = other.to_str().unwrap();
    let printed = server.cli(&["puzzles", "import", other]).await.failed();
    assert!(
        printed.contains("columns of the Lichess puzzle file"),
        "{printed}"
    );
    let printed = server
        .cli(&["puzzles", "import", "/does/not/exist.csv"])
        .await
        .failed();
    assert!(printed.contains("cannot read /does/not/exist.csv"), "{printed}");
}
