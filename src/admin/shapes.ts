import * as z from 'zod';
import { isoTime } from '../clock.ts';
import { type Client, Problem, type ServiceToken, type Session } from '../http/http.ts';
import { factorList, listFactors } from '../sign-in/sign-in.ts';
import type { User } from '../users/users.ts';
import type { Actor, Link, UserOverview } from './admin.ts';

/** The shapes that the JSON routes of administration share. */

export const roles = z.array(z.literal('administrator')).max(1);

/** A name as it may be sent; whether it can be one is judged where it is stored. */
export const name = z
  .string()
  .min(1)
  .max(256)
  .meta({ description: 'RFC 8265 UsernameCaseMapped, 1 to 64 code points, no colon.', examples: ['alice'] });

export const example = {
  id: 'hV3mZ0Yk7Qd1sW9xTb2e',
  name: 'alice',
  roles: [],
  disabled: false,
  created_at: '2026-11-22T09:00:00.000Z',
};

export const exampleLink = {
  url: 'http://localhost:8000/invitation?token=csl_…',
  expires_at: '2026-11-29T09:00:00.000Z',
};

export const user = z
  .object({ id: z.string(), name: z.string(), roles, disabled: z.boolean(), created_at: z.iso.datetime() })
  .meta({ id: 'User', examples: [example] });

/** How a user signs in, never with what: for administrators, because to a program it would say who is worth attacking. */
export const userWithFactors = user
  .extend({
    factors: factorList
      .optional()
      .meta({ description: 'What the user can sign in with; a service token is not told.' }),
    passkeys: z.int().min(0).optional().meta({ description: 'How many there are.' }),
    recovery_codes_left: z.int().min(0).max(10).optional(),
  })
  .meta({
    id: 'UserWithFactors',
    examples: [{ ...example, factors: [{ type: 'passkey', proved: true }], passkeys: 2, recovery_codes_left: 10 }],
  });

export const describeFactors = ({ passwordSet, authenticator, passkeys, recoveryCodesLeft }: UserOverview) => ({
  factors: listFactors({
    password: passwordSet,
    authenticator: authenticator === 'none' ? undefined : { proved: authenticator === 'in force' },
    passkeys: passkeys > 0,
  }),
  passkeys,
  recovery_codes_left: recoveryCodesLeft,
});

export const link = z.object({ url: z.string(), expires_at: z.iso.datetime() });

export const params = z.strictObject({
  id: z
    .string()
    .max(64)
    .meta({ examples: [example.id] }),
});

export const describeUser = ({ id, name, administrator, disabled, createdAt }: User) => ({
  id,
  name,
  roles: administrator ? ['administrator'] : [],
  disabled,
  created_at: isoTime(createdAt),
});

export const describeLink = ({ url, expiresAt }: Link) => ({ link: { url, expires_at: isoTime(expiresAt) } });

/** Who asks, where a session and a service token will do. */
export function actorOf(call: {
  session: Session | undefined;
  serviceToken: ServiceToken | undefined;
  client: Client;
}): Actor {
  const { session, serviceToken } = call;
  const { address } = call.client;
  if (session) return { session, address };
  if (serviceToken) return { serviceToken, address };
  throw new Problem('unauthenticated');
}
