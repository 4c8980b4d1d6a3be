import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { databaseFile, flagName, type OptionName, type Options, optionNames } from '../options.ts';
import { type Call, columns, Failure } from './call.ts';
import { explain } from './explain.ts';
import { lacksDatabase } from './service.ts';
import { isSecret, valueText } from './settings.ts';
import { checkTls } from './tls.ts';

/** `countersign config …`: what the service would run with, and whether it could. Neither changes anything. */

/** Of a secret only whether there is one. */
export async function printConfig(call: Call): Promise<void> {
  const { options, sources } = call.settings();
  const rows = optionNames.map((name) => [flagName(name).slice(2), shown(name, options) || '-', sources[name]]);
  const all = optionNames.map((name) => [
    name,
    { value: isSecret(name) ? shown(name, options) : options[name], source: sources[name] },
  ]);
  call.answer(columns([['OPTION', 'VALUE', 'FROM'], ...rows]), { options: Object.fromEntries(all) });
}

const shown = (name: OptionName, options: Options): string =>
  isSecret(name) && options[name] !== '' ? '(secret)' : valueText(name, options[name]);

export async function checkConfig(call: Call): Promise<void> {
  const problems = await problemsOf(call);
  call.answer(problems.length === 0 ? 'The configuration is in order.' : '', { ok: problems.length === 0, problems });
  if (problems.length > 0) throw new Failure(problems);
  await sayWithoutPasskeys(call);
}

/** That nobody can have a passkey, where that is so: nothing is wrong with it, and somebody may wonder later. */
export async function sayWithoutPasskeys(call: Call): Promise<void> {
  const { publicUrl } = call.settings().options;
  const { relyingPartyOf } = await import('../passkeys/passkeys.ts');
  if (publicUrl === '' || relyingPartyOf(publicUrl)) return;
  call.say(
    `There are no passkeys under an IP address, as in ${publicUrl}: name a host with --public-url (COUNTERSIGN_PUBLIC_URL) for people to use them.`,
  );
}

async function problemsOf(call: Call): Promise<string[]> {
  const invalid = await invalidOption(call);
  if (invalid) return [invalid];
  const { options } = call.settings();
  return [
    ...(await checkOptions(options)),
    ...(await checkKeys(options)),
    ...(await checkMark(options)),
    ...(await checkServer(options)),
  ];
}

/** Why the options cannot be read at all, if so. */
export function invalidOption(call: Call): Promise<string | undefined> {
  return complaint(() => void call.settings());
}

/** What is wrong with the options and with the files they name, but for the key file and the mark. */
export async function checkOptions(options: Options): Promise<string[]> {
  const { whyNotListen } = await import('../server.ts');
  const { loadBlocklist } = await import('../passwords/passwords.ts');
  const found = [
    whyNotListen(options),
    await complaint(() => checkTls(options)),
    await complaint(async () => void (await loadBlocklist(options.passwordBlocklistFile))),
    await complaint(() => checkData(options)),
    await complaint(() => checkMarkPlace(options)),
  ];
  return found.filter((one) => one !== undefined);
}

/** What is wrong with the key file, or with the place where the first start would make it. */
export async function checkKeys(options: Options): Promise<string[]> {
  const found = await complaint(async () => {
    const { mustBeGiven, nearestFolder, readKeyFile } = await import('../upkeep/upkeep.ts');
    if (options.databaseUrl !== '') mustBeGiven(options);
    if (existsSync(options.keyFile) || existsSync(databaseFile(options.data))) await readKeyFile(options);
    else accessSync(nearestFolder(dirname(options.keyFile)), constants.W_OK | constants.X_OK);
  });
  return found === undefined ? [] : [found];
}

/** Why the server of PostgreSQL cannot be used, if there is to be one. */
async function checkServer(options: Options): Promise<string[]> {
  if (options.databaseUrl === '') return [];
  const found = await complaint(async () => void (await lacksDatabase(options)));
  return found === undefined ? [] : [found];
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

/** What is wrong with the mark, if there is one. */
export async function checkMark(options: Options): Promise<string[]> {
  const { readMark } = await import('../upkeep/upkeep.ts');
  const found = await complaint(async () => void (options.markFile !== '' && (await readMark(options))));
  return found === undefined ? [] : [found];
}

/** The folder of the mark, or the nearest one above it that is there, takes new files. */
async function checkMarkPlace({ markFile }: Options): Promise<void> {
  if (markFile === '') return;
  const { nearestFolder } = await import('../upkeep/upkeep.ts');
  accessSync(nearestFolder(dirname(markFile)), constants.W_OK | constants.X_OK);
}

/** The folder, or the nearest one above it that is there, takes new files; a database in it can be written. */
async function checkData({ data, databaseUrl }: Options): Promise<void> {
  if (databaseUrl !== '') return;
  const { nearestFolder } = await import('../upkeep/upkeep.ts');
  accessSync(nearestFolder(data), constants.W_OK | constants.X_OK);
  if (existsSync(databaseFile(data))) accessSync(databaseFile(data), constants.R_OK | constants.W_OK);
}
