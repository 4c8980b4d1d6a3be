import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foreignTargets } from '../../test/foreign-targets.ts';
import { returnTarget, withReturn } from './return-to.ts';

test('a plain path of ours is a return target, with its query', () => {
  const ours = ['/', '/account', '/admin/users?q=al&cursor=YWI', '/admin/users/hV3-m_0', '/account?x=%2Fx'];
  for (const path of ours) assert.equal(returnTarget(path), path);
});

test('whatever could lead to another host is dropped, not mended', () => {
  for (const given of [...foreignTargets, undefined])
    assert.equal(returnTarget(given), undefined, JSON.stringify(given));
});

test('a way in is no place to return to, or one would never arrive', () => {
  for (const given of ['/sign-in', '/sign-in/code', '/sign-in?return_to=/account', '/sign-out', '/reauthenticate'])
    assert.equal(returnTarget(given), undefined, given);
  for (const given of ['/sign-instead', '/invitations']) assert.equal(returnTarget(given), given);
});

test('a page that belongs to whoever made a link is none either', () => {
  for (const given of ['/setup', '/setup?token=csl_x', '/invitation?token=csl_x', '/setup/', '/invitation'])
    assert.equal(returnTarget(given), undefined, given);
});

test('an address with the page to come back to has it in its query, after the word of a notice, where it is one', () => {
  assert.equal(withReturn('/sign-in', '/account?x=1', 'ended'), '/sign-in?done=ended&return_to=%2Faccount%3Fx%3D1');
  assert.equal(withReturn('/sign-in', undefined), '/sign-in');
  assert.equal(withReturn('/sign-in', '//evil.example'), '/sign-in');
});

test('whatever is let through stays on the host that sends it', () => {
  const part = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '@',
    ':',
    '?',
    '#',
    '%2f',
    '%0a',
    '\t',
    'evil.example',
    'a',
    '~',
    '&',
    '=',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const target = returnTarget(`/${parts.join('')}`);
      if (target === undefined) return true;
      const { host, pathname, search } = new URL(target, 'https://us.example');
      return host === 'us.example' && pathname + search === target;
    }),
    { seed: 14, numRuns: 2000 },
  );
});
