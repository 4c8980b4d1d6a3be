import * as z from 'zod';

/** The factors of an account as the API lists them. */
export const factorList = z
  .array(
    z.object({
      type: z.enum(['password', 'otp', 'passkey']),
      proved: z.boolean().meta({
        description:
          'The person has shown once that it works. Always `true` of a password and of passkeys; `false` of an authenticator that is in force before a code of it was right.',
      }),
    }),
  )
  .meta({ description: 'What is in force, in the order of a sign-in; all passkeys of the account are one entry.' });

/** The list for an account, in the order of a sign-in. */
export function listFactors(account: {
  password: boolean;
  authenticator: { proved: boolean } | undefined;
  passkeys: boolean;
}): z.infer<typeof factorList> {
  const { password, authenticator, passkeys } = account;
  return [
    ...(password ? [{ type: 'password' as const, proved: true }] : []),
    ...(authenticator ? [{ type: 'otp' as const, proved: authenticator.proved }] : []),
    ...(passkeys ? [{ type: 'passkey' as const, proved: true }] : []),
  ];
}
