/** What a program in TypeScript reads of ours: the declarations that the public ones lead to, and nothing else. */
import { cpSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/**
 * Copies them. Throws where one names a package: whoever installs ours has none but what `dependencies` says.
 * @param {string} from where the compiler has put all @param {string} to
 */
export function copyDeclarations(from, to) {
  const wanted = ['index.d.ts'];
  for (const file of wanted) {
    const text = readFileSync(join(from, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:\bfrom |\bimport\()['"]([^'"]+)['"]/g)) {
      const next = posix.join(posix.dirname(file), specifier.replace(/\.ts$/, '.d.ts'));
      if (specifier.startsWith('.')) wanted.push(...(wanted.includes(next) ? [] : [next]));
      else if (!specifier.startsWith('node:'))
        throw new Error(`${file} names ${specifier}, which nobody has who installs this.`);
    }
    cpSync(join(from, file), join(to, file));
  }
}
