import { decodeBase32, encodeBase32 } from '../src/base32.ts';

/** A secret as text and as bytes, plain and in every usual spelling. */
export function formsOf(secret: string | Buffer): Buffer[] {
  const text = secret.toString('latin1');
  const withoutPrefix = text.replace(/^cs[nlhbs]_/, '');
  const decoded = [Buffer.from(withoutPrefix, 'base64url'), Buffer.from(decodeBase32(text.replaceAll('-', '')) ?? [])];
  const all = [Buffer.from(text, 'latin1'), Buffer.from(text.replaceAll('-', '')), ...decoded].filter(
    ({ length }) => length >= 12,
  );
  const spelled = all.flatMap((bytes) => [
    bytes.toString('hex'),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    encodeBase32(bytes),
  ]);
  const texts = [withoutPrefix, ...spelled].flatMap((each) => [each, each.toLowerCase(), each.toUpperCase()]);
  return [...all, ...texts.map((each) => Buffer.from(each, 'latin1'))];
}

const prefixes = ['csn_', 'csl_', 'csh_', 'csb_', 'css_'];

/** A stored value as somebody would send it. */
export function spellings(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...prefixes.map((prefix) => prefix + value)];
  if (!(value instanceof Uint8Array)) return [];
  const bytes = Buffer.from(value);
  const all = [
    bytes.toString('base64url'),
    bytes.toString('base64'),
    bytes.toString('hex'),
    bytes.toString('latin1'),
    encodeBase32(bytes),
  ];
  return all.flatMap((text) => [text, ...prefixes.map((prefix) => prefix + text)]);
}
