import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { CreationOptions, RequestOptions } from './call.ts';
import { cborOf } from './cbor.ts';

/**
 * An authenticator in software, with the browser before it: it makes passkeys and answers challenges as WebAuthn says
 * (5.8.1, 6.1, 6.5), in code of its own that shares nothing with ours. Every part of an answer can be made wrong, one at
 * a time.
 */
export interface SoftwareAuthenticator {
  /** Answers PublicKeyCredentialCreationOptionsJSON; the passkey is held from now on. */
  create(options: CreationOptions, wrong?: Wrong): Credential;
  /** Answers PublicKeyCredentialRequestOptionsJSON with the passkey made last, or one of those that are asked for. */
  get(options: RequestOptions, wrong?: Wrong): Credential;
  /** What it holds, the newest last. */
  held: Held[];
}

export interface Held {
  id: Buffer;
  rpId: string;
  handle: string;
  key: KeyObject;
  algorithm: Algorithm;
  count: number;
}

type Algorithm = -7 | -8 | -257 | -35;

/** One thing that is not as it should be. */
export interface Wrong {
  type?: string;
  challenge?: string;
  origin?: string;
  crossOrigin?: boolean;
  topOrigin?: string;
  rpId?: string;
  /** Flags to be set or cleared: user present, user verified, backup eligible, backed up. */
  flags?: Partial<Record<'up' | 'uv' | 'be' | 'bs', boolean>>;
  count?: number;
  /** Another credential id than its own. */
  id?: Buffer | undefined;
  algorithm?: Algorithm;
  /** Bits of an RSA key. */
  modulus?: number;
  /** Signs with another key. */
  key?: KeyObject;
  /** What is put in place of the signature. */
  signature?: Buffer;
  handle?: string | null;
  format?: 'none' | 'packed';
  /** The id that is attested, where it is another one than the answer says. */
  attestedId?: Buffer;
  /** Changes the attestation object. */
  attest?: (object: Map<string, unknown>) => Map<string, unknown>;
  /** Changes the client data behind the signature's back. */
  rewrite?: (clientData: string) => string;
  /** Extensions that nobody has asked for, with what the authenticator says about them. */
  extensions?: Record<string, number | string>;
}

/** What `toJSON()` writes. */
export interface Credential {
  id: string;
  rawId: string;
  type: string;
  authenticatorAttachment: string;
  clientExtensionResults: Record<string, unknown>;
  response: Record<string, unknown>;
}

interface Nature {
  origin?: string;
  /** Whether its passkeys may be on other devices too. */
  synced?: boolean;
  /** Whether it counts; many do not. */
  counts?: boolean;
  algorithm?: Algorithm;
}

export const localOrigin = 'http://localhost:8000';

