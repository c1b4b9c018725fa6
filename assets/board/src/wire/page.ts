// A page of the server's own: the browser's session lets the person in, a value in the page proves that we ask.

import type { ToolResult } from '../types';
import { NoAnswer, PATIENCE_MS } from './wire';
import type { Abilities, Listener, Page, Wire } from './wire';

export class PageWire implements Wire {
  abilities: Abilities;

  private listener: Listener | null = null;
  private readonly running = new Set<AbortController>();

  constructor(private readonly page: Page) {
    // Who was invited to one game plays that one.
    const [library, begin] = [!page.guest, !page.guest];
    this.abilities = { call: true, inform: false, say: false, download: true, model: false, begin, library, page };
  }

  async connect(listener: Listener): Promise<void> {
    this.listener = listener;
    this.listener.surroundings({ mode: 'fullscreen', modes: [] });
    const args = this.page.game_id ? { game_id: this.page.game_id } : {};
    this.listener.result(await this.call('chess_show', args));
  }

  async call(tool: string, args: Record<string, unknown>): Promise<ToolResult> {
    const control = new AbortController();
    this.running.add(control);
    const timer = window.setTimeout(() => control.abort(), PATIENCE_MS);
    try {
      const response = await fetch(this.page.call, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': this.page.csrf },
        body: JSON.stringify({ tool, arguments: args }),
        signal: control.signal,
      });
      if (response.ok) return (await response.json()) as ToolResult;
      const said = (await response.json().catch(() => ({}))) as { error_description?: string };
      if (response.status >= 500) throw new NoAnswer(said.error_description ?? `status ${response.status}`);
      const text = response.status === 401
        ? 'You are signed out. Load this page again to sign in.'
        : said.error_description ?? `The server refused this (${response.status}).`;
      return { isError: true, content: [{ type: 'text', text }] };
    } catch (fault) {
      throw fault instanceof NoAnswer ? fault : new NoAnswer(String(fault));
    } finally {
      clearTimeout(timer);
      this.running.delete(control);
    }
  }

  inform(): void {}

  async say(): Promise<boolean> {
    return false;
  }

  async download(name: string, type: string, text: string): Promise<boolean> {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    return true;
  }

  open(url: string): void {
    window.open(url, '_blank', 'noopener');
  }

  display(): void {}

  /** Loading the page again shows the same game. */
  showing(game: string): void {
    history.replaceState(null, '', `/play/${game}`);
  }

  rest(): void {}

  wake(): void {}

  disconnect(): void {
    for (const control of this.running) control.abort();
  }
}
