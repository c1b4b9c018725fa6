// The state of one board and everything that may happen to it. Draws nothing.
//
// The server alone knows the game: what is shown is what it said last, and a move made here is only shown ahead of its
// answer. Looking back at earlier moves is apart from that and sends nothing.

import { movesBetween, numbered, other } from './position';
import { snapshotOf, wordsOf } from './types';
import type { Color, Legal, Snapshot, Square, ToolResult } from './types';
import { NoAnswer } from './wire/wire';
import type { Listener, Surroundings, Wire } from './wire/wire';

/** Something that went wrong, and how to go on. */
export interface Trouble {
  text: string;
  /** Does the same again; what was done already is not done twice. */
  again: (() => void) | null;
}

export interface State {
  ready: boolean;
  now: Snapshot | null;
  /** The ply that is looked at; null for the present. */
  looking: number | null;
  /** Whose side is at the bottom; null for the person's. */
  turned: Color | null;
  /** What is being sent, in words. */
  sending: string | null;
  /** The move that is being sent and is shown already. */
  tried: Legal | null;
  trouble: Trouble | null;
  /** A newer board shows this game. */
  frozen: boolean;
  cancelled: boolean;
  /** What a hint or another answer said, and the move it points at. */
  note: { text: string; move: string | null } | null;
  /** For those who listen. */
  said: string;
  surroundings: Surroundings;
}

/** A result that is younger than this was not shown before. */
const FRESH_MS = 10_000;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
const WAIT_SECONDS = 20;

export class Table implements Listener {
  state: State = {
    ready: false, now: null, looking: null, turned: null, sending: null, tried: null, trouble: null,
    frozen: false, cancelled: false, note: null, said: '', surroundings: { mode: 'inline', modes: [] },
  };

  private readonly watchers = new Set<() => void>();
  /** The `seq` of the result that this board was shown for. */
  private known = 0;
  private waits = false;
  private listening = false;
  private readonly onFocus = () => {
    if (document.visibilityState === 'visible') void this.sync().then(() => this.waitForFriend());
  };

  constructor(readonly wire: Wire) {}

  /** Calls `watcher` after every change until the answer is called. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  async start(): Promise<void> {
    this.listen();
    try {
      await this.wire.connect(this);
      this.set({ ready: true });
    } catch (fault) {
      if (!(fault instanceof NoAnswer)) throw fault;
      this.set({ ready: true, trouble: { text: 'No answer came.', again: () => location.reload() } });
    }
  }

  // --- what the wire tells

  result(result: ToolResult): void {
    const snapshot = snapshotOf(result);
    if (!snapshot) {
      if (result.isError) this.set({ trouble: { text: firstLine(wordsOf(result)), again: null } });
      return;
    }
    performance.mark('chess-result');
    this.known = Math.max(this.known, snapshot.seq);
    this.set({ cancelled: false });
    this.accept(snapshot);
    const looked = snapshot.view.ply;
    if (looked < snapshot.board.moves.length) this.set({ looking: looked });
    const old = Math.abs(Date.now() - snapshot.seq) > FRESH_MS;
    if (old && !this.wire.abilities.page) void this.sync().then(() => this.waitForFriend());
    else this.waitForFriend();
  }

  cancelled(): void {
    if (!this.state.now) this.set({ cancelled: true });
  }

  surroundings(now: Surroundings): void {
    this.set({ surroundings: now });
  }

  end(): void {
    this.stopListening();
    this.wire.disconnect();
    this.watchers.clear();
  }

  // --- what is on the board

  get side(): Color {
    const plays = this.state.now?.view.person_plays;
    return this.state.turned ?? (plays === 'black' ? 'black' : 'white');
  }

  /** The position that is shown, and the move that led there. */
  get position(): { fen: string; uci: string | null; san: string | null; ply: number } {
    const now = this.state.now;
    if (!now) return { fen: START, uci: null, san: null, ply: 0 };
    const ply = this.state.looking ?? now.board.moves.length;
    const step = now.board.moves[ply - 1];
    return { fen: step?.fen ?? now.board.start_fen, uci: step?.uci ?? null, san: step?.san ?? null, ply };
  }

