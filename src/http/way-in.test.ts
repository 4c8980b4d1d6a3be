import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem, type ProblemCode } from './problems.ts';
import { wayIn } from './way-in.ts';

const nothing = { session: undefined, half: undefined };
const back = '/account/sessions?x=1';
const returning = `?return_to=${encodeURIComponent(back)}`;

test('a stranger signs in first and comes back, and one half signed in gives the code', () => {
  const problem = new Problem('unauthenticated');
  assert.equal(wayIn(problem, { access: 'signed in', cookies: nothing, back }), `/sign-in${returning}`);
  const half = { ...nothing, half: 'csh_x' };
  assert.equal(wayIn(problem, { access: 'signed in', cookies: half, back }), '/sign-in/code');
});

test('whoever comes to the code too late, or from elsewhere, begins anew, unless signed in already', () => {
  const problem = new Problem('unauthenticated');
  const access = 'half signed in';
  for (const half of [undefined, 'csh_x'])
    assert.equal(wayIn(problem, { access, cookies: { ...nothing, half }, back }), '/sign-in?done=expired');
  assert.equal(wayIn(problem, { access, cookies: { ...nothing, session: 'csn_x' }, back }), '/account');
});

test('who must prove again does so and comes back; a limited session cannot, and signs in anew', () => {
  const at = { access: 'fresh', cookies: nothing, back } as const;
  assert.equal(wayIn(new Problem('reauthentication_required'), at), `/reauthenticate${returning}`);
  const limited = new Problem('reauthentication_required', { limited: 'enrolling' });
  assert.equal(wayIn(limited, at), `/sign-in${returning}`);
});

test('an account that lacks something is led to what it lacks', () => {
  const at = { access: 'signed in', cookies: nothing, back } as const;
  assert.equal(wayIn(new Problem('forbidden', { limited: 'enrolling' }), at), `/account/authenticator${returning}`);
  assert.equal(wayIn(new Problem('forbidden', { limited: 'changing password' }), at), `/account/password${returning}`);
});

test('what no step would mend is a problem and stays one', () => {
  const at = { access: 'administrator', cookies: nothing, back } as const;
  for (const code of ['forbidden', 'not_found', 'invalid', 'internal', 'too_many_tries'] satisfies ProblemCode[])
    assert.equal(wayIn(new Problem(code), at), undefined);
});

test('an address that is no place to return to is left out', () => {
  const at = { access: 'signed in', cookies: nothing } as const;
  for (const bad of ['//evil.example', '/%2f%2fevil', '/reauthenticate'])
    assert.equal(wayIn(new Problem('unauthenticated'), { ...at, back: bad }), '/sign-in');
});
