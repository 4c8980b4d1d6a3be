import * as z from 'zod';
import type { Level } from './access.ts';

/**
 * The one table of errors: stable code, HTTP status, title, and a sentence that says what to do next. Bodies are
 * problem details (RFC 9457). `docs/reference/problems.md` and the OpenAPI document are tested against it.
 */
const table = {
  bad_request: [
    400,
    'The request is malformed',
    'Send well-formed UTF-8, JSON without repeated keys, and each query parameter once.',
  ],
  unauthenticated: [
    401,
    'Sign in first',
    'Send a valid token as "Authorization: Bearer …"; POST /auth/credentials gives one.',
  ],
  passkey_refused: [
    401,
    'That passkey does not sign in here',
    'Ask for new options and try again, or sign in another way.',
  ],
  reauthentication_required: [
    403,
    'Prove that it is you again',
    'Call POST /auth/reauthenticate (or sign in again), then repeat this request.',
  ],
  forbidden: [403, 'Not allowed', 'This session, or the place the request comes from, may not do this.'],
  not_found: [404, 'Not found', 'Check the address; GET /docs lists what there is.'],
  method_not_allowed: [405, 'Method not allowed', 'Use one of the methods in the Allow header.'],
  not_acceptable: [406, 'Not acceptable', 'Ask for one of the media types that this address can answer.'],
  request_timeout: [408, 'The request took too long to arrive', 'Send it again, whole.'],
  otp_already_confirmed: [
    409,
    'No authenticator is waiting for a code',
    'A secret in use is never shown again: use POST /auth/otp/replace to bind another one. If none is set up, fetch the QR code first.',
  ],
  second_factor_required: [
    409,
    'A second factor is required',
    'This account cannot be without one: set one up, or replace the one there is.',
  ],
  name_taken: [409, 'That name is taken', 'Choose another name.'],
  passkey_exists: [
    409,
    'That passkey is registered already',
    'This device has a passkey here already: to add another one, take another device or a security key.',
  ],
  too_many_passkeys: [409, 'Too many passkeys', 'An account has only so many: remove one that is not used any more.'],
  last_way_in: [
    409,
    'Nobody could sign in any more',
    'This is the only way into the account. First add another passkey, set a password, or, beside a password, set up an authenticator app or make new recovery codes; or say that you know: add ?accept=no_way_in.',
  ],
  payload_too_large: [413, 'The body is too large', 'Send less; no request of this API needs more than 16 KiB.'],
  unsupported_media_type: [
    415,
    'Unsupported media type',
    'Send the body in one of the types that the API pages name for this request.',
  ],
  invalid: [422, 'The request is not valid', 'Mend the members that "errors" names and send it again.'],
  wrong_otp: [
    422,
    'The code is wrong',
    'The code is missing, wrong, or was used already: wait for the next one and try again.',
  ],
  wrong_password: [422, 'The password is wrong', 'Send the password that this account has now.'],
  wrong_passkey: [
    422,
    'The passkey was not taken',
    'What the passkey answered does not verify: ask for new options and try again.',
  ],
  weak_password: [422, 'That password will not do', 'Choose another one; a few unrelated words are easy to remember.'],
  too_many_tries: [429, 'Too many tries', 'Wait as many seconds as Retry-After says.'],
  headers_too_large: [431, 'The headers are too large', 'Send less than 16 KiB of headers.'],
  internal: [
    500,
    'Something went wrong here',
    'It is not your fault. Try again; if it stays, tell the operator the time and the request id.',
  ],
  busy: [503, 'Busy', 'Wait as many seconds as Retry-After says.'],
  unavailable: [503, 'Unavailable', 'The service cannot answer right now; try again in a moment.'],
} as const satisfies Record<string, readonly [status: number, title: string, detail: string]>;

export type ProblemCode = keyof typeof table;

export const problemCodes = Object.keys(table) as ProblemCode[];

/** Status, title and sentence of a code. */
export function problemFacts(code: ProblemCode): { status: number; title: string; detail: string } {
  const [status, title, detail] = table[code];
  return { status, title, detail };
}

