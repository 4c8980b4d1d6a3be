import { Agent, request } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Clock } from './clock.ts';

/** One request of somebody, as data. */
export interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** `name:password`. */
  basic?: string;
  token?: string;
  body?: object;
}

export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** Sends a request to a service, at a time of the test's own; `lost` where no whole answer came. */
export type Door = (request: Request) => Promise<Reply | 'lost'>;

/** The header by which a request tells a service of these tests what time it is. */
export const timeHeader = 'x-test-now';

function headersOf({ basic, token, body }: Request, now: number): Record<string, string> {
  return {
    accept: 'application/json',
    [timeHeader]: String(now),
    ...(basic && { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
    ...(token && { authorization: `Bearer ${token}` }),
    ...(body && { 'content-type': 'application/json' }),
  };
}

const parsed = (text: string): Record<string, unknown> => {
  const value: unknown = text === '' ? {} : JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : { value };
};

/** The door of a service in this process, which goes by the same clock. */
export function doorIn(server: FastifyInstance, clock: Clock): Door {
  return (asked) =>
    clock.during(async () => {
      const { method, path: url, body: payload } = asked;
      const headers = headersOf(asked, clock.now);
      const answer = await server.inject({ method, url, headers, ...(payload && { payload }) });
      return { status: answer.statusCode, body: parsed(answer.payload) };
    });
}

/** The door of a process, over connections that are kept. */
export function doorOf(port: number, clock: Clock): { door: Door; close(): void } {
  const agent = new Agent({ keepAlive: true });
  const send: Door = (asked) =>
    new Promise((resolve) => {
      const { method, path, body } = asked;
      const headers = headersOf(asked, clock.now);
      const sent = request({ host: '127.0.0.1', port, method, path, agent, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: parsed(text) }));
        answer.on('error', () => resolve('lost'));
      });
      sent.on('error', () => resolve('lost'));
      sent.end(body && JSON.stringify(body));
    });
  return { door: (asked) => clock.during(() => send(asked)), close: () => agent.destroy() };
}
