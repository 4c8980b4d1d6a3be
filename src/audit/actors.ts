/** Who did something, as the log has it: a user's id, `operator`, or `service-token:` and the token's id. */
export type AuditActor = { kind: 'user' | 'service token'; id: string } | { kind: 'operator' };

const tokenPrefix = 'service-token:';

/** The actor of what a program does with a service token. */
export function actorOfServiceToken(id: string): string {
  return tokenPrefix + id;
}

/** Who is meant by the actor of a row. */
export function readActor(actorId: string): AuditActor {
  if (actorId === 'operator') return { kind: 'operator' };
  return actorId.startsWith(tokenPrefix)
    ? { kind: 'service token', id: actorId.slice(tokenPrefix.length) }
    : { kind: 'user', id: actorId };
}
