import assert from 'node:assert/strict';
import type { RequestOptions } from '../call.ts';
import type { PasskeyPerson } from '../passkeys.ts';
import { type PasskeyForm, passkeyFormsIn } from '../visitor/passkey-forms.ts';
import type { Visitor } from '../visitor.ts';

/** What the pages for signing in ask of a passkey, and its answers, each by itself: it may be sent elsewhere or later. */

/** The one form for a passkey, which nobody sees without a script, or nothing where there is none. */
export function passkeyForm({ page }: Visitor): PasskeyForm | undefined {
  return passkeyFormsIn(page.document).find(({ does }) => does === 'get');
}

/** What that form asks the browser. */
export function asked(visitor: Visitor): RequestOptions | undefined {
  return passkeyForm(visitor)?.options;
}

export function mustAsk(visitor: Visitor): RequestOptions {
  const options = asked(visitor);
  assert.ok(options, visitor.text);
  return options;
}

/** Answers the form for a passkey as the script does. */
export async function answer(
  visitor: Visitor,
  { device }: Pick<PasskeyPerson, 'device'>,
  url: string,
  also: Record<string, string> = {},
): Promise<Visitor> {
  return visitor.post(url, { credential: JSON.stringify(device.get(mustAsk(visitor))), ...also });
}

export const alone = '/sign-in/passkey';
export const second = '/sign-in/second-passkey';
