import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { activateKey, addKey } from '../src/upkeep/upkeep.ts';
import { quickHash } from './quick-hash.ts';
import { inWorld, type Person, signIn, type World } from './server.ts';
import { dump } from './tables.ts';

/** What stories about keys do, and what they look at. */
export const parts = { argon2: quickHash };

export const inStory = (story: (world: World) => Promise<void>): Promise<void> => inWorld(story, {}, parts);

export function place({ folder, databaseUrl }: World): { keyFile: string; data: string; databaseUrl: string } {
  return { keyFile: join(folder, 'keys', 'countersign.keys'), data: join(folder, 'data'), databaseUrl };
}

export const activate = (world: World, id: string, lost = false) =>
  activateKey({ database: world.server.service.database, place: place(world) }, { id, lost }, world.now());

/** Adds a key and makes it the active one; answers its id. */
export async function rotated(world: World): Promise<string> {
  const id = await addKey(world.server.service.database, place(world), world.now());
  await world.server.instance.report();
  await activate(world, id);
  await world.server.instance.report();
  return id;
}

export async function dropKey(world: World, id: string): Promise<void> {
  const { keyFile } = place(world);
  const lines = (await readFile(keyFile, 'utf8')).split('\n').filter((line) => !line.startsWith(`${id} `));
  await writeFile(keyFile, lines.join('\n'));
}

export async function everybodySignsIn(world: World, people: Person[]): Promise<void> {
  for (const person of people) assert.ok(await signIn(world, person), person.name);
}

export function keysOf(world: World, which: 'active'): string[] {
  return (dump(world)['keys'] ?? []).filter((row) => row[which] === 1).map((row) => String(row['id']));
}

/** The ids of the keys that have sealed what is stored of passwords and authenticators. */
export function sealers(world: World): Set<string> {
  const { passwords = [], authenticators = [] } = dump(world);
  return new Set([...passwords.map((row) => row['hash']), ...authenticators.map((row) => row['secret'])].map(keyId));
}

export const sealerOf =
  (world: World, table: 'passwords') =>
  (userId: string): string =>
    keyId(dump(world)[table]?.find((row) => row['user_id'] === userId)?.['hash']);

function keyId(sealed: unknown): string {
  const bytes = Buffer.from(sealed as Uint8Array);
  return bytes.toString('latin1', 2, 2 + (bytes[1] ?? 0));
}

export function at<T>(list: readonly T[], index: number): T {
  return list[index] ?? assert.fail(`there is no number ${index}`);
}