interface Particulars {
  /** Replaces the table's sentence where this occurrence has more to say. Never a secret, never internals. */
  detail?: string;
  /** Whole seconds, sent as Retry-After (RFC 9110, 10.2.3). */
  retryAfter?: number;
  /** What is to be mended, and where, as JSON pointers. */
  errors?: { pointer: string; detail: string }[];
  /** Further members of the body; a `reason` is a fixed word, because the log has it too. */
  members?: Record<string, string | number | boolean>;
  headers?: Record<string, string>;
  /** Nothing is wrong: whoever reads the log has nothing to do. */
  expected?: true;
  /** What a session is that may not do this yet; decides where a page leads. */
  limited?: Exclude<Level, 'full'>;
}

/** Thrown anywhere below a handler to answer with a problem. */
export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  readonly particulars: Particulars;

  constructor(code: ProblemCode, particulars: Particulars = {}) {
    super(code);
    this.code = code;
    this.particulars = particulars;
  }
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
}

/** RFC 6750, 3: a request without credentials gets no error code. */
export function bearerChallenge(error?: 'invalid_token'): string {
  return `Bearer realm="Countersign"${error ? `, error="${error}"` : ''}`;
}

/** What the table says to programs, said to people. */
const forPeople: Partial<Record<ProblemCode, string>> = {
  not_found: 'There is nothing at this address. It may have been mistyped, or what it led to is gone.',
  forbidden: 'Your account may not open this page. If it should, ask an administrator.',
  method_not_allowed: 'This address takes a form only. Begin from the page that the form stands on.',
  invalid: 'What was sent does not fit this page. Go back, reload it, and try again.',
  payload_too_large: 'What was sent is too long for this form. Go back and send less.',
  name_taken: 'That name is taken. Choose another one.',
  wrong_password: 'That is not your password. Check it and try again.',
  wrong_passkey: 'That passkey was not taken. Try again.',
  passkey_refused: 'That passkey does not sign in here. Use another one, or another way.',
  passkey_exists: 'That passkey is registered already. To add another one, use another device or a security key.',
  last_way_in:
    'Nothing has been removed: without this passkey nobody can sign in to this account, not even you. Tick the box if that is what you want.',
  wrong_otp: 'That code is not right, or was used already. Take the one that is shown now.',
};

/** What a person should read: how long to wait, what to mend where that is named, or the sentence of the problem. */
export function problemSentence({ code, particulars }: Problem): string {
  const { errors, retryAfter, detail } = particulars;
  const { title, detail: general } = problemFacts(code);
  if (retryAfter !== undefined) return `${title}: try again in ${waitWords(retryAfter)}.`;
  return errors?.[0]?.detail ?? detail ?? forPeople[code] ?? general;
}

/** So many seconds as a person says it, never less than they are. */
export function waitWords(seconds: number): string {
  const [amount, unit] = seconds < 120 ? [Math.ceil(seconds), 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

const challenges: Partial<Record<ProblemCode, Record<string, string>>> = {
  unauthenticated: { 'www-authenticate': bearerChallenge('invalid_token') },
  passkey_refused: { 'www-authenticate': bearerChallenge() },
};

/** The response that a problem becomes. */
export function problemResponse(problem: Problem): {
  status: number;
  headers: Record<string, string>;
  body: ProblemBody;
} {
  const { status, title, detail } = problemFacts(problem.code);
  const { particulars } = problem;
  // RFC 9110, 15.5.2: every 401 says how to authenticate; where nothing else is said, the token was not good.
  const headers: Record<string, string> = { ...challenges[problem.code], ...particulars.headers };
  if (particulars.retryAfter !== undefined) headers['retry-after'] = String(particulars.retryAfter);
  const type = `urn:countersign:problem:${problem.code}`;
  const body = { type, title, status, detail: particulars.detail ?? detail, code: problem.code };
  const errors = particulars.errors ? { errors: particulars.errors } : {};
  return { status, headers, body: { ...body, ...particulars.members, ...errors } };
}

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.enum(problemCodes),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457).' });
