import * as z from 'zod';
import { isoTime } from '../../clock.ts';
import type { Sealer } from '../../seal.ts';
import { isSigned, sign } from '../signature.ts';

/** How far a database had come when this was written down apart from it. */
export interface Mark {
  /** The id of its generation. */
  generation: string;
  /** Its newest row of the audit log. */
  sequence: number;
  /** The mac of that row, in base64; empty where it has none, or was gone already. */
  row: string;
}

/** A mark as a file holds it: with an HMAC that only a holder of the key file can make, so that nobody else turns it back. */
export const signedMark = z.object({
  generation: z.string().min(1).max(64),
  sequence: z.int().min(0),
  row: z.base64().max(64),
  renewed_at: z.iso.datetime(),
  /** The id of the key that the HMAC is made with. */
  key: z.string().max(32),
  mac: z.base64().max(64),
});

export type SignedMark = z.infer<typeof signedMark>;

/** A mark as it is written down now. Throws where the key that seals is not held. */
export function signMark(sealer: Sealer, mark: Mark, now: number): SignedMark {
  const said = { ...mark, renewed_at: isoTime(now) };
  return { ...said, ...sign(sealer, 'mark', textOf(said)) };
}

/** Why nobody with these keys has written that; nothing where somebody has. */
export function whyNotSigned(sealer: Sealer, signed: SignedMark): string | undefined {
  const isOurs = isSigned(sealer, 'mark', textOf(signed), signed);
  if (isOurs) return undefined;
  return isOurs === undefined
    ? `it was signed with key "${signed.key}", which the key file does not hold; put that key back`
    : 'it was changed by somebody without the key file, or is the mark of another service';
}

const textOf = ({ generation, sequence, row, renewed_at }: Mark & { renewed_at: string }): string =>
  JSON.stringify([generation, sequence, row, renewed_at]);
