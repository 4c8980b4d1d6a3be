import fc from 'fast-check';
import type { Document, Schema } from '../openapi.ts';
import type { Caller } from './cast.ts';
import type { Operation } from './operations.ts';
import { fitting, nearlyFitting } from './values.ts';

/** One request for an operation, as it is sent. */
export interface Request {
  caller: Caller;
  /** What stands in the address where the operation has `{id}`. */
  id: string;
  /** With its question mark, or nothing. */
  query: string;
  body: { type: string; payload: Buffer } | undefined;
  headers: Record<string, string>;
}

/** Requests for an operation: what the document allows, the same with one thing wrong, and garbage. */
export function requests(operation: Operation, cast: readonly Caller[], document: Document): fc.Arbitrary<Request> {
  const scheme = Object.keys(operation.security[0] ?? {})[0];
  const fit = cast.filter((caller) => scheme === undefined || caller.scheme === scheme);
  const few = fit.filter(({ about = [] }) => about.includes(operation.tags[0] ?? ''));
  const held = operation.responses['429'] ? fit.filter((each) => each.throttled) : [];
  const caller = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...(few.length > 0 ? few : fit)) },
    { weight: 2, arbitrary: fc.constantFrom(...(held.length > 0 ? held : fit)) },
    { weight: 2, arbitrary: fc.constantFrom(...fit) },
    { weight: 1, arbitrary: fc.constantFrom(...cast) },
  );
  return caller.chain((caller) =>
    fc
      .record({
        caller: fc.constant(caller),
        id: ids(operation, caller),
        query: queries(operation, caller, document),
        body: bodies(operation, caller, document),
        headers: accepts,
      })
      .map((request) => ({ ...request, [fc.toStringMethod]: () => told(request) })),
  );
}

/** What a failure says of a request: not all that the caller knows, nor all of a long body. */
function told({ caller, id, query, body, headers }: Request): string {
  const payload = body?.payload.toString('utf8').slice(0, 200);
  return JSON.stringify({ from: caller.name, id, query, type: body?.type, payload, headers }, undefined, 1);
}

/** The ids of what the operation is about, of other things, and of nothing. */
function ids({ tags: [tag = ''] }: Operation, { knows }: Caller): fc.Arbitrary<string> {
  const all = ['Users', 'Sessions', 'Service tokens', 'Passkeys'].flatMap((each) => (knows[each] ?? []) as string[]);
  const any = fc.oneof(
    // One or two dots would be another address.
    fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }).filter((text) => !/^\.\.?$/.test(text)),
    fc.constantFrom('x'.repeat(64), 'x'.repeat(65), '\u{1f642}'.repeat(40), '...', '%', '/', 'current', '__proto__'),
    fc.constantFrom(...all),
  );
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...((knows[tag] ?? all) as string[])) }, any);
}

function queries({ parameters = [] }: Operation, { knows }: Caller, document: Document): fc.Arbitrary<string> {
  const { schemas } = document.components;
  const known = parameters.filter((each) => each.in === 'query');
  const members = known.map(({ name, schema }): [string, fc.Arbitrary<unknown>] => [
    name,
    fitting(schema, schemas, knows, name),
  ]);
  const right = fc
    .record(Object.fromEntries(members), { requiredKeys: [] })
    .map((values) => String(new URLSearchParams(values as Record<string, string>)))
    .map((text) => (text ? `?${text}` : ''));
  const names = fc.constantFrom(...known.map(({ name }) => name), 'more', '__proto__');
  const nearly = fc
    .array(fc.tuple(names, fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 3 })
    .map((pairs) => `?${new URLSearchParams(pairs)}`);
  const garbage = fc.string({ unit: fc.constantFrom(...'%&=?+;[]0fF.a') }).map((text) => `?${text}`);
  return fc.oneof(
    { weight: 8, arbitrary: known.length > 0 ? right : fc.constant('') },
    { weight: 1, arbitrary: nearly },
    { weight: 1, arbitrary: garbage },
  );
}

function bodies(operation: Operation, { knows }: Caller, document: Document): fc.Arbitrary<Request['body']> {
  const none = fc.constant(undefined);
  if (operation.method === 'GET') return none;
  const type = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain', 'x', ';');
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant(Buffer.alloc(17_000, ' '))).map(Buffer.from);
  const garbage = fc.record({ type, payload: bytes });
  const offered = Object.entries(operation.requestBody?.content ?? {});
  if (offered.length === 0) {
    const empty = fc.record({ type, payload: fc.constantFrom('', '{}', 'null').map((text) => Buffer.from(text)) });
    return fc.oneof({ weight: 5, arbitrary: none }, { weight: 1, arbitrary: empty }, { weight: 1, arbitrary: garbage });
  }
  const typed = offered.map(([type, { schema = {} }]) => {
    const { schemas } = document.components;
    const right = fitting(schema, schemas, knows);
    const nearly = nearlyFitting(schema, schemas, knows);
    const values = fc.oneof({ weight: 3, arbitrary: right }, { weight: 2, arbitrary: nearly });
    return fc.record({ type: fc.constant(type), payload: values.map((value) => encoded(type, value)) });
  });
  return fc.oneof(
    { weight: 8, arbitrary: fc.oneof(...typed) },
    { weight: 1, arbitrary: none },
    { weight: 1, arbitrary: garbage },
  );
}

function encoded(type: string, value: unknown): Buffer {
  if (type === 'application/json') return Buffer.from(JSON.stringify(value) ?? '');
  const pairs = Object.entries((value ?? {}) as Schema).map(([name, each]): [string, string] => [
    name,
    typeof each === 'string' ? each : JSON.stringify(each),
  ]);
  return Buffer.from(String(new URLSearchParams(pairs)));
}

const accepts: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('application/json', 'image/svg+xml', 'image/png', 'text/html', 'image/webp', '*/*;q=0', ',;', '')
      .map((accept) => ({ accept })),
  },
);
