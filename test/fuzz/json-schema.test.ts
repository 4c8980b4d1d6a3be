import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '../openapi.ts';
import { faults, fits } from './json-schema.ts';

const components = { Name: { type: 'string', minLength: 2 } };

/** A schema, what fits it, and what does not. */
const cases: [Schema, unknown[], unknown[]][] = [
  [{ type: 'string' }, ['', 'a'], [1, null, [], {}]],
  [{ type: ['string', 'null'] }, ['', null], [1]],
  [{ type: 'number' }, [1, 1.5], ['1']],
  [{ type: 'integer' }, [1, -0], [1.5, '1']],
  [{ type: 'array' }, [[]], [{}, 'a']],
  [{ type: 'object' }, [{}], [[], null, 'a']],
  [{ type: 'boolean' }, [false], [0, 'false']],
  [{ const: 4 }, [4], [5, '4']],
  [{ enum: ['a', 1] }, ['a', 1], ['b', '1', null]],
  [{ minLength: 2, maxLength: 3 }, ['ab', '🙂🙂🙂', 1], ['a', 'abcd']],
  [{ pattern: '^a' }, ['ab', 1], ['ba']],
  [{ format: 'date-time' }, ['2026-11-22T09:00:00.000Z', 1], ['2026-11-22', '2026-13-22T09:00:00Z', '']],
  [{ minimum: 1, maximum: 2 }, [1, 2, 'a'], [0, 3]],
  [{ minItems: 1, maxItems: 1 }, [[1], 'a'], [[], [1, 2]]],
  [{ items: { type: 'string' } }, [['a'], [], 'a'], [[1]]],
  [{ required: ['a'] }, [{ a: null }, { a: 1 }, 'a'], [{}, { b: 1 }]],
  [{ properties: { a: { type: 'string' } } }, [{}, { a: '' }, { b: 1 }], [{ a: 1 }]],
  [{ properties: { a: {} }, additionalProperties: false }, [{ a: 1 }, {}], [{ b: 1 }, { toString: 1 }]],
  [{ additionalProperties: { type: 'string' } }, [{ a: '' }], [{ a: 1 }]],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, ['', null], [1]],
  [{ $ref: '#/components/schemas/Name' }, ['ab'], ['a', 1]],
];

test('what fits a schema fits, and what does not is a fault', () => {
  for (const [schema, right, wrong] of cases) {
    for (const value of right) assert.deepEqual(faults(schema, value, components), [], JSON.stringify([schema, value]));
    for (const value of wrong) assert.ok(!fits(schema, value, components), JSON.stringify([schema, value]));
  }
});

test('a fault says where it is', () => {
  const schema = { properties: { list: { items: { properties: { name: { type: 'string' } } } } } };
  assert.deepEqual(faults(schema, { list: [{}, { name: 1 }] }, {}), ['/list/1/name: 1 is no string']);
});

test('what is not understood is not passed over', () => {
  assert.throws(() => fits({ multipleOf: 2 }, 3, {}), /multipleOf/);
  assert.throws(() => fits({ $ref: '#/components/schemas/Nobody' }, 3, components), /Nobody/);
  assert.throws(() => fits({ properties: { constructor: { hasOwn: true } } }, { constructor: 1 }, {}), /hasOwn/);
});
