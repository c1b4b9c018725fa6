// Reads positions. No rules are known here: which moves are legal, and what they lead to, the server says.

import type { Color, Legal, Role, Square, Step } from './types';

export interface Piece {
  color: Color;
  role: Role;
}

const ROLES: Record<string, Role> = {
  p: 'pawn', n: 'knight', b: 'bishop', r: 'rook', q: 'queen', k: 'king',
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
