import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Table } from '../table';
import { Icon } from './icons';
import { Library } from './library';
import { NewGame } from './new-game';
import { THEMES, keep } from './themes';
import type { Theme } from './themes';

export type Dialog = 'new' | 'more' | 'hint' | 'resign' | 'copy' | 'library';

interface Props {
  table: Table;
  dialog: Dialog;
  open(dialog: Dialog | null): void;
  theme: Theme;
  choose(theme: Theme): void;
}

const TITLES: Record<Dialog, string> = {
  new: 'New game', more: 'Game', hint: 'A hint?', resign: 'Resign?', copy: 'Copy', library: 'Your games',
};

/** What lies over the board until it is answered or closed. */
export function Dialogs(props: Props) {
  const { dialog, open } = props;
  const box = useRef<HTMLDivElement>(null);
  const close = () => open(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.querySelector<HTMLElement>('button, input, select')?.focus();
    return () => before?.focus?.();
  }, [dialog]);
  return (
    <div class="over" onClick={(event) => { if (event.target === event.currentTarget) close(); }}>
      <div
        class={`dialog ${dialog}`}
        ref={box}
        role="dialog"
        aria-modal="true"
        aria-label={TITLES[dialog]}
        onKeyDown={(event) => { if (event.key === 'Escape') close(); else keepFocus(event, box.current); }}
      >
        <h2>{TITLES[dialog]}<button class="sign" aria-label="Close" onClick={close}><Icon name="close" /></button></h2>
        <Content {...props} close={close} />
      </div>
    </div>
  );
}

function keepFocus(event: KeyboardEvent, box: HTMLElement | null): void {
  if (event.key !== 'Tab' || !box) return;
  const all = [...box.querySelectorAll<HTMLElement>('button, input, select, textarea, a')];
  const [first, last] = [all[0], all.at(-1)];
  const leaving = event.shiftKey ? first : last;
  if (document.activeElement !== leaving) return;
  event.preventDefault();
  (event.shiftKey ? last : first)?.focus();
}

function Content(props: Props & { close(): void }): ComponentChildren {
  switch (props.dialog) {
    case 'new': return <NewGame table={props.table} close={props.close} />;
    case 'more': return <More {...props} />;
    case 'hint': return <AskHint {...props} />;
    case 'resign': return <AskResign {...props} />;
    case 'copy': return <Copy table={props.table} />;
    case 'library': return <Library table={props.table} close={props.close} />;
  }
}

function More({ table, open, close, theme, choose }: Props & { close(): void }) {
  const view = table.state.now?.view;
  const id = view?.game_id;
  const finish = (action: string, doing: string, words: string) => () => {
    close();
    void table.act('chess_finish', { game_id: id, action }, doing, words);
  };
  const puzzle = () => {
    close();
    void table.act('chess_puzzle', { another: view?.kind === 'puzzle' }, 'Looking for a puzzle', 'the person opened a puzzle.');
  };
  const solution = () => {
    close();
    void table.hint('solution');
  };
  const explain = () => {
    close();
    void table.wire.say(`What should I think about in game ${id}, at ply ${table.position.ply}?`);
  };
  const save = async () => {
    close();
    const text = await table.text('pgn');
    if (text) await table.wire.download(`chess-${id}.pgn`, 'application/x-chess-pgn', text);
  };
  return (
    <div class="list">
      {table.wire.abilities.begin && <button onClick={() => open('new')}>New game</button>}
      {table.wire.abilities.begin && <button onClick={puzzle}>{view?.kind === 'puzzle' ? 'Another puzzle' : 'Puzzle'}</button>}
      {table.wire.abilities.library && <button onClick={() => open('library')}>Your games</button>}
      {table.can('solution') && <button onClick={solution}>Show the solution</button>}
      {table.can('offer_draw') && <button onClick={finish('offer_draw', 'Offering a draw', 'the person offered a draw.')}>Offer a draw</button>}
      {table.can('claim_draw') && <button onClick={finish('claim_draw', 'Claiming a draw', 'the person claimed a draw.')}>Claim a draw</button>}
      {table.can('abort') && <button onClick={finish('abort', 'Calling the game off', 'the person called the game off.')}>Call the game off</button>}
      {table.can('resign') && <button onClick={() => open('resign')}>Resign</button>}
      {id && table.wire.abilities.say && <button onClick={explain}>Ask about this position</button>}
      {id && <button onClick={() => open('copy')}>Copy FEN or PGN</button>}
      {id && table.wire.abilities.download && <button onClick={() => void save()}>Download PGN</button>}
      {table.state.surroundings.mode === 'fullscreen' && table.state.surroundings.modes.includes('inline') && (
        <button onClick={() => { close(); table.wire.display('inline'); }}>Leave full screen</button>
      )}
      {table.wire.abilities.library && table.wire.abilities.page && <a class="button" href={table.wire.abilities.page.account}>Your account</a>}
      <fieldset class="squares">
        <legend>Squares</legend>
        {THEMES.map(({ theme: one, name }) => (
          <label>
            <input type="radio" name="squares" checked={one === theme} onChange={() => { keep(one); choose(one); }} />
            {name}
          </label>
        ))}
      </fieldset>
    </div>
  );
}

function AskHint({ table, close }: { table: Table; close(): void }) {
  const puzzle = table.state.now?.view.kind === 'puzzle';
  return (
    <>
      <p>{puzzle ? 'A hint costs the rating: the puzzle counts as not solved.' : 'With a hint this game is no longer rated.'}</p>
      <p class="choices">
        <button class="main" onClick={() => { close(); void table.hint(); }}>Give me a hint</button>
        <button onClick={close}>I’ll try without</button>
      </p>
    </>
  );
}

function AskResign({ table, close }: { table: Table; close(): void }) {
  const resign = () => {
    close();
    void table.act('chess_finish', { game_id: table.state.now?.view.game_id, action: 'resign' }, 'Resigning', 'the person resigned.');
  };
  return (
    <>
      <p>The game is lost then.</p>
      <p class="choices">
        <button class="main" onClick={close}>Play on</button>
        <button onClick={resign}>Resign</button>
      </p>
    </>
  );
}

function Copy({ table }: { table: Table }) {
  const [text, setText] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const copy = async (format: 'pgn' | 'fen') => {
    const found = await table.text(format);
    if (!found) return;
    setText(found);
    setSaid('');
    try {
      await navigator.clipboard.writeText(found);
      setSaid('Copied.');
    } catch {
      // Not every frame may write to the clipboard; the text is there to be copied by hand.
      setSaid('Press Ctrl+C or ⌘C to copy.');
      field.current?.select();
    }
  };
  return (
    <>
      <p class="choices">
        <button onClick={() => void copy('fen')}>FEN</button>
        <button onClick={() => void copy('pgn')}>PGN</button>
      </p>
      {text !== null && <textarea ref={field} readOnly rows={4} aria-label="To copy" value={text} onFocus={(event) => event.currentTarget.select()} />}
      <p role="status">{said}</p>
    </>
  );
}
