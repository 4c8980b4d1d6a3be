import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { World } from './server.ts';

/** What came back over a socket, as far as it could be read. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Lets a world listen on a free port of loopback. */
export async function listen(world: World): Promise<{ port: number; url: string }> {
  const url = await world.server.listen({ host: '127.0.0.1', port: 0 });
  return { port: Number(new URL(url).port), url };
}

/**
 * Sends bytes as they are and answers the first response. `more` goes on writing after them, until it is done or the
 * server has answered.
 */
export async function sendRaw(
  port: number,
  bytes: string | Buffer,
  more?: (socket: Socket, answered: () => boolean) => Promise<void>,
): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  const done = new Promise<void>((resolve) => {
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
      if (isWhole(received)) resolve();
    });
    // A server that refuses a body resets the connection while we still write; what it said has arrived by then.
    socket.on('error', () => resolve()).on('close', () => resolve());
  });
  await once(socket, 'connect');
  socket.write(bytes);
  await more?.(socket, () => received !== '' || socket.destroyed);
  await done;
  socket.destroy();
  return parse(received);
}

function isWhole(received: string): boolean {
  const { headers, text } = parse(received);
  return received.includes('\r\n\r\n') && text.length >= Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
}

function parse(received: string): RawAnswer {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(headers),
    text: rest.join('\r\n\r\n'),
  };
}
