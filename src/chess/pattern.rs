//! What a text says about a move: a pattern that legal moves fit or do not fit.

use shakmaty::{CastlingSide, File, Move, Rank, Role, Square};

use super::wording::landing;

/// A set of piece kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Roles(u8);

impl Roles {
    pub(super) const ALL: Self = Self(0b0111_1110);

    pub(super) const fn one(role: Role) -> Self {
        Self(1 << role as u8)
    }

    pub(super) const fn or(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    pub(super) const fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// The only kind in the set.
    pub(super) fn single(self) -> Option<Role> {
        let mut roles = Role::ALL.into_iter().filter(|role| self.contains(*role));
        roles.next().filter(|_| roles.next().is_none())
    }
}

/// A square of which perhaps only the file or the rank was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) file: Option<File>,
    pub(super) rank: Option<Rank>,
}

impl Place {
    pub(super) fn square(self) -> Option<Square> {
        Some(Square::from_coords(self.file?, self.rank?))
    }

    fn fits(self, square: Square) -> bool {
        self.file.is_none_or(|file| file == square.file())
            && self.rank.is_none_or(|rank| rank == square.rank())
    }
}

/// One piece of what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Role(Roles),
    File(File),
    Rank(Rank),
    Capture,
    Castle,
    Side(CastlingSide),
    EnPassant,
}

/// What was said, put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    Castle(Option<CastlingSide>),
    Piece(PiecePattern),
}

/// A move of one piece, as far as it was described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PiecePattern {
    pub(super) roles: Roles,
    pub(super) from: Place,
    pub(super) to: Place,
    /// A capture was stated; unstated, both kinds fit.
    pub(super) capture: bool,
    pub(super) captured: Option<Roles>,
    pub(super) promotion: Option<Roles>,
    pub(super) en_passant: bool,
}

impl Pattern {
    /// Whether `m` is a move this could mean.
    pub(super) fn fits(&self, m: Move) -> bool {
        match self {
            Self::Castle(side) => m
                .castling_side()
                .is_some_and(|own| side.is_none_or(|side| side == own)),
            Self::Piece(pattern) => pattern.fits(m),
        }
    }

    /// Puts the pieces together; `None` when they do not describe a move.
    pub(super) fn of(tokens: &[Token]) -> Option<Self> {
        if tokens
            .iter()
            .any(|token| matches!(token, Token::Castle | Token::Side(_)))
        {
            return castling(tokens);
        }
        Assembly::of(tokens)?.pattern().map(Self::Piece)
    }
}

impl PiecePattern {
    fn fits(&self, m: Move) -> bool {
        let Some(from) = m.from() else { return false };
        if let Move::Castle { rook, .. } = m {
            let said = self.roles == Roles::one(Role::King) || self.from.square().is_some();
            let to = self.to.square();
            let whole = self.from.square().is_some() && to == Some(rook);
            return said
                && self.roles.contains(Role::King)
                && self.from.fits(from)
                && (whole || to == Some(landing(m)))
                && !self.capture
                && self.promotion.is_none();
        }
        let Move::Normal { promotion, .. } = m else {
            return self.fits_squares(m, from) && self.promotion.is_none();
        };
        let becomes = match (self.promotion, promotion) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(roles), Some(role)) => roles.contains(role),
        };
        becomes && !self.en_passant && self.fits_squares(m, from)
    }

    fn fits_squares(&self, m: Move, from: Square) -> bool {
        self.roles.contains(m.role())
            && self.from.fits(from)
            && self.to.fits(m.to())
            && (!self.capture || m.is_capture())
            && self
                .captured
                .is_none_or(|roles| m.capture().is_some_and(|role| roles.contains(role)))
    }
}

fn castling(tokens: &[Token]) -> Option<Pattern> {
    let mut side = None;
    for token in tokens {
        match token {
            Token::Castle => {}
            Token::Side(said) => side = Some(*said),
            Token::Role(roles) => match roles.single()? {
                Role::King => side = side.or(Some(CastlingSide::KingSide)),
                Role::Queen => side = side.or(Some(CastlingSide::QueenSide)),
                _ => return None,
            },
            _ => return None,
        }
    }
    Some(Pattern::Castle(side))
}

/// Reads tokens from left to right and keeps what they add up to.
#[derive(Default)]
struct Assembly {
    mover: Option<Roles>,
    places: Vec<Place>,
    /// How many places had been named when the capture was.
    capture_at: Option<usize>,
    captured: Option<Roles>,
    promotion: Option<Roles>,
    en_passant: bool,
}

impl Assembly {
    fn of(tokens: &[Token]) -> Option<Self> {
        let mut assembly = Self::default();
        let mut rest = tokens;
        while let Some((token, after)) = rest.split_first() {
            rest = after;
            match *token {
                Token::File(file) => {
                    let mut place = Place {
                        file: Some(file),
                        rank: None,
                    };
                    if let Some((Token::Rank(rank), after)) = rest.split_first() {
                        place.rank = Some(*rank);
                        rest = after;
                    }
                    assembly.places.push(place);
                }
                Token::Rank(rank) => assembly.places.push(Place {
                    file: None,
                    rank: Some(rank),
                }),
                Token::Capture => assembly.capture_at = Some(assembly.places.len()),
                Token::EnPassant => assembly.en_passant = true,
                Token::Role(roles) => assembly.role(roles, rest)?,
                Token::Castle | Token::Side(_) => return None,
            }
        }
        Some(assembly)
    }

    /// A piece is the mover, the victim or what a pawn becomes, by where it stands in the sentence.
    fn role(&mut self, roles: Roles, rest: &[Token]) -> Option<()> {
        let place_follows = rest
            .iter()
            .any(|token| matches!(token, Token::File(_) | Token::Rank(_)));
        let slot = if self.capture_at == Some(self.places.len()) && self.captured.is_none() {
            &mut self.captured
        } else if self.mover.is_none() && (place_follows || self.places.iter().all(|p| p.square().is_none()))
        {
            &mut self.mover
        } else if self.places.is_empty() && self.captured.is_none() {
            return None;
        } else {
            &mut self.promotion
        };
        slot.is_none().then(|| *slot = Some(roles))
    }

    fn pattern(self) -> Option<PiecePattern> {
        let capture = self.capture_at.is_some() || self.en_passant;
        let (from, to) = match self.places[..] {
            [] => (Place::default(), Place::default()),
            [place] if self.capture_at == Some(1) => (place, Place::default()),
            [place] => (Place::default(), place),
            [from, to] => (from, to),
            // "takes the pawn on d5 en passant, landing on d6"
            [from, _, to] if self.en_passant => (from, to),
            _ => return None,
        };
        let files_only = from.file.is_some() && to.file.is_some();
        let enough = to.square().is_some() || self.captured.is_some() || (files_only && to.rank.is_none());
        if !enough || (self.places.is_empty() && self.captured.is_none()) {
            return None;
        }
        let unnamed = if from.square().is_some() || (self.capture_at == Some(0) && from == Place::default()) {
            Roles::ALL
        } else {
            Roles::one(Role::Pawn)
        };
        Some(PiecePattern {
            roles: self.mover.unwrap_or(unnamed),
            from,
            to,
            capture,
            captured: self.captured,
            promotion: self.promotion,
            en_passant: self.en_passant,
        })
    }
}
