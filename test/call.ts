/** Requests as stories write them, and answers as they read them. */
export interface CallOptions {
  /** `name:password`, sent as Basic. */
  basic?: string;
  /** A bearer token. */
  token?: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as a form from our own page. */
  form?: Record<string, string>;
  /** Sent as it is, with whatever `headers` say. */
  payload?: string | Buffer;
  headers?: Record<string, string>;
  /** The peer's address. */
  from?: string;
}

/** The members that some answer has; a test that reads one which is not there fails on its value. */
export interface Body {
  token: string;
  status: number;
  expires_at: string;
  enrolling: boolean;
  password_change: boolean;
  rebind: boolean;
  code: string;
  title: string;
  detail: string;
  reason: string;
  errors: { pointer: string; detail: string }[];
  otp_configured: boolean;
  confirmed: boolean;
  qr_needed: boolean;
  recovery_codes: string[];
  left: number;
  secret: string;
  uri: string;
  id: string;
  name: string;
  roles: string[];
  disabled: boolean;
  factors: { type: string; proved: boolean }[];
  recovery_codes_left: number;
  session: { id: string; authenticated_at: string; expires_at: string; proved: string[] };
  sessions: {
    id: string;
    current: boolean;
    last_seen_at: string;
    proved: string[];
    address: string;
    user_agent: string;
  }[];
  users: { id: string; name: string; roles: string[]; disabled: boolean }[];
  next: string | null;
  link: { url: string; expires_at: string };
  passkey: PasskeyBody;
  passkeys: PasskeyBody[];
  ceremony: string;
  options: CreationOptions & RequestOptions;
  methods: { type: string; options?: string; verification?: string }[];
}

/** What of the options of a ceremony a test reads (WebAuthn, 5.1.8). */
export interface CreationOptions {
  rp: { id: string; name: string };
  user: { id: string; name: string; displayName: string };
  challenge: string;
  pubKeyCredParams: { alg: number }[];
  excludeCredentials: { id: string }[];
  authenticatorSelection: Record<string, unknown>;
}

/** The same (5.1.9). */
export interface RequestOptions {
  rpId: string;
  challenge: string;
  userVerification: string;
  allowCredentials: { id: string }[];
}

export interface PasskeyBody {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
  backup_eligible: boolean;
  backed_up: boolean;
  rp_id: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  body: Body;
  text: string;
  bytes: Buffer;
}

export function headersOf(given: CallOptions): Record<string, string> {
  return {
    ...(given.basic === undefined ? {} : { authorization: `Basic ${Buffer.from(given.basic).toString('base64')}` }),
    ...(given.token === undefined ? {} : { authorization: `Bearer ${given.token}` }),
    ...(given.form ? { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' } : {}),
    ...given.headers,
  };
}

export function payloadOf(given: CallOptions): { payload?: string | Buffer | object } {
  if (given.payload !== undefined) return { payload: given.payload };
  if (given.form) return { payload: new URLSearchParams(given.form).toString() };
  return given.body === undefined ? {} : { payload: given.body as object };
}
