// mcp-remote, which brings hosts that speak stdio alone to a server like ours: signs in once, uses what it kept,
// refreshes what ran out, and asks again when it was cut off.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBridge } from './bridge.mjs';
import { startServer, until } from './server.mjs';

let server;
before(async () => {
  // Long enough for a call to arrive, short enough to be waited for.
  server = await startServer({ TOOL_RATE_LIMIT: 'off', AUTH_RATE_LIMIT: 'off', ACCESS_TOKEN_TTL: '3' });
});
after(() => server.stop());

const runsOut = (token) => until('the access token runs out', async () => !(await server.admits(token)));

for (const protocol of ['legacy', 'auto']) {
  test(`a bridge signs in, comes back and refreshes (--protocol ${protocol})`, { timeout: 300_000 }, async () => {
    const first = await startBridge(server, ['--protocol', protocol]);
    assert.equal(first.client.getServerVersion().name, 'chess-mcp');
    await first.play();
    assert.equal(first.signIns(), 1, first.said());
    const registered = first.kept('client_info.json').client_id;
    assert.match(registered, /^chess-mcp-/);

    // The access token runs out while the host is idle.
    const before = first.kept('tokens.json');
    await runsOut(before.access_token);
    await first.play();
    const between = first.kept('tokens.json');
    assert.notEqual(between.refresh_token, before.refresh_token, 'it refreshed');
    assert.equal(first.signIns(), 1, first.said());
    await first.close();

    // And again between two starts of the host.
    await runsOut(between.access_token);
    const second = await startBridge(server, ['--protocol', protocol], first.home);
    await second.play();
    const last = second.kept('tokens.json');
    assert.notEqual(last.refresh_token, between.refresh_token, 'it refreshed');
    assert.equal(second.kept('client_info.json').client_id, registered);
    assert.equal(second.signIns(), 0, second.said());
    await second.close();

    // The grant is revoked: the person is asked once more.
    const body = new URLSearchParams({ token: last.refresh_token, client_id: registered });
    const revoked = await fetch(`${server.origin}/oauth/revoke`, { method: 'POST', body });
    assert.equal(revoked.status, 200);
    const third = await startBridge(server, ['--protocol', protocol], first.home);
    await third.play();
    assert.equal(third.signIns(), 1, third.said());
    await third.close();
    third.forget();
  });
}
