import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { generate } from './generate.ts';

/** `node bench/data/make.ts FOLDER USERS`: makes a data folder of so many users; what was there before is deleted. */
const [folder, users] = process.argv.slice(2);
if (!folder || !users) throw new Error('Say where, and how many: node bench/data/make.ts FOLDER USERS');
rmSync(folder, { recursive: true, force: true });
const given = { folder: resolve(folder), users: Number(users), seed: 'bench', password: 'four unrelated plain words' };
const { data, keyFile, names, password } = await generate(given);
process.stdout.write(`${data} with ${keyFile}: ${names(0)} to ${names(given.users - 1)}, password "${password}"\n`);
