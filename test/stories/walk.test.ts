import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeAt, inWorld, makePerson, secretOf, wrongCode } from '../server.ts';

test('the four endpoints work as they always did', () =>
  inWorld(async (world) => {
    const user = await makePerson(world, 'user');
    const first = await world.call('POST', '/auth/credentials', { basic: user.basic });
    assert.equal(first.status, 200);
    assert.deepEqual(Object.keys(first.body), ['token', 'status', 'expires_at']);
    assert.equal(first.headers['set-cookie'], undefined);
    const { token } = first.body;

    const on = await world.call('PUT', '/auth/otp/enable', { token, body: { enabled: true } });
    assert.equal(on.status, 200);
    assert.equal(on.body.recovery_codes.length, 10);
    assert.equal(on.body.qr_needed, true);
    const qr = await world.call('GET', '/auth/otp/generate', { token });
    assert.equal(qr.headers['content-type'], 'image/png');

    const otp = codeAt(await secretOf(world, token), world.now());
    const both = await world.call('POST', `/auth/credentials?otp=${otp}`, { basic: user.basic });
    assert.equal(both.body.status, 0);
    assert.equal((await world.call('GET', '/whoami', { token: both.body.token })).text, '"user"');
    const again = await world.call('POST', `/auth/credentials?otp=${otp}`, { basic: user.basic });
    assert.deepEqual([again.status, again.body], [401, { token: null, status: 2 }]);
  }));

test('every refusal of a sign-in has the status, body and challenge of the table', () =>
  inWorld(async (world) => {
    const user = await makePerson(world, 'user');
    const { body } = await world.call('POST', '/auth/credentials', { basic: user.basic });
    await world.call('PUT', '/auth/otp/enable', { token: body.token, body: { enabled: true } });
    const secret = await secretOf(world, body.token);
    const refusals: [string, object, number, string][] = [
      ['/auth/credentials', { basic: user.basic }, 1, 'OTP realm="Countersign"'],
      ['/auth/credentials?otp=', { basic: user.basic }, 1, 'OTP realm="Countersign"'],
      [
        '/auth/credentials',
        { basic: user.basic, body: { otp: wrongCode(world, secret) } },
        2,
        'OTP realm="Countersign"',
      ],
      ['/auth/credentials', { basic: 'user:wrong' }, 3, 'Basic realm="Countersign", charset="UTF-8"'],
      ['/auth/credentials', { basic: 'stranger:wrong' }, 3, 'Basic realm="Countersign", charset="UTF-8"'],
    ];
    for (const [url, options, status, challenge] of refusals) {
      const answer = await world.call('POST', url, options);
      assert.deepEqual([answer.status, answer.body], [401, { token: null, status }]);
      assert.equal(answer.headers['www-authenticate'], challenge);
    }
  }));
