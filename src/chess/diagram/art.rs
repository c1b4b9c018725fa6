//! What pictures are put together from: the pieces of `assets/pieces`, the signs at the edge, arrows, the glow of a
//! check. All of it was drawn for this project.

use shakmaty::{Color, File, Piece, Rank, Role};

/// What lies under a king in check.
pub(super) const GLOW: &str = "<radialGradient id=\"check\" r=\".56\"><stop offset=\".25\" stop-color=\"#f21414\"/>\
    <stop offset=\".6\" stop-color=\"#e01010\" stop-opacity=\".75\"/>\
    <stop offset=\".95\" stop-color=\"#b00\" stop-opacity=\"0\"/></radialGradient>";

/// The ranks from the first on, as strokes in a box of 10 by 16.
const DIGITS: [&str; 8] = [
    "M2.5 4.2L6 1V15",
    "M1.5 4.8C1.5-.2 8.5-.2 8.5 4.6C8.5 8 4.5 10.5 1.5 15H9",
    "M1.5 2.6C4-.2 8.5.8 8.5 4.4C8.5 7 6.5 7.7 4.5 7.7C7 7.7 9 8.9 9 11.3C9 15.8 3.5 16.2 1 13",
    "M7 15V1L1 11H9.5",
    "M8.5 1H2.5L2 7.4C4.5 5.8 9 6.3 9 10.5C9 15.3 3.7 16.3 1 13.3",
    "M7.5 1C4 1.5 1.2 6 1.2 10.5C1.2 16.5 9 16.5 9 10.6C9 5.5 2.5 5.5 1.3 10.5",
    "M1 1H9L4 15",
    "M5 7.6C.8 7.6.8 1 5 1C9.2 1 9.2 7.6 5 7.6C-.4 7.6-.4 15 5 15C10.4 15 10.4 7.6 5 7.6z",
];

/// The files from the first on, likewise.
const LETTERS: [&str; 8] = [
    "M8.5 6V15M8.5 10.5C8.5 4.5 1 4.5 1 10.5C1 16.5 8.5 16.5 8.5 10.5",
    "M1.5 1V15M1.5 10.5C1.5 4.5 9 4.5 9 10.5C9 16.5 1.5 16.5 1.5 10.5",
    "M8.5 7.7C6.5 4.8 1 5.3 1 10.5C1 15.7 6.5 16.2 8.5 13.3",
    "M8.5 1V15M8.5 10.5C8.5 4.5 1 4.5 1 10.5C1 16.5 8.5 16.5 8.5 10.5",
    "M1 10.5H8.7C8.7 4.3 1 4.3 1 10.5C1 15.8 6 16.3 8.3 13.3",
    "M8 1.2C5 .5 4 2 4 4.5V15M1 6.5H7.5",
    "M8.5 6V15.5C8.5 20 3.5 19.8 1.8 18M8.5 10.5C8.5 4.5 1 4.5 1 10.5C1 16.5 8.5 16.5 8.5 10.5",
    "M1.5 1V15M1.5 10.5C1.5 5 8.5 4.5 8.5 10V15",
];

/// Strokes of a rank's digit.
pub(super) fn digit(rank: Rank) -> &'static str {
    DIGITS[usize::from(rank)]
}

/// Strokes of a file's letter.
pub(super) fn letter(file: File) -> &'static str {
    LETTERS[usize::from(file)]
}

/// How a kind of piece is called inside the drawing: `wK`, `bP`.
pub(super) fn name(piece: Piece) -> String {
    format!("{}{}", piece.color.char(), piece.role.upper_char())
}

/// The shapes of a piece, in a square of 100 by 100.
pub(super) fn piece(piece: Piece) -> &'static str {
    let file = match (piece.color, piece.role) {
        (Color::White, Role::Pawn) => include_str!("../../../assets/pieces/white-pawn.svg"),
        (Color::White, Role::Knight) => include_str!("../../../assets/pieces/white-knight.svg"),
        (Color::White, Role::Bishop) => include_str!("../../../assets/pieces/white-bishop.svg"),
        (Color::White, Role::Rook) => include_str!("../../../assets/pieces/white-rook.svg"),
        (Color::White, Role::Queen) => include_str!("../../../assets/pieces/white-queen.svg"),
        (Color::White, Role::King) => include_str!("../../../assets/pieces/white-king.svg"),
        (Color::Black, Role::Pawn) => include_str!("../../../assets/pieces/black-pawn.svg"),
        (Color::Black, Role::Knight) => include_str!("../../../assets/pieces/black-knight.svg"),
        (Color::Black, Role::Bishop) => include_str!("../../../assets/pieces/black-bishop.svg"),
        (Color::Black, Role::Rook) => include_str!("../../../assets/pieces/black-rook.svg"),
        (Color::Black, Role::Queen) => include_str!("../../../assets/pieces/black-queen.svg"),
        (Color::Black, Role::King) => include_str!("../../../assets/pieces/black-king.svg"),
    };
    let inside = file
        .split_once('>')
        .and_then(|(_, rest)| rest.rsplit_once("</svg>"));
    inside.map_or("", |(shapes, _)| shapes.trim())
}

/// How far from the middle an arrow begins, so that the piece stays in sight; half the width of its shaft and of its
/// head, and the length of the head.
const TAIL: f64 = 26.0;
const SHAFT: f64 = 8.0;
const WING: f64 = 23.0;
const HEAD: f64 = 38.0;

/// The outline of an arrow between two different points: its shaft, its head, and back.
pub(super) fn arrow(from: (u32, u32), to: (u32, u32)) -> String {
    let (from, to) = (
        (f64::from(from.0), f64::from(from.1)),
        (f64::from(to.0), f64::from(to.1)),
    );
    let (across, down) = (to.0 - from.0, to.1 - from.1);
    let length = across.hypot(down);
    let (across, down) = (across / length, down / length);
    let neck = length - HEAD;
    let point = |(along, aside): (f64, f64)| {
        let x = from.0 + across * along - down * aside;
        let y = from.1 + down * along + across * aside;
        format!("{x:.1} {y:.1}")
    };
    let corners = [
        (TAIL, SHAFT),
        (neck, SHAFT),
        (neck, WING),
        (length, 0.0),
        (neck, -WING),
        (neck, -SHAFT),
        (TAIL, -SHAFT),
    ];
    format!("M{}z", corners.map(point).join("L"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_has_shapes_of_its_own() {
        let mut seen = Vec::new();
        for piece in Color::ALL
            .into_iter()
            .flat_map(|color| Role::ALL.map(|role| role.of(color)))
        {
            let shapes = super::piece(piece);
            assert!(shapes.starts_with('<') && shapes.ends_with('>'), "{shapes}");
            assert!(!shapes.contains("svg") && !shapes.contains("id="), "{shapes}");
            assert!(
                (200..1500).contains(&shapes.len()),
                "{}: {}",
                name(piece),
                shapes.len()
            );
            assert!(!seen.contains(&shapes), "{}", name(piece));
            seen.push(shapes);
        }
    }

    #[test]
    fn an_arrow_ends_where_it_points() {
        assert_eq!(
            arrow((50, 750), (50, 550)),
            "M58.0 724.0L58.0 588.0L73.0 588.0L50.0 550.0L27.0 588.0L42.0 588.0L42.0 724.0z"
        );
    }
}
