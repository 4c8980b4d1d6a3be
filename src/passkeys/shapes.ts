import * as z from 'zod';
import { bodyLimit, parseJson } from '../http/http.ts';

/**
 * What a browser answers, as its `toJSON()` writes it (WebAuthn, 5.1: RegistrationResponseJSON and
 * AuthenticationResponseJSON). Members that we do not read are let through: browsers add to them.
 */
const bytes = (most: number) =>
  z
    .string()
    .min(1)
    .max(Math.ceil((most * 4) / 3))
    .regex(/^[\w-]+$/);

/** A credential id has at most 1023 bytes (WebAuthn, 7.1, step 25). */
const credentialId = bytes(1023);

const common = {
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}).optional(),
  authenticatorAttachment: z.string().max(32).nullish(),
};

export const registrationResponse = z
  .looseObject({
    ...common,
    response: z.looseObject({
      clientDataJSON: bytes(2048),
      attestationObject: bytes(8192),
      transports: z.array(z.string().max(32)).max(16).optional(),
    }),
  })
  .meta({
    id: 'RegistrationResponse',
    description: 'What `navigator.credentials.create()` answers, by its `toJSON()`.',
  });

export const authenticationResponse = z
  .looseObject({
    ...common,
    response: z.looseObject({
      clientDataJSON: bytes(2048),
      authenticatorData: bytes(2048),
      signature: bytes(1024),
      userHandle: bytes(64).nullish(),
    }),
  })
  .meta({
    id: 'AuthenticationResponse',
    description: 'What `navigator.credentials.get()` answers, by its `toJSON()`.',
  });

/** What a browser is asked for, as `options.ts` writes it: whoever programs passes it on. */
export const creationOptionsSchema = z
  .looseObject({})
  .meta({ description: 'PublicKeyCredentialCreationOptionsJSON (WebAuthn, 5.1.8): pass it on as it is.' });

export const exampleCreationOptions = {
  rp: { id: 'sign-in.example.org', name: 'Countersign' },
  user: { id: 'kN0xV2s', name: 'user', displayName: 'user' },
  challenge: 'q2vB9xT4',
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  timeout: 300_000,
  excludeCredentials: [],
  authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  attestation: 'none',
};

export const exampleRequestOptions = {
  rpId: 'sign-in.example.org',
  challenge: 'q2vB9xT4',
  timeout: 300_000,
  userVerification: 'required',
  allowCredentials: [],
};

export const requestOptionsSchema = z.looseObject({}).meta({
  id: 'PasskeyRequestOptions',
  description: 'PublicKeyCredentialRequestOptionsJSON (WebAuthn, 5.1.9): pass it on as it is.',
  examples: [exampleRequestOptions],
});

const exampleCredential = {
  id: 'sL39APyTmisrjh11vghaqNfuruLQmCfR0c1ryKtaQ81',
  rawId: 'sL39APyTmisrjh11vghaqNfuruLQmCfR0c1ryKtaQ81',
  type: 'public-key' as const,
  clientExtensionResults: {},
};

/** Made up, for the API pages. */
export const exampleRegistration = {
  ...exampleCredential,
  response: { clientDataJSON: 'eyJ0eXBl', attestationObject: 'o2NmbXRk', transports: ['internal'] },
};

/** Made up, for the API pages. */
export const exampleAssertion = {
  ...exampleCredential,
  response: { clientDataJSON: 'eyJ0eXBl', authenticatorData: 'SZYN5YgO', signature: 'MEUCIQ', userHandle: 'aGFuZGxl' },
};

/** The same as the text that a form sends. */
export function inForm<Shape extends z.ZodType>(shape: Shape) {
  return z
    .string()
    .max(bodyLimit)
    .transform((text, context) => {
      try {
        return parseJson(Buffer.from(text));
      } catch {
        context.addIssue({ code: 'custom', message: 'This is not the answer of a passkey.' });
        return z.NEVER;
      }
    })
    .pipe(shape);
}

export type RegistrationResponse = z.infer<typeof registrationResponse>;
export type AuthenticationResponse = z.infer<typeof authenticationResponse>;
