import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBench, ticketOf } from '../../test/throttle-bench.ts';
import { day, second } from '../clock.ts';
import type { Tx } from '../database/database.ts';
import { defaultLimits, otpTry, passwordTry, recoveryCodeTry, type Try } from './throttle.ts';

const alice = passwordTry('alice', '203.0.113.9');

test('a charge is kept though another transaction is rolled back around it', () =>
  onBench(async ({ database, throttle, rows }) => {
    const gate = Promise.withResolvers<void>();
    const failing = database.transaction(async (tx: Tx) => {
      await throttle.forget(tx, alice);
      await gate.promise;
      throw new Error('undone');
    });
    const charging = throttle.charge(alice);
    gate.resolve();
    await assert.rejects(failing, /undone/);
    ticketOf(await charging);
    assert.equal(await rows(), 3);
  }));

test('a settlement that is rolled back leaves the charge', () =>
  onBench(async ({ database, throttle, rows }) => {
    const ticket = ticketOf(await throttle.charge(alice));
    const undone = database.transaction(async (tx) => {
      await throttle.settle(tx, ticket, 'right', 0);
      throw new Error('undone');
    });
    await assert.rejects(undone, /undone/);
    assert.equal(await rows(), 3);
  }));

test('right and unjudged tries leave nothing behind', () =>
  onBench(async ({ attempt, rows }) => {
    for (const verdict of ['right', 'unjudged'] as const) {
      await attempt(alice, verdict);
      await attempt(otpTry('u1', 'a1'), verdict);
      assert.equal(await rows(), 0);
    }
  }));

test('an unjudged try forgives nothing', () =>
  onBench(async ({ attempt, throttle }) => {
    for (let index = 0; index < 4; index += 1) await attempt(alice, 'wrong');
    await attempt(alice, 'unjudged');
    await attempt(alice, 'wrong');
    assert.deepEqual(await throttle.charge(alice), { retryAfter: 30 });
  }));

test('where no verdict comes the wait ends in a refusal', () =>
  onBench(async ({ throttle }) => {
    for (let index = 0; index < 5; index += 1) ticketOf(await throttle.charge(alice));
    assert.deepEqual(await throttle.charge(alice), { retryAfter: 1 });
  }));

test('a waiting try goes on as soon as a verdict is right', () =>
  onBench(
    async ({ throttle, settle }) => {
      const tickets = [];
      for (let index = 0; index < 5; index += 1) tickets.push(ticketOf(await throttle.charge(alice)));
      const waiting = throttle.charge(alice);
      await settle(tickets[0] ?? assert.fail(), 'right');
      ticketOf(await waiting);
    },
    { patience: 10_000 },
  ));

test('only so many wait at one budget, and those beyond are refused at once', () =>
  onBench(
    async ({ throttle, settle }) => {
      const tickets = [];
      for (let index = 0; index < 5; index += 1) tickets.push(ticketOf(await throttle.charge(alice)));
      const waiting = [throttle.charge(alice), throttle.charge(alice)];
      assert.deepEqual(await throttle.charge(alice), { retryAfter: 1 });
      for (const ticket of tickets) await settle(ticket, 'right');
      for (const answer of await Promise.all(waiting)) ticketOf(answer);
    },
    { patience: 10_000, waiting: 2 },
  ));

test('who waits is counted at the budget that he waits for, whatever name he tries', () =>
  onBench(
    async ({ throttle, settle }) => {
      const tickets = [];
      for (let name = 0; name < 3; name += 1)
        tickets.push(ticketOf(await throttle.charge(passwordTry(`n${name}`, '192.0.2.1'))));
      const waiting = [4, 5].map((name) => throttle.charge(passwordTry(`n${name}`, '192.0.2.1')));
      assert.deepEqual(await throttle.charge(passwordTry('n6', '192.0.2.1')), { retryAfter: 1 });
      for (const ticket of tickets) await settle(ticket, 'right');
      for (const answer of await Promise.all(waiting)) ticketOf(answer);
    },
    { patience: 10_000, waiting: 2, network: { ...defaultLimits.network, free: 3 } },
  ));

