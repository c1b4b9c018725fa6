import type { Table } from '../table';
import type { Dialog } from './dialogs';
import { Icon } from './icons';

/** The row below the moves: what is wanted often; the rest is behind the last button. */
export function Controls({ table, open }: { table: Table; open(dialog: Dialog): void }) {
  const { state, wire } = table;
  const view = state.now?.view;
  if (!view?.game_id) return null;
  const over = view.status !== 'ongoing' && view.status !== 'open';
  const busy = state.sending !== null;
  const undo = () => void table.act(
    'chess_undo', { game_id: view.game_id, expected_ply: view.ply }, 'Taking back', 'the person took a move back.');
  const another = () => void table.act('chess_puzzle', { another: true }, 'Looking for a puzzle', 'the person went to another puzzle.');
  const costs = view.opponent.kind === 'engine' || view.kind === 'puzzle';
  return (
    <div class="controls" role="toolbar" aria-label="Game">
      {over && view.kind === 'puzzle' && wire.abilities.begin && <button class="main" disabled={busy} onClick={another}>Next puzzle</button>}
      {over && view.kind !== 'puzzle' && wire.abilities.call && wire.abilities.begin && <button class="main" onClick={() => open('new')}>New game</button>}
      {over && view.kind === 'game' && wire.abilities.say && (
        <button onClick={() => void wire.say(`Review game ${view.game_id} with me.`)}>Review</button>
      )}
      {table.can('undo') && <button class="sign" aria-label="Take back" title="Take back" disabled={busy} onClick={undo}><Icon name="undo" /></button>}
      {table.can('hint') && (
        <button class="sign" aria-label="Hint" title="Hint" disabled={busy} onClick={() => (costs && !state.note ? open('hint') : void table.hint())}>
          <Icon name="hint" />
        </button>
      )}
      <button class="sign" aria-label="Flip the board" title="Flip (f)" onClick={() => table.flip()}><Icon name="flip" /></button>
      {state.surroundings.mode === 'inline' && state.surroundings.modes.includes('fullscreen') && (
        <button class="sign" aria-label="Full screen" title="Full screen" onClick={() => wire.display('fullscreen')}><Icon name="grow" /></button>
      )}
      {wire.abilities.call && (
        <button class="sign" aria-label="More" title="More" aria-haspopup="dialog" onClick={() => open('more')}><Icon name="more" /></button>
      )}
    </div>
  );
}