  /** The moves that may be made by hand now. */
  get legal(): Legal[] {
    const { now, looking, tried, sending, frozen } = this.state;
    if (!now || looking !== null || tried || sending || frozen) return [];
    if (!this.wire.abilities.call && !this.wire.abilities.say) return [];
    return now.view.can.includes('move') ? now.board.legal : [];
  }

  can(what: string): boolean {
    const { now, frozen } = this.state;
    return !frozen && this.wire.abilities.call && !!now?.view.can.includes(what);
  }

  // --- looking

  /** Shows the position after `ply` moves. */
  look(ply: number): void {
    const last = this.state.now?.board.moves.length ?? 0;
    const at = Math.max(0, Math.min(last, ply));
    const step = this.state.now?.board.moves[at - 1];
    this.set({ looking: at === last ? null : at, said: step ? `After ${step.san}` : 'Start of the game' });
  }

  step(by: number): void {
    this.look(this.position.ply + by);
  }

  flip(): void {
    this.set({ turned: other(this.side) });
  }

  // --- doing

  /** The legal moves between two squares: more than one where a pawn is promoted. */
  between(orig: Square, dest: Square): Legal[] {
    return movesBetween(this.legal, orig, dest);
  }

  async move(legal: Legal): Promise<void> {
    const now = this.state.now;
    if (!now || this.state.tried) return;
    if (!this.wire.abilities.call) return this.sayMove(legal);
    this.set({ tried: legal, note: null, trouble: null, sending: legal.san, said: `Sending ${legal.san}` });
    const { game_id, ply } = now.view;
    const args = { game_id, move: legal.san, expected_ply: ply };
    const unanswered = `${legal.san} was not answered. It may have arrived; it is not played twice.`;
    const result = await this.send('chess_move', args, unanswered, () => void this.move(legal));
    if (!result) return;
    const snapshot = snapshotOf(result);
    if (result.isError || !snapshot) return this.refused(result);
    this.set({ tried: null, sending: null });
    this.accept(snapshot);
    this.set({ said: this.spoken(snapshot) });
    this.tellOfMove(snapshot, ply);
    this.waitForFriend();
  }

  /** Calls a tool that shows a game; `words` tell the model what was done. */
  async act(tool: string, args: Record<string, unknown>, doing: string, words: string): Promise<boolean> {
    if (this.state.sending) return false;
    this.set({ sending: doing, note: null, trouble: null, tried: null });
    const result = await this.send(tool, args, UNANSWERED, () => void this.act(tool, args, doing, words));
    if (!result) return false;
    const snapshot = snapshotOf(result);
    if (result.isError || !snapshot) {
      await this.refused(result);
      return false;
    }
    this.set({ sending: null, looking: null });
    const another = snapshot.view.game_id !== this.state.now?.view.game_id;
    if (another) this.set({ now: null, turned: null });
    this.accept(snapshot);
    const { game_id, ply } = snapshot.view;
    this.wire.inform(`On the board: ${words} Recorded, ply ${ply}, game ${game_id}. No call needed.`);
    this.set({ said: snapshot.view.notes.join(' ') || words });
    this.waitForFriend();
    return true;
  }

  /** Calls a tool whose answer is words about the game. It is not offered again by itself: a hint would go a step on. */
  async ask(tool: string, args: Record<string, unknown>, doing: string): Promise<ToolResult | null> {
    if (this.state.sending) return null;
    this.set({ sending: doing, trouble: null });
    const result = await this.send(tool, args, UNANSWERED, null);
    if (!result) return null;
    this.set({ sending: null });
    if (!result.isError) return result;
    this.set({ trouble: { text: firstLine(wordsOf(result)), again: null } });
    return null;
  }

