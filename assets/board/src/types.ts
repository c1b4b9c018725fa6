// What the server says of a game: the structured half of a result, and what is in `_meta` for the board alone.

import { after } from './position';

export type Color = 'white' | 'black';
export type Role = 'pawn' | 'knight' | 'bishop' | 'rook' | 'queen' | 'king';
export type Square = `${'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h'}${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`;

/** A move that was made, for eyes, machines and ears. */
export interface Played {
  san: string;
  uci: string;
  words: string;
  by: string;
}

/** The structured half of every tool that shows a game. */
export interface GameView {
  game_id: string | null;
  kind: 'game' | 'puzzle' | 'analysis';
  opponent: { kind: 'engine' | 'assistant' | 'friend' | 'nobody' | 'puzzle'; level: number | null; name: string | null };
  person_plays: Color | 'both';
  fen: string;
  ply: number;
  revision: number;
  turn: Color;
  status: 'ongoing' | 'finished' | 'open' | 'solved' | 'unsolved';
  result: string;
  reason: string | null;
  check: boolean;
  played: Played | null;
  reply: Played | null;
  reply_pending: boolean;
  opening: { eco: string; name: string } | null;
  facts: string[];
  can: string[];
  offer: { kind: 'draw' | 'undo'; by: string; answer: 'accepted' | 'declined' | null } | null;
  invitation?: { code: string; url: string; until: string };
  time?: { days_per_move: number; deadline: string | null };
  rating?: { kind: string; rating: number; change: number };
  repeated: boolean;
  notes: string[];
}

/** One stored move and what is seen after it: the first two fields of a FEN. */
export interface Step {
  san: string;
  uci: string;
  fen: string;
}

/** One move that may be made now. */
export interface Legal {
  san: string;
  uci: string;
}

/** What every board is told besides its moves. */
interface BoardFacts {
  start_fen: string;
  /** `seq` of the newest result that made a host show a board of this game; null if that is not known. */
  newest: number | null;
  levels: { level: number; name: string; rating: number }[];
}

/** `_meta.board`: what a board needs and no model reads. The moves so far in SAN, and the same in UCI with blanks. */
interface BoardMeta extends BoardFacts {
  moves: string[];
  uci: string;
  legal: Record<string, string>;
}

/** The same, unfolded. */
export interface BoardData extends BoardFacts {
  moves: Step[];
  legal: Legal[];
}

/** A CallToolResult. */
export interface ToolResult {
  isError?: boolean;
  content?: { type: string; text?: string; data?: string; mimeType?: string }[];
  structuredContent?: unknown;
  _meta?: Record<string, unknown>;
}

/** A result that shows a game. */
export interface Snapshot {
  view: GameView;
  board: BoardData;
  seq: number;
}

/** Reads a result as a game; null where it shows none. */
export function snapshotOf(result: ToolResult): Snapshot | null {
  const view = result.structuredContent as GameView | undefined;
  const board = result._meta?.['board'] as BoardMeta | undefined;
  if (!view || typeof view.fen !== 'string' || !board) return null;
  return { view, board: unfolded(board), seq: Number(result._meta?.['seq'] ?? 0) };
}

function unfolded({ moves, uci, legal, ...facts }: BoardMeta): BoardData {
  const ucis = uci.split(' ');
  let fen = facts.start_fen;
  const step = (san: string, ply: number): Step => {
    const move = ucis[ply] ?? '';
    fen = after(fen, move);
    return { san, uci: move, fen };
  };
  return { ...facts, moves: moves.map(step), legal: Object.entries(legal).map(([san, move]) => ({ san, uci: move })) };
}

/** What a result says in words. */
export function wordsOf(result: ToolResult): string {
  return (result.content ?? []).map((block) => block.text ?? '').join('\n').trim();
}
