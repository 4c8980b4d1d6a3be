import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server of PostgreSQL that can be shut to whoever comes anew, while those who have come that way stay. */
export interface Between {
  port: number;
  /** The names of what each connection has set by its first message: https://www.postgresql.org/docs/current/protocol-message-formats.html */
  asked: string[][];
  shut(): void;
  open(): void;
  close(): Promise<void>;
}

export async function standBetween(target: { host: string; port: number }): Promise<Between> {
  const sockets = new Set<Socket>();
  const asked: string[][] = [];
  let isShut = false;
  const server = createServer((socket) => {
    if (isShut) return void socket.destroy();
    const onward = connect(target.port, target.host);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      one.on('error', () => undefined).on('close', () => other.destroy());
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    socket.once('data', (message) => {
      // Length and version first, then names and values in turn, each with a zero behind it.
      asked.push(
        message
          .toString('latin1', 8)
          .split('\0')
          .filter((part, index) => index % 2 === 0 && part !== ''),
      );
      onward.write(message);
      socket.pipe(onward).pipe(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    asked,
    shut: () => {
      isShut = true;
    },
    open: () => {
      isShut = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
