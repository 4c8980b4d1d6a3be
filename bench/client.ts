import { connect, type Socket } from 'node:net';
import { within } from './processes.ts';

/** One keep-alive connection to a server of ours or of a peer: HTTP/1.1 as plain as it can be, so that it costs little. */
export interface Connection {
  /** Sends a whole request, as text; the answer comes to `onAnswer`. One at a time. */
  ask(request: string, onAnswer: (answer: Answer) => void): void;
  close(): void;
}

export interface Answer {
  status: number;
  /** The head as it came, without the empty line. */
  head: string;
  body(): string;
  bytes: number;
}

export function openConnection(port: number, onError: (error: Error) => void): Connection {
  let pending: ((answer: Answer) => void) | undefined;
  let held: Buffer | undefined;
  const fail = (words: string) => onError(new Error(words));
  const take = (bytes: number, buffer: Uint8Array): boolean => {
    // The buffer is filled again by the next read, so what is not whole yet is copied.
    const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, bytes);
    const received = held ? Buffer.concat([held, chunk]) : chunk;
    const answer = wholeAnswer(received);
    const done = pending;
    if (!answer) held = Buffer.from(received);
    else if (!done || answer.bytes !== received.length) fail('The server sent more than it was asked for.');
    else {
      held = undefined;
      pending = undefined;
      done(answer);
    }
    return true;
  };
  const onread = { buffer: Buffer.alloc(65_536), callback: take };
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
  socket.on('error', onError).on('close', () => pending && fail('The server closed a connection that waited.'));
  return {
    ask(request, onAnswer) {
      pending = onAnswer;
      socket.write(request, 'latin1');
    },
    close() {
      pending = undefined;
      socket.destroy();
    },
  };
}

/** The answer, once all of it has come. */
function wholeAnswer(data: Buffer): Answer | undefined {
  const end = data.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = data.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const begin = end + 4;
  if (length === undefined && /\r\ntransfer-encoding: *chunked/i.test(head)) {
    const last = data.indexOf('0\r\n\r\n', begin);
    if (last < 0) return undefined;
    return { status, head, body: () => unchunked(data.toString('latin1', begin, last)), bytes: last + 5 };
  }
  const bytes = begin + Number(length ?? 0);
  return data.length < bytes ? undefined : { status, head, body: () => data.toString('utf8', begin, bytes), bytes };
}

function unchunked(text: string): string {
  let rest = text;
  let body = '';
  while (rest !== '') {
    const size = Number.parseInt(rest, 16);
    const start = rest.indexOf('\r\n') + 2;
    body += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
  return body;
}

/** A request as it goes over the wire. */
export function request(method: string, path: string, headers: Record<string, string> = {}, body = ''): string {
  const length: Record<string, string> = body === '' && method === 'GET' ? {} : { 'content-length': `${body.length}` };
  const lines = Object.entries({ host: '127.0.0.1', ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** Asks on a connection that is there for nothing else. */
export function askOnce(port: number, text: string): Promise<Answer> {
  const answered = new Promise<Answer>((resolve, reject) => {
    const connection = openConnection(port, reject);
    connection.ask(text, (answer) => {
      connection.close();
      resolve(answer);
    });
  });
  return within(askLimit, 'an answer', answered);
}

const askLimit = 60_000;

/** The cookies that an answer sets, as they go back. */
export function cookiesOf({ head }: Answer): string {
  return [...head.matchAll(/\r\nset-cookie: ([^;\r]+)/gi)].map(([, cookie]) => cookie).join('; ');
}
