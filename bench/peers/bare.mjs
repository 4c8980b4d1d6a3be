/**
 * The bare server: `node bare.mjs PORT ANSWER [HASHES]` answers each request with the same status, headers and body, by
 * `node:http` alone. With HASHES it keeps so many Argon2id hashes under way beside that.
 */
import { createServer } from 'node:http';

const [, , port = '0', answer = '', hashes = '0'] = process.argv;
/** @type {{ status: number, reason: string, headers: string[], body: string, keepAlive: number }} */
const { status, reason, headers, body, keepAlive } = JSON.parse(answer);

if (hashes !== '0') {
  const { hashForEver } = await import('./hashing.mjs');
  for (let started = 0; started < Number(hashes); started += 1) void hashForEver();
}

const server = createServer({ keepAliveTimeout: keepAlive }, (_request, response) => {
  response.writeHead(status, reason, headers);
  response.end(body);
});
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stderr.write(`Listening on http://127.0.0.1:${address?.port}\n`);
});
