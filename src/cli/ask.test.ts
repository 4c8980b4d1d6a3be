import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { askNewPassword, askSecret } from './ask.ts';
import type { Call } from './call.ts';

interface Conversation {
  call: Call;
  /** What stands on the screen. */
  screen(): string;
}

function conversation(stdin: Call['io']['stdin']): Conversation {
  let screen = '';
  const stderr = new PassThrough().on('data', (chunk) => (screen += chunk));
  const io = { stdin, stdout: new PassThrough(), stderr, env: {} };
  const call: Call = {
    io,
    args: [],
    flags: {},
    settings: () => assert.fail(),
    answer: () => assert.fail(),
    say: () => assert.fail(),
  };
  return { call, screen: () => screen };
}

const piped = (...chunks: (string | Buffer)[]) =>
  conversation(Readable.from(chunks.map((chunk) => Buffer.from(chunk))));
const typed = (keys: string) => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  terminal.write(keys);
  return conversation(terminal);
};

test('without a terminal a password is the first line, less one newline and nothing else', async () => {
  assert.equal(await askNewPassword(piped(' pass word \n\nmore').call, 'alice'), ' pass word ');
  assert.equal(await askNewPassword(piped('pass\r\n').call, 'alice'), 'pass');
  assert.equal(await askNewPassword(piped('no newline').call, 'alice'), 'no newline');
  const [first, second] = [Buffer.from('é\n').subarray(0, 1), Buffer.from('é\n').subarray(1)];
  assert.equal(await askNewPassword(piped('caf', first, second).call, 'alice'), 'café');
  await assert.rejects(askNewPassword(piped().call, 'alice'), { exitCode: 2, message: /^No password came\./ });
  await assert.rejects(askNewPassword(piped('\n').call, 'alice'), { exitCode: 2 });
  await assert.rejects(askSecret(piped('  \n').call, 'Secret'), { exitCode: 2 });
  await assert.rejects(askNewPassword(piped(Buffer.from([0xff, 0x0a])).call, 'alice'), /not UTF-8/);
});

test('at a terminal a new password is asked for twice, and never shown', async () => {
  const { call, screen } = typed('secret word\rsecret word\r');
  assert.equal(await askNewPassword(call, 'alice'), 'secret word');
  assert.equal(screen(), 'New password for alice: \nThe same again: \n');
});

test('two that differ, and Ctrl-C, change nothing', async () => {
  await assert.rejects(askNewPassword(typed('one\rother\r').call, 'alice'), { exitCode: 1, message: /not the same/ });
  await assert.rejects(askNewPassword(typed('one\u0003').call, 'alice'), { exitCode: 1, message: /^Stopped/ });
});

test('a secret of another kind is asked for once', async () => {
  const { call, screen } = typed('GEZD GNBV\r');
  assert.equal(await askSecret(call, 'Secret'), 'GEZD GNBV');
  assert.equal(screen(), 'Secret: \n');
});
