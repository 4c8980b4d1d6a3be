import { gzipSync } from 'node:zlib';
import type { ProblemCode } from '../src/http/http.ts';
import type { Input } from './inputs.ts';

/** A body that is wrong in one way, and the problem that says so. */
export interface Bad {
  name: string;
  payload: string | Buffer;
  /** Content type, where it is not the one of the input. */
  type?: string;
  headers?: Record<string, string>;
  code: ProblemCode;
}

export const otherTypes = [
  '',
  'text/plain',
  'text/json',
  'application/xml',
  'application/jsonp',
  'application/json-seq',
  'application/merge-patch+json',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'image/png',
] as const;

export function badJson(input: Input): Record<string, Bad[]> {
  return { ...wrongJson(input), ...unreadableJson(input) };
}

export function badForms({ members, optional }: Input): Record<string, Bad[]> {
  const right = formOf(members);
  const names = Object.keys(members);
  const [first = ''] = names;
  const required = names.filter((name) => !optional.includes(name));
  return {
    'unknown and missing members': [
      bad(`${right}&extra=1`, 'invalid'),
      bad(`${right}&${first}%5B%5D=1`, 'invalid'),
      bad(`${right}&${first.toUpperCase()}=1`, 'invalid'),
      ...required
        .map((name) => formOf(members, [name]))
        // Nothing at all is no body, which has a test of its own.
        .filter((text) => text !== '')
        .map((text) => bad(text, 'invalid')),
    ],
    'a name twice': names.flatMap((name) => [
      bad(`${right}&${name}=x`, 'bad_request'),
      bad(`${right}&%${name.charCodeAt(0).toString(16)}${name.slice(1)}=x`, 'bad_request'),
    ]),
    'names of prototypes': ['__proto__', 'constructor', 'prototype', '%5f_proto__'].map((name) =>
      bad(`${right}&${name}=x`, 'bad_request'),
    ),
    'broken UTF-8': [
      ...brokenUtf8.map((bytes) => bad(Buffer.concat([Buffer.from(`${right}&x=`), bytes]), 'bad_request')),
      bad(right.replace(`${first}=`, `${first}=%ff`), 'bad_request'),
      bad(Buffer.from(right.replace(`${first}=`, `${first}=f\u00fcnf`), 'latin1'), 'bad_request'),
    ],
    'too much': [
      bad(`${right}${'x'.repeat(1_000_000)}`, 'payload_too_large'),
      bad(`${right}&${'a&'.repeat(9000)}`, 'payload_too_large'),
    ],
    'too long': names.map((name) => bad(formOf({ ...members, [name]: 'x'.repeat(5000) }), 'invalid')),
    'other media types': [...otherTypes, 'application/json'].map((type) =>
      bad(type === 'application/json' ? JSON.stringify(members) : right, 'unsupported_media_type', type),
    ),
    'encoded bodies': [{ ...bad(gzipSync(right), 'unsupported_media_type'), headers: { 'content-encoding': 'gzip' } }],
  };
}

function formOf(members: Record<string, unknown>, without: readonly string[] = []): string {
  const left = Object.entries(members).filter(([name]) => !without.includes(name));
  return new URLSearchParams(left.map(([name, value]): [string, string] => [name, String(value)])).toString();
}

/** What JSON can say that is not what was asked for. */
function wrongJson({ members, optional }: Input): Record<string, Bad[]> {
  const right = JSON.stringify(members);
  const [first = '', firstValue] = Object.entries(members)[0] ?? [];
  const inside = right.slice(0, -1);
  const text = JSON.stringify(firstValue);
  const spelled = `\\u00${first.charCodeAt(0).toString(16)}${first.slice(1)}`;
  return {
    'types are not coerced': Object.entries(members).flatMap(([name, value]) =>
      otherValues(value).map((other) => body({ ...members, [name]: other }, 'invalid')),
    ),
    'unknown and missing members': [
      body({ ...members, extra: 1 }, 'invalid'),
      body({ ...members, [first.toUpperCase()]: firstValue }, 'invalid'),
      ...Object.keys(members)
        .filter((name) => !optional.includes(name))
        .map((name) => body({ ...members, [name]: undefined }, 'invalid')),
    ],
    'a body that is no object': ['[]', '"x"', '1', 'true', `[${right}]`, JSON.stringify(right)].map((payload) =>
      bad(payload, 'invalid'),
    ),
    'a key twice': [
      `${inside},"${first}":${text}}`,
      `{"${first}" :${text},${right.slice(1)}`,
      `{"${first}"\n\t\r :${text},${right.slice(1)}`,
      `{"${spelled}":${text},${right.slice(1)}`,
      `${inside},"extra":{"a":1,"b":2,"a":3}}`,
      `${inside},"extra":[{"a":{"b":1,"\\u0062":2}}]}`,
      `${inside},"extra":"\\"","extra" : 1}`,
    ].map((payload) => bad(payload, 'bad_request')),
    'names of prototypes': [
      `${inside},"__proto__":{"enabled":true}}`,
      `${inside},"constructor":{"prototype":{}}}`,
      `${inside},"prototype":1}`,
      `${inside},"\\u005f_proto__" : 1}`,
      `${inside},"extra":[{"__proto__":null}]}`,
    ].map((payload) => bad(payload, 'bad_request')),
  };
}

