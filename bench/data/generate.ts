import { hash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { day, hour, systemClock } from '../../src/clock.ts';
import { placeIn } from '../../src/database/database.ts';
import { databaseFile } from '../../src/options.ts';
import { parametersOf } from '../../src/passwords/hasher.ts';
import { sealedHashes } from '../../src/passwords/passwords.ts';
import { openService } from '../../src/service.ts';
import { hashToken } from '../../src/tokens.ts';

/**
 * Data folders with many users, to measure on: each user has the same password and one session of one factor. Ids, names
 * and tokens follow from the seed; keys, nonces and times do not. The service itself makes the schema and the key file, and
 * hashes the password once; each row is sealed for its own place. The rows are written past the service.
 */
export interface DataSet {
  data: string;
  keyFile: string;
  users: number;
  password: string;
  /** The name of the user of this number, counted from 0. */
  names(index: number): string;
  /** Of all sessions where they are few, else of `mostTokens` that are spread evenly over all users. */
  tokens: string[];
}

/** Few, since each use of a session after a minute of rest is noted: of a million tokens every one would be. */
const mostTokens = 10_000;

export async function generate(given: {
  /** Where there is nothing yet. */
  folder: string;
  users: number;
  seed: string;
  password: string;
}): Promise<DataSet> {
  const { folder, users, seed, password } = given;
  const places = { data: join(folder, 'data'), keyFile: join(folder, 'keys', 'countersign.keys') };
  const service = await openService(places);
  try {
    const asker = { name: nameOf(seed, 0), minimum: 15, network: 'generator' } as const;
    const { phc } = await service.passwords.prepareNew(password, asker);
    const seal = (id: string) => service.sealer.seal(placeIn(sealedHashes, id), Buffer.from(phc));
    fill(databaseFile(places.data), { seed, users, seal, parameters: parametersOf(phc) ?? '', now: systemClock() });
  } finally {
    await service.close();
  }
  return describe({ ...places, users, seed, password });
}

/** What is in a folder that was generated before. */
export function describe({ seed, ...known }: Omit<DataSet, 'names' | 'tokens'> & { seed: string }): DataSet {
  const every = Math.max(1, Math.ceil(known.users / mostTokens));
  const count = Math.floor((known.users - 1) / every) + 1;
  return {
    ...known,
    names: (index) => nameOf(seed, index),
    tokens: Array.from({ length: count }, (_, index) => tokenOf(seed, index * every)),
  };
}

interface Filling {
  seed: string;
  users: number;
  seal(userId: string): Buffer;
  /** With which parameters the password was hashed. */
  parameters: string;
  now: number;
}

const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';

function fill(file: string, { seed, users, seal, parameters, now }: Filling): void {
  const db = new DatabaseSync(file);
  // Of a folder that is not finished nothing is kept anyway.
  db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000');
  const insert = (into: string, rowOf: (index: number, userId: string) => SQLInputValue[]): void => {
    const statement = db.prepare(`insert into ${into} values (${into.replace(/[^,]+/g, '?')})`);
    db.exec('begin');
    for (let index = 0; index < users; index += 1) statement.run(...rowOf(index, idOf(seed, 'user', index)));
    db.exec('commit');
  };
  // A table after the other, so that of each the whole index is at hand.
  insert('users (id, name, administrator, disabled, created_at, password_given)', (index, id) => [
    id,
    nameOf(seed, index),
    0,
    0,
    now - day,
    1,
  ]);
  insert('passwords (user_id, hash, short, version, changed_at, parameters)', (index, id) => [
    id,
    seal(id),
    0,
    idOf(seed, 'version', index),
    now - day,
    parameters,
  ]);
  const columns = 'created_at, expires_at, last_seen_at, password_at, address, user_agent';
  insert(`sessions (id, token_hash, user_id, ${columns})`, (index, userId) => {
    const at = now - hour + Math.floor((hour * index) / users);
    const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
    const id = idOf(seed, 'session', index);
    return [id, hashToken(tokenOf(seed, index)), userId, at, at + 30 * day, now, at, address, userAgent];
  });
  db.exec('PRAGMA journal_mode = WAL');
  db.close();
}

const mix = (seed: string, what: string, index: number): Buffer => hash('sha256', `${seed} ${what} ${index}`, 'buffer');

const idOf = (seed: string, what: string, index: number): string => mix(seed, what, index).toString('base64url', 0, 15);

const tokenOf = (seed: string, index: number): string => `csn_${mix(seed, 'token', index).toString('base64url')}`;

const given = ['ada', 'alan', 'barbara', 'edsger', 'frances', 'grace', 'john', 'katherine', 'ken', 'margaret'];

/** No two have one number, and names that follow each other in the order of numbers do not in that of names. */
function nameOf(seed: string, index: number): string {
  return `${given[mix(seed, 'name', index).readUInt32LE() % given.length]}.${index.toString(36)}`;
}