  async hint(kind?: 'solution'): Promise<void> {
    const id = this.state.now?.view.game_id;
    const result = await this.ask('chess_hint', kind ? { game_id: id, kind } : { game_id: id }, 'Looking for a hint');
    const said = result?.structuredContent as { text?: string; move?: string | null; cost?: string | null } | undefined;
    if (!said?.text) return;
    const text = said.cost ? `${said.text} ${said.cost}` : said.text;
    this.set({ note: { text, move: this.uciOf(said.move ?? null) }, said: text });
    // A hint changes the game, if only its revision and what it is worth.
    await this.sync();
    this.wire.inform(`On the board the person had this hint: ${said.text}`);
  }

  /** The text of the game, as PGN or FEN. */
  async text(format: 'pgn' | 'fen'): Promise<string | null> {
    const view = this.state.now?.view;
    const { ply, fen } = this.position;
    if (format === 'fen' && !view?.game_id) return fen;
    if (format === 'fen' && ply === view?.ply) return view.fen;
    const args = format === 'fen' ? { game_id: view?.game_id, format, ply } : { game_id: view?.game_id, format };
    const result = await this.ask('chess_export', args, `Fetching the ${format.toUpperCase()}`);
    return (result?.structuredContent as { text?: string } | undefined)?.text ?? null;
  }

  /** Lets this board go on though a newer one exists. */
  async continueHere(): Promise<void> {
    this.known = Math.max(this.known, this.state.now?.board.newest ?? 0);
    this.set({ frozen: false });
    this.wire.wake();
    this.listen();
    await this.sync();
    this.waitForFriend();
  }

  /** Asks for the game that the person changed last. */
  async show(): Promise<void> {
    this.set({ cancelled: false });
    const id = this.state.now?.view.game_id;
    const result = await this.ask('chess_show', id ? { game_id: id } : {}, 'Fetching the board');
    const snapshot = result && snapshotOf(result);
    if (snapshot) this.accept(snapshot);
  }

  dismiss(): void {
    this.set({ trouble: null, note: null, tried: null });
  }

  /** Asks the server what changed elsewhere. Silence is no fault here: the next focus asks again. */
  async sync(wait = 0): Promise<boolean> {
    const { now, frozen, sending } = this.state;
    if (!now?.view.game_id || frozen || sending || !this.wire.abilities.call) return false;
    const args: Record<string, unknown> = { game_id: now.view.game_id, since_revision: now.view.revision };
    if (wait) args['wait_s'] = wait;
    try {
      const result = await this.wire.call('chess_board_sync', args);
      const snapshot = snapshotOf(result);
      if (!snapshot || this.state.sending) return !result.isError;
      this.accept(snapshot);
      return true;
    } catch (fault) {
      if (fault instanceof NoAnswer) return false;
      throw fault;
    }
  }

  // --- inner workings

  /** Takes over what the server said, unless something newer is shown already. */
  private accept(snapshot: Snapshot): void {
    const now = this.state.now;
    const same = now?.view.game_id === snapshot.view.game_id;
    if (same && now && snapshot.view.revision < now.view.revision) return;
    const newest = snapshot.board.newest ?? 0;
    // Where a host drops the mark of our calls, the server takes them for calls that showed another board.
    if (newest === snapshot.seq) this.known = newest;
    if (same && newest > this.known && !this.wire.abilities.page) return this.freeze(snapshot);
    if (!same && snapshot.view.game_id) this.wire.showing(snapshot.view.game_id);
    const changed = !same || now?.view.revision !== snapshot.view.revision;
    const moved = same && now && snapshot.board.moves.length !== now.board.moves.length;
    const last = snapshot.board.moves.at(-1);
    this.set({
      now: snapshot,
      tried: changed ? null : this.state.tried,
      trouble: changed ? null : this.state.trouble,
      // Whoever looks back is not torn away by a move of the other side.
      looking: moved && this.state.looking !== null ? Math.min(this.state.looking, snapshot.board.moves.length) : this.state.looking,
      note: moved ? null : this.state.note,
      said: moved && last && !this.state.tried ? `${last.san} was played` : this.state.said,
    });
  }

  /** Stays at its own position, drops its controls and listeners. */
  private freeze(newer: Snapshot): void {
    const now = this.state.now;
    const kept = now && { ...now, board: { ...now.board, newest: newer.board.newest } };
    this.set({ frozen: true, tried: null, sending: null, note: null, trouble: null, now: kept });
    this.stopListening();
    this.wire.rest();
  }

