import { Problem } from './problems.ts';

/** The largest body that any route takes, in bytes. */
export const bodyLimit = 16 * 1024;

const dangerousKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Parses a JSON body more strictly than `JSON.parse`: the bytes must be UTF-8, no object may repeat a key (two parsers
 * in a row would read different values), and none may carry a prototype's name. An empty body is no body.
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = decode(bytes);
  try {
    const value: unknown = JSON.parse(text);
    checkKeys(text);
    return value;
  } catch (error) {
    throw error instanceof Problem ? error : new Problem('bad_request', { detail: 'The body is not JSON.' });
  }
}

/** Parses an `application/x-www-form-urlencoded` body or query under the same rules: every name once. */
export function parseForm(bytes: Buffer): Record<string, string> | undefined {
  if (bytes.length === 0) return undefined;
  const values: Record<string, string> = {};
  const seen = new Set<string>();
  const text = decode(bytes);
  for (const [key, value] of new URLSearchParams(text)) {
    // What is no UTF-8 becomes this character, and it is also one that people may write.
    if (value.includes('\ufffd') && !isUtf8(text))
      throw new Problem('bad_request', { detail: 'The form is not UTF-8.' });
    remember(key, seen);
    values[key] = value;
  }
  return values;
}

/** Throws unless `key` is harmless and not in `seen`, where it is then put. */
export function remember(key: string, seen: Set<string>): void {
  if (dangerousKeys.has(key)) throw new Problem('bad_request', { detail: `"${key}" is not a name that may be used.` });
  if (seen.has(key)) throw new Problem('bad_request', { detail: 'A name is given twice.' });
  seen.add(key);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem('bad_request', { detail: 'The body is not UTF-8.' });
  }
}

function isUtf8(form: string): boolean {
  try {
    decodeURIComponent(form);
    return true;
  } catch {
    return false;
  }
}

/** Walks the tokens of JSON text already known to be valid; a string is a key when a colon follows it. */
function checkKeys(text: string): void {
  const open: Set<string>[] = [];
  for (const [token, key, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (key && colon) remember(String(JSON.parse(key)), open.at(-1) ?? new Set());
  }
}
