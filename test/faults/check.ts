import assert from 'node:assert/strict';
import { codeAt, period } from '../../src/totp/code.ts';
import type { Account } from './account.ts';
import * as account from './account.ts';
import type { Clock } from './clock.ts';
import { nextCode } from './deeds.ts';
import type { Door, Request } from './door.ts';
import { answerOf } from './passkey-deeds.ts';
import type { Person } from './people.ts';
import type { Fact } from './stored.ts';

/** How many of each kind are tried at the front door, the newest; what is stored tells of all of them. */
const tried = 4;

/** Whether what was under way when the service fell was done; nothing where nothing was, or nobody can tell. */
export type Verdict = 'done' | 'not done' | undefined;

/**
 * Looks at somebody's account, and holds each thing seen against what the account may be: one of the two, in every point.
 * `facts` are seen already. At the front door all that is over is tried again, then the owner signs in. Throws where
 * neither fits. From then on it is known what the account is.
 */
export async function examine(
  person: Remembered,
  facts: readonly Fact[],
  { door, clock }: { door: Door; clock: Clock },
): Promise<Verdict> {
  const look = looker(person);
  const verdict = judge(look, person, facts);
  const asked = { ...look, ask: asker(door), clock };
  const all = person.may;
  await tryTokens(all, asked);
  await tryPasswords(all, asked);
  await tryAnswers(all, asked);
  if (look.left().some(account.hasSecondFactor)) await tryRecoveryCodes(all, asked);
  if (look.left()[0]?.authenticator) await tryCodes(all, asked);
  await tryPasskeys(all, { ...asked, door });
  person.may = look.left().slice(0, 1);
  person.doing = undefined;
  return verdict;
}

/** The same for what is stored alone, of which `person` learns nothing. */
export const compare = (person: Remembered, facts: readonly Fact[]): Verdict => judge(looker(person), person, facts);

function judge(look: Looker, { may: [before, after] }: Remembered, facts: readonly Fact[]): Verdict {
  for (const fact of facts) look.hold(fact);
  const [found, other] = look.left();
  return after === undefined || other !== undefined ? undefined : found === before ? 'not done' : 'done';
}

type Remembered = Pick<Person, 'may' | 'doing'>;

interface Looker {
  /** What the account may still be. */
  left(): readonly Account[];
  /** Keeps what agrees with a fact; throws where nothing does. */
  hold(fact: Fact): void;
  /** Looking has changed it: somebody has signed in. */
  change(how: (account: Account) => Account): void;
}

interface Asker extends Looker {
  ask(request: Request): Promise<string>;
  clock: Clock;
}

function looker({ may, doing }: Remembered): Looker {
  let left = may;
  const faults: string[] = [];
  return {
    left: () => left,
    hold({ what, seen, must }) {
      const wrong = left.filter((each) => must(each) !== seen);
      if (wrong.length === 0) return;
      for (const each of wrong) faults.push(`${what}: ${seen}, though it must be ${must(each)}`);
      left = left.filter((each) => !wrong.includes(each));
      const under = doing ? `, with "${doing}" under way` : '';
      assert.ok(left.length > 0, `${may[0]?.name}${under}:\n${faults.join('\n')}`);
    },
    change(how) {
      left = left.map(how);
    },
  };
}

/** Asks, and answers status and, of a sign-in, the status in its body. */
function asker(door: Door): Asker['ask'] {
  return async (request) => {
    const reply = await door(request);
    assert.ok(reply !== 'lost', 'the service that was started again is gone');
    assert.ok(reply.status < 500, `the service that was started again answers ${JSON.stringify(reply.body)}`);
    return [reply.status, ...(request.path === '/auth/credentials' ? [reply.body['status']] : [])].join(' ');
  };
}

const right = '200 0';
const wrongCode = '401 2';
const wrongPassword = '401 3';

/** Sessions that must be there, and some that are over. */
async function tryTokens(all: readonly Account[], { hold, ask }: Asker): Promise<void> {
  const tokens = all.flatMap(({ sessions, over }) => [
    ...sessions.slice(-tried).map(({ token }) => token),
    ...over.tokens.slice(-tried),
  ]);
  for (const token of new Set(tokens)) {
    const seen = await ask({ method: 'GET', path: '/whoami', token });
    const must = ({ sessions }: Account) => (sessions.some((held) => held.token === token) ? '200' : '401');
    hold({ what: `a session, ${all.map(must).join(' or ')}`, seen, must });
  }
}

async function tryPasswords(all: readonly Account[], { hold, change, ask, clock }: Asker): Promise<void> {
  const passwords = all.flatMap(({ password, over }) => [password, ...over.passwords.slice(-tried / 2)]);
  for (const password of new Set(passwords)) {
    const seen = await ask(signIn(all, password));
    const must = (each: Account): string => {
      if (each.password !== password) return wrongPassword;
      return account.hasSecondFactor(each) ? '401 1' : right;
    };
    hold({ what: 'a password', seen, must });
    if (seen === right) change((each) => signedIn(each, clock, false));
  }
}

