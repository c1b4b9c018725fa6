import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

import { other, taken } from '../position';
import type { Table } from '../table';
import type { Color } from '../types';
import { deadline, offer, opponentOf, standing } from '../words';
import { Board } from './board';
import { Controls } from './controls';
import { Dialogs } from './dialogs';
import type { Dialog } from './dialogs';
import { Figure } from './figure';
import { Icon } from './icons';
import { MoveList } from './moves';
import { themeOf } from './themes';
import type { Theme } from './themes';

/** Draws again whenever the table changes. */
function useTable(table: Table) {
  const [, redraw] = useState(0);
  useLayoutEffect(() => table.watch(() => redraw((n) => n + 1)), [table]);
  return table.state;
}

export function App({ table }: { table: Table }) {
  const state = useTable(table);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [theme, setTheme] = useState<Theme>(themeOf());
  useSurroundings(table);
  useKeys(table, dialog !== null);
  const view = state.now?.view;
  const live = !state.frozen && dialog === null;
  return (
    <main class={`table ${state.surroundings.mode}`} data-board={theme} aria-label="Chess">
      <header>
        <h1>{view ? opponentOf(view) : 'Chess'}</h1>
        {view?.opening && <p class="opening" title={view.opening.eco}>{view.opening.name}</p>}
      </header>
      <div class="sides">
        <section class="place">
          <Strip table={table} color={other(table.side)} />
          <Board table={table} still={!live} />
          <Strip table={table} color={table.side} />
        </section>
        <section class="panel">
          <Status table={table} open={setDialog} />
          {(state.now?.board.moves.length ?? 0) > 0 && <MoveList table={table} />}
          {!state.frozen && <Controls table={table} open={setDialog} />}
        </section>
      </div>
      {dialog && !state.frozen && (
        <Dialogs table={table} dialog={dialog} open={setDialog} theme={theme} choose={setTheme} />
      )}
      <p class="heard" role="status" aria-live="polite">{state.said}</p>
    </main>
  );
}

/** Who sits at this edge of the board, and what they have taken. */
function Strip({ table, color }: { table: Table; color: Color }) {
  const { now } = table.state;
  if (!now) return <p class="strip" />;
  const { fen } = table.position;
  const { pieces, ahead } = taken(now.board.start_fen, fen, color);
  const own = now.view.person_plays === 'both' || now.view.person_plays === color;
  const name = now.view.person_plays === 'both' ? (color === 'white' ? 'White' : 'Black') : own ? 'You' : opponentOf(now.view).split(',')[0];
  const moves = now.view.turn === color && now.view.result === '*' && table.state.looking === null;
  return (
    <p class="strip">
      <span class={`seat ${color}${moves ? ' mover' : ''}`}>{name}</span>
      {pieces.length > 0 && (
        <span class="taken" role="img" aria-label={`has taken ${pieces.join(', ')}`}>
          {pieces.map((role) => <Figure role={role} color={other(color)} />)}
        </span>
      )}
      {ahead > 0 && <span class="ahead" title="points of material ahead">+{ahead}</span>}
    </p>
  );
}

