import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { flagName, type Options, optionNames } from '../options.ts';
import { type Call, columns, Failure } from './call.ts';
import { explain } from './explain.ts';
import { valueText } from './settings.ts';
import { checkTls } from './tls.ts';

/** `countersign config …`: what the service would run with, and whether it could. Neither changes anything. */

/** None of the options is a secret; one that will be must be masked here. */
export async function printConfig(call: Call): Promise<void> {
  const { options, sources } = call.settings();
  const rows = optionNames.map((name) => [
    flagName(name).slice(2),
    valueText(name, options[name]) || '-',
    sources[name],
  ]);
  const all = optionNames.map((name) => [name, { value: options[name], source: sources[name] }]);
  call.answer(columns([['OPTION', 'VALUE', 'FROM'], ...rows]), { options: Object.fromEntries(all) });
}

export async function checkConfig(call: Call): Promise<void> {
  const problems = await problemsOf(call);
  call.answer(problems.length === 0 ? 'The configuration is in order.' : '', { ok: problems.length === 0, problems });
  if (problems.length > 0) throw new Failure(problems.join('\ncountersign: '));
}

/**
 * What is wrong with the options and with the files they name. Whoever holds the keys of a database against it anyway
 * need not hear here that they are missing or broken.
 */
export async function problemsOf(call: Call, { keysOfDatabase = true } = {}): Promise<string[]> {
  const invalid = await invalidOption(call);
  if (invalid) return [invalid];
  const { options } = call.settings();
  const { whyNotListen } = await import('../server.ts');
  const { loadBlocklist } = await import('../passwords/passwords.ts');
  const found = [
    whyNotListen(options),
    await complaint(() => checkTls(options)),
    await complaint(async () => void (await loadBlocklist(options.passwordBlocklistFile))),
    await complaint(() => checkData(options)),
    keysOfDatabase || !existsSync(databaseFile(options)) ? await complaint(() => checkKeys(options)) : undefined,
  ];
  return found.filter((one) => one !== undefined);
}

/** Why the options cannot be read at all, if so. */
export function invalidOption(call: Call): Promise<string | undefined> {
  return complaint(() => void call.settings());
}

/** The sentence of what a check throws. */
async function complaint(check: () => void | Promise<void>): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return (await explain(error)).sentence;
  }
}

const databaseFile = (options: Options): string => join(options.data, 'countersign.db');

/** The folder, or the nearest one above it that is there, takes new files; a database in it can be written. */
function checkData(options: Options): void {
  accessSync(nearestFolder(options.data), constants.W_OK | constants.X_OK);
  if (existsSync(databaseFile(options))) accessSync(databaseFile(options), constants.R_OK | constants.W_OK);
}

async function checkKeys(options: Options): Promise<void> {
  const { keyFile } = options;
  if (existsSync(keyFile)) {
    const { readKeyFile } = await import('../upkeep/upkeep.ts');
    await readKeyFile(options);
  } else if (existsSync(databaseFile(options))) {
    throw new Failure(
      `The key file ${keyFile} is missing, and there is a database. Put it back, or name it with --key-file (COUNTERSIGN_KEY_FILE).`,
    );
  } else {
    accessSync(nearestFolder(dirname(keyFile)), constants.W_OK | constants.X_OK);
  }
}

function nearestFolder(path: string): string {
  const folder = resolve(path);
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}
