// MCP Apps (2026-01-26): JSON-RPC with the host over postMessage. Written by hand, because the official library brings
// half a megabyte of schema code for the dozen messages that a board needs.

import type { ToolResult } from '../types';
import { NoAnswer, PATIENCE_MS } from './wire';
import type { Abilities, Listener, Surroundings, Wire } from './wire';

const PROTOCOL = '2026-01-26';

/** Marks the calls of a board, so that the server can tell them from those that make a host show another one. */
const OF_A_BOARD = { 'chess-mcp/board': true };

interface Message {
  jsonrpc: '2.0';
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { code: number; message: string };
}

interface Waiting {
  resolve(result: unknown): void;
  reject(reason: NoAnswer): void;
  timer: number;
}

/** What ChatGPT offers besides; read once, in case its notification came before we listened. */
interface OpenAi {
  toolOutput?: unknown;
  toolResponseMetadata?: Record<string, unknown> | null;
}

export class HostWire implements Wire {
  abilities: Abilities = {
    call: false, inform: false, say: false, download: false, model: true, begin: true, library: false, page: null,
  };

  private listener: Listener | null = null;
  private waiting = new Map<number, Waiting>();
  private lastId = 0;
  private context: Record<string, unknown> = {};
  private heard = false;
  private resizing: ResizeObserver | null = null;
  private readonly onMessage = (event: MessageEvent) => {
    if (event.source === window.parent) this.receive(event.data as Message);
  };

  async connect(listener: Listener): Promise<void> {
    this.listener = listener;
    window.addEventListener('message', this.onMessage);
    const answer = (await this.request('ui/initialize', {
      protocolVersion: PROTOCOL,
      appInfo: { name: 'chess-mcp-board', title: 'Chess', version: '1.0.0' },
      appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
    })) as { hostCapabilities?: Record<string, unknown>; hostContext?: Record<string, unknown> };
    const can = answer.hostCapabilities ?? {};
    this.abilities = {
      ...this.abilities,
      call: 'serverTools' in can,
      inform: 'updateModelContext' in can,
      say: 'message' in can,
      download: 'downloadFile' in can,
    };
    this.learn(answer.hostContext ?? {});
    this.notify('ui/notifications/initialized', {});
    this.watchSize();
    this.takeWhatCameBefore();
  }

  async call(tool: string, args: Record<string, unknown>): Promise<ToolResult> {
    return (await this.request('tools/call', { name: tool, arguments: args, _meta: OF_A_BOARD })) as ToolResult;
  }

  inform(text: string): void {
    if (!this.abilities.inform) return;
    const content = [{ type: 'text', text, annotations: { audience: ['assistant'] } }];
    // A host that does not take it leaves the model to read the game, which it can.
    this.request('ui/update-model-context', { content }).catch(() => undefined);
  }

  async say(text: string): Promise<boolean> {
    if (!this.abilities.say) return false;
    const params = { role: 'user', content: [{ type: 'text', text }] };
    const answer = await this.request('ui/message', params).catch(() => ({ isError: true }));
    return !(answer as { isError?: boolean } | null)?.isError;
  }

  async download(name: string, type: string, text: string): Promise<boolean> {
    if (!this.abilities.download) return false;
    const resource = { uri: `file:///${name}`, mimeType: type, text };
    const params = { contents: [{ type: 'resource', resource }] };
    const answer = await this.request('ui/download-file', params).catch(() => ({ isError: true }));
    return !(answer as { isError?: boolean } | null)?.isError;
  }

  open(url: string): void {
    this.request('ui/open-link', { url }).catch(() => undefined);
  }

  display(mode: 'inline' | 'fullscreen'): void {
    this.request('ui/request-display-mode', { mode })
      .then((answer) => this.learn({ displayMode: (answer as { mode?: string }).mode ?? mode }))
      .catch(() => undefined);
  }

  showing(): void {}

  /** Only the host's own requests are still heard, which have to be answered. */
  rest(): void {
    // The board has to tell once more how high it is, without its controls.
    requestAnimationFrame(() => requestAnimationFrame(() => this.resizing?.disconnect()));
  }

