// Completes a log-in with an independent client library, walking the pages' forms as a browser without script would.
//
//   node login.mjs --issuer URL --client ID --secret TEXT --redirect URI [--scope "openid profile"] [--signing]
//                  [--insecure-http]
//
// Needs a card in this machine's reader and a PIN program that types. Prints one JSON object; exits 1 when anything
// is not as the standards say. A test certificate is trusted with NODE_EXTRA_CA_CERTS.
import { parseArgs } from 'node:util';
import * as client from 'openid-client';

const { values: asked } = parseArgs({
  options: {
    issuer: { type: 'string' },
    client: { type: 'string' },
    secret: { type: 'string' },
    redirect: { type: 'string' },
    scope: { type: 'string', default: 'openid profile' },
    signing: { type: 'boolean', default: false },
    'insecure-http': { type: 'boolean', default: false },
  },
});
for (const name of ['issuer', 'client', 'secret', 'redirect']) {
  if (!asked[name]) throw new Error(`--${name} is missing`);
}

/** The cookies of one browser, by hand. */
const jar = new Map();

/** @param {string | URL} url @param {RequestInit} [init] */
async function visit(url, init = {}) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await fetch(url, {
    ...init,
    redirect: 'manual',
    headers: { 'accept-language': 'nl', ...(cookie && { cookie }), ...init.headers },
  });
  for (const line of response.headers.getSetCookie()) {
    const [pair] = line.split(';');
    const cut = pair.indexOf('=');
    jar.set(pair.slice(0, cut), pair.slice(cut + 1));
  }
  return response;
}

const unescaped = (/** @type {string} */ text) =>
  text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');

const attribute = (/** @type {string} */ tag, /** @type {string} */ name) => {
  const found = tag.match(new RegExp(`\\b${name}="([^"]*)"`));
  return found ? unescaped(found[1]) : undefined;
};

/** The forms of a page, each with its action and the values it would send. @param {string} html */
function forms(html) {
  return [...html.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/g)].map(([text]) => {
    const fields = new URLSearchParams();
    for (const [tag] of text.matchAll(/<input\b[^>]*>/g)) {
      const [name, type] = [attribute(tag, 'name'), attribute(tag, 'type')];
      if (!name || (type === 'radio' && fields.has(name))) continue;
      fields.append(name, attribute(tag, 'value') ?? 'on');
    }
    return { action: attribute(text, 'action') ?? '', fields };
  });
}

/** @param {string} html @param {RegExp} ending */
function formTo(html, ending) {
  const form = forms(html).find((one) => ending.test(one.action));
  if (!form) throw new Error(`no form that posts to ${ending} on:\n${html}`);
  return form;
}

const post = (/** @type {URL} */ base, /** @type {{action: string, fields: URLSearchParams}} */ form) =>
  visit(new URL(form.action, base), {
    method: 'POST',
    body: form.fields,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

/** Follows our own redirects; stops at a page, or at one that leads to the application. */
async function follow(/** @type {Response} */ response, /** @type {URL} */ base) {
  while (response.status === 303) {
    const to = new URL(response.headers.get('location') ?? '', base);
    if (to.href.startsWith(asked.redirect)) return { arrived: to };
    response = await visit(to);
    base = to;
  }
  if (response.status !== 200) throw new Error(`${base.pathname} answered ${response.status}: ${await response.text()}`);
  return { page: await response.text(), base };
}

const options = asked['insecure-http'] ? { execute: [client.allowInsecureRequests] } : {};
const config = await client.discovery(
  new URL(asked.issuer),
  asked.client,
  undefined,
  client.ClientSecretBasic(asked.secret),
  options,
);
const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
const start = client.buildAuthorizationUrl(config, {
  redirect_uri: asked.redirect,
  scope: asked.scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
});

let at = await follow(await visit(start), start);
at = await follow(await post(at.base, formTo(at.page, /\/counter$/)), at.base);
const deadline = Date.now() + 60_000;
while (at.page && !forms(at.page).some((form) => form.action.endsWith('/capacity'))) {
  if (Date.now() > deadline) throw new Error(`the card never answered:\n${at.page}`);
  if (/role="alert"/.test(at.page)) throw new Error(`the log-in failed:\n${at.page}`);
  await new Promise((later) => setTimeout(later, 200));
  at = await follow(await visit(at.base), at.base);
}
if (at.page) at = await follow(await post(at.base, formTo(at.page, /\/capacity$/)), at.base);
if (!at.arrived) throw new Error('the log-in did not end at the application');

const tokens = await client.authorizationCodeGrant(config, at.arrived, {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  idTokenExpected: true,
});
const claims = tokens.claims();
const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);

// The same code once more: refused, and what came of it is void.
const again = await client
  .authorizationCodeGrant(config, at.arrived, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce })
  .then(() => 'accepted', (error) => error.error);
if (again !== 'invalid_grant') throw new Error(`a code was taken twice: ${again}`);
const after = await client
  .fetchUserInfo(config, tokens.access_token, claims.sub)
  .then(() => 'accepted', () => 'refused');
if (after !== 'refused') throw new Error('a token outlived the reuse of its code');

const signing = asked.signing ? await client.clientCredentialsGrant(config, { scope: 'signing' }) : undefined;
console.log(JSON.stringify({ claims, info, signing_scope: signing?.scope }));
