import type { SealedColumn } from '../database/database.ts';
import { sealedHashes } from '../passwords/passwords.ts';
import { sealedPendingSecrets, sealedSecrets } from '../totp/totp.ts';
import { sealedServiceSecrets } from './throttle-secret.ts';

/** Everything that is sealed: what stands here is counted, sealed anew, and opened by the doctor. */
export const sealedColumns = [
  { kind: 'password', column: sealedHashes },
  { kind: 'authenticator', column: sealedSecrets },
  { kind: 'new authenticator', column: sealedPendingSecrets },
  { kind: 'service secret', column: sealedServiceSecrets },
] as const satisfies { kind: string; column: SealedColumn }[];
