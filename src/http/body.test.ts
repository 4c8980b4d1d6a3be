import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseForm, parseJson, remember } from './body.ts';
import { Problem } from './problems.ts';

const json = (text: string | Buffer): unknown => parseJson(Buffer.from(text));
const form = (text: string | Buffer): unknown => parseForm(Buffer.from(text));
const isBad = (error: unknown): boolean => error instanceof Problem && error.code === 'bad_request';

test('JSON is read as JSON.parse reads it, and an empty body is no body', () => {
  for (const text of [
    '{}',
    '[]',
    '"x"',
    '1',
    'null',
    ' {"a":[{"b":1},{"b":2}]} ',
    '{"a":{"a":1}}',
    '{"a":"{\\"a\\":1}"}',
  ])
    assert.deepEqual(json(text), JSON.parse(text), text);
  assert.equal(json(''), undefined);
});

test('what is no JSON is refused', () => {
  for (const text of ['{', '{"a":1,}', "{'a':1}", '{a:1}', '\ufeff{}', 'NaN', '{"a":01}', '"\u0001"', '{}{}', '[1 2]'])
    assert.throws(() => json(text), isBad, text);
});

test('bytes that are not UTF-8 are refused', () => {
  for (const bytes of [[0xff], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc0, 0xaf, 0x22]])
    assert.throws(() => json(Buffer.from(bytes)), isBad);
});

test('a repeated key is refused at any depth, in any spelling', () => {
  const repeated = [
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":1,"c":2,"b":3}}',
    '[{"a":1},{"b":1,"b":1}]',
    '{"a" : 1 , "b":{"a":1}, "a"\n:2}',
    '{"\\"":1,"\\u0022":2}',
    '{"a":"}","a":1}',
    '{"":1,"":2}',
  ];
  for (const text of repeated) assert.throws(() => json(text), isBad, text);
  for (const text of ['{"a":1,"A":2}', '{"a":{"a":1},"b":{"a":1}}', '["a","a"]', '{"a":"a","b":"a"}', '{"k":"a\\":"}'])
    assert.deepEqual(json(text), JSON.parse(text), text);
});

test('the name of a prototype is refused as a key, at any depth, in any spelling', () => {
  for (const key of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
    assert.throws(() => json(`{"${key}":1}`), isBad, key);
    assert.throws(() => json(`{"a":[{"${key}":{"x":1}}]}`), isBad, key);
    assert.deepEqual(json(`{"a":"${key}"}`), JSON.parse(`{"a":"${key}"}`));
  }
});

test('whatever JSON.stringify writes is read back', () => {
  const keys = fc.string().filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key));
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  })).value;
  fc.assert(
    fc.property(values, (value) => {
      const text = JSON.stringify(value).toWellFormed();
      assert.deepEqual(json(text), JSON.parse(text));
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('a form has every name once, harmless names, and UTF-8', () => {
  assert.deepEqual(form('a=1&b=x+y%20z&c='), { a: '1', b: 'x y z', c: '' });
  assert.deepEqual(form('gr%C3%BC%C3%9Fe=%F0%9F%A6%8A'), { grüße: '🦊' });
  assert.deepEqual(form('a=%EF%BF%BD'), { a: '\ufffd' }, 'which is a character like any other');
  assert.equal(form(''), undefined);
  for (const text of [
    'a=1&a=2',
    'a=1&%61=2',
    '__proto__=1',
    'constructor=x',
    'a=%FF',
    'a=%FF&b=%EF%BF%BD',
    'a=%ED%A0%80',
    Buffer.from([0x61, 0x3d, 0xff]),
  ])
    assert.throws(() => form(text), isBad, String(text));
});

test('remember refuses what it has seen', () => {
  const seen = new Set<string>();
  remember('a', seen);
  remember('b', seen);
  assert.throws(() => remember('a', seen), isBad);
});
