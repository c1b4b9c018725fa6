import { useState } from 'preact/hooks';

import type { Table } from '../table';

type Opponent = 'engine' | 'assistant' | 'friend' | 'nobody';

const OPPONENTS: { opponent: Opponent; name: string }[] = [
  { opponent: 'engine', name: 'Engine' },
  { opponent: 'assistant', name: 'The assistant' },
  { opponent: 'friend', name: 'A friend' },
  { opponent: 'nobody', name: 'Nobody (analysis)' },
];
const COLORS = [['white', 'White'], ['black', 'Black'], ['random', 'Random']] as const;

/** Against whom, how strong, which side. */
export function NewGame({ table, close }: { table: Table; close(): void }) {
  const { now } = table.state;
  const levels = now?.board.levels ?? [];
  const [opponent, setOpponent] = useState<Opponent>('engine');
  const [level, setLevel] = useState(now?.view.opponent.level ?? 0);
  const [color, setColor] = useState('white');
  const [chess960, setChess960] = useState(false);
  const start = (event: Event) => {
    event.preventDefault();
    close();
    const args: Record<string, unknown> = { opponent };
    if (opponent === 'engine') args['level'] = level;
    if (opponent !== 'nobody') args['color'] = color;
    if (chess960) args['variant'] = 'chess960';
    const against = OPPONENTS.find((one) => one.opponent === opponent)?.name ?? opponent;
    void table.act('chess_new_game', args, 'Setting up', `the person started a new game. Opponent: ${against}.`);
  };
  const chosen = levels.find((one) => one.level === level);
  return (
    <form class="new-game" onSubmit={start}>
      <fieldset>
        <legend>Against</legend>
        {OPPONENTS.filter((one) => one.opponent !== 'assistant' || table.wire.abilities.model).map((one) => (
          <label>
            <input type="radio" name="opponent" checked={one.opponent === opponent} onChange={() => setOpponent(one.opponent)} />
            {one.name}
          </label>
        ))}
      </fieldset>
      {opponent === 'engine' && (
        <label class="level">
          <span>Strength: {chosen ? `${chosen.level} · ${chosen.name} (${chosen.rating})` : 'fits you'}</span>
          <input type="range" min="0" max="10" value={level} onInput={(event) => setLevel(Number(event.currentTarget.value))} aria-valuetext={chosen?.name ?? 'adaptive'} />
        </label>
      )}
      {opponent !== 'nobody' && (
        <fieldset>
          <legend>You play</legend>
          {COLORS.map(([value, name]) => (
            <label>
              <input type="radio" name="color" checked={value === color} onChange={() => setColor(value)} />
              {name}
            </label>
          ))}
        </fieldset>
      )}
      <label class="check"><input type="checkbox" checked={chess960} onChange={(event) => setChess960(event.currentTarget.checked)} /> Chess960</label>
      <button class="main">Start</button>
    </form>
  );
}