  wake(): void {
    this.resizing?.observe(document.documentElement);
  }

  disconnect(): void {
    window.removeEventListener('message', this.onMessage);
    this.resizing?.disconnect();
    for (const { timer, reject } of this.waiting.values()) {
      clearTimeout(timer);
      reject(new NoAnswer('the board was taken away'));
    }
    this.waiting.clear();
  }

  private receive(message: Message): void {
    if (message?.jsonrpc !== '2.0') return;
    if (message.method === undefined) this.settle(message);
    else if (message.id === undefined) this.hear(message.method, message.params ?? {});
    else this.serve(message.id, message.method);
  }

  private settle({ id, result, error }: Message): void {
    const waiting = this.waiting.get(Number(id));
    if (!waiting) return;
    this.waiting.delete(Number(id));
    clearTimeout(waiting.timer);
    if (error) waiting.reject(new NoAnswer(error.message));
    else waiting.resolve(result);
  }

  private hear(method: string, params: Record<string, unknown>): void {
    switch (method) {
      case 'ui/notifications/tool-result':
        this.heard = true;
        this.listener?.result(params as ToolResult);
        break;
      case 'ui/notifications/tool-cancelled':
        this.listener?.cancelled(String(params['reason'] ?? ''));
        break;
      case 'ui/notifications/host-context-changed':
        this.learn(params);
        break;
    }
  }

  /** Requests of the host. */
  private serve(id: number | string, method: string): void {
    if (method === 'ping') return this.post({ jsonrpc: '2.0', id, result: {} });
    if (method === 'ui/resource-teardown') {
      this.post({ jsonrpc: '2.0', id, result: {} });
      return this.listener?.end();
    }
    this.post({ jsonrpc: '2.0', id, error: { code: -32601, message: `no method ${method}` } });
  }

  private learn(change: Record<string, unknown>): void {
    this.context = { ...this.context, ...change };
    const { theme, displayMode, availableDisplayModes, containerDimensions, safeAreaInsets, styles } = this.context;
    const box = (containerDimensions ?? {}) as { height?: number; maxHeight?: number };
    const now: Surroundings = {
      mode: displayMode === 'fullscreen' ? 'fullscreen' : 'inline',
      modes: Array.isArray(availableDisplayModes) ? availableDisplayModes.map(String) : [],
    };
    if (theme === 'light' || theme === 'dark') now.theme = theme;
    const variables = (styles as { variables?: Record<string, string> } | undefined)?.variables;
    if (variables) now.variables = variables;
    const height = box.height ?? box.maxHeight;
    if (height) now.height = height;
    if (safeAreaInsets) now.insets = safeAreaInsets as NonNullable<Surroundings['insets']>;
    this.listener?.surroundings(now);
  }

  private takeWhatCameBefore(): void {
    const openai = (window as { openai?: OpenAi }).openai;
    if (this.heard || !openai?.toolOutput) return;
    this.listener?.result({ structuredContent: openai.toolOutput, _meta: openai.toolResponseMetadata ?? {} });
  }

  private watchSize(): void {
    let told = '';
    this.resizing = new ResizeObserver(() => {
      const { width, height } = document.documentElement.getBoundingClientRect();
      const size = { width: Math.ceil(width), height: Math.ceil(height) };
      if (told === `${size.width} ${size.height}`) return;
      told = `${size.width} ${size.height}`;
      this.notify('ui/notifications/size-changed', size);
    });
    this.resizing.observe(document.documentElement);
  }

  private request(method: string, params: Record<string, unknown>): Promise<unknown> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => {
        this.waiting.delete(id);
        reject(new NoAnswer('no answer'));
      }, PATIENCE_MS);
      this.waiting.set(id, { resolve, reject, timer });
      this.post({ jsonrpc: '2.0', id, method, params });
    });
  }

  private notify(method: string, params: Record<string, unknown>): void {
    this.post({ jsonrpc: '2.0', method, params });
  }

  /** The frame's parent may be of any origin, and nothing here is secret from it: the messages are its own. */
  private post(message: Message): void {
    window.parent.postMessage(message, '*');
  }
}
