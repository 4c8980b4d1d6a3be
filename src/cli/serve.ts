import { setTimeout as sleep } from 'node:timers/promises';
import { durationText, OptionError } from '../options.ts';
import type { OwnServer as Server } from '../server.ts';
import type { Call } from './call.ts';
import { sayWithoutPasskeys } from './config.ts';
import { whyNotListening } from './explain.ts';
import { stopOnSignal } from './stop.ts';
import { checkTls } from './tls.ts';

/** `countersign serve`: the real thing. stdout has its log, as JSON lines; what a person should read goes to stderr. */
export async function serve(call: Call): Promise<void> {
  const { options } = call.settings();
  const { createServer, whyNotListen } = await import('../server.ts');
  const refusal = whyNotListen(options);
  if (refusal) throw new OptionError(refusal);
  checkTls(options);
  const server = await createServer(options, { onWait: call.say });
  const drain = async (): Promise<void> => {
    if (options.drain === 0 || server.addresses().length === 0) return;
    server.drain();
    call.say(
      `Stopping: requests are still taken for ${durationText(options.drain)}, and /readyz says to send no more.`,
    );
    await sleep(options.drain);
  };
  stopOnSignal(() => server.close(), call.say, { drain, leave: server.leave });
  try {
    await listen(server);
  } catch (error) {
    await server.close();
    throw error;
  }
  await announce(call, server);
}

/** Listens on the port of the options. Throws `Failure` with the reason when that cannot be. */
export async function listen(server: Server): Promise<void> {
  const { host, port, metricsPort } = server.service.options;
  await server.listen({ host, port }).catch((error: unknown) => {
    throw whyNotListening(error, server.service.options, 'port');
  });
  if (!server.metrics) return;
  const { serveMetrics } = await import('../upkeep/upkeep.ts');
  const metrics = await serveMetrics(server.metrics, metricsPort).catch((error: unknown) => {
    throw whyNotListening(error, server.service.options, 'metricsPort');
  });
  // Unlike the service it has nothing to finish.
  metrics.unref();
}

async function announce(call: Call, server: Server): Promise<void> {
  const { service } = server;
  const [address] = server.addresses();
  const { host, tlsCert, publicUrl } = service.options;
  const port = typeof address === 'object' ? address.port : service.options.port;
  const own = `${tlsCert ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const { upgradeSentence } = await import('../database/database.ts');
  const upgraded = upgradeSentence(service.database.upgrade);
  if (upgraded) call.say(upgraded);
  call.say(`Listening on ${own}${publicUrl ? `; people reach it at ${publicUrl}` : ''}.`);
  if (!publicUrl && !/^(localhost|127\..*|::1)$/.test(host)) {
    call.say(`Links will begin with ${service.publicUrl()}: give --public-url the address that people use.`);
  }
  await sayWithoutPasskeys(call);
  if ((await service.clockCheck.apart()) !== undefined) {
    call.say(
      "The clock here is not that of the database's server, and nobody is served until both are right: `countersign doctor` says how far apart they are.",
    );
    return;
  }
  const { url, isOut } = await service.setup.linkAtStart();
  if (url)
    call.say(`There is no administrator yet. Open this to become the first; good for 30 minutes, once:\n  ${url}`);
  if (isOut)
    call.say('There is no administrator yet, and a set-up link is out. `countersign setup-link` makes another one.');
}
