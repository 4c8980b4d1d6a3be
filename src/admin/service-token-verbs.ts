import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { Problem, type ServiceToken } from '../http/http.ts';
import type { ServiceTokenInfo, ServiceTokens } from '../service-tokens/service-tokens.ts';
import { findUser, findUsers } from '../users/users.ts';
import { type Administrator, by, type CheckActor, mayLend } from './actor.ts';

/** A token as administrators see it. */
export interface ListedServiceToken extends ServiceTokenInfo {
  /** The name of the administrator who made it. */
  maker: string;
}

/** Programs that administer users: who lets them, and which token is good. */
export function createServiceTokenVerbs(parts: {
  audit: Audit;
  database: Database;
  clock: Clock;
  serviceTokens: ServiceTokens;
  checkActor: CheckActor;
}) {
  const { audit, database, clock, serviceTokens, checkActor } = parts;
  return {
    /** Makes a token in the name of an administrator; it is shown this once. Throws as `serviceTokens.create` does. */
    async createServiceToken(
      actor: Exclude<Administrator, 'operator'>,
      given: { name: string; days: number },
    ): Promise<{ token: string; info: ServiceTokenInfo }> {
      const { userId } = actor.session;
      return database.transaction(async (tx) => {
        await checkActor(tx, actor);
        const now = clock();
        const made = await serviceTokens.create(tx, { ...given, createdBy: userId }, now);
        const detail = { service_token: made.info.id, name: made.info.name, days: given.days };
        await audit.record(tx, now, { event: 'service_token.created', userId, ...by(actor), detail });
        return made;
      });
    },

    /** Ends a token at once. Throws `not_found` for one that is not there. */
    async revokeServiceToken(actor: Administrator, id: string): Promise<void> {
      await database.transaction(async (tx) => {
        await checkActor(tx, actor);
        const now = clock();
        const info = await serviceTokens.revoke(tx, id, now);
        if (!info) throw new Problem('not_found', { detail: 'There is no service token of that id.' });
        const { createdBy: userId, name } = info;
        const detail = { service_token: id, name };
        await audit.record(tx, now, { event: 'service_token.revoked', userId, ...by(actor), detail });
      });
    },

    /** Every token, in the order of their names. */
    async listServiceTokens(): Promise<ListedServiceToken[]> {
      const db = database.read;
      const tokens = await serviceTokens.list(db, clock());
      const ids = new Set(tokens.map(({ createdBy }) => createdBy));
      const makers = await findUsers(db, [...ids]);
      return tokens.map((token) => {
        const maker = makers.get(token.createdBy);
        return { ...token, maker: maker?.name ?? '' };
      });
    },

    /** What a token as sent stands for now; nothing unless it is good, and so is its maker. */
    async findServiceToken(token: string, now: number): Promise<ServiceToken | undefined> {
      const info = await serviceTokens.find(database.read, token, now);
      if (!info || !mayLend(await findUser(database.read, info.createdBy))) return undefined;
      // The answer does not wait for this note: it can do without, also when nothing can be written right now.
      serviceTokens.touch(info, now).catch(() => undefined);
      return { id: info.id, name: info.name };
    },
  };
}
