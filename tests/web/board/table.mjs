// What the tests of the board share: the host page in a real browser, and fingers for its squares.
import assert from 'node:assert/strict';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

let bundled;

/** The script of the host page. */
async function hostScript() {
  bundled ??= build({
    entryPoints: [fileURLToPath(new URL('host.mjs', import.meta.url))], bundle: true, write: false, format: 'iife', target: 'es2022', logLevel: 'error',
  });
  return (await bundled).outputFiles[0].text;
}

/** Serves the host page on a free port of the loopback interface. */
export async function serveHost() {
  const script = await hostScript();
  const page = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title><style>body{margin:0;font:15px system-ui}:root{color-scheme:light dark}</style></head><body><main aria-label="Chat"></main><script src="/host.js"></script></body></html>';
  const server = http.createServer((request, response) => {
    const [type, body] = request.url === '/host.js' ? ['text/javascript', script] : ['text/html', page];
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** A chat of its own: a browser context with the host page, signed in at the server with a token. */
export async function openChat(browser, hostUrl, server, token, options = {}) {
  const context = await browser.newContext({ viewport: { width: 720, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (fault) => faults.push(String(fault)));
  // The SDK's client asks for a stream that this server does not have.
  page.on('console', (message) => { if (message.type() === 'error' && !/status of 405/.test(message.text())) faults.push(message.text()); });
  await page.goto(hostUrl);
  await page.evaluate(([resource, bearer]) => window.host.connect(resource, bearer), [server.resource, token]);
  return {
    page,
    call: (name, args = {}, how = {}) => page.evaluate(([n, a, h]) => window.host.call(n, a, h), [name, args, how]),
    remount: (number, how = {}) => page.evaluate(([n, h]) => window.host.remount(n, h), [number, how]),
    context: (number, change) => page.evaluate(([n, c]) => window.host.context(n, c), [number, change]),
    set: (network) => page.evaluate((state) => { window.host.network = state; }, network),
    get: (name) => page.evaluate((what) => window.host[what], name),
    board: (number = 0) => new BoardInPage(page, page.frameLocator('iframe').nth(number)),
    /** Ends it and says whether anything went wrong in its pages that no test provoked. */
    async close(provoked = /^$/) {
      await context.close();
      assert.deepEqual(faults.filter((fault) => !provoked.test(fault)), []);
    },
  };
}

/** One board, in a frame of a chat or in a page of the server. */
export class BoardInPage {
  constructor(page, root) {
    this.page = page;
    this.root = root;
  }

  square(name) {
    return this.root.locator(`[data-square=${name}]`);
  }

  async middle(name) {
    const box = await this.square(name).boundingBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  }

  async drag(from, to) {
    await this.root.locator('.board').scrollIntoViewIfNeeded();
    const [start, end] = [await this.middle(from), await this.middle(to)];
    await this.page.mouse.move(...start);
    await this.page.mouse.down();
    await this.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, { steps: 3 });
    await this.page.mouse.move(...end, { steps: 3 });
    await this.page.mouse.up();
  }

  async click(...names) {
    await this.root.locator('.board').scrollIntoViewIfNeeded();
    for (const name of names) await this.page.mouse.click(...await this.middle(name));
  }

  async tap(...names) {
    await this.root.locator('.board').scrollIntoViewIfNeeded();
    for (const name of names) await this.page.touchscreen.tap(...await this.middle(name));
  }

  /** Walks from one square to another by the arrow keys and presses Enter on each. */
  async type(from, to) {
    await this.square(from).focus();
    await this.page.keyboard.press('Enter');
    const flipped = (await this.root.locator('[role=gridcell]').first().getAttribute('data-square')) === 'h1';
    const sign = flipped ? -1 : 1;
    const walk = async (steps, forth, back) => {
      for (let step = 0; step < Math.abs(steps); step += 1) await this.page.keyboard.press(steps > 0 ? forth : back);
    };
    await walk(sign * (to.charCodeAt(0) - from.charCodeAt(0)), 'ArrowRight', 'ArrowLeft');
    await walk(sign * (Number(to[1]) - Number(from[1])), 'ArrowUp', 'ArrowDown');
    await this.page.keyboard.press('Enter');
  }

  /** Waits until the square is called so. */
  async shows(name, piece) {
    await this.root.locator(`[data-square=${name}][aria-label^="${name}, ${piece}"]`).waitFor({ state: 'attached' });
  }

  async says(text) {
    await this.root.locator('.status', { hasText: text }).waitFor();
  }

  button(name) {
    return this.root.getByRole('button', { name, exact: true });
  }

  /** The moves as they stand in the list. */
  moves() {
    return this.root.locator('.sheet button').allTextContents();
  }

  /** Waits until the list ends with a move. */
  async last(san) {
    await this.root.locator('.sheet button', { hasText: san }).last().waitFor();
  }
}
