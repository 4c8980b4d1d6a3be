import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Document, mend } from './mend.ts';

/** A document of one operation, `POST /x`, mended. */
function mended(operation: object, schemas: object = {}): { operation: Record<string, unknown>; schemas: object } {
  const post = { responses: {}, ...operation };
  const document = { paths: { '/x': { post } }, components: { schemas } } as unknown as Document;
  mend(document);
  return { operation: post as Record<string, unknown>, schemas: document.components.schemas };
}

const json = (media: object) => ({ content: { 'application/json': media } });

test('a body that may be left out is neither required nor null', () => {
  const schema = { anyOf: [{ type: 'object', additionalProperties: false }, { type: 'null' }] };
  const { operation } = mended({ 'x-optional-body': true, requestBody: { required: true, ...json({ schema }) } });
  const body = { required: false, ...json({ schema: { type: 'object', additionalProperties: false } }) };
  assert.deepEqual(operation, { responses: {}, requestBody: body });
});

test('a body that must be sent stays as it is, and closed to unknown members', () => {
  const requestBody = { required: true, ...json({ schema: { type: 'object', additionalProperties: false } }) };
  assert.deepEqual(mended({ requestBody: structuredClone(requestBody) }).operation['requestBody'], requestBody);
});

test('an example written in a schema is shown beside it, and one in a named schema too', () => {
  const inline = json({ schema: { type: 'string', examples: ['a', 'b'] } });
  const named = json({ schema: { $ref: '#/components/schemas/Name' } });
  const { operation } = mended({ requestBody: inline, responses: { 200: named } }, { Name: { examples: ['user'] } });
  assert.deepEqual(inline, json({ schema: { type: 'string', examples: ['a', 'b'] }, example: 'a' }));
  assert.deepEqual(operation['responses'], {
    200: json({ schema: { $ref: '#/components/schemas/Name' }, example: 'user' }),
  });
});

test('an answer with problems shows each that its description names', () => {
  const content = { 'application/problem+json': { schema: {}, examples: {} } };
  mended({ responses: { 422: { description: '`invalid`: … · `wrong_otp`: …', content } } });
  assert.deepEqual(Object.keys(content['application/problem+json'].examples), ['invalid', 'wrong_otp']);
});

test('answers may gain members, whatever their depth', () => {
  const closed = () => ({
    type: 'object',
    properties: { a: { type: 'object', additionalProperties: false } },
    additionalProperties: false,
  });
  const { operation, schemas } = mended(
    { responses: { 200: json({ schema: { $ref: '#/components/schemas/User' } }), 201: json({ schema: closed() }) } },
    { User: closed() },
  );
  assert.doesNotMatch(JSON.stringify([operation, schemas]), /additionalProperties/);
});

test('a picture is bytes, not the JSON that the same address can answer', () => {
  const content = { 'image/png': { schema: { type: 'object' } } };
  mended({ responses: { 200: { description: '', content } } });
  assert.deepEqual(content['image/png'].schema, { type: 'string', format: 'binary' });
});

test('the bounds of all integers are dropped, those that somebody wrote are kept', () => {
  const { MIN_SAFE_INTEGER: minimum, MAX_SAFE_INTEGER: maximum } = Number;
  const number = { type: 'integer', minimum, maximum };
  const count = { type: 'integer', minimum: 0, maximum };
  mended({ responses: { 200: json({ schema: { properties: { number, count } } }) } });
  assert.deepEqual([number, count], [{ type: 'integer' }, { type: 'integer', minimum: 0 }]);
});

test('schemas that nothing names go, and those that a named one names stay', () => {
  const { schemas } = mended(
    { responses: { 200: json({ schema: { $ref: '#/components/schemas/List' } }) } },
    {
      List: { items: { $ref: '#/components/schemas/User' } },
      User: {},
      UserInput: {},
      ListInput: { items: { $ref: '#/components/schemas/UserInput' } },
    },
  );
  assert.deepEqual(Object.keys(schemas), ['List', 'User']);
});

test('optional parameters are not filled in', () => {
  const parameters = [
    { name: 'id', required: true, example: 'x' },
    { name: 'otp', example: '123456' },
  ];
  mended({ parameters });
  assert.deepEqual(parameters, [{ name: 'id', required: true, example: 'x' }, { name: 'otp' }]);
});

test('the headers that clients must look at are described', () => {
  const responses = {
    200: { description: 'Done' },
    401: { description: 'Refused' },
    429: { description: 'Too many tries' },
    503: { description: 'Busy: Retry-After in seconds' },
  };
  mended({ responses });
  const named = Object.entries(responses).map(([status, response]) => [
    status,
    'headers' in response ? Object.keys(response.headers as object) : [],
  ]);
  assert.deepEqual(named, [
    ['200', []],
    ['401', ['WWW-Authenticate']],
    ['429', ['Retry-After']],
    ['503', ['Retry-After']],
  ]);
});