export function softwareAuthenticator(nature: Nature = {}): SoftwareAuthenticator {
  const { origin = localOrigin, synced = true, counts = false, algorithm = -7 } = nature;
  const held: Held[] = [];

  const clientData = (type: string, challenge: string, wrong: Wrong): Buffer => {
    const said = {
      type: wrong.type ?? type,
      challenge: wrong.challenge ?? challenge,
      origin: wrong.origin ?? origin,
      crossOrigin: wrong.crossOrigin ?? false,
      ...(wrong.topOrigin ? { topOrigin: wrong.topOrigin } : {}),
    };
    return Buffer.from(JSON.stringify(said));
  };

  const data = (rpId: string, count: number, wrong: Wrong, attested?: Buffer): Buffer => {
    const flags = { up: true, uv: true, be: synced, bs: synced, ...wrong.flags };
    const { extensions } = wrong;
    const bits = [flags.up, false, flags.uv, flags.be, flags.bs, false, attested !== undefined, extensions];
    const head = Buffer.alloc(37);
    createHash('sha256')
      .update(wrong.rpId ?? rpId)
      .digest()
      .copy(head);
    head.writeUInt8(
      bits.reduce((sum, bit, at) => sum + (bit ? 1 << at : 0), 0),
      32,
    );
    head.writeUInt32BE(wrong.count ?? count, 33);
    const extended = extensions ? cborOf(new Map(Object.entries(extensions))) : Buffer.alloc(0);
    return Buffer.concat([head, attested ?? Buffer.alloc(0), extended]);
  };

  const credential = (id: Buffer, response: Record<string, unknown>, { extensions = {} }: Wrong): Credential => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: extensions,
    response,
  });

  return {
    held,

    create(options, wrong = {}) {
      const alg = wrong.algorithm ?? algorithm;
      const pair = keyPair(alg, wrong.modulus);
      const id = wrong.id ?? randomBytes(32);
      const { key } = pair;
      const own = { id, rpId: options.rp.id, handle: options.user.id, key, algorithm: alg, count: 0 };
      held.push(own);
      const attestedId = wrong.attestedId ?? id;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(attestedId.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, attestedId, cborOf(pair.cose)]);
      const authData = data(options.rp.id, own.count, wrong, attested);
      const client = clientData('webauthn.create', options.challenge, wrong);
      const signed = Buffer.concat([authData, sha256(client)]);
      const statement =
        wrong.format === 'packed'
          ? new Map<string, unknown>([
              ['alg', alg],
              ['sig', wrong.signature ?? signatureOf(wrong.key ?? key, alg, signed)],
            ])
          : new Map();
      const attestation = new Map<string, unknown>([
        ['fmt', wrong.format ?? 'none'],
        ['attStmt', statement],
        ['authData', authData],
      ]);
      const response = {
        clientDataJSON: rewritten(client, wrong).toString('base64url'),
        attestationObject: cborOf(wrong.attest?.(attestation) ?? attestation).toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        transports: ['internal', 'hybrid'],
        publicKeyAlgorithm: alg,
      };
      return credential(id, response, wrong);
    },

    get(options, wrong = {}) {
      const asked = options.allowCredentials.map(({ id }) => id);
      const own = held.findLast(({ id }) => asked.length === 0 || asked.includes(id.toString('base64url')));
      if (!own) throw new Error('This authenticator holds none of these passkeys.');
      if (counts) own.count += 1;
      const authData = data(options.rpId, own.count, wrong);
      const client = clientData('webauthn.get', options.challenge, wrong);
      const signed = Buffer.concat([authData, sha256(client)]);
      const signature = wrong.signature ?? signatureOf(wrong.key ?? own.key, own.algorithm, signed);
      const handle = wrong.handle === undefined ? own.handle : wrong.handle;
      const response = {
        clientDataJSON: rewritten(client, wrong).toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(handle === null ? {} : { userHandle: handle }),
      };
      return credential(wrong.id ?? own.id, response, wrong);
    },
  };
}

function rewritten(client: Buffer, { rewrite }: Wrong): Buffer {
  return rewrite ? Buffer.from(rewrite(client.toString())) : client;
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** A key pair of an algorithm, its public half as a COSE_Key (RFC 9053, RFC 8230). */
function keyPair(algorithm: Algorithm, modulus = 2048): { key: KeyObject; cose: Map<number, unknown> } {
  const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');
  if (algorithm === -257) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: modulus });
    const { n, e } = publicKey.export({ format: 'jwk' });
    return {
      key: privateKey,
      cose: new Map<number, unknown>([
        [1, 3],
        [3, -257],
        [-1, bytes(n)],
        [-2, bytes(e)],
      ]),
    };
  }
  if (algorithm === -8) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { x } = publicKey.export({ format: 'jwk' });
    return {
      key: privateKey,
      cose: new Map<number, unknown>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, bytes(x)],
      ]),
    };
  }
  const [namedCurve, curve] = algorithm === -7 ? ['P-256', 1] : ['P-384', 2];
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const cose = new Map<number, unknown>([
    [1, 2],
    [3, algorithm],
    [-1, curve],
    [-2, bytes(x)],
    [-3, bytes(y)],
  ]);
  return { key: privateKey, cose };
}

function signatureOf(key: KeyObject, algorithm: Algorithm, bytes: Buffer): Buffer {
  if (algorithm === -8) return sign(null, bytes, key);
  return createSign(algorithm === -35 ? 'sha384' : 'sha256')
    .update(bytes)
    .sign(key);
}
