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
    const variable = environmentName(name);
    const text = typeof flag === 'string' ? flag : env[variable] || undefined;
    if (text === undefined) return [name, 'default'];
    given[name] = optionTable[name].read(text);
    return [name, typeof flag === 'string' ? flagName(name) : variable];
  });
  return { options: resolveOptions(given), sources: Object.fromEntries(sources) };
}

/** A value in the form in which a flag takes it; '' for none. */
export function valueText(name: OptionName, value: Options[OptionName]): string {
  if (Array.isArray(value)) return value.join(',');
  return optionTable[name].form === 'DURATION' ? durationText(Number(value)) : String(value);
}

/** The default in the form in which a flag takes it, in words where it depends on the machine; '' for none. */
export function defaultText(name: OptionName): string {
  return name === 'hashConcurrency' ? 'one a core, at most 4' : valueText(name, optionTable[name].default);
}

/** A misspelt variable would silently leave a protection off, so it is refused. */
function refuseUnknownVariables(variables: string[]): void {
  const known = optionNames.map(environmentName);
  const unknown = variables.find((name) => /^COUNTERSIGN_(?!TEST_)/.test(name) && !known.includes(name));
  if (unknown === undefined) return;
  throw new OptionError(
    `There is no option ${unknown}; the nearest is ${nearest(unknown, known)}. Correct or unset it.`,
  );
}