/** What is no JSON, too much of it, or sent as something else. */
function unreadableJson(input: Input): Record<string, Bad[]> {
  const { members } = input;
  const right = JSON.stringify(members);
  const inside = right.slice(0, -1);
  const [first = ''] = Object.keys(members);
  return {
    'broken JSON': [
      '{',
      '}',
      'nope',
      "{'a':1}",
      `${inside},}`,
      `${right}${right}`,
      `${right}\0`,
      '{"a":NaN}',
      '\0',
      ' ',
      '//',
      '{"a":"\n"}',
    ].map((payload) => bad(payload, 'bad_request')),
    'broken UTF-8': brokenUtf8.map((bytes) => bad(quoted(first, bytes), 'bad_request')),
    'other charsets': [
      bad(Buffer.from(`${inside},"extra":"\u00e9"}`, 'latin1'), 'bad_request', 'application/json; charset=iso-8859-1'),
      bad(Buffer.from(right, 'utf16le'), 'bad_request', 'application/json; charset=utf-16'),
      bad(Buffer.from(`\ufeff${right}`), 'bad_request'),
    ],
    'too much': [
      body({ ...members, [first]: 'x'.repeat(1_000_000) }, 'payload_too_large'),
      body({ ...members, [first]: 'x'.repeat(16 * 1024) }, 'payload_too_large'),
      bad(`${right}${' '.repeat(16 * 1024)}`, 'payload_too_large'),
    ],
    'too deep': [
      bad('['.repeat(16_000), 'bad_request'),
      bad(`${'['.repeat(8000)}${']'.repeat(8000)}`, 'invalid'),
      bad(`${'{"a":'.repeat(2500)}1${'}'.repeat(2500)}`, 'invalid'),
      bad(`${inside},"extra":${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}}`, 'invalid'),
    ],
    'other media types': [...otherTypes, 'application/x-www-form-urlencoded']
      .filter((type) => type !== input.alsoTakes)
      .map((type) => bad('otp=123456', 'unsupported_media_type', type)),
    'encoded bodies': ['gzip', 'br', 'deflate', 'zstd', 'x', 'identity, gzip'].flatMap((encoding) => [
      { ...bad(right, 'unsupported_media_type'), headers: { 'content-encoding': encoding } },
      { ...bad(gzipSync(right), 'unsupported_media_type'), headers: { 'content-encoding': encoding } },
    ]),
  };
}

/** A byte that begins nothing, one that ends nothing, overlong, a surrogate, and beyond Unicode. */
const brokenUtf8 = ['ff', '80', 'c3', 'c080', 'e08080', 'eda080', 'f4908080'].map((hex) => Buffer.from(hex, 'hex'));

function quoted(member: string, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"${member}":"`), bytes, Buffer.from('"}')]);
}

/** Values of every type but that of `value`. */
function otherValues(value: unknown): unknown[] {
  const all = [null, 0, -1.5, '', 'true', '1', true, false, [], ['administrator'], [{}], {}, { length: 1 }];
  const kind = (one: unknown): string => (Array.isArray(one) ? 'array' : typeof one);
  const others = all.filter((one) => one === null || kind(one) !== kind(value));
  if (typeof value === 'number') return [...others, 0, -1, 1.5, 1e9, 1e300];
  return Array.isArray(value) ? [...others, ['root'], [1], ['administrator', 'administrator']] : others;
}

function body(value: object, code: ProblemCode): Bad {
  return bad(JSON.stringify(value), code);
}

function bad(payload: string | Buffer, code: ProblemCode, type?: string): Bad {
  return { name: payload.toString('utf8').slice(0, 80), payload, code, ...(type === undefined ? {} : { type }) };
}
