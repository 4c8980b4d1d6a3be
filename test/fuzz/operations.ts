import assert from 'node:assert/strict';
import type fc from 'fast-check';
import { type Document, operationsOf, problemsIn, readDocument } from '../openapi.ts';
import { quickHash } from '../quick-hash.ts';
import { type Answer, makeWorld, type World } from '../server.ts';
import { limits, makeCast } from './cast.ts';
import { faults, fits } from './json-schema.ts';
import { type Request, requests } from './requests.ts';
import { type Moment, remember, rewind } from './rewind.ts';
import { tryAll } from './seed.ts';

/**
 * Every operation of the OpenAPI document, asked for by every kind of caller with requests made from the document:
 * right ones, nearly right ones, and garbage. Whatever comes, the answer is one that the document names.
 */
export type Operation = ReturnType<typeof operationsOf>[number];

export interface Fuzzed {
  operations: Operation[];
  /** Asks for an operation in `numRuns` ways and answers the statuses that came, each with how often it did. */
  ask(operation: Operation, settings: fc.Parameters<[Request]>): Promise<Map<number, number>>;
  /** Statuses that the document names for an operation, that a request can bring about, and that were not seen. */
  unseen(operation: Operation, seen: Map<number, number>): number[];
  close(): Promise<void>;
}

export async function prepare(): Promise<Fuzzed> {
  const world = await makeWorld({}, { argon2: quickHash, limits });
  const document = await readDocument(world);
  const cast = await makeCast(world);
  // Written later it would look like what a request has changed.
  await world.server.service.sessions.writeSeen();
  const moment = remember(world);
  return {
    operations: operationsOf(document),
    async ask(operation, settings) {
      const seen = new Map<number, number>();
      const askOnce = async (request: Request): Promise<void> => {
        const answer = await send(world, operation, request);
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
        check({ operation, request, answer, document, changed: settled(world, moment) });
      };
      await tryAll(requests(operation, cast, document), askOnce, settings);
      return seen;
    },
    unseen: ({ security, operationId, responses }, seen) => {
      // Who speaks too slowly or too much is tested elsewhere; what is open to all is forbidden only past a proxy.
      const others = [408, 431, 500, 503, ...(security.length === 0 || operationId === 'signIn' ? [403] : [])];
      // Only where the service is reached by an IP address.
      if (operationId === 'passkeyEndpoints') others.push(404);
      return Object.keys(responses)
        .map(Number)
        .filter((status) => !seen.has(status) && !others.includes(status));
    },
    close: () => world.close(),
  };
}

function send(
  world: World,
  { method, url }: Operation,
  { caller, id, query, body, headers }: Request,
): Promise<Answer> {
  return world.call(method as 'GET', url.replace(':id', encodeURIComponent(id)) + query, {
    ...(caller.from ? { from: caller.from } : {}),
    headers: { ...caller.headers, ...headers, ...(body ? { 'content-type': body.type } : {}) },
    ...(body ? { payload: body.payload } : {}),
  });
}

/**
 * Puts everything back and answers which tables the request had changed, but for what is noted of refused ones too: the
 * challenge that a passkey has answered is spent, right or wrong.
 */
function settled(world: World, moment: Moment): string[] {
  const noted = ['audit', 'audit_chains', 'audit_register', 'budgets', 'spent_challenges'];
  return rewind(world, moment).filter((table) => !noted.includes(table));
}

interface Asked {
  operation: Operation;
  request: Request;
  answer: Answer;
  document: Document;
  /** Tables that are not as they were before. */
  changed: string[];
}

function check({ operation, request, answer, document, changed }: Asked): void {
  const { status, headers, text } = answer;
  const why = `${operation.operationId} answers ${status} ${text.slice(0, 300)}`;
  assert.ok(status < 500, why);
  const response = operation.responses[status];
  assert.ok(response, `${why}: a status that is not documented`);
  if (status >= 400) assert.deepEqual(changed, [], `${why}: refused, and yet these have changed`);

  const { components } = document;
  const [type = ''] = String(headers['content-type'] ?? '').split(';');
  const media = response.content?.[type];
  if (text === '') assert.equal(response.content, undefined, `${why}: without the documented body`);
  else assert.ok(media, `${why}: ${type} is not documented`);
  if (media && type.endsWith('json'))
    assert.deepEqual(faults(media.schema ?? {}, JSON.parse(text), components.schemas), [], why);
  if (type === 'application/problem+json') {
    assert.ok(problemsIn(media).includes(answer.body.code), `${why}: a code that is not documented`);
    assert.equal(answer.body.status, status, why);
  }
  if (status === 401) assert.ok(headers['www-authenticate'], `${why}: without a challenge`);
  if (status === 429 && !answer.body.rebind)
    assert.ok(Number(headers['retry-after']) >= 1, `${why}: does not say how long to wait`);
  if (status < 300) assert.ok(isDocumented(operation, request, document), `${why}: more than the document allows`);
  else if (isDocumented(operation, request, document) && !saysMore(operation, request))
    assert.notEqual(answer.body.code, 'invalid', `${why}: less than the document allows`);
}

/** Whether a request is one that the document allows, whoever sends it. */
function isDocumented(operation: Operation, { id, query, body }: Request, { components }: Document): boolean {
  const { parameters = [], requestBody } = operation;
  const given = [...new URLSearchParams(query)];
  const asked: [string, string, string][] = given.map(([name, value]) => ['query', name, value]);
  if (operation.url.includes(':id')) asked.push(['path', 'id', id]);
  const known = asked.every(([place, name, value]) => {
    const parameter = parameters.find((each) => each.name === name && each.in === place);
    return parameter !== undefined && fits(parameter.schema, value, components.schemas);
  });
  if (!known || new Set(given.map(([name]) => name)).size < given.length) return false;
  if (!body || body.payload.length === 0) return requestBody?.required !== true;
  const schema = requestBody?.content[body.type]?.schema;
  const value = valueIn(body);
  return schema !== undefined && value !== undefined && fits(schema, value, components.schemas);
}

/** What a body says; nothing where it is not what its type says. */
function valueIn({ type, payload }: NonNullable<Request['body']>): unknown {
  const text = payload.toString('utf8');
  if (type !== 'application/json') return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Rules that stand in words only: which members go together or for whom, what can be a name, and a cursor. */
function saysMore({ operationId }: Operation, { body, query }: Request): boolean {
  if (operationId === 'listUsers') return query.includes('cursor=');
  const value = (body && valueIn(body)) as Record<string, unknown> | undefined;
  if (value?.['otp'] && value['recovery_code']) return true;
  if (operationId === 'enableSecondFactor') return value?.['enabled'] === false && 'otp' in value;
  if (operationId === 'reauthenticate') {
    const { password, passkey, otp, recovery_code } = value ?? {};
    return passkey === undefined ? password === undefined : password !== undefined || Boolean(otp || recovery_code);
  }
  if (operationId === 'changePassword') return value?.['current'] === undefined;
  const naming = ['createUser', 'changeUser', 'createServiceToken', 'addPasskey', 'renamePasskey'];
  return naming.includes(operationId) && value?.['name'] !== undefined;
}
