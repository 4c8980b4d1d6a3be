import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabasePlace } from '../../src/database/database.ts';
import { databaseOf } from '../../src/options.ts';
import { backUp, createKeyFile } from '../../src/upkeep/upkeep.ts';
import { command, type Outcome } from '../command.ts';
import type { World } from '../server.ts';
import { freshDatabase } from './fresh.ts';

export const kinds = ['SQLite', 'PostgreSQL'] as const;
export type Kind = (typeof kinds)[number];
export const otherThan = (kind: Kind): Kind => (kind === 'SQLite' ? 'PostgreSQL' : 'SQLite');

/** A machine of an operator's: a database that is still empty, a key file, and a command line. */
export interface Site {
  folder: string;
  options: { data: string; keyFile: string; databaseUrl: string };
  place: DatabasePlace;
  /** The database as `db copy` takes it. */
  address: string;
  env: Record<string, string>;
  /** Runs one command line, in this process. */
  run(args: readonly string[], stdin?: Buffer): Promise<Outcome>;
}

/** Runs a story at a site; with a copy of the key file of another one where that is given. */
export async function atSite(kind: Kind, story: (site: Site) => Promise<void>, keysOf?: Site): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-site-'));
  const fresh = kind === 'PostgreSQL' ? await freshDatabase('empty') : undefined;
  const keyFile = join(folder, 'keys', 'k');
  const data = join(folder, 'data');
  const databaseUrl = fresh?.url ?? '';
  const env = {
    ...{ COUNTERSIGN_DATA: data, COUNTERSIGN_KEY_FILE: keyFile },
    ...(fresh ? { COUNTERSIGN_DATABASE_URL: databaseUrl } : {}),
  };
  const place: DatabasePlace = fresh ? { url: databaseUrl } : { file: join(data, 'countersign.db') };
  const address = 'url' in place ? place.url : `sqlite:${place.file}`;
  try {
    if (keysOf) await cp(keysOf.options.keyFile, keyFile);
    else await createKeyFile(keyFile, 'or fail');
    const options = { data, keyFile, databaseUrl };
    await story({ folder, options, place, address, env, run: (args, stdin) => command(args, env, stdin) });
  } finally {
    await fresh?.drop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same at two sites with the same keys. */
export function atTwoSites(from: Kind, to: Kind, story: (one: Site, other: Site) => Promise<void>): Promise<void> {
  return atSite(from, (one) => atSite(to, (other) => story(one, other), one));
}

/** A backup of a world, as it would stand in a file. */
export async function backupOf({ server, now }: World): Promise<Buffer> {
  const { options } = server.service;
  let text = '';
  await backUp({ place: databaseOf(options), keys: options, version: '1.0.0', now: now() }, async (pieces) => {
    for await (const piece of pieces) text += piece;
  });
  return Buffer.from(text);
}
