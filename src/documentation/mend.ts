import { Problem, problemCodes, problemResponse } from '../http/http.ts';

/** The parts of an OpenAPI 3.1 document that are touched here. */
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

interface Operation {
  parameters?: { required?: boolean; example?: unknown }[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, { description: string; headers?: Record<string, object>; content?: Record<string, Media> }>;
  'x-optional-body'?: true;
}

interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

type Schema = Record<string, unknown>;

/** Puts right, in place, what the generators leave wrong or unsaid. */
export function mend(document: Document): void {
  const { schemas } = document.components;
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    allowNoBody(operation);
    leaveOptionalEmpty(operation);
    for (const media of Object.values(operation.requestBody?.content ?? {})) showExample(media, schemas);
    for (const [status, response] of Object.entries(operation.responses)) {
      describeHeaders(Number(status), response);
      for (const [type, media] of Object.entries(response.content ?? {})) {
        if (type.startsWith('image/')) media.schema = { type: 'string', format: 'binary' };
        else if (type === 'application/problem+json') showProblems(media, response.description);
        else showExample(media, schemas);
        visit(media.schema, openForMore);
      }
    }
  }
  for (const [name, schema] of Object.entries(schemas)) if (!name.endsWith('Input')) visit(schema, openForMore);
  visit(document, dropImpliedBounds);
  dropUnused(document);
}

/** A body that may be left out is not required, and need not be `null` either. */
function allowNoBody(operation: Operation): void {
  if (!operation['x-optional-body'] || !operation.requestBody) return;
  delete operation['x-optional-body'];
  operation.requestBody.required = false;
  for (const media of Object.values(operation.requestBody.content)) {
    const { anyOf, ...rest } = media.schema ?? {};
    const [only, ...others] = list(anyOf).filter(({ type }) => type !== 'null');
    if (only && others.length === 0) media.schema = { ...rest, ...only };
  }
}

/** Swagger UI fills fields in from their examples and then sends them, so that trying out would set every option. */
function leaveOptionalEmpty({ parameters = [] }: Operation): void {
  for (const parameter of parameters) if (!parameter.required) delete parameter.example;
}

/** Readers look for examples beside a schema, routes write them in it. */
function showExample(media: Media, schemas: Record<string, Schema>): void {
  const name =
    String(media.schema?.['$ref'] ?? '')
      .split('/')
      .at(-1) ?? '';
  const { examples } = schemas[name] ?? media.schema ?? {};
  if (media.example === undefined && !media.examples && Array.isArray(examples)) media.example = examples[0];
}

/** One example for each problem, named by its code. The description lists the codes, see `http/route.ts`. */
function showProblems(media: Media, description: string): void {
  const codes = problemCodes.filter((code) => description.includes(`\`${code}\``));
  const examples = codes.map((code) => [code, { value: problemResponse(new Problem(code)).body }]);
  media.examples = Object.fromEntries(examples);
}

function describeHeaders(status: number, response: Operation['responses'][string]): void {
  const text = { type: 'string' };
  if (status === 401) {
    response.headers = { 'WWW-Authenticate': { description: 'How to authenticate (RFC 9110, 11.6.1).', schema: text } };
  }
  if (status === 429 || (status === 503 && response.description.includes('Retry-After'))) {
    const seconds = { type: 'integer', minimum: 1 };
    response.headers = { 'Retry-After': { description: 'Seconds to wait.', schema: seconds } };
  }
}

/** An answer may gain members in a later version: a client made from this document must not choke on them. */
function openForMore(schema: Schema): void {
  if (schema['additionalProperties'] === false) delete schema['additionalProperties'];
}

/** The bounds of every integer in JavaScript say nothing about this one. */
function dropImpliedBounds(schema: Schema): void {
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
}

/** Each schema comes twice, as `X` for answers and `XInput` for requests: those that nothing names go. */
function dropUnused({ paths, components }: Document): void {
  const used = new Set<string>();
  const use = (node: unknown): void =>
    visit(node, ({ $ref }) => {
      const name = typeof $ref === 'string' ? ($ref.split('/').at(-1) ?? '') : '';
      if (!(name in components.schemas) || used.has(name)) return;
      used.add(name);
      use(components.schemas[name]);
    });
  use(paths);
  components.schemas = Object.fromEntries(Object.entries(components.schemas).filter(([name]) => used.has(name)));
}

/** Shows every object within a value to `act`, outer ones first. */
function visit(node: unknown, act: (object: Schema) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) act(node as Schema);
  for (const child of Object.values(node)) visit(child, act);
}

function list(value: unknown): Schema[] {
  return Array.isArray(value) ? value : [];
}
