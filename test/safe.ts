import assert from 'node:assert/strict';
import type { Answer } from './server.ts';

/** On every answer, whatever it is. */
const always = {
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'permissions-policy': /camera=\(\)/,
  'referrer-policy': /^(no-referrer|strict-origin)$/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'cache-control': /^(no-store|public, max-age=(31536000, immutable|86400))$/,
  'content-security-policy': /^default-src 'none'; base-uri 'none'; form-action '(none|self)'; frame-ancestors 'none'/,
};

/** Whether an answer has the headers that every answer has, and none that hardly any may have. */
export function safe({ headers }: Answer, name: string): void {
  for (const [header, form] of Object.entries(always))
    assert.match(String(headers[header]), form, `${name}: ${header}`);
  assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|\*|https?:/, name);
  // It comes with every sign-in form, and says nothing of anybody.
  assert.match(String(headers['set-cookie'] ?? ''), /^$|^(__Host-)?countersign-passkey=csc_[^,]*$/, name);
  for (const header of ['server', 'x-powered-by', 'strict-transport-security'])
    assert.equal(headers[header], undefined, `${name}: ${header}`);
}
