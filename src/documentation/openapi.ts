import type { FastifyDynamicSwaggerOptions, SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { type Document, mend } from './mend.ts';

/** What `@fastify/swagger` needs to make the OpenAPI document out of the routes' own schemas. */
export function describeApi({ service, version }: { service: string; version: string }): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.1',
      info: { title: service, version, description },
      tags,
      components: {
        securitySchemes: {
          basic: { type: 'http', scheme: 'basic', description: 'Name and password, for signing in only.' },
          bearer: { type: 'http', scheme: 'bearer', description: 'The token that POST /auth/credentials answers.' },
        },
      },
    },
    transform,
    transformObject,
    convertConstToEnum: false,
  };
}

const description = `Signing in with a second factor.

1. \`POST /auth/credentials\` with name and password answers a token.
2. \`GET /auth/otp/generate\` is the QR code for an authenticator app.
3. \`PUT /auth/otp/enable\` puts the second factor in force and answers the recovery codes.
4. \`POST /auth/credentials\` then wants a code as well.
5. Or a passkey, which is both factors at once: \`POST /auth/passkeys/sign-in/options\`, then \`POST /auth/passkeys/sign-in\`.

Errors are problem details (RFC 9457) with a stable \`code\`; only the refusals of a sign-in have a body of their own.`;

const tags = [
  { name: 'Sign-in', description: 'From name, password and code to a token.' },
  { name: 'Second factor', description: 'The authenticator app, and the recovery codes that stand in for it.' },
  {
    name: 'Passkeys',
    description:
      'Signing in without a password, phishing-resistant: for pages of the same origin and programs with a WebAuthn client.',
  },
  { name: 'Account', description: 'Who is signed in, and the password.' },
  { name: 'Sessions', description: 'Where somebody is signed in, and signing out.' },
  { name: 'Users', description: 'Accounts as an administrator sees them.' },
  { name: 'Service tokens', description: 'Programs that may administer users.' },
  { name: 'Health', description: 'For supervisors and load balancers.' },
  { name: 'Documentation', description: 'This document.' },
];

const ofRoute = createJsonSchemaTransform({ skipList: [] });
const ofDocument = createJsonSchemaTransformObject({});

/** One route. Only the zod schema knows whether a body may be left out, so that is noted for `mend`. */
const transform: SwaggerTransform = (input) => {
  const { schema, url } = ofRoute(input);
  const { body } = input.schema ?? {};
  const optional = body instanceof z.ZodType && body.safeParse(undefined).success;
  return { schema: optional ? { ...schema, 'x-optional-body': true } : schema, url };
};

const transformObject: SwaggerTransformObject = (input) => {
  const document = ofDocument(input);
  mend(document as unknown as Document);
  return document;
};
