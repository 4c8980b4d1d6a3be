import { hash, randomBytes, randomFillSync } from 'node:crypto';

/**
 * Opaque secrets that we hand out and know again only by their hash: tokens of sessions (`csn_`), half
 * sign-ins (`csh_`), known browsers (`csb_`), programs (`css_`) and whoever begins to sign in with a passkey (`csc_`), and
 * one-time links (`csl_`).
 *
 * 256 random bits, so that a plain SHA-256 is enough at rest (ASVS 6.5.2 asks it of 112 bits and more). The prefix lets
 * secret scanners recognise one that has leaked.
 */
export function newToken(prefix: 'csn_' | 'csl_' | 'csh_' | 'csb_' | 'css_' | 'csc_'): { token: string; hash: Buffer } {
  const token = prefix + randomBytes(32).toString('base64url');
  return { token, hash: hashToken(token) };
}

/** What is stored of a token. */
export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** A stable id: 120 random bits that never change and say nothing about what they name. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += idBytes;
  return pool.toString('base64url', used - idBytes, used);
}

// Fetched for many at once, which costs little more than for one: each request has an id. None of them is a secret.
const idBytes = 15;
const pool = Buffer.alloc(256 * idBytes);
let used = pool.length;
