// What the board says in words about how the game stands, from the person's side.

import type { State } from './table';
import type { Color, GameView } from './types';

const NAME: Record<Color, string> = { white: 'White', black: 'Black' };

const REASON: Record<string, string> = {
  checkmate: 'by checkmate',
  resignation: 'by resignation',
  timeout: 'on time',
  stalemate: 'stalemate',
  threefold: 'threefold repetition',
  fivefold: 'fivefold repetition',
  fifty_moves: 'the fifty-move rule',
  seventy_five_moves: 'the seventy-five-move rule',
  dead_position: 'neither side can mate',
  agreement: 'by agreement',
};

/** Against whom. */
export function opponentOf(view: GameView): string {
  const { kind, level, name } = view.opponent;
  switch (kind) {
    case 'engine': return `Engine, level ${level}${name ? ` · ${name}` : ''}`;
    case 'assistant': return 'The assistant';
    case 'friend': return name ?? 'A friend';
    case 'puzzle': return 'Puzzle';
    default: return name ?? 'Analysis board';
  }
}

/** One line: whose turn it is, or how it ended. */
export function standing(state: State): string {
  const view = state.now?.view;
  if (!view) return '';
  if (view.kind === 'puzzle') return puzzle(view);
  if (view.status === 'finished') return ending(view);
  if (!view.game_id) return 'No game yet.';
  if (view.reply_pending) return 'Your move is kept. The engine is away; its reply follows.';
  const check = view.check ? ' You are in check.' : '';
  if (view.person_plays === 'both' || view.opponent.kind === 'nobody') return `${NAME[view.turn]} to move.${view.check ? ' Check.' : ''}`;
  if (view.person_plays === view.turn) return `Your move.${check}`;
  if (view.opponent.kind === 'friend') {
    return view.invitation ? 'Waiting for your friend to join.' : `Waiting for ${view.opponent.name ?? 'your friend'}.`;
  }
  return view.opponent.kind === 'assistant' ? 'The assistant is to move.' : 'The engine is to move.';
}

function puzzle(view: GameView): string {
  if (view.status === 'solved') return view.rating ? `Solved! Puzzle rating ${rated(view)}.` : 'Solved!';
  if (view.status === 'unsolved') return 'That was the solution.';
  return view.notes[0] ?? `Find the best move for ${NAME[view.turn]}.`;
}

function ending(view: GameView): string {
  const reason = REASON[view.reason ?? ''] ?? '';
  if (view.reason === 'aborted') return 'The game was called off.';
  const rating = view.rating ? ` Rating ${rated(view)}.` : '';
  if (view.result === '1/2-1/2') return `Draw${reason ? `: ${reason.replace(/^by /, '')}` : ''}.${rating}`;
  if (view.result === '*') return 'The game is over.';
  const winner: Color = view.result === '1-0' ? 'white' : 'black';
  const who = view.person_plays === 'both' ? `${NAME[winner]} won` : view.person_plays === winner ? 'You won' : 'You lost';
  return `${who}${reason ? ` ${reason}` : ''}.${rating}`;
}

const rated = ({ rating }: GameView): string =>
  rating ? `${rating.rating} (${rating.change >= 0 ? '+' : '−'}${Math.abs(rating.change)})` : '';

/** What the other side wants, or said. */
export function offer(view: GameView): string | null {
  if (!view.offer) return null;
  const { kind, by, answer } = view.offer;
  const who = view.opponent.name ?? 'Your opponent';
  if (by === 'person') {
    if (answer === 'declined') return kind === 'draw' ? `${view.opponent.kind === 'engine' ? 'The engine' : who} declined the draw.` : `${who} declined the takeback.`;
    if (answer === 'accepted') return null;
    return kind === 'draw' ? 'Your draw offer stands.' : 'You asked for a move back.';
  }
  if (answer) return null;
  return kind === 'draw' ? `${who} offers a draw.` : `${who} asks to take the last move back.`;
}

/** When the player to move runs out of time. */
export function deadline(view: GameView, locale: string): string | null {
  if (!view.time?.deadline) return null;
  const at = new Date(view.time.deadline);
  const words = at.toLocaleString(locale, { weekday: 'short', hour: '2-digit', minute: '2-digit', day: 'numeric', month: 'short' });
  return `${NAME[view.turn]}’s time ends ${words}.`;
}
