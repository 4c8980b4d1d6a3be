import type { Tx } from '../../engine.ts';
import { typesOf } from '../../sql/dialect.ts';

/**
 * With which parameters each password was hashed, such as `m=19456,t=2,p=1`. Hashes are sealed, so that those of
 * before are not known here: empty until the service has opened them.
 */
export async function up(tx: Tx): Promise<void> {
  const { text } = typesOf(tx);
  await tx.schema
    .alterTable('passwords')
    .addColumn('parameters', text, (column) => column.notNull().defaultTo(''))
    .execute();
  await tx.schema.createIndex('passwords_by_parameters').on('passwords').columns(['parameters', 'user_id']).execute();
}