  private listen(): void {
    if (this.listening || this.state.frozen) return;
    this.listening = true;
    document.addEventListener('visibilitychange', this.onFocus);
    window.addEventListener('focus', this.onFocus);
  }

  private stopListening(): void {
    this.listening = false;
    document.removeEventListener('visibilitychange', this.onFocus);
    window.removeEventListener('focus', this.onFocus);
  }

  /** One waiting call after the other, in games between people and while somebody can see the board. */
  private waitForFriend(): void {
    if (this.waits) return;
    this.waits = true;
    void this.waitWhileWanted().finally(() => { this.waits = false; });
  }

  private async waitWhileWanted(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (this.waitingMakesSense()) {
      const began = Date.now();
      const heard = await this.sync(WAIT_SECONDS);
      // An answer at once without news would make this a loop that never rests.
      if (heard && Date.now() - began > 500) pause = FIRST_PAUSE_MS;
      else {
        await new Promise((resolve) => { setTimeout(resolve, pause); });
        pause = heard ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  private waitingMakesSense(): boolean {
    const { now, frozen } = this.state;
    const open = now?.view.opponent.kind === 'friend' && now.view.status === 'ongoing';
    return open && !frozen && this.listening && this.wire.abilities.call && document.visibilityState === 'visible';
  }

  /** Calls a tool; without an answer says so, and offers `again` where the server takes a repetition for one. */
  private async send(
    tool: string, args: Record<string, unknown>, unanswered: string, again: (() => void) | null,
  ): Promise<ToolResult | null> {
    try {
      return await this.wire.call(tool, args);
    } catch (fault) {
      if (!(fault instanceof NoAnswer)) throw fault;
      const retry = again && (() => {
        this.set({ tried: null, trouble: null });
        again();
      });
      this.set({ sending: null, trouble: { text: unanswered, again: retry }, said: unanswered });
      return null;
    }
  }

  /** Rolls back with the server's reason, and looks how the game stands. */
  private async refused(result: ToolResult): Promise<void> {
    const text = firstLine(wordsOf(result)) || 'The server refused this.';
    this.set({ tried: null, sending: null });
    await this.sync();
    if (!this.state.frozen) this.set({ trouble: { text, again: null }, said: text });
  }

  /** A host that lets no board call tools may still take a message. */
  private async sayMove(legal: Legal): Promise<void> {
    this.set({ tried: legal, sending: legal.san });
    const taken = await this.wire.say(`I play ${legal.san}.`);
    this.set({ tried: null, sending: null });
    const text = taken ? 'Your move was written into the chat.' : `Write your move into the chat: ${legal.san}`;
    this.set({ note: { text, move: legal.uci }, said: text });
  }

  private tellOfMove(snapshot: Snapshot, ply: number): void {
    const { view, board } = snapshot;
    if (!view.played) return;
    const line = numbered(board.start_fen, board.moves, ply);
    const text = `On the board: ${line}. Recorded, ply ${view.ply}, game ${view.game_id}. No call needed.`;
    this.wire.inform(text);
    if (view.opponent.kind !== 'assistant' || view.status !== 'ongoing') return;
    const color = view.turn === 'white' ? 'White' : 'Black';
    void this.wire.say(`${line} recorded in game ${view.game_id}, your move as ${color} (ply ${view.ply}).`);
  }

  private spoken({ view }: Snapshot): string {
    const parts = [view.played && `You: ${view.played.words}`, view.reply && `Answer: ${view.reply.words}`, ...view.notes];
    return parts.filter(Boolean).join('. ');
  }

  private uciOf(san: string | null): string | null {
    const plain = (text: string) => text.replace(/[+#]/g, '');
    return this.state.now?.board.legal.find((legal) => san && plain(legal.san) === plain(san))?.uci ?? null;
  }

  private set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    for (const watcher of this.watchers) watcher();
  }
}

const START = 'rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1';

const UNANSWERED = 'The server did not answer.';

const firstLine = (text: string): string => text.split('\n')[0] ?? '';
