/** What the doctor looks at, in the order in which it says so. */
export type Check =
  | 'configuration'
  | 'files'
  | 'disk'
  | 'connection'
  | 'database'
  | 'schema'
  | 'keys'
  | 'secrets'
  | 'instances'
  | 'mark'
  | 'clock'
  | 'passkeys'
  | 'proxies';

/** What was found of one of them. A failure keeps somebody out, or a secret from being safe; a warning may come to that. */
export interface Finding {
  check: Check;
  state: 'ok' | 'warning' | 'failure';
  found: string;
  /** What to do next; absent where there is nothing to do. */
  todo?: string;
  /** The names of those whom it concerns. */
  users?: string[];
}

/** Answers what a check throws as a failure of it: one that cannot be made must not hide the others. */
export async function tried(check: Check, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    const todo = 'Mend what that says and run `countersign doctor` again: what is not examined may be wrong as well.';
    return [{ check, state: 'failure', found: `This could not be examined: ${messageOf(error)}.`, todo }];
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}
