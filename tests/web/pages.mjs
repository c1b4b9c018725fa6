// Walks the sign-in pages without a browser engine: keeps cookies, presses the button that lets the app in,
// types name and password, stops at the app's own address.
import { PASSWORD, PERSON } from './server.mjs';

const unescape = (text) => text
  .replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
  .replace(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)))
  .replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

const attribute = (tag, name) => {
  const found = tag.match(new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i'));
  return found && unescape(found[1] ?? found[2] ?? found[3]);
};

/** The first form of a page, filled in, with its first button pressed. */
function fill(html) {
  const form = html.match(/<form\b[\s\S]*?<\/form>/i)?.[0];
  if (!form) return undefined;
  const fields = new URLSearchParams();
  const typed = { username: PERSON, password: PASSWORD };
  for (const [tag] of form.matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(tag, 'name');
    if (!name || (attribute(tag, 'type') === 'checkbox' && !/\schecked\b/i.test(tag))) continue;
    fields.append(name, typed[name] ?? attribute(tag, 'value') ?? '');
  }
  const button = form.match(/<button\b[^>]*>/i)?.[0] ?? '';
  if (attribute(button, 'name')) fields.append(attribute(button, 'name'), attribute(button, 'value') ?? '');
  return { action: attribute(form.match(/<form\b[^>]*>/i)[0], 'action') ?? '', fields };
}

/** Walks from an authorization URL to `redirect`, whose address with its parameters is returned. */
export async function walk(start, redirect) {
  const jar = new Map();
  let url = start;
  let init = {};
  for (let step = 0; step < 20; step += 1) {
    if (url.startsWith(redirect)) return new URL(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', ...init, headers: { accept: 'text/html', ...(cookie && { cookie }), ...init.headers } });
    init = {};
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0/i.test(line)) jar.delete(name); else jar.set(name, value);
    }
    if (answer.status >= 300 && answer.status < 400) {
      url = new URL(answer.headers.get('location'), url).href;
      continue;
    }
    const html = await answer.text();
    const form = fill(html);
    if (!form) throw new Error(`no form on ${url} (${answer.status}): ${html.slice(0, 300)}`);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin, 'sec-fetch-site': 'same-origin' };
    init = { method: 'POST', headers, body: form.fields.toString() };
    url = new URL(form.action, url).href;
  }
  throw new Error('twenty pages and no way out');
}
