import { createHash, randomBytes } from 'node:crypto';
import { encodeBase32 } from '../base32.ts';
import type { Db, Tx } from '../database/database.ts';
import { countCodes, deleteAllCodes, replaceCodes, takeCode } from './store.ts';

/**
 * Recovery codes: ten codes of 120 bits that stand in for a lost authenticator, each once. They replace the second
 * factor, never the password. Shown when they are made; stored as SHA-256, which 120 bits allow (ASVS 6.5.2).
 */
export const codesInSet = 10;
const codeBytes = 15;

/** Makes a new set, voids the old one, and answers the codes: six groups of four letters and digits. */
export async function makeRecoveryCodes(tx: Tx, userId: string): Promise<string[]> {
  const codes = Array.from({ length: codesInSet }, () => encodeBase32(randomBytes(codeBytes)));
  await replaceCodes(tx, userId, codes.map(hash));
  return codes.map((code) => (code.match(/.{4}/g) ?? []).join('-'));
}

/** Voids every code of an account. */
export async function voidRecoveryCodes(tx: Tx, userId: string): Promise<void> {
  await replaceCodes(tx, userId, []);
}

/** Voids every code of everybody, and answers how many that were. */
export async function voidAllRecoveryCodes(tx: Tx): Promise<number> {
  return deleteAllCodes(tx);
}

export async function recoveryCodesLeft(db: Db, userId: string): Promise<number> {
  return countCodes(db, userId);
}

/** Spends a code as typed; true for exactly one caller, however many try at once. */
export async function spendRecoveryCode(tx: Tx, userId: string, typed: string): Promise<boolean> {
  const code = normalizeRecoveryCode(typed);
  return code !== undefined && takeCode(tx, userId, hash(code));
}

/** The stored form of a code: case, spaces and hyphens do not matter. */
export function normalizeRecoveryCode(typed: string): string | undefined {
  const code = typed
    .normalize('NFKC')
    .replace(/[\s\p{Pd}]/gu, '')
    .toUpperCase();
  return /^[A-Z2-7]{24}$/.test(code) ? code : undefined;
}

function hash(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}
