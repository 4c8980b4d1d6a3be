import assert from 'node:assert/strict';
import type { Answer, World } from '../server.ts';
import { dump } from '../tables.ts';
import { inOffice, type Office } from './office.ts';

/** A program with a service token that an administrator has made. */

export interface Program extends Pick<Office, 'root' | 'token'> {
  program: Answer['body'];
  /** A request of the program. */
  ask: Office['users'];
}

/** A world with an administrator who has made a token for a program. */
export const withProgram = (story: (world: World, program: Program) => Promise<void>): Promise<void> =>
  inOffice(async (world, { root, token }) => {
    const { body: program } = await make(world, token, { name: 'HR import' });
    const ask: Program['ask'] = (method, path = '', body) =>
      world.call(method, `/users${path}`, { token: program.token, ...(body ? { body } : {}) });
    await story(world, { root, token, program, ask });
  });

export const make = (world: World, token: string, body: object): Promise<Answer> =>
  world.call('POST', '/service-tokens', { token, body });

export interface Listed {
  id: string;
  name: string;
  created_by: string;
  expires_at: string;
  last_used_at: string | null;
  good: boolean;
}

export async function list(world: World, token: string): Promise<Listed[]> {
  const { status, text } = await world.call('GET', '/service-tokens', { token });
  assert.equal(status, 200, text);
  return (JSON.parse(text) as { service_tokens: Listed[] }).service_tokens;
}

/** What the audit log has of an event, the newest last. */
export function logged(world: World, event: string): { actor_id: string; detail: string; user_id: string }[] {
  const rows = dump(world)['audit'] as { event: string; actor_id: string; detail: string; user_id: string }[];
  return rows.filter((row) => row.event === event);
}