function Status({ table, open }: { table: Table; open(dialog: Dialog): void }) {
  const { state, wire } = table;
  const view = state.now?.view;
  if (state.frozen) {
    return (
      <div class="status">
        <p class="headline">A newer board shows this game.</p>
        <button class="main" onClick={() => void table.continueHere()}>Continue here</button>
      </div>
    );
  }
  if (state.cancelled && !view) {
    return (
      <div class="status">
        <p class="headline">The call was cancelled.</p>
        {wire.abilities.call && <button class="main" onClick={() => void table.show()}>Show the board</button>}
      </div>
    );
  }
  if (!view) return <div class="status"><p class="headline">{state.trouble?.text ?? 'Setting up the board…'}</p></div>;
  const back = state.looking !== null && state.looking < (state.now?.board.moves.length ?? 0);
  const wish = offer(view);
  const time = deadline(view, navigator.language);
  const coach = view.status === 'ongoing' && !back ? view.facts : [];
  return (
    <div class="status">
      <p class="headline">
        {back ? `Looking back at move ${Math.ceil((state.looking ?? 0) / 2)}.` : standing(state)}
        {back && <button class="link" onClick={() => table.look(Infinity)}>Back to the present</button>}
      </p>
      {state.sending && <p class="sending"><Icon name="wait" /> {state.tried ? `Sending ${state.sending}…` : `${state.sending}…`}</p>}
      {state.trouble && (
        <div class="trouble" role="alert">
          <p>{state.trouble.text}</p>
          {state.trouble.again && <button onClick={state.trouble.again}>Try again</button>}
          <button class="quiet" onClick={() => table.dismiss()}>Dismiss</button>
        </div>
      )}
      {state.note && <p class="note">{state.note.text}</p>}
      {wish && <p class="wish">{wish} <Answers table={table} /></p>}
      {time && <p class="time">{time}</p>}
      {view.game_id && view.kind !== 'puzzle' && view.notes.map((note) => <p class="note">{note}</p>)}
      {coach.length > 0 && !state.note && <p class="facts">{coach.join(' ')}</p>}
      {view.invitation && <Invitation url={view.invitation.url} until={view.invitation.until} />}
      {!view.game_id && wire.abilities.call && (
        <p class="choices">
          <button class="main" onClick={() => open('new')}>New game</button>
          <button onClick={() => void table.act('chess_puzzle', {}, 'Looking for a puzzle', 'the person opened a puzzle.')}>Puzzle</button>
        </p>
      )}
      {!wire.abilities.call && state.ready && (
        <p class="note">{wire.abilities.say ? 'Moves made here are written into the chat.' : 'Say your moves in the chat.'}</p>
      )}
    </div>
  );
}

function Answers({ table }: { table: Table }) {
  const id = table.state.now?.view.game_id;
  const finish = (action: string, words: string) => () => void table.act('chess_finish', { game_id: id, action }, 'Answering', words);
  const undo = (answer: string, words: string) => () =>
    void table.act('chess_undo', { game_id: id, answer, expected_ply: table.state.now?.view.ply }, 'Answering', words);
  return (
    <span class="answers">
      {table.can('accept_draw') && <button onClick={finish('accept_draw', 'the person accepted the draw.')}>Accept</button>}
      {table.can('decline_draw') && <button onClick={finish('decline_draw', 'the person declined the draw.')}>Decline</button>}
      {table.can('accept_undo') && <button onClick={undo('accept', 'the person accepted the takeback.')}>Accept</button>}
      {table.can('decline_undo') && <button onClick={undo('decline', 'the person declined the takeback.')}>Decline</button>}
    </span>
  );
}

function Invitation({ url, until }: { url: string; until: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div class="invitation">
      <label>
        Send this link to your friend (good until {until}):
        <input readOnly value={url} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <button onClick={() => void navigator.clipboard?.writeText(url).then(() => setCopied(true), () => undefined)}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}

/** Colours, fonts and edges of the place where the board is shown. */
function useSurroundings(table: Table) {
  const { theme, variables, insets, height } = table.state.surroundings;
  useEffect(() => {
    const root = document.documentElement;
    if (theme) root.dataset['theme'] = theme;
    for (const [name, value] of Object.entries(variables ?? {})) {
      if (name.startsWith('--') && value) root.style.setProperty(name, value);
    }
    for (const [edge, size] of Object.entries(insets ?? {})) root.style.setProperty(`--inset-${edge}`, `${size}px`);
    if (height) root.style.setProperty('--height', `${height}px`);
  }, [theme, variables, insets, height]);
}

/** Arrow keys step through the game wherever they mean nothing else. */
function useKeys(table: Table, busy: boolean) {
  const frozen = table.state.frozen;
  useEffect(() => {
    if (busy || frozen) return undefined;
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as Element;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('[role=grid], input, textarea, select')) return;
      const steps: Record<string, () => void> = {
        ArrowLeft: () => table.step(-1),
        ArrowRight: () => table.step(1),
        Home: () => table.look(0),
        End: () => table.look(Infinity),
        f: () => table.flip(),
      };
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      step();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [table, busy, frozen]);
}
