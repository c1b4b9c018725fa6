import { useEffect, useRef } from 'preact/hooks';

import type { Table } from '../table';
import { Icon } from './icons';

/** The score sheet: a click or an arrow looks at a move, which plays nothing. */
export function MoveList({ table }: { table: Table }) {
  const { now, frozen } = table.state;
  const current = useRef<HTMLButtonElement>(null);
  const shown = table.position.ply;
  useEffect(() => {
    const list = current.current?.parentElement;
    // Only the list itself may scroll, never the chat around it.
    if (list && current.current) list.scrollTop = current.current.offsetTop - list.clientHeight / 2;
  }, [shown]);
  if (!now) return null;
  const { moves, start_fen } = now.board;
  const words = start_fen.split(' ');
  const offset = words[1] === 'b' ? 1 : 0;
  const number = Number(words[5] ?? 1) || 1;
  const last = moves.length;
  const numberOf = (ply: number) => {
    const half = ply + offset;
    if (half % 2 === 0) return `${number + half / 2}.`;
    return ply === 0 ? `${number}...` : null;
  };
  return (
    <nav class="moves" aria-label="Moves">
      <div class="sheet">
        {moves.map((move, ply) => (
          <>
            {numberOf(ply) && <span class="number">{numberOf(ply)}</span>}
            <button
              ref={ply + 1 === shown ? current : null}
              aria-current={ply + 1 === shown ? 'step' : undefined}
              disabled={frozen}
              onClick={() => table.look(ply + 1)}
            >
              {move.san}
            </button>
          </>
        ))}
        {now.view.result !== '*' && now.view.kind !== 'puzzle' && <span class="result">{now.view.result.replace('1/2-1/2', '½–½')}</span>}
      </div>
      {!frozen && (
        <div class="steps">
          <button aria-label="First move" title="First (Home)" disabled={shown === 0} onClick={() => table.look(0)}><Icon name="first" /></button>
          <button aria-label="Previous move" title="Back (←)" disabled={shown === 0} onClick={() => table.step(-1)}><Icon name="back" /></button>
          <button aria-label="Next move" title="Forward (→)" disabled={shown === last} onClick={() => table.step(1)}><Icon name="next" /></button>
          <button aria-label="Last move" title="Last (End)" disabled={shown === last} onClick={() => table.look(last)}><Icon name="last" /></button>
        </div>
      )}
    </nav>
  );
}
