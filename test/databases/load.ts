import assert from 'node:assert/strict';
import { type Answer, type Body, headersOf, payloadOf } from '../call.ts';
import { makePerson, makePersonWithCode, type Person, type World } from '../server.ts';

/**
 * People who sign in and out at several instances all the time, and note what they were told, while something befalls the
 * database: what was acknowledged has to be there afterwards.
 */
export interface Load {
  /** Requests that went well so far. */
  done(): number;
  /** Requests so far, by the status of their answers. */
  statuses: Map<number, number>;
}

/** What one person was told. */
interface Notes {
  person: Person;
  /** Tokens that were given and not signed out. */
  good: string[];
  /** Tokens that were signed out. */
  ended: string[];
  /** Recovery codes that made a session. */
  spent: string[];
}

export async function underLoad(
  worlds: readonly World[],
  people: number,
  story: (load: Load) => Promise<void>,
): Promise<void> {
  const [first = assert.fail()] = worlds;
  const statuses = new Map<number, number>();
  let done = 0;
  let stopped = false;

  const call = async (world: World, ...given: Parameters<World['call']>) => {
    const answer = await ask(world, ...given);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    if (answer.status < 300) done += 1;
    return answer;
  };
  const work = async (notes: Notes, index: number): Promise<void> => {
    const { person, good, ended, spent } = notes;
    const codes = [...(person.recoveryCodes ?? [])];
    for (let round = index; !stopped; round += 1) {
      const world = worlds[round % worlds.length] ?? first;
      const recovery_code = person.recoveryCodes ? codes.shift() : undefined;
      if (person.recoveryCodes && !recovery_code) return;
      const body = recovery_code ? { recovery_code } : undefined;
      const answer = await call(world, 'POST', '/auth/credentials', { basic: person.basic, body });
      if (answer.status !== 200) continue;
      if (recovery_code) spent.push(recovery_code);
      good.push(answer.body.token);
      await call(world, 'GET', '/whoami', { token: answer.body.token });
      if (round % 2 === 0) continue;
      const other = worlds[(round + 1) % worlds.length] ?? first;
      const out = await call(other, 'DELETE', '/auth/sessions/current', { token: answer.body.token });
      // One whose end was not acknowledged may have ended all the same.
      good.pop();
      if (out.status === 204) ended.push(answer.body.token);
    }
  };

  const all: Notes[] = [];
  for (let index = 0; index < people; index += 1) {
    const name = `worker-${index}-${first.now()}`;
    const person = index % 3 === 2 ? await makePersonWithCode(first, name) : await makePerson(first, name);
    all.push({ person, good: [], ended: [], spent: [] });
  }
  const working = Promise.all(all.map(work));
  try {
    await Promise.race([story({ done: () => done, statuses }), working]);
  } finally {
    stopped = true;
    await working;
  }
  onlyUnavailable(statuses);
  await check(worlds, all);
}

/** Asks one instance after another: they know the same. */
async function check(worlds: readonly World[], all: readonly Notes[]): Promise<void> {
  let turn = 0;
  const any = (...given: Parameters<World['call']>): Promise<Answer> => {
    turn += 1;
    return ask(worlds[turn % worlds.length] ?? assert.fail(), ...given);
  };
  for (const { person, good, ended, spent } of all) {
    const whoami = async (token: string) => (await any('GET', '/whoami', { token })).status;
    // Of one account a hundred sessions live at most.
    for (const token of good.slice(-90)) assert.equal(await whoami(token), 200, 'a session that was given is there');
    for (const token of ended) assert.equal(await whoami(token), 401, 'one that was signed out has ended');
    for (const recovery_code of spent) {
      const again = await any('POST', '/auth/credentials', { basic: person.basic, body: { recovery_code } });
      assert.deepEqual([again.status, again.body.status], [401, 2], 'a code that made a session makes no other');
    }
  }
}

/** Each was answered well, or by 503 while the database was away; a code whose fate was not told then may be spent. */
function onlyUnavailable(statuses: Map<number, number>): void {
  const told = [...statuses].sort(([one], [other]) => one - other);
  assert.deepEqual(
    told.map(([status]) => status).filter((status) => ![200, 204, 503].includes(status)),
    [],
    JSON.stringify(told),
  );
}

/** Like `call` of a world, without waiting for what goes on behind the answer: that may be for a database which is away. */
export async function ask(world: World, ...[method, url, given = {}]: Parameters<World['call']>): Promise<Answer> {
  const request = { method, url, headers: headersOf(given), ...payloadOf(given) };
  const { statusCode: status, headers, payload: text, rawPayload: bytes } = await world.server.inject(request);
  const isJson = /json/.test(String(headers['content-type'])) && text !== '';
  return { status, headers, body: (isJson ? JSON.parse(text) : {}) as Body, text, bytes };
}
