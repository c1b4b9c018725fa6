// A certified OpenID Connect provider (npm oidc-provider) on loopback, with pages of its own: one gives a name, then
// agrees that it is told, or cancels. It insists on PKCE, lets in one client, and writes down what happens to it.
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';

/** What it answers about a cancelled sign-in, which nobody but the one asked shall read. */
export const REFUSAL = 'the person pressed Cancel at the provider';

const CLIENT_ID = 'chess';
// Half an hour: no test takes longer.
const LIFE = 1800;

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
}

const page = (title, form) => `<!doctype html><title>${title}</title><link rel="icon" href="data:,"><h1>${title}</h1><form method="post">${form}
<button name="answer" value="yes">Continue</button><button name="answer" value="no">Cancel</button></form>`;

/**
 * Starts it. `asked` holds the authorization requests it granted, `told` the token requests it answered, `faults` what
 * it refused and why, `requests` everything that reached it.
 */
export async function startProvider() {
  // With characters that Basic authentication has to encode (RFC 6749 section 2.3.1).
  const secret = `:%+/${randomBytes(32).toString('base64')}`;
  const adapter = createMemoryAdapter();
  const asked = []; const told = []; const faults = []; const requests = []; const callbacks = [];
  let provider; let answer;

  const site = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const work = request.url.startsWith('/interaction/') ? interact(request, response) : answer(request, response);
    Promise.resolve(work).catch((fault) => {
      faults.push(String(fault));
      response.writeHead(500).end();
    });
  });
  await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
  // To a browser this is another site than 127.0.0.1, as a provider is everywhere else.
  const issuer = `http://localhost:${site.address().port}`;

  /** Begins to answer with a new key; the former one is gone. */
  function rotate() {
    provider = new Provider(issuer, {
      adapter,
      jwks: { keys: [signingKey()] },
      cookies: {
        keys: [secret],
        // Cookies know no ports, and there may be two providers on this host.
        names: { session: `session_${site.address().port}`, interaction: `asking_${site.address().port}`, resume: `resume_${site.address().port}` },
      },
      claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_, name) => ({ accountId: name, claims: () => claimsOf(name) }),
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      pkce: { required: () => true },
      renderError: (ctx, { error, error_description: why }) => { ctx.type = 'text'; ctx.body = `${error}: ${why}`; },
      ttl: { AccessToken: LIFE, Grant: LIFE, IdToken: LIFE, Interaction: LIFE, Session: LIFE },
    });
    provider.on('authorization.success', ({ oidc }) => { asked.push({ ...oidc.params }); });
    provider.on('grant.success', ({ oidc, body, headers }) => {
      const { nonce, codeChallenge } = oidc.entities.AuthorizationCode;
      told.push({ nonce, codeChallenge, verifier: oidc.params.code_verifier, authorization: headers.authorization, idToken: body.id_token });
    });
    for (const event of ['authorization.error', 'grant.error', 'userinfo.error', 'server_error']) {
      provider.on(event, (_, fault) => { faults.push(`${event}: ${fault.message}`); });
    }
    answer = provider.callback();
  }
  rotate();

  /** The pages: who one is, and whether that may be told. */
  async function interact(request, response) {
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    if (request.method === 'GET') {
      response.setHeader('content-type', 'text/html');
      response.end(prompt.name === 'login' ? page('Sign in at the provider', '<input name="login" autofocus>') : page('May chess know who you are?', ''));
      return;
    }
    const form = new URLSearchParams(await text(request));
    const finish = (result) => provider.interactionFinished(request, response, result);
    if (form.get('answer') === 'no') await finish({ error: 'access_denied', error_description: REFUSAL });
    else if (prompt.name === 'login') await finish({ login: { accountId: form.get('login') } });
    else {
      const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
      grant.addOIDCScope(params.scope);
      await finish({ consent: { grantId: await grant.save() } });
    }
  }

  return {
    issuer,
    asked,
    told,
    faults,
    requests,
    rotate,
    /** The settings that make a server know it as `NAME`. */
    settings: (name) => ({ [`OIDC_${name}_ISSUER`]: issuer, [`OIDC_${name}_CLIENT_ID`]: CLIENT_ID, [`OIDC_${name}_CLIENT_SECRET`]: secret }),
    /** Lets in one more server, whose callback is known when it listens. */
    welcome: (callback) => {
      callbacks.push(callback);
      return adapter('Client').upsert(CLIENT_ID, {
        client_id: CLIENT_ID,
        client_secret: secret,
        redirect_uris: callbacks,
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'RS256',
      });
    },
    stop: () => new Promise((resolve) => {
      site.close(resolve);
      site.closeAllConnections();
    }),
  };
}

/** What it says of somebody: the name they gave, written large, and an address. */
function claimsOf(name) {
  const shown = name[0].toUpperCase() + name.slice(1);
  return { sub: name, name: shown, preferred_username: name, email: `${name}@example.org`, email_verified: true };
}

/** Tells its first page who one is. */
export async function sayWho(provider, window, name) {
  await window.waitForURL(`${provider.issuer}/**`);
  await window.locator('input[name=login]').fill(name);
  await window.getByRole('button', { name: 'Continue' }).click();
}

/** Walks its pages for the first time, to where it sends people back. */
export async function signInAt(provider, window, name) {
  await sayWho(provider, window, name);
  await window.getByRole('heading', { name: 'May chess know' }).waitFor();
  await window.getByRole('button', { name: 'Continue' }).click();
}
