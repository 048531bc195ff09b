// A site of a run's own, on https and with the policy that our pages have: a page with nothing but our script.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import path from 'node:path';

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'";

/** Asks everything once and writes down what came of it. */
const PROBE = `
import * as card from './web-eid.js';
const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const hash = async (text, name) => encode(await crypto.subtle.digest(name, new TextEncoder().encode(text)));
const result = { parts: [] };
const options = { lang: 'nl' };
try {
  result.versions = await card.status();
  const { certificate, supportedSignatureAlgorithms } = await card.certificate(options);
  const name = supportedSignatureAlgorithms[0].hashFunction;
  Object.assign(result, { certificate, name });
  result.signed = await card.sign(certificate, await hash('one', name), name, options);
  const documents = await Promise.all(['a', 'b', 'c'].map(async (title) => ({ title, hash: await hash(title, name) })));
  const signed = (index, value) => result.parts.push({ index, ...value });
  result.count = await card.signList(certificate, name, documents, { ...options, signed });
} catch (error) {
  result.error = error.code + ' ' + error.reason + ' ' + error.message;
}
document.getElementById('result').textContent = JSON.stringify(result);
`;

/** @param {string} folder where its key and certificate are made */
export async function serve(folder) {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  execFileSync('openssl', [...words, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const script = await readFile(new URL('../../web/static/web-eid.js', import.meta.url), 'utf8');
  const page = (/** @type {string} */ more) => `<!DOCTYPE html><html lang="nl"><title>TEST</title><h1>TEST</h1>${more}`;
  /** @type {Record<string, [string, string]>} */
  const files = {
    '/': ['text/html', page('')],
    '/probe': ['text/html', page('<pre id="result"></pre><script type="module" src="/probe.js"></script>')],
    '/probe.js': ['text/javascript', PROBE],
    '/web-eid.js': ['text/javascript', script],
  };
  const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (request, response) => {
    const [type, text] = files[request.url ?? '/'] ?? ['text/plain', ''];
    const head = { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': POLICY };
    response.writeHead(text ? 200 : 404, head).end(text);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(undefined)));
  return { address: `https://localhost:${server.address().port}`, close: () => server.close() };
}
