/** The address that authenticator apps read from a QR code: the "Key URI Format" of Google Authenticator. */
import { encodeBase32 } from '../base32.ts';

/**
 * `otpauth://totp/<issuer>:<account>?secret=…&issuer=<issuer>`. The issuer stands in the label and in the parameter,
 * because apps differ in which one they read; algorithm, digits and period are left out, because ours are the defaults
 * and apps ignore them. Everything but the unreserved characters of RFC 3986 is percent-encoded (a space is %20, never
 * +), so a colon in either part cannot be taken for the one between them.
 * @throws URIError for a lone surrogate, which neither names nor options let through
 */
export function otpauthUri({
  issuer,
  account,
  secret,
}: {
  issuer: string;
  account: string;
  secret: Uint8Array;
}): string {
  const app = percentEncode(issuer);
  return `otpauth://totp/${app}:${percentEncode(account)}?secret=${encodeBase32(secret)}&issuer=${app}`;
}

/** RFC 3986, 2.1: encodeURIComponent leaves five characters that 2.2 reserves. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
