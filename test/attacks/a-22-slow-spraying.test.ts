import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour } from '../../src/clock.ts';
import { metricsOf, withMetrics } from '../metrics.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePerson, makePersonWithCode } from '../server.ts';
import { officeOf, words } from '../stories/office.ts';
import { assertRefused, tryToSignIn } from '../stories/steps.ts';

/** one guess an account and hour, each from an address of its own: too slow for any delay. */
test('what no budget can stop is seen: in the metric, in the log, and by each person on the own page', () =>
  inWorld(
    async (world) => {
      const root = await makePersonWithCode(world, 'root', true);
      const names = Array.from({ length: 15 }, (_, index) => `person${index}`);
      for (const name of names) await makePerson(world, name);
      const victim = { basic: `${names[3]}:correct horse battery staple` };
      const hours = 10;
      for (let round = 0; round < hours; round += 1) {
        for (const [index, name] of names.entries()) {
          const guess = { basic: `${name}:Winter202${round}!` };
          assertRefused(await tryToSignIn(world, guess, undefined, `203.0.${round}.${index}`), 401, 3);
        }
        assert.equal((await tryToSignIn(world, victim)).status, 200, 'and nobody is kept out meanwhile');
        world.turn(hour);
      }
      const tries = names.length * hours;
      const metrics = await metricsOf(world);
      assert.match(metrics, new RegExp(`^countersign_sign_ins_total\\{result="wrong_credentials"\\} ${tries}$`, 'm'));
      const office = await officeOf(world, root);
      assert.match(
        words(await office.open('/activity')),
        new RegExp(`\\b${tries}\\b`),
        'the chart of refused sign-ins',
      );
      const { token } = (await tryToSignIn(world, victim)).body;
      const own = await world.call('GET', '/account/activity', { headers: { cookie: `countersign=${token}` } });
      assert.match(words(own), /203\.0\.9\.3/);
    },
    withMetrics,
    { argon2: quickHash },
  ));
