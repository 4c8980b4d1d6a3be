import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flagName, type OptionName, type Options } from '../options.ts';
import type { OwnServer as Server } from '../server.ts';
import type { Service } from '../service.ts';
import { type Call, Failure } from './call.ts';
import { listen } from './serve.ts';
import type { Settings } from './settings.ts';
import { stopOnSignal } from './stop.ts';

/** `countersign demo`: the service to try out, on this machine only, with an account that no policy would allow. */
export async function demo(call: Call): Promise<void> {
  const settings = call.settings();
  refuseWhatIsReal(settings);
  const { createServer } = await import('../server.ts');
  const { createUser } = await import('../users/users.ts');
  let server: Server | undefined;
  // Before there is a folder, so that no signal leaves one behind.
  stopOnSignal(async () => server?.close(), call.say);
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  server = await createServer(inFolder(folder, settings), { logStream: call.io.stderr });
  try {
    await makeAccount(server.service, createUser);
    await listen(server);
  } catch (error) {
    await server.close();
    throw error;
  }
  const url = server.service.publicUrl();
  call.answer(leaflet(url, folder), { url, name: account.name, password: account.password, folder });
}

const account = { name: 'user', password: 'pass' };

/** The demo keeps nothing and is for this machine: what says otherwise is refused, not passed over. */
const real = [
  'host',
  'data',
  'databaseUrl',
  'keyFile',
  'markFile',
  'publicUrl',
  'trustProxy',
  'tlsCert',
  'tlsKey',
] as const satisfies OptionName[];

function refuseWhatIsReal({ options, sources }: Settings): void {
  const loopback = ['localhost', '127.0.0.1', '::1'].includes(options.host);
  const given = real.find((name) => sources[name] !== 'default' && !(name === 'host' && loopback));
  if (!given) return;
  const variable = sources[given] === flagName(given) ? '' : ' from the environment';
  throw new Failure(
    `The demo keeps nothing and serves this machine only: leave out ${sources[given]}${variable}, or run \`countersign serve\` for the real thing.`,
    2,
  );
}

function inFolder(folder: string, { options, sources }: Settings): Options {
  const logLevel = sources.logLevel === 'default' ? 'warn' : options.logLevel;
  return { ...options, logLevel, data: join(folder, 'data'), keyFile: join(folder, 'keys', 'countersign.keys') };
}

/** Past the password policy: the only place where that is done. */
async function makeAccount(
  { database, passwords, clock }: Service,
  createUser: typeof import('../users/users.ts').createUser,
): Promise<void> {
  const password = await passwords.prepareUnchecked(account.password);
  await database.transaction(async (tx) => {
    const now = clock();
    const { id } = await createUser(tx, { name: account.name, administrator: false }, now);
    await passwords.set(tx, id, password, now);
  });
}

/** The comments stand above the commands, since not every shell takes them behind. */
function leaflet(url: string, folder: string): string {
  const basic = `-u ${account.name}:${account.password}`;
  return `Countersign's demo serves this machine at ${url}, with one account: name ${account.name}, password ${account.password}.
Nothing is kept: ${folder} is deleted when you stop this with Ctrl-C.

Four steps in another terminal:

1. Name and password give a token:
curl -X POST "${url}/auth/credentials" ${basic}

2. With that token in place of <TOKEN>, switch the second factor on:
curl -X PUT  "${url}/auth/otp/enable" -H "Authorization: Bearer <TOKEN>" \\
     -H "Content-Type: application/json" -d '{"enabled": true}'

3. Fetch the QR code and scan qr.png with an authenticator app:
curl -X GET  "${url}/auth/otp/generate" -H "Authorization: Bearer <TOKEN>" --output qr.png

4. Sign in with both, the app's code in place of <OTP>:
curl -X POST "${url}/auth/credentials?otp=<OTP>" ${basic}

The same in a browser: ${url}/, where you can add a passkey and sign in with it
Every endpoint:        ${url}/docs (Swagger UI), ${url}/redoc (ReDoc)`;
}
