import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { day, hour, minute, second } from '../src/clock.ts';
import { charge, decide, defaultLimits, emptyBudget, type Shape, settleWrong } from '../src/throttle/limits.ts';
import { tableUnder } from './routes.ts';

/** The arithmetic of docs/security/throttle.md, from the rule itself. */

const { password, sitePassword, newNetwork, network, site } = defaultLimits;
const { otp, allOtp, pendingOtp, recoveryCode, passkey, sitePasskey } = defaultLimits;
const page = readFileSync(new URL('../docs/security/throttle.md', import.meta.url), 'utf8');

test('the table of the page has every budget with the numbers of the code', () => {
  const time = (ms: number): string =>
    ms >= hour ? `${ms / hour} h` : ms >= minute ? `${ms / minute} min` : `${ms / second} s`;
  const inARow = (shape: { free: number; firstDelay: number; longestDelay: number }): string[] => [
    `${shape.free} in a row`,
    `${time(shape.firstDelay)}, doubling to ${time(shape.longestDelay)}`,
  ];
  const inAWindow = ({ free, window }: { free: number; window: number }): string[] => [
    `${free} in ${window / minute} minutes`,
    `nothing until the ${window / minute} minutes are over`,
  ];
  assert.equal(newNetwork.window, day);
  const known = 'a browser that has signed in';
  assert.deepEqual(tableUnder(page, 'The table').slice(1), [
    ['password', 'a name and a network (an IPv4 address, an IPv6 /64)', ...inARow(password)],
    ['password', 'a name and an IPv6 /48', ...inARow(sitePassword)],
    ['password', `${known} to the account before`, ...inARow(password)],
    [
      'new networks',
      'a name and a UTC day',
      `${newNetwork.free} networks (or IPv6 /48)`,
      'the others share one password budget of the name',
    ],
    ['all passwords', 'a network', ...inAWindow(network)],
    ['all passwords', 'an IPv6 /48', ...inAWindow(site)],
    ['codes', 'an authenticator', ...inARow(otp)],
    ['codes', `an authenticator and ${known} before`, ...inARow(otp)],
    [
      'all codes',
      'an authenticator',
      `${allOtp.cutOff}, each counted until a right code comes where it came from`,
      'off until bound again',
    ],
    ['recovery codes', 'an account, and apart from it such a browser', ...inARow(recoveryCode)],
    ['codes that bind an authenticator', 'an account', ...inARow(pendingOtp)],
    ['passkeys', `a network, and apart from it ${known} before`, ...inAWindow(passkey)],
    ['passkeys', 'an IPv6 /48', ...inAWindow(sitePasskey)],
  ]);
});

/** How many wrong tries somebody has judged within `span` who lets no moment pass. */
function guesses(shape: Shape, span: number): number {
  let [budget, at, count] = [emptyBudget(shape, 0), 0, 0];
  while (at < span) {
    const decision = decide(budget, shape, at);
    if (decision.may === 'try') {
      budget = settleWrong(charge(budget, shape, at, 1), shape, at);
      count += 1;
    } else {
      assert.ok(decision.may === 'not');
      at = decision.until;
      if ('window' in shape) budget = emptyBudget(shape, at);
    }
  }
  return count;
}

test('the page on the throttle says how many guesses there are in a day', () => {
  const few = (newNetwork.free + 1) * guesses(password, day);
  const fewSites = newNetwork.free * guesses(sitePassword, day) + guesses(password, day);
  const rows = [
    ['one IPv4 address, or one IPv6 /64', guesses(password, day), guesses(network, day)],
    ['one IPv6 /48', guesses(sitePassword, day), guesses(site, day)],
    ['100 networks', few, 100 * guesses(network, day)],
  ] as const;
  const words = (count: number): string => `${count.toLocaleString('en')} passwords`;
  for (const [who, one, all] of rows) assert.ok(page.includes(`| ${who} | ${words(one)} | ${words(all)} |`), who);
  assert.ok(page.includes(`${words(few)} (${fewSites.toLocaleString('en')} with a /48 for each)`));
});

test('it says how many codes somebody gets who knows the password, and that recovery codes have no more a day', () => {
  assert.equal(guesses(recoveryCode, day), guesses(otp, day));
  assert.ok(
    page.includes(
      `gets ${guesses(otp, day)} codes in the first day and ${allOtp.cutOff} in all, which takes four days`,
    ),
  );
  assert.ok(guesses(otp, 3.5 * day) < allOtp.cutOff && guesses(otp, 4 * day) >= allOtp.cutOff);
  assert.ok(page.includes(`: ${guesses(recoveryCode, day)} guesses a day find nothing`));
  assert.ok(page.includes(`1 in ${Math.floor(1e6 / (3 * allOtp.cutOff)).toLocaleString('en')}`));
});
