// Writes src/passwords/common-passwords.txt, or the file named as its argument, from @zxcvbn-ts/language-common (MIT).
// Run it by hand after a bump of that package: node scripts/make-common-passwords.mjs
//
// Kept: what a policy could accept (8 code points or more), in the form of src/passwords/blocklist.ts (NFC, lower case), each once,
// commonest first, one a line. A policy never sees shorter ones, and the comparison ignores case.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import languageCommon from '@zxcvbn-ts/language-common';

const destination = process.argv[2] ?? fileURLToPath(new URL('../src/passwords/common-passwords.txt', import.meta.url));
const passwords = languageCommon.dictionary['passwords-common']
  .map((password) => password.normalize('NFC').toLowerCase())
  .filter((password) => [...password].length >= 8);

writeFileSync(destination, `${[...new Set(passwords)].join('\n')}\n`);
