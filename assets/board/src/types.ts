// What the server says of a game: the structured half of a result, and what is in `_meta` for the board alone.

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

/** One stored move and the position after it. */
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

/** `_meta.board`: what a board needs and no model reads. */
export interface BoardData {
  start_fen: string;
  moves: Step[];
  legal: Legal[];
  /** `seq` of the newest result that made a host show a board of this game; null if that is not known. */
  newest: number | null;
  levels: { level: number; name: string; rating: number }[];
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
  const board = result._meta?.['board'] as BoardData | undefined;
  if (!view || typeof view.fen !== 'string' || !board) return null;
  return { view, board, seq: Number(result._meta?.['seq'] ?? 0) };
}

/** What a result says in words. */
export function wordsOf(result: ToolResult): string {
  return (result.content ?? []).map((block) => block.text ?? '').join('\n').trim();
}
