import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePersonWithCode } from '../server.ts';
import { officeOf } from '../stories/office.ts';
import { make } from '../stories/program.ts';
import { visible } from '../stories/steps.ts';
import { dump } from '../tables.ts';

/** tokens are guessed, with ever more of a real one known. */
test('a guess that shares all but its last letters with a real token is answered like any other, and leaves nothing behind', () =>
  inWorld(
    async (world) => {
      const { token } = await officeOf(world, await makePersonWithCode(world, 'root', true));
      const program = (await make(world, token, { name: 'sync' })).body.token;
      const before = dump(world);
      const answers = new Set<string>();
      for (const real of [token, program]) {
        for (let known = 4; known < real.length; known += 1) {
          const random = randomBytes(40).toString('base64url');
          // The next letter is always a wrong one: the last one of 43 carries bits that are not read.
          const wrong = real[known] === 'A' ? 'B' : 'A';
          const guess = (real.slice(0, known) + wrong + random).slice(0, real.length);
          for (const url of ['/whoami', '/users'])
            answers.add(JSON.stringify(visible(await world.call('GET', url, { token: guess }))));
          const cookie = `countersign=${guess}; countersign-sign-in=${guess.replace('csn_', 'csh_')}`;
          assert.equal((await world.call('GET', '/whoami', { headers: { cookie } })).status, 401);
        }
      }
      for (let index = 0; index < 500; index += 1)
        answers.add(
          JSON.stringify(
            visible(await world.call('GET', '/whoami', { token: `csn_${randomBytes(32).toString('base64url')}` })),
          ),
        );
      assert.equal(answers.size, 1, [...answers].join('\n'));
      assert.match([...answers].join(), /"status":401/);
      assert.deepEqual(dump(world), before);
    },
    {},
    { argon2: quickHash },
  ));
