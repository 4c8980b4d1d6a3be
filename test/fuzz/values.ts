import fc from 'fast-check';
import type { Schema } from '../openapi.ts';
import { type Components, resolve } from './json-schema.ts';

/** What members of a name are tried with before anything else, such as the right password. */
export type Hints = Readonly<Record<string, readonly unknown[]>>;

/** Values that fit a schema; members that have a hint are often taken from it. */
export function fitting(given: Schema, components: Components, hints: Hints, name = ''): fc.Arbitrary<unknown> {
  const any = plain(resolve(given, components), components, hints);
  const known = hints[name] ?? [];
  return known.length === 0 ? any : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, any);
}

function plain(schema: Schema, components: Components, hints: Hints): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['anyOf']))
    return fc.oneof(...schema['anyOf'].map((each: Schema) => fitting(each, components, hints)));
  switch (schema['type']) {
    case 'object':
      return object(schema, components, hints);
    case 'array': {
      const { items, maxItems = 5 } = schema;
      return fc.array(fitting(items as Schema, components, hints), { maxLength: Number(maxItems) });
    }
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: Number(schema['minimum']), max: Number(schema['maximum']) });
    case 'string':
      return text(schema);
    default:
      throw new Error(`no values are known for ${JSON.stringify(schema)}`);
  }
}

/** Any members, or those that stand together in an example. */
function object(schema: Schema, components: Components, hints: Hints): fc.Arbitrary<object> {
  const members = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  const model = Object.fromEntries(members.map(([name, each]) => [name, fitting(each, components, hints, name)]));
  const any = fc.record(model, { requiredKeys: (schema['required'] ?? []) as string[] });
  const together = ((schema['examples'] ?? []) as object[]).map((example) =>
    fc.record(Object.fromEntries(Object.entries(model).filter(([name]) => Object.hasOwn(example, name)))),
  );
  return fc.oneof(any, ...together);
}

/** Texts of all kinds, often as short or as long as may be, in characters of one unit and of two. */
function text({ pattern, minLength = 0, maxLength = 64 }: Schema): fc.Arbitrary<string> {
  const [least, most] = [Number(minLength), Number(maxLength)];
  if (pattern) {
    const matching = fc.stringMatching(new RegExp(String(pattern)));
    return matching.filter(({ length }) => length >= least && length <= most);
  }
  const edges = [least, most].flatMap((length) => ['x'.repeat(length), '\u{1f642}'.repeat(length)]);
  return fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength: least, maxLength: Math.min(most, 40) }) },
    { weight: 3, arbitrary: fc.string({ unit: 'binary', minLength: least, maxLength: Math.min(most, 20) }) },
    { weight: 1, arbitrary: fc.constantFrom(...edges) },
  );
}

/** Values that would fit, but for one thing that is put in, left out, or of another type or length. */
export function nearlyFitting(schema: Schema, components: Components, hints: Hints): fc.Arbitrary<unknown> {
  const names = Object.keys((schema['properties'] ?? {}) as object);
  const wrong = fc.oneof(
    fc.constantFrom<unknown>(null, '', 'x'.repeat(5000), -1, 1.5, 1e21, [], {}, ['administrator', 'administrator']),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const spoilt = fc
    .tuple(object(schema, components, hints), fc.constantFrom(...names, 'more', 'otp', 'Otp'), wrong, fc.boolean())
    .map(([value, name, instead, without]) => {
      const { [name as keyof object]: _, ...rest } = value as Schema;
      return without ? rest : { ...rest, [name]: instead };
    });
  return fc.oneof({ weight: 8, arbitrary: spoilt }, { weight: 1, arbitrary: wrong });
}