test('accounts, authenticators and kinds have budgets apart', () =>
  onBench(async ({ attempt, throttle }) => {
    for (let index = 0; index < 5; index += 1) await attempt(otpTry('u1', 'a1'), 'wrong');
    assert.deepEqual(await throttle.charge(otpTry('u1', 'a1')), { retryAfter: 30 });
    for (const other of [otpTry('u1', 'a2'), otpTry('u2', 'a1'), recoveryCodeTry('u1')]) await attempt(other, 'wrong');
  }));

test('keys are made of the name and the network without confusion', () =>
  onBench(async ({ attempt, rows }) => {
    await attempt(passwordTry('a', '192.0.2.1'), 'wrong');
    await attempt(passwordTry('a","192.0.2.1', 'x'), 'wrong');
    await attempt(passwordTry('["a"', '192.0.2.1'), 'wrong');
    assert.equal(await rows(), 8);
  }));

test('beyond the bound the least telling rows go, and then new keys share one', () =>
  onBench(
    async ({ attempt, throttle, rows, turn }) => {
      const from = (index: number): Try[] => [{ budget: 'password', key: `name ${index}` }];
      for (let index = 0; index < 30; index += 1) {
        await attempt(from(index), 'wrong');
        turn(1);
      }
      assert.equal(await rows(), 10);

      for (let index = 100; index < 110; index += 1) {
        for (let tries = 0; tries < 5; tries += 1) await attempt(from(index), 'wrong');
        turn(1);
      }
      for (let index = 100; index < 110; index += 1)
        assert.deepEqual(await throttle.charge(from(index)), { retryAfter: 30 });
      for (let index = 200; index < 205; index += 1) await attempt(from(index), 'wrong');
      assert.deepEqual(await throttle.charge(from(205)), { retryAfter: 30 });
      assert.ok((await rows()) <= 11);
      turn(30 * second);
      await attempt(from(205), 'right');
    },
    { rows: 10 },
  ));

test('counts of second factors are never evicted, nor swept', () =>
  onBench(
    async ({ attempt, database, throttle, turn }) => {
      const second = otpTry('u1', 'a1');
      for (let index = 0; index < 4; index += 1) await attempt(second, 'wrong');
      for (let index = 0; index < 30; index += 1) {
        await attempt([{ budget: 'password', key: `n${index}` }], 'wrong');
        turn(1);
      }
      turn(400 * day);
      await database.transaction((tx) => throttle.sweep(tx, Date.UTC(2030, 1, 1)));
      await attempt(second, 'wrong');
      assert.deepEqual(await throttle.charge(second), { retryAfter: 30 });
    },
    { rows: 5 },
  ));

test('second factors share no budget, however full the table is', () =>
  onBench(
    async ({ attempt, throttle }) => {
      for (let index = 0; index < 5; index += 1) {
        const key = `n${index}`;
        for (let tries = 0; tries < 5; tries += 1) await attempt([{ budget: 'password', key }], 'wrong');
      }
      for (const budget of [otpTry, recoveryCodeTry]) {
        for (let index = 0; index < 5; index += 1) await attempt(budget('u1', 'a1'), 'wrong');
        await attempt(budget('u2', 'a2'), 'right');
        assert.deepEqual(await throttle.charge(budget('u1', 'a1')), { retryAfter: 30 });
      }
    },
    { rows: 5 },
  ));

test('what has expired is swept, and what delays is not', () =>
  onBench(async ({ attempt, database, throttle, rows }) => {
    await attempt([{ budget: 'password', key: 'free' }], 'wrong');
    for (let index = 0; index < 5; index += 1) await attempt([{ budget: 'password', key: 'delayed' }], 'wrong');
    const sweep = (at: number) => database.transaction((tx) => throttle.sweep(tx, at));
    await sweep(Date.UTC(2026, 10, 22) + day - 1);
    assert.equal(await rows(), 2);
    await sweep(Date.UTC(2026, 10, 22) + day);
    assert.equal(await rows(), 0);
  }));

test('who is right clears nothing for the others who share a budget', () =>
  onBench(
    async ({ attempt, throttle }) => {
      for (let round = 0; round < 2; round += 1) {
        await attempt(passwordTry('alice', '192.0.2.1'), 'wrong');
        await attempt(passwordTry('mallory', '192.0.2.2'), 'right');
      }
      for (let more = 0; more < 3; more += 1) await attempt(passwordTry('alice', '192.0.2.1'), 'wrong');
      assert.equal('charges' in (await throttle.charge(passwordTry('alice', '192.0.2.1'))), false);
    },
    { rows: 0 },
  ));
