/**
 * better-auth as its documentation sets it up on `node:sqlite`, with e-mail and password and the two-factor plugin: `node
 * better-auth.mjs FOLDER USERS PASSWORD`. All else is its default, but that its rate limit is off, so that it is not what is
 * measured. It is filled by its own API; cookies and secrets of its users stand in FOLDER/users.json before it listens.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { twoFactor } from 'better-auth/plugins';
import { stepAt } from '../../src/totp/code.ts';
import { codeOf } from '../codes.ts';

const [, , folder = '', users = '', password = ''] = process.argv;
const server = createServer((request, response) => handler(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const origin = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;

const auth = betterAuth({
  appName: 'Bench',
  baseURL: origin,
  secret: 'a secret of forty characters, for a bench',
  database: new DatabaseSync(join(folder, 'better-auth.db')),
  emailAndPassword: { enabled: true },
  plugins: [twoFactor()],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
});
const handler = toNodeHandler(auth);
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();

const known = [];
for (let index = 0; index < Number(users); index += 1) known.push(await makeUser(`user${index}@example.com`));
writeFileSync(join(folder, 'users.json'), JSON.stringify(known));
process.stderr.write(`Listening on ${origin}\n`);

/** Signs up, switches the second factor on and proves it by a code. @param {string} email */
async function makeUser(email) {
  const signedUp = await auth.api.signUpEmail({ body: { email, password, name: email }, asResponse: true });
  const first = new Headers({ cookie: cookiesOf(signedUp) });
  const { totpURI } = await auth.api.enableTwoFactor({ body: { password }, headers: first });
  const secret = new URL(totpURI).searchParams.get('secret') ?? '';
  const code = codeOf(secret, stepAt(Date.now()));
  const proved = await auth.api.verifyTOTP({ body: { code }, headers: first, asResponse: true });
  if (proved.status !== 200) throw new Error(`better-auth answered ${proved.status}: ${await proved.text()}`);
  return { email, secret, cookies: cookiesOf(proved) };
}

/** @param {Response} response */
function cookiesOf(response) {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .filter((cookie) => !cookie?.endsWith('='))
    .join('; ');
}
