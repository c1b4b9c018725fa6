import { useEffect, useRef } from 'preact/hooks';

import { promotionOf, squaresOf } from '../position';
import type { Color, Legal } from '../types';
import { Figure } from './figure';

interface Props {
  moves: Legal[];
  side: Color;
  choose(move: Legal): void;
  cancel(): void;
}

const ORDER = ['queen', 'knight', 'rook', 'bishop'];

/** The choice of a piece, in the pawn's own file. */
export function Promotion({ moves, side, choose, cancel }: Props) {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const [, dest] = squaresOf(moves[0]?.uci ?? 'a7a8');
  const file = dest.charCodeAt(0) - 97;
  const column = side === 'white' ? file : 7 - file;
  const color: Color = dest[1] === '8' ? 'white' : 'black';
  const fromTop = (color === 'white') === (side === 'white');
  const sorted = [...moves].sort((a, b) => ORDER.indexOf(promotionOf(a.uci) ?? '') - ORDER.indexOf(promotionOf(b.uci) ?? ''));
  return (
    <div
      class="promotion"
      role="dialog"
      aria-label="Promote to"
      onClick={cancel}
      onKeyDown={(event) => { if (event.key === 'Escape') cancel(); }}
    >
      {sorted.map((move, index) => {
        const role = promotionOf(move.uci) ?? 'queen';
        const place = { left: `${column * 12.5}%`, [fromTop ? 'top' : 'bottom']: `${index * 12.5}%` };
        return (
          <button ref={index === 0 ? first : null} style={place} aria-label={role} title={role} onClick={() => choose(move)}>
            <Figure role={role} color={color} />
          </button>
        );
      })}
    </div>
  );
}
