import { readFileSync } from 'node:fs';
import {
  durationText,
  environmentName,
  flagName,
  OptionError,
  type OptionName,
  type Options,
  optionNames,
  optionTable,
  resolveOptions,
} from '../options.ts';
import { nearest } from './nearest.ts';

/**
 * The options in force and where each comes from: a flag, else the environment, else the default. An empty variable
 * counts as unset, because container files often pass one on that nobody has set; an empty flag is meant.
 */
export interface Settings {
  options: Options;
  /** The flag, the variable, or `default`. */
  sources: Record<OptionName, string>;
}

/** Throws `OptionError` for a value that cannot be, and for a `COUNTERSIGN_…` variable that is none of ours. */
export function readSettings(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  refuseUnknownVariables(Object.keys(env));
  const given: { [Name in OptionName]?: unknown } = {};
  const sources = optionNames.map((name) => {
    const flag = flags[name];
    if (typeof flag === 'string' && isSecret(name)) refusePassword(flagName(name), flag);
    const found = typeof flag === 'string' ? { text: flag, source: flagName(name) } : fromEnvironment(name, env);
    if (found === undefined) return [name, 'default'];
    given[name] = optionTable[name].read(found.text);
    return [name, found.source];
  });
  return { options: resolveOptions(given), sources: Object.fromEntries(sources) };
}

/**
 * Throws `OptionError` for an address with a password in it that stands in a flag: all programs of the machine can read
 * the arguments of this one.
 */
export function refusePassword(flag: string, address: string): void {
  if (!/^[a-z]+:\/\/[^@]*:.*@/is.test(address)) return;
  const variable = environmentName('databaseUrl');
  throw new OptionError(
    `${flag} takes no password: other users of this machine could read it. Give the address in ${variable}, or in a file that ${variable}_FILE names.`,
  );
}

/** What the environment says, which may name a file that holds a secret. Throws `OptionError` where it says both. */
function fromEnvironment(
  name: OptionName,
  env: Readonly<Record<string, string | undefined>>,
): { text: string; source: string } | undefined {
  const variable = environmentName(name);
  const text = env[variable];
  const file = isSecret(name) && env[`${variable}_FILE`];
  if (text && file) throw new OptionError(`${variable} and ${variable}_FILE are both set. Unset one of them.`);
  if (file) return { text: readSecret(`${variable}_FILE`, file), source: `${variable}_FILE` };
  return text ? { text, source: variable } : undefined;
}

/** The first line of a file. */
function readSecret(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? '';
  } catch (error) {
    throw new OptionError(
      `${variable} names ${path}, which cannot be read: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

/** Whether the value of an option is never shown. */
export function isSecret(name: OptionName): boolean {
  return 'secret' in optionTable[name];
}

/** A value in the form in which a flag takes it; '' for none. */
export function valueText(name: OptionName, value: Options[OptionName]): string {
  if (Array.isArray(value)) return value.join(',');
  return optionTable[name].form === 'DURATION' ? durationText(Number(value)) : String(value);
}

/** The default in the form in which a flag takes it, in words where it depends on the machine; '' for none. */
export function defaultText(name: OptionName): string {
  return inWords[name] ?? valueText(name, optionTable[name].default);
}

const inWords: Partial<Record<OptionName, string>> = {
  hashConcurrency: 'one a core, at most 4',
  drain: '5s with trust-proxy, else 0s',
};

/** A misspelt variable would silently leave a protection off, so it is refused. */
function refuseUnknownVariables(variables: string[]): void {
  const known = optionNames.flatMap((name) => [
    environmentName(name),
    ...(isSecret(name) ? [`${environmentName(name)}_FILE`] : []),
  ]);
  const unknown = variables.find((name) => /^COUNTERSIGN_(?!TEST_)/.test(name) && !known.includes(name));
  if (unknown === undefined) return;
  throw new OptionError(
    `There is no option ${unknown}; the nearest is ${nearest(unknown, known)}. Correct or unset it.`,
  );
}
