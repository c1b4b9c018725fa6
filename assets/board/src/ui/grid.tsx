import { useEffect, useRef, useState } from 'preact/hooks';

import { destinations, piecesOf, squaresSeenBy, turnOf } from '../position';
import type { Table } from '../table';
import type { Square } from '../types';

interface Props {
  table: Table;
  still: boolean;
  attempt(orig: Square, dest: Square): void;
  /** The square that is selected by key, to be marked on the board. */
  selected(square: Square | null): void;
}

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
};

/** The board as a grid of 64 named squares: walked by arrow keys, read by screen readers, moved on by Enter. */
export function Grid({ table, still, attempt, selected }: Props) {
  const rows = squaresSeenBy(table.side);
  const pieces = piecesOf(table.position.fen);
  const legal = still ? [] : table.legal;
  const targets = destinations(legal);
  const [at, setAt] = useState<Square>(table.side === 'white' ? 'e2' : 'e7');
  const [from, setFrom] = useState<Square | null>(null);
  const cells = useRef(new Map<Square, HTMLElement>());
  const fen = table.position.fen;
  const { frozen } = table.state;
  useEffect(() => setFrom(null), [fen, still]);

  const select = (square: Square | null) => {
    setFrom(square);
    selected(square);
  };
  const press = (square: Square) => {
    if (still) return;
    if (from && targets.get(from)?.includes(square)) {
      select(null);
      attempt(from, square);
    } else select(from !== square && targets.has(square) ? square : null);
  };
  const walk = (event: KeyboardEvent, row: number, column: number) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return press(rows[row]?.[column] as Square);
    }
    if (event.key === 'Escape') return select(null);
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    event.preventDefault();
    const next = rows[row + step[0]]?.[column + step[1]];
    if (!next) return undefined;
    setAt(next);
    cells.current.get(next)?.focus();
    return undefined;
  };
  const hands = (square: Square, row: number, column: number) => ({
    onFocus: () => setAt(square),
    onClick: () => press(square),
    onKeyDown: (event: KeyboardEvent) => walk(event, row, column),
  });
  const label = (square: Square) => {
    const piece = pieces.get(square);
    const words = [square, piece ? `${piece.color} ${piece.role}` : 'empty'];
    if (from && targets.get(from)?.includes(square)) words.push(piece ? 'can be taken' : 'legal target');
    else if (!from && targets.has(square)) words.push('can move');
    return words.join(', ');
  };
  return (
    <div class="grid" role="grid" aria-label={`Chessboard, ${turnOf(fen)} to move`}>
      {rows.map((row, r) => (
        <div role="row">
          {row.map((square, c) => (
            <div
              role="gridcell"
              key={square}
              ref={(cell) => { if (cell) cells.current.set(square, cell); }}
              data-square={square}
              tabIndex={square === at ? 0 : -1}
              aria-label={label(square)}
              aria-selected={square === from}
              {...(frozen ? {} : hands(square, r, c))}
            />
          ))}
        </div>
      ))}
    </div>
  );
}
