/** What the scripts share: where the checkout is, and how to speak. stdout belongs to the program that is started. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string[]} sentences one line each, on stderr */
export function say(...sentences) {
  process.stderr.write(sentences.map((sentence) => `countersign: ${sentence}\n`).join(''));
}

/** Says what to do and ends with exit code 1. @type {(...sentences: string[]) => never} */
export function fail(...sentences) {
  say(...sentences);
  process.exit(1);
}

/** The answer of `work`, or `otherwise` where it throws. @template T, U @param {() => T} work @param {U} otherwise @returns {T | U} */
export function attempt(work, otherwise) {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
