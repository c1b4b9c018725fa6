//! Drawings become pixels: SVG in, PNG out.
//!
//! It decides how many are drawn at once, not what is on them: see [`crate::chess::Diagram`]. Only drawings of our own
//! come here, so there are no fonts, no images inside images and nothing to fetch.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use tokio::sync::Semaphore;

use crate::chess::DIAGRAM_SIZE;

/// Pictures that are drawn at once: each takes a core for some milliseconds, and 2 MiB.
const AT_ONCE: usize = 2;

/// Why there is no picture. Neither has to do with the position.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The drawing is no SVG.
    #[error("the drawing cannot be read")]
    Drawing(#[from] resvg::usvg::Error),
    /// The pixels cannot be had or written.
    #[error("the picture cannot be made: {0}")]
    Pixels(String),
    /// The server stops.
    #[error("nothing is drawn any more")]
    Stopped,
}

/// Draws pictures, not too many at once. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pictures(Arc<Semaphore>);

impl Default for Pictures {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Pictures {
    /// A square drawing of ours as PNG, as wide as it asks to be.
    pub async fn png(&self, svg: String) -> Result<Vec<u8>, PictureError> {
        let permit = Arc::clone(&self.0).acquire_owned().await;
        let permit = permit.map_err(|_| PictureError::Stopped)?;
        #[expect(clippy::disallowed_methods, reason = "bounded by the permits")]
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            draw(&svg, DIAGRAM_SIZE)
        });
        task.await
            .unwrap_or_else(|error| Err(PictureError::Pixels(error.to_string())))
    }
}

fn draw(svg: &str, size: u16) -> Result<Vec<u8>, PictureError> {
    let tree = Tree::from_str(svg, &Options::default())?;
    let edge = u32::from(size);
    let mut pixels = Pixmap::new(edge, edge).ok_or_else(|| PictureError::Pixels("no memory".to_owned()))?;
    let scale = f32::from(size) / tree.size().width();
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| PictureError::Pixels(error.to_string()))
}

#[cfg(test)]
mod tests {
    use resvg::usvg::roxmltree::Document;

    use super::*;
    use crate::chess::{Arrow, Color, Diagram, Game, Square, Start, Variant};

    const LIGHT: [u8; 3] = [0xf0, 0xd9, 0xb5];
    const DARK: [u8; 3] = [0xb5, 0x88, 0x63];

    fn game(fen: &str, moves: &[&str]) -> Game {
        let mut game = Game::new(&Start::from_fen(fen, Variant::Standard).unwrap());
        for text in moves {
            game.play(game.read(text).unwrap()).unwrap();
        }
        game
    }

    fn start(moves: &[&str]) -> Game {
        game("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1", moves)
    }

    fn diagram(game: &Game, side: Color) -> Diagram<'_> {
        Diagram::at(game, game.ply(), side).unwrap()
    }

    fn pixels(diagram: &Diagram<'_>) -> Pixmap {
        Pixmap::decode_png(&draw(&diagram.svg(), 800).unwrap()).unwrap()
    }

    /// What is seen at a place of the drawing, in its own units.
    fn at(pixels: &Pixmap, x: u32, y: u32) -> [u8; 3] {
        let pixel = pixels.pixel(x, y).unwrap();
        [pixel.red(), pixel.green(), pixel.blue()]
    }

    #[test]
    fn squares_pieces_and_marks_are_where_they_belong() {
        let opened = start(&["e4"]);
        let white = pixels(&diagram(&opened, Color::White));
        assert_eq!((at(&white, 3, 797), at(&white, 797, 797)), (DARK, LIGHT));
        let (pawn, king) = (at(&white, 450, 435), at(&white, 450, 70));
        assert!(pawn[2] > 0xe0, "a white pawn on e4: {pawn:?}");
        assert!(king[0] < 0x60, "a black king on e8: {king:?}");
        let (left, free) = (at(&white, 450, 650), at(&white, 350, 350));
        assert!(left != LIGHT && left[1] > left[0], "e2 is tinted: {left:?}");
        assert_eq!(free, LIGHT, "d5 is not");
        let black = pixels(&diagram(&opened, Color::Black));
        assert!(at(&black, 350, 335)[2] > 0xe0, "seen from above, e4 is elsewhere");
        assert!(at(&black, 350, 770)[0] < 0x60, "and so is the black king");
    }

    #[test]
    fn check_rings_and_arrows_are_seen() {
        let mated = start(&["f3", "e5", "g4", "Qh4"]);
        let glow = at(&pixels(&diagram(&mated, Color::White)), 420, 750);
        assert!(glow[0] > 0xc0 && glow[1] < 0x50, "{glow:?}");
        let quiet = start(&[]);
        let marked = Diagram {
            marks: &[Square::A5],
            arrows: &[Arrow {
                from: Square::D3,
                to: Square::D6,
            }],
            ..diagram(&quiet, Color::White)
        };
        let marked = pixels(&marked);
        for (x, y) in [(350, 450), (50, 305)] {
            let green = at(&marked, x, y);
            assert!(green[1] > green[0] + 0x20, "{x} {y}: {green:?}");
        }
        assert_eq!(at(&marked, 50, 350), DARK, "a ring leaves its middle free");
    }

    #[test]
    fn a_drawing_is_one_well_formed_document_that_describes_itself() {
        let game = start(&["e4", "e5", "Ba6"]);
        let svg = diagram(&game, Color::Black).svg();
        let document = Document::parse(&svg).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        assert_eq!(root.attribute("aria-label"), Some(&*game.fen()));
        let title = root.first_element_child().and_then(|title| title.text());
        assert_eq!(title, Some("Chess board, Black to move"));
        let ids: Vec<&str> = document
            .descendants()
            .filter_map(|node| node.attribute("id"))
            .collect();
        for node in document.descendants().filter(|node| node.has_tag_name("use")) {
            let target = node
                .attribute("href")
                .and_then(|href| href.strip_prefix('#'))
                .unwrap();
            assert!(ids.contains(&target), "{target}");
        }
    }

    #[tokio::test]
    async fn a_picture_is_a_png_that_travels_well() {
        let pictures = Pictures::default();
        let crowded = game(
            "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
            &["e4", "f6", "Qh5"],
        );
        let png = pictures.png(diagram(&crowded, Color::White).svg()).await.unwrap();
        assert!(png.len() < 80_000, "{} bytes", png.len());
        let decoded = Pixmap::decode_png(&png).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (720, 720));
        let broken = pictures.png("<svg".to_owned()).await;
        assert!(matches!(broken, Err(PictureError::Drawing(_))), "{broken:?}");
        assert_eq!(pictures.0.available_permits(), AT_ONCE);
    }
}
