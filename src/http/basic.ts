import { Problem } from './problems.ts';

/** The challenge of `POST /auth/credentials`, and of nothing else: browsers answer it with a dialog of their own. */
export const basicChallenge = 'Basic realm="Countersign", charset="UTF-8"';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/**
 * Name and password of a Basic `Authorization` header (RFC 7617, 2): the first colon divides them, both are UTF-8
 * without control characters. Throws 401 with the Basic challenge when there is none, or it is malformed.
 */
export function basicCredentials(header: string | undefined): { name: string; password: string } {
  const [, encoded] = /^basic +(\S+) *$/i.exec(header ?? '') ?? [];
  const decoded = encoded && base64.test(encoded) ? decodeUtf8(Buffer.from(encoded, 'base64')) : undefined;
  const colon = decoded?.indexOf(':') ?? -1;
  if (decoded === undefined || colon < 0 || /\p{Cc}/u.test(decoded)) {
    const detail = 'Send "Authorization: Basic …" with name and password in UTF-8, as curl -u name:password does.';
    throw new Problem('unauthenticated', { detail, headers: { 'www-authenticate': basicChallenge } });
  }
  return { name: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