/** Recovery codes that are spent, or of a set before. */
async function tryRecoveryCodes(all: readonly Account[], asked: Asker): Promise<void> {
  const { hold, change, clock } = asked;
  const submit = submitter(all, asked);
  for (const code of new Set(all.flatMap(({ over }) => over.codes.slice(-tried)))) {
    const seen = await submit({ recovery_code: code });
    hold({ what: 'a recovery code', seen, must: ({ codes }) => (codes.includes(code) ? right : wrongCode) });
    if (seen !== right) continue;
    change((each) => account.tell(account.spendCode(signedIn(each, clock, true), code), 'recovery_code.used'));
  }
}

/** Spent codes, those of an authenticator that was taken away; and then one that is right. */
async function tryCodes(all: readonly Account[], asked: Asker): Promise<void> {
  const { left, hold, change, clock } = asked;
  const submit = submitter(all, asked);
  const secret = left()[0]?.authenticator?.secret ?? Buffer.alloc(0);
  const present = (): number => Math.floor(clock.now / period);
  const good = [-1, 0, 1].map((step) => codeAt(secret, (present() + step) * period));
  for (const gone of new Set(all.flatMap(({ over }) => over.secrets.slice(-tried / 2)))) {
    const otp = codeAt(gone, clock.now);
    // Of two secrets, one may have the other's code.
    if (gone.equals(secret) || good.includes(otp)) continue;
    hold({ what: 'a code of an authenticator that is gone', seen: await submit({ otp }), must: () => wrongCode });
  }

  const known = all.flatMap(({ authenticator }) => (authenticator?.secret.equals(secret) ? authenticator.step : []));
  // One that was never proved has spent none.
  const steps = [...new Set(known)].filter((step) => step >= 0).sort((one, other) => one - other);
  for (const step of steps) {
    const seen = await submit({ otp: codeAt(secret, step * period) });
    // Somebody else may have turned the clock before it was judged; one that is refused may be too old by then.
    if (seen !== right && Math.abs(step - present()) > 1) continue;
    const must = ({ authenticator }: Account) => (step > (authenticator?.step ?? step) ? right : wrongCode);
    hold({ what: 'a code that was sent before', seen, must });
    if (seen === right) change((each) => account.spendStep(signedIn(each, clock, true), step));
  }

  for (;;) {
    const { otp, step, lateAt } = await nextCode({ secret, step: Math.max(...steps) }, clock);
    const seen = await submit({ otp });
    // The others may have turned the clock so often meanwhile that it came too late: then the next one must be right.
    if (seen !== right && clock.now >= lateAt) continue;
    hold({ what: 'a code that was never sent', seen, must: () => right });
    return change((each) => account.spendStep(signedIn(each, clock, true), step));
  }
}

/** What passkeys have answered before, which is good once. */
async function tryAnswers(all: readonly Account[], { hold, change, ask, clock }: Asker): Promise<void> {
  for (const answer of new Set(all.flatMap(({ over }) => over.answers.slice(-tried)))) {
    const seen = await ask({ method: 'POST', path: '/auth/passkeys/sign-in', body: answer.body });
    if (seen !== '200' && clock.now >= answer.lateAt) continue;
    const must = ({ over }: Account) => (over.answers.includes(answer) ? '401' : '200');
    hold({ what: 'an answer of a passkey that was sent before', seen, must });
    if (seen === '200') change((each) => account.spendAnswer(signedIn(each, clock, true), answer));
  }
}

/** Passkeys that must be there, and some that were taken away. */
async function tryPasskeys(all: readonly Account[], asked: Asker & { door: Door }): Promise<void> {
  const { hold, change, ask, clock, door } = asked;
  const known = all.flatMap(({ passkeys, over }) => [...passkeys, ...over.passkeys.slice(-tried / 2)]);
  for (const passkey of new Set(known)) {
    const answer = await answerOf(passkey, clock, door);
    assert.ok(answer);
    const seen = await ask({ method: 'POST', path: '/auth/passkeys/sign-in', body: answer.body });
    if (seen !== '200' && clock.now >= answer.lateAt) continue;
    hold({ what: 'a passkey', seen, must: ({ passkeys }) => (passkeys.includes(passkey) ? '200' : '401') });
    if (seen === '200') change((each) => account.spendAnswer(signedIn(each, clock, true), answer));
  }
}

/** Signs in with the password and something beside it. */
function submitter(all: readonly Account[], { left, ask }: Asker): (body: object) => Promise<string> {
  const password = left()[0]?.password ?? '';
  return (body) => ask({ ...signIn(all, password), body });
}

const signIn = (all: readonly Account[], password: string): Request => ({
  method: 'POST',
  path: '/auth/credentials',
  basic: `${all[0]?.name}:${password}`,
});

/** Somebody has signed in to look, and keeps no token. */
const signedIn = (each: Account, { now: at }: Clock, strong: boolean): Account =>
  account.tell(account.begin(each, { token: undefined, at, strong }), 'sign_in.succeeded');
