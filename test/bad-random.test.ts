import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { endless } from './endless.ts';
import { type Input, inputs, makeCaller } from './inputs.ts';
import { quickHash } from './quick-hash.ts';
import { registeredRoutes } from './routes.ts';
import { type Answer, makeWorld } from './server.ts';
import { dump } from './tables.ts';

// Nobody is slowed down here: every request is to reach what judges it.
const world = await makeWorld({}, { argon2: quickHash, limits: endless });
after(() => world.close());
const caller = await makeCaller(world);
const routes = await registeredRoutes();

/** The same cases in every run; another seed finds others. */
const settings = { seed: 20261122, numRuns: 60 };
const judged = ['audit', 'budgets'];

for (const input of inputs) {
  test(`whatever body ${input.method} ${input.url} gets, it answers what it documents, and a refused one changes nothing`, () =>
    fc.assert(
      fc.asyncProperty(bodiesLike(input), contentTypes(input), async (payload, type) => {
        const before = dump(world, judged);
        const headers = { ...caller.headersFor(input.url), 'content-type': type };
        const answer = await world.call(input.method, caller.address(input.url), { payload, headers });
        check(answer, [200, 201, 204, 303, 400, 401, 403, 404, 409, 413, 415, 422]);
        if (answer.status >= 400) assert.deepEqual(dump(world, judged), before);
      }),
      settings,
    ));
}

test('whatever headers and query a request has, no route answers 5xx', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes),
      fc.dictionary(headerName, headerValue),
      queries,
      async (route, headers, query) => {
        const path = `${route.url.replace(/:\w+|\*/g, 'x')}${query}`;
        check(await world.call(route.method as 'GET', path, { headers }), undefined);
      },
    ),
    { ...settings, numRuns: 400 },
  ));

const headerName = fc.constantFrom(
  ...[
    'accept',
    'accept-encoding',
    'accept-language',
    'authorization',
    'content-encoding',
    'content-type',
    'cookie',
    'expect',
  ],
  ...['if-none-match', 'origin', 'range', 'sec-fetch-site', 'user-agent', 'x-forwarded-for', 'x-http-method-override'],
);
const headerValue = fc.oneof(
  fc.constantFrom(
    'Basic ',
    'Bearer ',
    'Basic YTpi',
    'bearer x',
    '*/*',
    'application/json',
    ';;;',
    ',,,',
    'text/html;q=9',
    'text/html',
    'same-origin',
    'countersign=csn_x; countersign-sign-in=csh_x',
    'countersign=; =x; countersign=%; ;;',
    'Bearer css_x',
    'bytes=0-',
    'null',
  ),
  fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((unit) => unit !== 0x7f)
      .map((unit) => String.fromCharCode(unit)),
  }),
);
const queries = fc.oneof(
  fc.constantFrom(
    '',
    '?',
    '?&&',
    '?=',
    '?a=1&a=2',
    '?otp=%',
    '?%',
    '?__proto__=1',
    '?token=%00',
    '?done=__proto__',
    '?return_to=//x',
    '?before=9e9',
    '?cursor=\u00ff',
  ),
  fc.string().map((text) => `?otp=${encodeURIComponent(text)}`),
  fc.string({ unit: fc.constantFrom(...'%&=?+;[]0fF.') }).map((text) => `?${text}`),
);

/** Bytes of all kinds: random ones, JSON and forms of our members with any values or ones of the right type, and pieces. */
function bodiesLike({ members, optional, type }: Input): fc.Arbitrary<Buffer> {
  const right =
    type === 'application/json'
      ? JSON.stringify(members)
      : String(new URLSearchParams(members as Record<string, string>));
  const names = fc.oneof(
    fc.constantFrom(...Object.keys(members), '__proto__', 'constructor', ''),
    fc.string({ unit: 'binary' }),
  );
  const values = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue(), fc.constantFrom(...Object.values(members)));
  const pairs = fc.array(fc.tuple(names, values), { maxLength: 5 });
  const asJson = pairs.map(
    (all) => `{${all.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`).join()}}`,
  );
  const asForm = pairs.map((all) =>
    String(new URLSearchParams(all.map(([name, value]): [string, string] => [name, String(value)]))),
  );
  const cut = fc
    .tuple(fc.nat(right.length), fc.nat(right.length), fc.string())
    .map(([from, to, text]) => right.slice(0, from) + text + right.slice(to));
  const requiredKeys = Object.keys(members).filter((name) => !optional.includes(name));
  const typed = fc
    .record(Object.fromEntries(Object.entries(members).map(([name, value]) => [name, ofType(value)])), { requiredKeys })
    .map((all) =>
      type === 'application/json' ? JSON.stringify(all) : String(new URLSearchParams(all as Record<string, string>)),
    );
  const texts = fc
    .oneof(fc.json(), asJson, asForm, cut, { weight: 3, arbitrary: typed })
    .map((text) => Buffer.from(text));
  return fc.oneof(
    { weight: 4, arbitrary: texts },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );
}

function ofType(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === 'boolean') return fc.boolean();
  if (typeof value === 'number') return fc.oneof(fc.integer({ min: -1, max: 400 }), fc.double());
  if (typeof value === 'string')
    return fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constant(value));
  if (Array.isArray(value)) return fc.constantFrom([], ['administrator']);
  const parts = Object.entries(value ?? {}).map(([name, each]): [string, fc.Arbitrary<unknown>] => [
    name,
    ofType(each),
  ]);
  const base64url = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
  const bytes = parts.map(([name]): [string, fc.Arbitrary<unknown>] => [
    name,
    fc.oneof(base64url, fc.constant(undefined)),
  ]);
  return fc.oneof(fc.constant(value), fc.record(Object.fromEntries(parts)), fc.record(Object.fromEntries(bytes)));
}

function contentTypes({ type }: Input): fc.Arbitrary<string> {
  return fc.oneof({ weight: 8, arbitrary: fc.constant<string>(type) }, { weight: 1, arbitrary: headerValue });
}

/** Never a 5xx; and what is refused says why as problem details, but for the sign-in's own body and our pages. */
function check({ status, headers, text }: Answer, documented: number[] | undefined): void {
  assert.ok(status < 500, `${status} ${text}`);
  if (documented) assert.ok(documented.includes(status), `${status} ${text}`);
  if (status >= 400) assert.match(String(headers['content-type']), /^(application\/(problem\+)?json|text\/html)/);
}
