import { useEffect, useState } from 'preact/hooks';

import { chunksOf } from '../pgn';
import type { Table } from '../table';
import { wordsOf } from '../types';

interface Listed {
  game_id: string;
  kind: string;
  opponent: { kind: string; level: number | null; name: string | null };
  status: string;
  result: string;
  opening: { name: string } | null;
  ply: number;
  updated: string;
  your_turn: boolean;
}

interface Page {
  games: Listed[];
  next_cursor: string | null;
}

const FILTERS = [['all', 'All'], ['unfinished', 'Unfinished'], ['finished', 'Finished'], ['puzzles', 'Puzzles'], ['imported', 'Imported']] as const;

/** The person's games, and the way in for games from elsewhere. */
export function Library({ table, close }: { table: Table; close(): void }) {
  const [filter, setFilter] = useState('all');
  const [games, setGames] = useState<Listed[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const load = async (from: string | null) => {
    const args: Record<string, unknown> = { filter, limit: 20 };
    if (from) args['cursor'] = from;
    const page = (await table.ask('chess_games', args, 'Fetching your games'))?.structuredContent as Page | undefined;
    if (!page) return;
    setGames((known) => (from ? [...known, ...page.games] : page.games));
    setCursor(page.next_cursor);
  };
  useEffect(() => { void load(null); }, [filter]);
  const show = (id: string) => {
    close();
    void table.act('chess_show', { game_id: id }, 'Fetching the game', 'the person opened another game.');
  };
  return (
    <div class="library">
      <p class="filters" role="group" aria-label="Which games">
        {FILTERS.map(([value, name]) => <button aria-pressed={value === filter} onClick={() => setFilter(value)}>{name}</button>)}
      </p>
      <ul>
        {games.map((game) => (
          <li>
            <button onClick={() => show(game.game_id)}>
              <b>{titleOf(game)}</b>
              <span>{[game.opening?.name, moves(game.ply), new Date(game.updated).toLocaleDateString()].filter(Boolean).join(' · ')}</span>
            </button>
          </li>
        ))}
      </ul>
      {games.length === 0 && <p>Nothing here yet.</p>}
      {cursor && <button onClick={() => void load(cursor)}>More</button>}
      <Import table={table} done={() => void load(null)} />
    </div>
  );
}

const moves = (ply: number): string => (ply > 2 ? `${Math.ceil(ply / 2)} moves` : '1 move');

function titleOf(game: Listed): string {
  const against = game.opponent.kind === 'engine' ? `Engine ${game.opponent.level}`
    : game.opponent.name ?? { puzzle: 'Puzzle', nobody: 'Analysis', friend: 'A friend', assistant: 'The assistant' }[game.opponent.kind] ?? '';
  if (game.your_turn) return `${against} – your turn`;
  return game.result === '*' ? against : `${against} – ${game.result.replace('1/2-1/2', '½–½')}`;
}

interface Imported {
  imported: unknown[];
  faults: { game: number; line: number; fault: string }[];
}

/** A PGN file of any size, sent in pieces. */
function Import({ table, done }: { table: Table; done(): void }) {
  const [said, setSaid] = useState<string[]>([]);
  const load = async (file: File | undefined) => {
    if (!file) return;
    const chunks = chunksOf(await file.text());
    let count = 0;
    const faults: string[] = [];
    for (const [index, chunk] of chunks.entries()) {
      setSaid([`Importing ${index + 1} of ${chunks.length}…`]);
      const result = await table.ask('chess_import', { pgn: chunk.pgn }, 'Importing');
      if (!result) {
        faults.push(`From game ${chunk.first} on nothing was imported: ${table.state.trouble?.text ?? ''}`);
        break;
      }
      const { imported, faults: found } = result.structuredContent as Imported;
      if (!imported) faults.push(wordsOf(result));
      count += imported?.length ?? 0;
      faults.push(...(found ?? []).map((one) => `Game ${one.game + chunk.first - 1}, line ${one.line + chunk.line - 1}: ${one.fault}`));
    }
    setSaid([`${count} ${count === 1 ? 'game' : 'games'} imported.`, ...faults.slice(0, 20)]);
    done();
  };
  return (
    <div class="import">
      <label>Import a PGN file: <input type="file" accept=".pgn,text/plain" onChange={(event) => void load(event.currentTarget.files?.[0])} /></label>
      {said.map((line) => <p role="status">{line}</p>)}
    </div>
  );
}
