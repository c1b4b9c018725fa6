//! Pictures of the board through `chess_export`: what is drawn, as pixels and as shapes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use resvg::tiny_skia::Pixmap;
use resvg::usvg::roxmltree::{Document, Node};
use serde_json::{Value, json};

use crate::support::mcp::Answer;
use crate::support::{Actor, Server};

const LIGHT: [u8; 3] = [0xf0, 0xd9, 0xb5];
const DARK: [u8; 3] = [0xb5, 0x88, 0x63];

async fn export(who: &Actor<'_>, game: &Value, format: &str, ply: Option<usize>) -> Answer {
    let arguments = json!({ "game_id": game["game_id"], "format": format, "ply": ply });
    who.call("chess_export", arguments).await
}

/// The pixels of a PNG answer, once its form was found to be right.
#[track_caller]
fn png(answer: Answer, game: &Value) -> (Pixmap, String) {
    let blocks = answer.result["content"].as_array().unwrap().clone();
    let kinds: Vec<&str> = blocks
        .iter()
        .map(|block| block["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["image", "text"]);
    assert_eq!(blocks[0]["mimeType"], "image/png");
    let text = answer.text.clone();
    let facts = answer.ok();
    assert_eq!(
        facts,
        json!({ "game_id": game["game_id"], "format": "png", "text": null })
    );
    let bytes = STANDARD.decode(blocks[0]["data"].as_str().unwrap()).unwrap();
    assert!(
        bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.len() < 80_000,
        "{} bytes",
        bytes.len()
    );
    (Pixmap::decode_png(&bytes).unwrap(), text)
}

/// The colour at a place of a board of 720 pixels.
fn at(picture: &Pixmap, x: u32, y: u32) -> [u8; 3] {
    let pixel = picture.pixel(x, y).unwrap();
    [pixel.red(), pixel.green(), pixel.blue()]
}

/// The drawing, which is the text and nothing else.
#[track_caller]
fn svg(answer: Answer, game: &Value) -> String {
    let (text, blocks) = (answer.text.clone(), answer.result["content"].clone());
    assert_eq!(
        blocks,
        json!([{ "type": "text", "text": text }]),
        "the text block is the SVG alone"
    );
    let facts = answer.ok();
    assert_eq!(
        facts,
        json!({ "game_id": game["game_id"], "format": "svg", "text": text })
    );
    text
}

/// Where a kind of piece stands, in columns and rows from the left upper corner.
fn places(document: &Document<'_>, piece: &str) -> Vec<(u32, u32)> {
    let number = |node: &Node<'_, '_>, name| node.attribute(name).unwrap().parse::<u32>().unwrap() / 100;
    let used = document
        .descendants()
        .filter(|node| node.attribute("href") == Some(piece));
    let mut places: Vec<_> = used
        .map(|node| (number(&node, "x"), number(&node, "y")))
        .collect();
    places.sort_unstable();
    places
}

#[tokio::test]
async fn a_png_shows_the_position_from_the_persons_side() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.board("e4 e5 Nf3").await;
    let (picture, text) = png(export(&alice, &game, "png", None).await, &game);
    assert_eq!((picture.width(), picture.height()), (720, 720));
    assert_eq!(
        (at(&picture, 3, 717), at(&picture, 717, 717)),
        (DARK, LIGHT),
        "a1 and h1"
    );
    assert!(
        at(&picture, 405, 391)[2] > 0xe0,
        "a white pawn on e4: {:?}",
        at(&picture, 405, 391)
    );
    assert!(
        at(&picture, 405, 301)[0] < 0x60,
        "a black pawn on e5: {:?}",
        at(&picture, 405, 301)
    );
    assert_ne!(
        at(&picture, 543, 717),
        DARK,
        "g1, from where the knight came, is tinted"
    );
    assert_eq!(at(&picture, 183, 717), DARK, "c1 is not");
    let id = game["game_id"].as_str().unwrap();
    assert!(
        text.starts_with(&format!(
            "Game {id}, ply 3, Black to move: rnbqkbnr/pppp1ppp/8/4p3/4P3/5N2/"
        )),
        "{text}"
    );

    let turned = alice
        .new_game(
            json!({ "opponent": "assistant", "color": "black", "fen": "4k3/8/8/8/8/8/8/R3K3 w Q - 0 1" }),
        )
        .await;
    let (picture, text) = png(export(&alice, &turned, "png", None).await, &turned);
    assert!(
        at(&picture, 675, 60)[2] > 0xe0,
        "for Black, a1 is on the right above: {text}"
    );
    assert_eq!(at(&picture, 45, 690), DARK, "and h8 on the left below");
}

#[tokio::test]
async fn an_svg_is_a_document_that_says_what_it_shows() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.board("f3 e5 g4 Qh4").await;
    let drawing = svg(export(&alice, &game, "svg", None).await, &game);
    let document = Document::parse(&drawing).unwrap();
    let root = document.root_element();
    assert!(root.has_tag_name(("http://www.w3.org/2000/svg", "svg")));
    let status = alice.status(&game).await;
    assert_eq!(root.attribute("aria-label"), status["fen"].as_str());
    let title = root.first_element_child().and_then(|title| title.text());
    assert_eq!(title, Some("Chess board, White to move"));
    assert_eq!(places(&document, "#bQ"), [(7, 4)]);
    assert_eq!(places(&document, "#wP").len(), 8);
    let glows = document
        .descendants()
        .any(|node| node.attribute("fill") == Some("url(#check)"));
    assert!(glows, "the king is mated");
    let fetched = ["image", "style", "script", "text"];
    assert!(
        !document
            .descendants()
            .any(|node| fetched.contains(&node.tag_name().name()))
    );

    let before = svg(export(&alice, &game, "svg", Some(0)).await, &game);
    assert!(
        !before.contains("check") && !before.contains("fill-opacity"),
        "nothing was played: {before}"
    );
    let first = svg(export(&alice, &game, "svg", Some(1)).await, &game);
    assert!(
        first.contains("M500 600h100v100h-100zM500 500h100v100h-100z"),
        "f2 to f3: {first}"
    );
    let again = svg(export(&alice, &game, "svg", Some(1)).await, &game);
    assert_eq!(first, again);
    let late = export(&alice, &game, "svg", Some(5)).await.refused();
    assert!(late.contains("only to ply 4"), "{late}");
}

