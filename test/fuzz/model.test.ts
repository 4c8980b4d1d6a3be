import { test } from 'node:test';
import { isOnPostgres } from '../databases/fresh.ts';
import { runPlays } from './run-plays.ts';
import { settings, usualSeed } from './seed.ts';

test('whatever people, browsers and attackers do one after another, the service does what the model of its promises does', async (t) => {
  await runPlays(settings(t, { numRuns: isOnPostgres() ? 30 : 100, seconds: 40, seed: usualSeed }), 30);
});
