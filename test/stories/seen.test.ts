import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, isoTime, minute } from '../../src/clock.ts';
import { inWorld, makePerson, makePersonWithCode, signIn, type World } from '../server.ts';
import { isAlive } from './steps.ts';

/** When the session that asks was last seen, as its list says. */
async function seen(world: World, token: string): Promise<string | undefined> {
  const { body } = await world.call('GET', '/auth/sessions', { token });
  return body.sessions.find(({ current }: { current: boolean }) => current)?.last_seen_at;
}

/** Has a session seen in a later minute, which is written a second later. */
async function visit(world: World, token: string): Promise<void> {
  world.turn(2 * minute);
  assert.equal(await isAlive(world, token), true);
}

const write = (world: World): Promise<void> => world.server.service.sessions.writeSeen();

test('a session that is ended is refused at once while it waits to be written when it was seen, and stays ended', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const [token, other] = [await signIn(world, alice), await signIn(world, alice)];
    await visit(world, token);
    await world.call('DELETE', '/auth/sessions', { token: other });
    assert.equal(await isAlive(world, token), false);
    await write(world);
    assert.equal(await isAlive(world, token), false);
    await world.restart();
    assert.equal(await isAlive(world, token), false);
    assert.equal(await isAlive(world, other), true);
  }));

test('the session of an account that is disabled is refused at once while that waits', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await visit(world, token);
    await world.server.service.admin.change('operator', alice.id, { disabled: true });
    assert.equal(await isAlive(world, token), false);
    await write(world);
    assert.equal(await isAlive(world, token), false);
  }));

test('when a session was seen is known at once, and written before a service that stops lets go', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePersonWithCode(world));
    world.turn(hour - 1);
    assert.equal(await isAlive(world, token), true);
    assert.equal(await seen(world, token), isoTime(world.now()));
    await world.restart();
    // What asks is seen as well, so only what it may still do tells what was written.
    world.turn(hour - 1);
    assert.equal(await isAlive(world, token), true);
  }));

test('the clean-up ends no session that was seen meanwhile', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePersonWithCode(world));
    world.turn(hour - 1);
    assert.equal(await isAlive(world, token), true);
    world.turn(minute);
    await world.server.service.sweep();
    assert.equal(await isAlive(world, token), true);
  }));

test('what cannot be written stops nobody, and is written when the session is seen again', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePersonWithCode(world));
    const { database } = world.server.service;
    const { transaction } = database;
    world.turn(2 * minute);
    database.transaction = async () => {
      throw new Error('The disk is full.');
    };
    assert.equal(await isAlive(world, token), true);
    await write(world);
    database.transaction = transaction;
    world.turn(minute);
    assert.equal(await isAlive(world, token), true);
    await world.restart();
    world.turn(hour - 1);
    assert.equal(await isAlive(world, token), true);
  }));
