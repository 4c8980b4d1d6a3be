import { readFileSync } from 'node:fs';
import { shipped } from '../shipped.ts';

/** The version of this program, as its package says. */
export function version(): string {
  const facts: { version: string } = JSON.parse(readFileSync(shipped('../package.json'), 'utf8'));
  return facts.version;
}
