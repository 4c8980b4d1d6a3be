/** What the command line says of passkeys: beside a running service, and at the start of one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { makePersonWithPasskey, signInWithPasskey } from '../passkeys.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld } from '../server.ts';
import { begin, countersign, inFolder } from './process.ts';

test('a session is listed by what it has proved: one of a passkey alone by no password', () =>
  inWorld(
    async (world) => {
      const { name, basic, recoveryCodes, device } = await makePersonWithPasskey(world);
      await world.call('POST', '/auth/credentials', { basic, body: { recovery_code: recoveryCodes?.[0] } });
      await signInWithPasskey(world, device);
      const given = { folder: world.folder, env: { COUNTERSIGN_DATABASE_URL: world.databaseUrl } };
      const { stdout, stderr } = await countersign(['session', 'list', name, '--json'], given);
      const { sessions }: { sessions: { proved: string[] }[] } = JSON.parse(stdout || `"${stderr}"`);
      const proved = sessions.map((each) => each.proved.join('+'));
      assert.deepEqual(proved.sort(), ['passkey', 'password+recovery_code']);
    },
    {},
    { clock: systemClock, argon2: quickHash },
  ));

test('a start under an IP address says that there are no passkeys, and one under a host name does not', () =>
  inFolder(async (folder) => {
    const serve = async (publicUrl: string): Promise<string> => {
      const run = begin(['serve', '--port', '0', '--public-url', publicUrl], { folder });
      await run.until(/no administrator yet/);
      run.child.kill('SIGTERM');
      return (await run.end).stderr;
    };
    assert.match(
      await serve('http://127.0.0.1:8465'),
      /^countersign: There are no passkeys under an IP address, as in http:\/\/127\.0\.0\.1:8465: name a host with --public-url/m,
    );
    assert.doesNotMatch(await serve('http://localhost:8465'), /passkeys/);
  }));