#[tokio::test]
async fn every_kind_of_game_has_pictures() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let black = alice
        .new_game(json!({ "opponent": "assistant", "color": "black" }))
        .await;
    let start = svg(export(&alice, &black, "svg", None).await, &black);
    let document = Document::parse(&start).unwrap();
    assert_eq!(
        (places(&document, "#wK"), places(&document, "#bK")),
        (vec![(3, 0)], vec![(3, 7)])
    );

    let fen = "4k3/8/8/8/8/8/8/1K5R w H - 0 1";
    let other = alice
        .new_game(json!({ "opponent": "nobody", "variant": "chess960", "fen": fen, "moves": "O-O" }))
        .await;
    assert_eq!(other["ply"], 1, "{other}");
    let castled = svg(export(&alice, &other, "svg", None).await, &other);
    assert_eq!(places(&Document::parse(&castled).unwrap(), "#wK"), [(6, 7)]);

    let pgn = "[White \"A <b>\"]\n[Black \"\\\"&\"]\n[Result \"0-1\"]\n\n1. f3 e5 2. g4 Qh4# 0-1";
    let read = alice.call("chess_import", json!({ "pgn": pgn })).await.ok();
    let imported = &read["imported"][0];
    let drawing = svg(export(&alice, imported, "svg", None).await, imported);
    assert!(
        Document::parse(&drawing).is_ok() && !drawing.contains("<b>"),
        "no name gets in"
    );

    let puzzle = alice.puzzle(json!({})).await;
    let drawing = svg(export(&alice, &puzzle, "svg", None).await, &puzzle);
    let men = puzzle["fen"].as_str().unwrap().split(' ').next().unwrap();
    let men = men.chars().filter(char::is_ascii_alphabetic).count();
    assert_eq!(drawing.matches("<use ").count(), men);
    assert!(
        !drawing.contains("fill-opacity=\".8\""),
        "no arrow gives the solution away"
    );
}

#[tokio::test]
async fn a_form_that_does_not_exist_is_refused_with_those_that_do() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.board("e4").await;
    for format in ["jpeg", "PNG", "image/png", ""] {
        let text = export(&alice, &game, format, None).await.refused();
        for known in ["pgn", "fen", "png", "svg"] {
            assert!(text.contains(&format!("`{known}`")), "{format}: {text}");
        }
        assert!(
            text.contains("`format`") && text.contains("Nothing changed"),
            "{text}"
        );
    }
}
