import type { OptionName } from '../options.ts';
import type { Call } from './call.ts';

/**
 * One verb: what is typed, what help says, and which file does it. That file is imported when the verb is run, so that
 * `--help` need not wait for the whole service.
 */
export interface Verb {
  name: string;
  help: string;
  /** Under which heading it stands in the list of verbs. */
  heading?: string;
  args?: readonly (readonly [term: string, help: string])[];
  /** Flags of its own. */
  flags?: readonly (readonly [term: string, help: string])[];
  /** Flags of its own that must be there. */
  needs?: readonly (readonly [term: string, help: string])[];
  /** The options of the service that its help shows. Where this is given all of them are taken; else none. */
  options?: readonly OptionName[];
  /** What it answers with `--json`; without this it has no such flag. USER and SESSION stand for what the API says of one. */
  json?: string;
  /** What help says at its end. */
  more?: string;
  run: (call: Call) => Promise<void>;
}

export interface Group {
  name: string;
  help: string;
  heading: string;
  verbs: readonly Verb[];
}

/** The options of a verb that works on the data. */
export const where: readonly OptionName[] = ['data', 'databaseUrl', 'keyFile', 'markFile'];
