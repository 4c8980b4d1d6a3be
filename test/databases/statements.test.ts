/** What a sign-in asks of PostgreSQL, each a way to the server and back: the figures that the docs reckon with. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mock, test } from 'node:test';
import pg from 'pg';
import { headersOf, payloadOf } from '../call.ts';
import { quickHash } from '../quick-hash.ts';
import { freshCode, inWorld, makePerson, makePersonWithCode, type Person } from '../server.ts';
import { secretIn } from '../stories/in-a-browser.ts';
import { freshDatabase } from './fresh.ts';

interface Asked {
  all: number;
  /** Behind the statement that waits for the turn of the writers, and up to the commit. */
  inTurns: number;
  turns: number;
}

/** Counts what goes to the server while something is done. */
async function asked(done: () => Promise<void>): Promise<Asked> {
  const counted: Asked = { all: 0, inTurns: 0, turns: 0 };
  let isInTurn = false;
  const { query } = pg.Client.prototype;
  const watched = mock.method(pg.Client.prototype, 'query', function (this: pg.Client, ...given: unknown[]): unknown {
    const [what] = given as [string | { text: string }];
    const text = typeof what === 'string' ? what : what.text;
    counted.all += 1;
    if (isInTurn) counted.inTurns += 1;
    if (text.includes('pg_advisory_xact_lock')) {
      isInTurn = true;
      counted.turns += 1;
    }
    if (text === 'commit') isInTurn = false;
    return Reflect.apply(query, this, given);
  });
  try {
    await done();
  } finally {
    watched.mock.restore();
  }
  return counted;
}

const textOf = (path: string): string =>
  readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');

test('the docs say how many statements a sign-in takes, in all and while others wait for their turn', async () => {
  const database = await freshDatabase();
  try {
    await inWorld(
      async (world) => {
        const alice = await makePerson(world);
        const bob = await makePersonWithCode(world);
        const signIn = async ({ basic }: Person, body?: { otp: string }): Promise<void> => {
          const given = { basic, ...(body ? { body } : {}) };
          const request = { headers: headersOf(given), ...payloadOf(given) };
          const answer = await world.server.inject({ method: 'POST', url: '/auth/credentials', ...request });
          assert.equal(answer.statusCode, 200);
        };
        // The first row that a process writes to the log begins a chain.
        await signIn(alice);
        const password = await asked(() => signIn(alice));
        const otp = freshCode(world, secretIn(bob));
        const code = await asked(() => signIn(bob, { otp }));
        const decision = textOf('decisions/0020-writers-take-turns-on-postgresql.md');
        const page = textOf('how-to/several-instances.md');
        for (const { all, inTurns, turns } of [password, code]) {
          const sentence = `${all} statements, ${inTurns} of them in its ${turns} turns`;
          assert.ok(decision.includes(sentence), sentence);
          const formula = `1 / (${inTurns} r + ${turns} c)`;
          assert.ok(page.includes(formula), formula);
        }
      },
      { databaseUrl: database.url },
      { argon2: quickHash },
    );
  } finally {
    await database.drop();
  }
});
