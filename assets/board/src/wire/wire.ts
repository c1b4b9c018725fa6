// How a board reaches the server: through the chat's host, or straight from a page of the server's own.

import type { ToolResult } from '../types';

/** No answer came, or none that can be read. What was asked may have been done. */
export class NoAnswer extends Error {}

/** How the place looks in which the board is shown. */
export interface Surroundings {
  theme?: 'light' | 'dark';
  variables?: Record<string, string>;
  mode: 'inline' | 'fullscreen';
  modes: string[];
  /** Largest height in pixels that can be had without scrolling. */
  height?: number;
  insets?: { top: number; right: number; bottom: number; left: number };
}

/** What a wire tells its board. */
export interface Listener {
  /** A tool showed something here. */
  result(result: ToolResult): void;
  /** The call that should have shown something here was cancelled. */
  cancelled(reason: string): void;
  surroundings(now: Surroundings): void;
  /** The board is taken away. */
  end(): void;
}

/** What can be done here beyond showing a board. */
export interface Abilities {
  /** Tools can be called. */
  call: boolean;
  /** The model can be told something without an answer. */
  inform: boolean;
  /** A message of the person can be put into the chat. */
  say: boolean;
  /** A file can be handed to the person. */
  download: boolean;
  /** There is a model that could play a side. */
  model: boolean;
  /** Other games can be begun than the one that is shown. */
  begin: boolean;
  /** The person's whole library is at hand. */
  library: boolean;
  /** Who plays, where a page says so. */
  page: Page | null;
}

/** What a page of the server says of itself. */
export interface Page {
  csrf: string;
  call: string;
  game_id: string | null;
  guest: boolean;
  name: string;
  account: string;
}

export interface Wire {
  abilities: Abilities;
  /** Begins to listen; resolves when `abilities` are known. */
  connect(listener: Listener): Promise<void>;
  /** Calls a tool. Throws `NoAnswer`. */
  call(tool: string, args: Record<string, unknown>): Promise<ToolResult>;
  inform(text: string): void;
  say(text: string): Promise<boolean>;
  download(name: string, type: string, text: string): Promise<boolean>;
  open(url: string): void;
  display(mode: 'inline' | 'fullscreen'): void;
  /** The board shows this game now. */
  showing(game: string): void;
  /** Nothing changes here until `wake`: what was watched need not be. */
  rest(): void;
  wake(): void;
  disconnect(): void;
}

/** Longer than the server lets any call take. */
export const PATIENCE_MS = 30_000;
