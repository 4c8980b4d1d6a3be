import { type MessagePort, workerData } from 'node:worker_threads';
import pg from 'pg';

/** The thread of at-once.ts: one connection a database, kept until somebody drops it. */
const { signal, port } = workerData as { signal: Int32Array; port: MessagePort };
const clients = new Map<string, Promise<pg.Client>>();
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

port.on('message', async ({ url, sql, values }) => {
  try {
    const client = await (clients.get(url) ?? connect(url));
    const { rows, rowCount } = await client.query(sql, values);
    port.postMessage({ rows, count: rowCount });
  } catch (error) {
    port.postMessage({ error });
  }
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
});

function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  const forget = (): void => void clients.delete(url);
  client.on('error', forget).on('end', forget);
  const connected = client.connect().then(() => client);
  clients.set(url, connected);
  return connected;
}
