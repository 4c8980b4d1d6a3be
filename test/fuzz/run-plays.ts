import type fc from 'fast-check';
import { defaultLimits, type Limits } from '../../src/throttle/throttle.ts';
import { quickHash } from '../quick-hash.ts';
import { makeWorld } from '../server.ts';
import { Performance } from './perform.ts';
import { type Act, plays } from './plays.ts';
import { remember, rewind } from './rewind.ts';
import { tryAll } from './seed.ts';
import { makeStarting } from './starting.ts';

/** Smaller than the real ones, so that a short play comes to them; delays are as they are. */
const limits: Limits = {
  ...defaultLimits,
  sitePassword: { ...defaultLimits.sitePassword, free: 7 },
  newNetwork: { ...defaultLimits.newNetwork, free: 3 },
  network: { ...defaultLimits.network, free: 12 },
  site: { ...defaultLimits.site, free: 15 },
  allOtp: { cutOff: 7, kept: true },
  passkey: { ...defaultLimits.passkey, free: 6 },
  sitePasskey: { ...defaultLimits.sitePasskey, free: 4 },
};

/** Performs plays of up to `most` acts, each from the same beginning, and fails with the shortest that goes wrong. */
export async function runPlays(settings: fc.Parameters<[Act[]]>, most: number): Promise<Map<string, number>> {
  const world = await makeWorld({}, { argon2: quickHash, limits });
  try {
    const people = await makeStarting(world);
    const moment = remember(world);
    const seen = new Map<string, number>();
    let play = 0;
    const perform = async (acts: Act[]): Promise<void> => {
      rewind(world, moment);
      play += 1;
      const performance = new Performance(world, { people, limits, play, seen });
      for (const act of acts) await performance.perform(act);
      await performance.end();
    };
    await tryAll(plays(most), perform, settings);
    return seen;
  } finally {
    await world.close();
  }
}
