import type {
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely';
import type { Engine } from '../engine.ts';
import { type Direct, setDirect } from '../sql/statement.ts';

/** What of a connection says whether the database has undone what is under way. */
interface Open {
  readonly isTransaction: boolean;
}

/** Asks nothing once the database has undone the transaction, as on a full disk: the rest would be kept by itself. */
export function whileOpen({ connection, direct }: { connection: Open; direct: Direct }): Direct {
  const open = (): Direct => {
    if (!connection.isTransaction) throw new Error('The database has undone this transaction.');
    return direct;
  };
  return {
    all: (sql, values) => open().all(sql, values),
    first: (sql, values) => open().first(sql, values),
    run: (sql, values) => open().run(sql, values),
  };
}

/** Parts of a transaction, each between a savepoint and its end. */
export function savepointsOf(connection: Open, direct: Direct): NonNullable<Engine['inSavepoint']> {
  return async (tx, work) => {
    const end = new RefusesWhenOver();
    const part = tx.withPlugin(end);
    direct.run('savepoint part', []);
    setDirect(part, direct);
    try {
      await work(part);
    } catch (error) {
      if (!connection.isTransaction) throw error;
      direct.run('rollback to part', []);
    } finally {
      end.isOver = true;
      setDirect(part, end.direct);
    }
    direct.run('release part', []);
  };
}

/** Refuses whoever asks a part of a transaction that is over: he would be in the midst of another one's. */
class RefusesWhenOver implements KyselyPlugin {
  isOver = false;

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    return this.isOver ? this.refuse() : node;
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result;
  }

  readonly direct: Direct = { all: () => this.refuse(), first: () => this.refuse(), run: () => this.refuse() };

  private refuse(): never {
    throw new Error('This transaction is over.');
  }
}
