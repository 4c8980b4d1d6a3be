import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relyingPartyOf } from './relying-party.ts';

const rows: [publicUrl: string, relyingParty: { id: string; origin: string } | undefined][] = [
  ['https://sign-in.example.org', { id: 'sign-in.example.org', origin: 'https://sign-in.example.org' }],
  ['https://sign-in.example.org/', { id: 'sign-in.example.org', origin: 'https://sign-in.example.org' }],
  ['https://sign-in.example.org:8443', { id: 'sign-in.example.org', origin: 'https://sign-in.example.org:8443' }],
  ['https://sign-in.example.org:443/x', { id: 'sign-in.example.org', origin: 'https://sign-in.example.org' }],
  ['https://SIGN-IN.Example.org', { id: 'sign-in.example.org', origin: 'https://sign-in.example.org' }],
  ['http://localhost:8000', { id: 'localhost', origin: 'http://localhost:8000' }],
  ['https://bücher.example', { id: 'xn--bcher-kva.example', origin: 'https://xn--bcher-kva.example' }],
  ['http://127.0.0.1:8000', undefined],
  ['http://2130706433:8000', undefined],
  ['https://0x7f.1', undefined],
  ['http://[::1]:8000', undefined],
  ['https://[2001:db8::1]', undefined],
];

for (const [publicUrl, relyingParty] of rows)
  test(`at ${publicUrl} passkeys are for ${relyingParty?.id ?? 'nobody'}`, () =>
    assert.deepEqual(relyingPartyOf(publicUrl), relyingParty));
