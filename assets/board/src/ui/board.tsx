import { Chessground } from '@lichess-org/chessground';
import type { Api } from '@lichess-org/chessground/api';
import type { Key } from '@lichess-org/chessground/types';
import { useEffect, useRef, useState } from 'preact/hooks';

import { destinations, promotionOf, squaresOf, turnOf } from '../position';
import type { Table } from '../table';
import type { Legal, Square } from '../types';
import { Grid } from './grid';
import { Promotion } from './promotion';

/** The board: chessground for eyes and fingers, a grid over it for keys and ears. */
export function Board({ table, still }: { table: Table; still: boolean }) {
  const whole = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const ground = useRef<Api | null>(null);
  const [choices, setChoices] = useState<Legal[] | null>(null);
  const { state } = table;
  const { frozen } = state;

  const attempt = (orig: Square, dest: Square) => {
    const moves = table.between(orig, dest);
    if (moves.length > 1) setChoices(moves);
    else if (moves[0]) void table.move(moves[0]);
    else show(ground.current, table, still);
  };
  const latest = useRef(attempt);
  latest.current = attempt;

  useEffect(() => {
    if (!place.current || !whole.current) return undefined;
    ground.current = Chessground(place.current, {
      // At rest it listens to nothing.
      viewOnly: frozen,
      // The first position appears at once; only what happens after it moves.
      animation: { enabled: false, duration: 200 },
      movable: { free: false, showDests: true, events: { after: (orig, dest) => latest.current(orig as Square, dest as Square) } },
      premovable: { enabled: false },
      draggable: { showGhost: true },
      highlight: { lastMove: true, check: true },
      coordinates: true,
      ranksPosition: 'left',
      // The grid and the choice of a piece lie over the board, whose size chessground rounds to whole squares.
      addDimensionsCssVarsTo: whole.current,
    });
    // What chessground observes it lets go of with its element alone, hence the key below.
    return () => ground.current?.destroy();
  }, [frozen]);

  useEffect(() => {
    if (!choices) show(ground.current, table, still);
  });
  const known = state.now !== null;
  useEffect(() => {
    if (known) ground.current?.set({ animation: { enabled: !prefersStillness() } });
  }, [known, frozen]);
  useEffect(() => {
    if (!known || performance.getEntriesByName('chess-result').length === 0) return;
    requestAnimationFrame(() => performance.measure('chess-painted', 'chess-result'));
  }, [known]);

  const choose = (move: Legal) => {
    setChoices(null);
    void table.move(move);
  };
  const orig = state.tried && squaresOf(state.tried.uci);
  return (
    <div class="board" ref={whole} aria-busy={state.sending !== null}>
      <div class="ground" key={frozen ? 'rest' : 'play'} ref={place} aria-hidden="true" />
      <Grid table={table} still={still} attempt={attempt} selected={(square) => ground.current?.selectSquare(square)} />
      {choices && <Promotion moves={choices} side={table.side} choose={choose} cancel={() => setChoices(null)} />}
      {orig && state.trouble && <span class="unsent" />}
    </div>
  );
}

const prefersStillness = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Sets up what the table says, unless a move is under way that is shown already. */
function show(ground: Api | null, table: Table, still: boolean): void {
  if (!ground) return;
  const { tried, now, note, looking } = table.state;
  ground.set({ orientation: table.side });
  if (tried) {
    ground.set({ movable: { dests: new Map() } });
    return place(ground, tried);
  }
  const { fen, uci, san } = table.position;
  const legal = still ? [] : table.legal;
  const turn = turnOf(fen);
  ground.set({
    fen,
    turnColor: turn,
    check: san ? /[+#]$/.test(san) : looking === null && (now?.view.check ?? false),
    movable: { color: turn, dests: destinations(legal) as Map<Key, Key[]> },
    selectable: { enabled: legal.length > 0 },
    draggable: { enabled: legal.length > 0 },
  });
  // Given apart: an absent last move must take the mark of the one before away.
  ground.set({ lastMove: uci ? squaresOf(uci) : undefined } as Parameters<Api['set']>[0]);
  const [from, to] = note?.move && looking === null ? squaresOf(note.move) : [];
  ground.setAutoShapes(from && to ? [{ orig: from, dest: to, brush: 'green' }] : []);
}

/** Shows a move that was chosen and not answered yet; by hand it stands there already. */
function place(ground: Api, move: Legal): void {
  const [orig, dest] = squaresOf(move.uci);
  const piece = ground.state.pieces.get(orig);
  if (piece) ground.move(orig, dest);
  const role = promotionOf(move.uci);
  const moved = ground.state.pieces.get(dest);
  if (role && moved && moved.role !== role) {
    ground.setPieces(new Map([[dest, { color: moved.color, role, promoted: true }]]));
  }
}
