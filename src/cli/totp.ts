import { closeSync, fchmodSync, openSync, writeFileSync } from 'node:fs';
import { decodeBase32 } from '../base32.ts';
import { isoTime, systemClock } from '../clock.ts';
import { askSecret } from './ask.ts';
import { type Call, Failure } from './call.ts';

/**
 * `countersign totp …`: an authenticator app for scripts, and for people without a phone. These work on what comes on
 * stdin and know nothing of the service's own secrets.
 */

/** The code of now, for a secret in base32 or an otpauth URI. */
export async function printCode(call: Call): Promise<void> {
  const secret = secretOf(await askSecret(call, 'Secret (base32) or otpauth:// URI'));
  const { codeAt, period } = await import('../totp/totp.ts');
  const now = systemClock();
  const code = codeAt(secret, now);
  call.answer(code, { code, expires_at: isoTime((Math.floor(now / period) + 1) * period) });
}

/** The otpauth URI of a secret. */
export async function printUri(call: Call): Promise<void> {
  const { issuer } = call.settings().options;
  const secret = secretOf(await askSecret(call, 'Secret (base32)'));
  const { otpauthUri } = await import('../totp/totp.ts');
  const uri = otpauthUri({ issuer, account: String(call.flags['name']), secret });
  call.answer(uri, { uri });
}

/** The QR code of an otpauth URI, in the terminal or as a file. */
export async function printQr(call: Call): Promise<void> {
  const { png, svg } = call.flags;
  if (png !== undefined && svg !== undefined) throw new Failure('Give --png or --svg, not both.', 2);
  const uri = (await askSecret(call, 'otpauth:// URI')).trim();
  if (!uri.startsWith('otpauth://'))
    throw new Failure('That is no otpauth:// URI; `countersign totp uri` makes one of a secret.', 2);
  const { qrPng, qrSvg, qrText } = await import('../totp/totp.ts');
  if (png === undefined && svg === undefined) {
    const text = qrText(uri);
    return call.answer(call.io.stdout.isTTY ? whiteOnBlack(text) : text, { qr: text });
  }
  const file = String(png ?? svg);
  writePrivately(file, png === undefined ? qrSvg(uri) : qrPng(uri));
  call.answer(`Wrote ${file}. It holds the secret: delete it once it is scanned.`, { file });
}

/** The secret of a URI, or what people type: in groups, in either case, with padding. */
function secretOf(typed: string): Uint8Array {
  const uri = /^\s*otpauth:/i.test(typed) ? parametersOf(typed.trim()) : undefined;
  const secret = decodeBase32((uri?.get('secret') ?? typed).replace(/[\s=-]/g, ''));
  if (!secret || secret.length === 0)
    throw new Failure(
      'That is no secret in base32 (letters A to Z, digits 2 to 7), and no otpauth:// URI with one.',
      2,
    );
  return secret;
}

function parametersOf(uri: string): URLSearchParams {
  const { host = '', searchParams = new URLSearchParams() } = URL.canParse(uri) ? new URL(uri) : {};
  const asked = (name: string, usual: string): boolean => (searchParams.get(name) ?? usual).toUpperCase() === usual;
  if (host.toLowerCase() === 'totp' && asked('algorithm', 'SHA1') && asked('digits', '6') && asked('period', '30'))
    return searchParams;
  throw new Failure(
    'Only otpauth://totp/… with SHA1, 6 digits and 30 seconds can be used; that URI asks for something else.',
    2,
  );
}

/** In colours of its own, because readers refuse a code that a light terminal has turned into its negative. */
function whiteOnBlack(text: string): string {
  return text.replace(/^.*$/gm, (line) => `\u001b[38;5;231;48;5;16m${line}\u001b[0m`);
}

/** Writes a file that nobody else may read, also where one stood there that others may. */
function writePrivately(path: string, content: string | Buffer): void {
  const file = openSync(path, 'w', 0o600);
  try {
    fchmodSync(file, 0o600);
    writeFileSync(file, content);
  } finally {
    closeSync(file);
  }
}
