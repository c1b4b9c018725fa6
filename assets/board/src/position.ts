// Reads positions, and moves their pieces. Which moves are legal is not known here: the server says so.

import type { Color, Legal, Role, Square, Step } from './types';

export interface Piece {
  color: Color;
  role: Role;
}

const ROLES: Record<string, Role> = {
  p: 'pawn', n: 'knight', b: 'bishop', r: 'rook', q: 'queen', k: 'king',
};
const SIGNS: Record<Role, string> = {
  pawn: 'p', knight: 'n', bishop: 'b', rook: 'r', queen: 'q', king: 'k',
};
const WORTH: Record<Role, number> = { pawn: 1, knight: 3, bishop: 3, rook: 5, queen: 9, king: 0 };
const IN_ORDER: Role[] = ['queen', 'rook', 'bishop', 'knight', 'pawn'];
const FILES = 'abcdefgh';

export const other = (color: Color): Color => (color === 'white' ? 'black' : 'white');

/** The pieces of a FEN by their squares. */
export function piecesOf(fen: string): Map<Square, Piece> {
  const pieces = new Map<Square, Piece>();
  const rows = (fen.split(' ')[0] ?? '').split('/');
  rows.forEach((row, index) => {
    let file = 0;
    for (const sign of row) {
      const role = ROLES[sign.toLowerCase()];
      if (!role) {
        file += Number(sign) || 0;
        continue;
      }
      const color = sign === sign.toLowerCase() ? 'black' : 'white';
      pieces.set(`${FILES[file]}${8 - index}` as Square, { color, role });
      file += 1;
    }
  });
  return pieces;
}

/** What is seen after a move that the server recorded: the pieces, and whose turn it is. */
export function after(fen: string, uci: string): string {
  const pieces = piecesOf(fen);
  const [orig, dest] = squaresOf(uci);
  const moved = pieces.get(orig);
  if (!moved) return fen;
  const met = pieces.get(dest);
  const files = FILES.indexOf(dest[0] ?? '') - FILES.indexOf(orig[0] ?? '');
  const rank = orig[1];
  pieces.delete(orig);
  // Chess960 says of castling that the king takes its own rook, standard chess that it goes two squares.
  if (moved.role === 'king' && (met?.color === moved.color || Math.abs(files) === 2)) {
    const [corner, king, rook] = files > 0 ? ['h', 'g', 'f'] : ['a', 'c', 'd'];
    pieces.delete(met ? dest : `${corner}${rank}` as Square);
    pieces.set(`${king}${rank}` as Square, moved);
    pieces.set(`${rook}${rank}` as Square, { color: moved.color, role: 'rook' });
  } else {
    if (moved.role === 'pawn' && files !== 0 && !met) pieces.delete(`${dest[0]}${rank}` as Square);
    pieces.set(dest, { color: moved.color, role: promotionOf(uci) ?? moved.role });
  }
  return `${placementOf(pieces)} ${turnOf(fen) === 'white' ? 'b' : 'w'}`;
}

/** The first field of a FEN. */
function placementOf(pieces: Map<Square, Piece>): string {
  const rows = squaresSeenBy('white').map((row) => row.map((square) => {
    const piece = pieces.get(square);
    if (!piece) return '1';
    const sign = SIGNS[piece.role];
    return piece.color === 'white' ? sign.toUpperCase() : sign;
  }).join(''));
  return rows.join('/').replace(/1+/g, (empty) => String(empty.length));
}

/** Whose turn it is in a FEN. */
export const turnOf = (fen: string): Color => (fen.split(' ')[1] === 'b' ? 'black' : 'white');

/** The squares in reading order, as somebody who plays `side` sees them. */
export function squaresSeenBy(side: Color): Square[][] {
  const ranks = [8, 7, 6, 5, 4, 3, 2, 1];
  const files = [...FILES];
  if (side === 'black') {
    ranks.reverse();
    files.reverse();
  }
  return ranks.map((rank) => files.map((file) => `${file}${rank}` as Square));
}

const counted = (fen: string, color: Color): Map<Role, number> => {
  const count = new Map<Role, number>();
  for (const piece of piecesOf(fen).values()) {
    if (piece.color === color) count.set(piece.role, (count.get(piece.role) ?? 0) + 1);
  }
  return count;
};

/** What `color` has taken since `start`, most valuable first, and by how many points it is ahead. */
export function taken(start: string, fen: string, color: Color): { pieces: Role[]; ahead: number } {
  const [before, now, own] = [counted(start, other(color)), counted(fen, other(color)), counted(fen, color)];
  const had = counted(start, color);
  // A promoted pawn is missing and was not taken.
  const promoted = IN_ORDER.slice(0, 4).reduce(
    (sum, role) => sum + Math.max(0, (now.get(role) ?? 0) - (before.get(role) ?? 0)), 0);
  const pieces = IN_ORDER.flatMap((role) => {
    const gone = (before.get(role) ?? 0) - (now.get(role) ?? 0) - (role === 'pawn' ? promoted : 0);
    return Array<Role>(Math.max(0, gone)).fill(role);
  });
  const worth = (count: Map<Role, number>) => [...count].reduce((sum, [role, n]) => sum + WORTH[role] * n, 0);
  const balance = (mine: Map<Role, number>, theirs: Map<Role, number>) => worth(mine) - worth(theirs);
  return { pieces, ahead: balance(own, now) - balance(had, before) };
}

const from = (uci: string) => uci.slice(0, 2) as Square;
const to = (uci: string) => uci.slice(2, 4) as Square;

/** Where each piece may go. */
export function destinations(legal: Legal[]): Map<Square, Square[]> {
  const all = new Map<Square, Square[]>();
  for (const { uci } of legal) {
    const known = all.get(from(uci)) ?? [];
    if (!known.includes(to(uci))) known.push(to(uci));
    all.set(from(uci), known);
  }
  return all;
}

/** The moves from one square to another; more than one where a pawn is promoted. */
export const movesBetween = (legal: Legal[], orig: Square, dest: Square): Legal[] =>
  legal.filter(({ uci }) => from(uci) === orig && to(uci) === dest);

/** The two squares of a move, to be marked. */
export const squaresOf = (uci: string): [Square, Square] => [from(uci), to(uci)];

const PROMOTED: Record<string, Role> = { q: 'queen', r: 'rook', b: 'bishop', n: 'knight' };

/** What a pawn becomes by this move. */
export const promotionOf = (uci: string): Role | undefined => PROMOTED[uci[4] ?? ''];

/** A line as in a score sheet, from the move with index `first` on: `4. Nxe5 Qg5`, `4... Qg5`. */
export function numbered(start: string, moves: Pick<Step, 'san'>[], first: number): string {
  const words = start.split(' ');
  const number = Number(words[5] ?? 1) || 1;
  const offset = words[1] === 'b' ? 1 : 0;
  return moves.slice(first).map((move, index) => {
    const half = first + index + offset;
    const lead = `${number + Math.floor(half / 2)}.`;
    if (half % 2 === 0) return `${lead} ${move.san}`;
    return index === 0 ? `${lead}.. ${move.san}` : move.san;
  }).join(' ');
}
