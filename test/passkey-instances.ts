import assert from 'node:assert/strict';
import { localOrigin, softwareAuthenticator } from './authenticator.ts';
import type { Body } from './call.ts';
import { type Instances, password, send, signIn } from './instances.ts';

/** Passkeys are for this host name, wherever the processes listen. */
export const withPasskeys = { publicUrl: localOrigin };

/**
 * So many sign-ins at the same moment, spread over all instances, all with one answer of a passkey to one challenge; then
 * as many answers of a copy of it to a challenge each, all with the same count. Exactly one of each may be right.
 */
export async function oneOfManyAnswers(
  { urls, service }: Pick<Instances, 'urls' | 'service'>,
  name: string,
  count = 50,
): Promise<void> {
  const [url = ''] = urls;
  await service.admin.create('operator', { name, password, administrator: false });
  const authorization = `Bearer ${(await signIn(url, name)).token}`;
  const post = async (at: string, path: string, body?: object): Promise<{ status: number; body: Body }> => {
    const reply = await send(at, 'POST', path, authorization, body);
    return { status: reply.status, body: (await reply.json()) as Body };
  };
  const device = softwareAuthenticator({ counts: true });
  const { body: asked } = await post(url, '/auth/passkeys/registration/options');
  const added = await post(url, '/auth/passkeys', { name: 'Phone', credential: device.create(asked.options) });
  assert.equal(added.status, 201, JSON.stringify(added.body));

  const at = (index: number): string => urls[index % urls.length] ?? '';
  const ask = async (index: number) => {
    const { ceremony, options } = (await post(at(index), '/auth/passkeys/sign-in/options')).body;
    return { ceremony, options };
  };
  const assertOne = async (bodies: object[], reason: string): Promise<void> => {
    const replies = await Promise.all(bodies.map((body, index) => post(at(index), '/auth/passkeys/sign-in', body)));
    const said = replies.map(({ status, body }) => `${status} ${body.reason ?? ''}`.trim()).sort();
    assert.deepEqual(said, ['200', ...Array(bodies.length - 1).fill(`401 ${reason}`)]);
  };

  const { ceremony, options } = await ask(0);
  const answer = { ceremony, credential: device.get(options) };
  await assertOne(Array(count).fill(answer), 'challenge');
  for (const instance of urls) {
    const again = await post(instance, '/auth/passkeys/sign-in', answer);
    assert.deepEqual([again.status, again.body.reason], [401, 'challenge'], 'every instance knows that it is spent');
  }
  const many = await Promise.all(Array.from({ length: count }, (_, index) => ask(index)));
  const copies = many.map((each) => ({ ceremony: each.ceremony, credential: device.get(each.options, { count: 77 }) }));
  await assertOne(copies, 'counter');
}
