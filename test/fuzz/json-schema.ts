import { isDeepStrictEqual } from 'node:util';
import type { Schema } from '../openapi.ts';

/**
 * JSON Schema (2020-12) as far as our OpenAPI document uses it, written from the specification and not from what made
 * the document: whatever the two understand differently shows. A keyword that is not known here throws, so that nothing
 * goes unchecked.
 */
export type Components = Record<string, Schema>;

type Check = (given: unknown, value: unknown, schema: Schema, components: Components, at: string) => string[];

/** What is wrong with a value by a schema, each fault with the pointer to it; nothing where the value fits. */
export function faults(schema: Schema, value: unknown, components: Components, at = ''): string[] {
  return Object.entries(schema).flatMap(([keyword, given]) => {
    const check = Object.hasOwn(checks, keyword) ? checks[keyword] : undefined;
    if (!check) throw new Error(`the keyword ${keyword} at ${at || '/'} is not known to test/fuzz/json-schema.ts`);
    return check(given, value, schema, components, at);
  });
}

/** Whether a value fits a schema. */
export function fits(schema: Schema, value: unknown, components: Components): boolean {
  return faults(schema, value, components).length === 0;
}

/** The schema that a reference names; any other one as it is. */
export function resolve(schema: Schema, components: Components): Schema {
  const { $ref } = schema;
  if ($ref === undefined) return schema;
  const name = /^#\/components\/schemas\/(\w+)$/.exec(String($ref))?.[1] ?? '';
  const found = components[name];
  if (!found) throw new Error(`the document has no ${String($ref)}`);
  return found;
}

const unless = (right: boolean, at: string, fault: string): string[] => (right ? [] : [`${at || '/'}: ${fault}`]);
const says = (): string[] => [];

// Each keyword speaks about one kind of value and lets all others pass (JSON Schema Validation, section 6).
const text =
  (check: (given: string | number, value: string) => boolean): Check =>
  (given, value, _schema, _components, at) =>
    unless(typeof value !== 'string' || check(given as string, value), at, `${JSON.stringify(value)} against ${given}`);
const number =
  (check: (given: number, value: number) => boolean): Check =>
  (given, value, _schema, _components, at) =>
    unless(typeof value !== 'number' || check(Number(given), value), at, `${JSON.stringify(value)} against ${given}`);
const array =
  (check: (given: number, value: unknown[]) => boolean): Check =>
  (given, value, _schema, _components, at) =>
    unless(!Array.isArray(value) || check(Number(given), value), at, `the number of items against ${given}`);

const checks: Record<string, Check> = {
  type: (given, value, _schema, _components, at) =>
    unless(
      [given].flat().some((type) => isOfType(type, value)),
      at,
      `${JSON.stringify(value)} is no ${given}`,
    ),
  const: (given, value, _schema, _components, at) =>
    unless(isDeepStrictEqual(given, value), at, `${JSON.stringify(value)} is not ${JSON.stringify(given)}`),
  enum: (given, value, _schema, _components, at) =>
    unless((given as unknown[]).includes(value), at, `${JSON.stringify(value)} is not in the list`),
  // A string's length is its number of characters (6.3.1), not of UTF-16 units.
  minLength: text((least, value) => [...value].length >= Number(least)),
  maxLength: text((most, value) => [...value].length <= Number(most)),
  pattern: text((pattern, value) => new RegExp(String(pattern), 'u').test(value)),
  format: text((format, value) => format !== 'date-time' || isDateTime(value)),
  minimum: number((least, value) => value >= least),
  maximum: number((most, value) => value <= most),
  minItems: array((least, value) => value.length >= least),
  maxItems: array((most, value) => value.length <= most),
  items: (given, value, _schema, components, at) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => faults(given as Schema, item, components, `${at}/${index}`))
      : [],
  required: (given, value, _schema, _components, at) =>
    isObject(value)
      ? (given as string[]).flatMap((name) => unless(Object.hasOwn(value, name), at, `${name} is missing`))
      : [],
  properties: (given, value, _schema, components, at) =>
    isObject(value)
      ? Object.entries(given as Record<string, Schema>).flatMap(([name, schema]) =>
          Object.hasOwn(value, name) ? faults(schema, value[name], components, `${at}/${name}`) : [],
        )
      : [],
  additionalProperties: (given, value, { properties = {} }, components, at) => {
    const more = isObject(value) ? Object.keys(value).filter((name) => !Object.hasOwn(properties as object, name)) : [];
    if (typeof given === 'boolean') return unless(given || more.length === 0, at, `${more.join()} not allowed`);
    return more.flatMap((name) => faults(given as Schema, (value as Schema)[name], components, `${at}/${name}`));
  },
  anyOf: (given, value, _schema, components, at) =>
    unless(
      (given as Schema[]).some((each) => fits(each, value, components)),
      at,
      'none of the alternatives fits',
    ),
  $ref: (_given, value, schema, components, at) => faults(resolve(schema, components), value, components, at),
  title: says,
  description: says,
  examples: says,
};

function isOfType(type: unknown, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 3339, 5.6, with the offset that we always send. */
function isDateTime(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value));
}
