import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askOnce, request } from './client.ts';
import type { Account } from './codes.ts';
import { cores, type Running, startServer } from './processes.ts';
import { type Findings, figure, inTurns, load, password, peer, type Run, startForSignIns, threads } from './run.ts';
import { basic, fromElsewhere, inFlight } from './sign-ins.ts';

/** Sign-ins with a password and a code a second; for information, since each service hashes by parameters of its own. */
export async function secondFactor(run: Run): Promise<Findings> {
  // Few under way, so that even where each takes long some end within the time.
  const connections = cores + 2;
  // An account of ours has two codes at a time; where a repeat spends them all it ends earlier.
  const each = run.either(100, 60) * cores;
  const span = {
    ours: { seconds: run.either(2, 1), warmUp: 0, count: 2 * each - 10 * connections },
    theirs: { seconds: run.either(5, 2), warmUp: 0.5 },
  };
  const folder = run.folder();
  const users = run.either(40, 16);
  const set = await run.ownDataSet(each * run.repeats);
  const own = await startForSignIns(set);
  const betterAuth = await startServer({
    command: [peer('better-auth'), folder, String(users), password],
    env: threads,
  });
  try {
    run.say(`${each * run.repeats} accounts get a second factor`);
    const accounts = await enrol(own, each * run.repeats, set.names);
    const theirs = accountsOf(folder, betterAuth.port);
    const measure = ({ port, pid }: Running, at: 'ours' | 'theirs', of: Account[]) =>
      load({ ...span[at], port, pid, at, connections, accounts: of });
    const measured = await inTurns(run, {
      ours: (turn) => measure(own, 'ours', accounts.slice(turn * each, (turn + 1) * each)),
      theirs: () => measure(betterAuth, 'theirs', theirs),
    });
    const rates = (which: 'ours' | 'theirs') => measured[which].map(({ perSecond }) => perSecond);
    return {
      rows: [],
      figures: [
        figure('sign-ins with password and code', 'a second', rates('ours')),
        figure(`better-auth sign-ins with e-mail, password and code, ${users} users`, 'a second', rates('theirs')),
      ],
    };
  } finally {
    await Promise.all([own.stop(), betterAuth.stop()]);
  }
}

/** Signs accounts in and switches their second factor on, several at a time. */
async function enrol({ port }: Running, count: number, names: (index: number) => string): Promise<Account[]> {
  const accounts: Account[] = [];
  let next = 0;
  const enrolOne = async (name: string): Promise<Account> => {
    const json = { 'content-type': 'application/json', accept: 'application/json' };
    const ask = async (method: string, path: string, authorization: string, body = '') => {
      const answer = await askOnce(port, request(method, path, { ...json, authorization, ...fromElsewhere() }, body));
      if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body()}`);
      return JSON.parse(answer.body());
    };
    const { token } = await ask('POST', '/auth/credentials', basic(name, password), '{}');
    const { secret } = await ask('GET', '/auth/otp/generate', `Bearer ${token}`);
    await ask('PUT', '/auth/otp/enable', `Bearer ${token}`, '{"enabled":true}');
    const headers = { ...json, authorization: basic(name, password), ...fromElsewhere() };
    return { secret, first: request('POST', '/auth/credentials', headers, '{"otp":"{code}"}') };
  };
  const worker = async () => {
    while (next < count) accounts.push(await enrolOne(names(next++)));
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return accounts;
}

function accountsOf(folder: string, port: number): Account[] {
  const users: { email: string; secret: string }[] = JSON.parse(readFileSync(join(folder, 'users.json'), 'utf8'));
  const json = { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}` };
  return users.map(({ email, secret }) => ({
    secret,
    first: request('POST', '/api/auth/sign-in/email', json, JSON.stringify({ email, password })),
    second: request('POST', '/api/auth/two-factor/verify-totp', { ...json, cookie: '{cookies}' }, '{"code":"{code}"}'),
  }));
}
