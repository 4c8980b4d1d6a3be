import { createServer, type Server } from 'node:http';
import { Counter, Gauge, Registry } from '@prometheus-io/client';
import { second } from '../clock.ts';

/** What an operator sees live, in Prometheus text. Labels are fixed words, never names, addresses or secrets. */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics({
  load,
  alarms,
}: {
  load: () => { running: number; waiting: number };
  alarms: () => number;
}) {
  const registry = new Registry();
  const registers = [registry];
  const signIns = new Counter({
    name: 'countersign_sign_ins_total',
    help: 'Sign-ins by result',
    labelNames: ['result'],
    registers,
  });
  new Counter({
    name: 'countersign_alarms_total',
    help: 'Alarms: right passwords followed by wrong codes from a browser or program that the account does not know',
    registers,
    collect() {
      this.reset();
      this.inc(alarms());
    },
  });
  new Gauge({
    name: 'countersign_hashes_running',
    help: 'Passwords being hashed',
    registers,
    collect() {
      this.set(load().running);
    },
  });
  new Gauge({
    name: 'countersign_hashes_waiting',
    help: 'Sign-ins that wait for a hash',
    registers,
    collect() {
      this.set(load().waiting);
    },
  });
  return {
    countSignIn: (result: string): void => signIns.inc({ result: result.replaceAll(' ', '_') }),
    text: (): Promise<string> => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Serves GET /metrics on loopback, on a port of its own, so that a proxy in front never passes it on by mistake. */
export async function serveMetrics(metrics: Metrics, port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (request.url !== '/metrics' || request.method !== 'GET') return void response.writeHead(404).end();
    response
      .writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' })
      .end(await metrics.text());
  });
  server.requestTimeout = 10 * second;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return server;
}
