// A chat host in a page, for tests: the official side of MCP Apps (AppBridge), wired to the real server with a real
// token. `window.host` is what the tests use of it.
import { AppBridge, PostMessageTransport, getToolUiResourceUri } from '@modelcontextprotocol/ext-apps/app-bridge';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const EXTENSION = 'io.modelcontextprotocol/ui';
const MIME_TYPE = 'text/html;profile=mcp-app';

/** What a careful host lets a board do: nothing but run its own text. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

const EVERYTHING = {
  serverTools: {}, openLinks: {}, downloadFile: {}, logging: {},
  updateModelContext: { text: {} }, message: { text: {} },
};

class Host {
  /** What the boards asked of the chat, in order. */
  said = [];
  contexts = [];
  files = [];
  sizes = [];
  modes = [];
  calls = [];
  /** `down`: calls of boards fail before they leave; `deaf`: they are made and their answers are lost. */
  network = 'up';
  frames = [];

  async connect(resource, token) {
    this.client = new Client({ name: 'test host', version: '1.0.0' }, { capabilities: { extensions: { [EXTENSION]: { mimeTypes: [MIME_TYPE] } } } });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await this.client.connect(new StreamableHTTPClientTransport(new URL(resource), { requestInit }));
    this.tools = new Map((await this.client.listTools()).tools.map((tool) => [tool.name, tool]));
  }

  /** Calls a tool as the model would; a bound one mounts a board. Returns the result and the number of its board. */
  async call(name, args = {}, options = {}) {
    const result = await this.client.callTool({ name, arguments: args });
    const uri = getToolUiResourceUri(this.tools.get(name));
    if (!uri) return { result };
    return { result, board: await this.mount(name, args, result, options) };
  }

  /** Mounts a board for a result, as a host does when it first shows it, and again when its page is loaded again. */
  async mount(name, args, result, { capabilities = EVERYTHING, context = {}, deliver = 'result', openai } = {}) {
    const uri = getToolUiResourceUri(this.tools.get(name));
    const [content] = (await this.client.readResource({ uri })).contents;
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts allow-forms');
    frame.style.cssText = 'border:0;width:100%;height:60px;display:block';
    frame.dataset.mode = context.displayMode ?? 'inline';
    document.body.append(frame);
    const hostContext = { theme: 'light', displayMode: 'inline', availableDisplayModes: ['inline', 'fullscreen'], ...context };
    const bridge = new AppBridge(null, { name: 'test host', version: '1.0.0' }, capabilities, { hostContext });
    const number = this.frames.push({ frame, bridge, args: { name, args, result } }) - 1;
    this.serve(number, bridge, frame, capabilities);
    const ready = new Promise((resolve) => { bridge.oninitialized = resolve; });
    await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
    const globals = openai ? `<script>window.openai = ${JSON.stringify(openai)}</script>` : '';
    frame.srcdoc = content.text.replace('<head>', `<head><meta http-equiv="Content-Security-Policy" content="${POLICY}">${globals}`);
    await ready;
    await bridge.sendToolInput({ arguments: args });
    this.began = performance.now();
    if (deliver === 'result') await bridge.sendToolResult(result);
    if (deliver === 'cancelled') await bridge.sendToolCancelled({ reason: 'The person pressed stop.' });
    return number;
  }

  serve(number, bridge, frame, capabilities) {
    bridge.onsizechange = ({ height }) => {
      this.sizes.push(height);
      if (height && frame.dataset.mode !== 'fullscreen') frame.style.height = `${height}px`;
    };
    bridge.onupdatemodelcontext = async (params) => { this.contexts.push(params); return {}; };
    bridge.onmessage = async (params) => { this.said.push(params.content[0].text); return {}; };
    bridge.onopenlink = async () => ({});
    bridge.ondownloadfile = async (params) => { this.files.push(params.contents[0].resource); return {}; };
    bridge.onrequestdisplaymode = async ({ mode }) => {
      this.modes.push(mode);
      frame.dataset.mode = mode;
      frame.style.height = mode === 'fullscreen' ? `${innerHeight}px` : '';
      bridge.sendHostContextChange({ displayMode: mode });
      return { mode };
    };
    if (!capabilities.serverTools) return;
    bridge.oncalltool = async (params) => {
      this.calls.push({ board: number, ...params });
      if (this.network === 'down') throw new Error('the server cannot be reached');
      const result = await this.client.callTool(params);
      if (this.network === 'deaf') throw new Error('the answer was lost');
      return result;
    };
  }

  /** Takes a board away and shows it again with the result it was first shown with. */
  async remount(number, options) {
    const { frame, bridge, args } = this.frames[number];
    await bridge.teardownResource({});
    frame.remove();
    return this.mount(args.name, args.args, args.result, options);
  }

  context(number, change) {
    return this.frames[number].bridge.sendHostContextChange(change);
  }
}

window.host = new Host();
