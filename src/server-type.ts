import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What a program around this one gets: a Fastify instance that serves all routes, with `users` and `sessions` beside it.
 * Fastify is inside the published bundle, so its own types are not named here: those of another version would promise
 * what this one does not have. What embedding needs is.
 */
export interface Server {
  /** Resolves when every route is there; `routing` answers from then on. */
  ready(): PromiseLike<unknown>;
  /** Answers one request of a server of yours, whole: pass it on untouched. */
  routing(request: IncomingMessage, response: ServerResponse): void;
  /** Starts to listen and answers the address. */
  listen(where?: { host?: string; port?: number }): Promise<string>;
  addresses(): (string | AddressInfo)[];
  server: HttpServer;
  /** Answers a request without a socket, for tests. */
  inject(request: string | Injected): Promise<InjectedAnswer>;
  /** Answers what has come in, and lets go of the database. */
  close(): PromiseLike<unknown>;
  users: {
    /** Creates a user; without a password, with a one-time link to choose one. */
    create(user: {
      name: string;
      password?: string;
      administrator?: boolean;
    }): Promise<{ id: string; name: string; link?: string }>;
    find(name: string): Promise<{ id: string; name: string; administrator: boolean; disabled: boolean } | undefined>;
  };
  sessions: {
    /** The session of a token that is good now. One whose `level` is not `full` may not do what its user may. */
    find(token: string | undefined): Promise<Session | undefined>;
    /** Ends every session of a user. */
    endAll(userId: string): Promise<number>;
  };
}

/** Who is signed in. Times are milliseconds. */
export interface Session {
  id: string;
  userId: string;
  name: string;
  administrator: boolean;
  level: 'full' | 'enrolling' | 'changing password';
  /** Within the last 10 minutes it proved what a sign-in now would demand. */
  fresh: boolean;
  proved: ('password' | 'otp' | 'recovery_code' | 'passkey')[];
  authenticatedAt: number;
  expiresAt: number;
}

interface Injected {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  url: string;
  headers?: Record<string, string | string[]>;
  payload?: string | object | Buffer;
  remoteAddress?: string;
}

interface InjectedAnswer {
  statusCode: number;
  headers: Record<string, string | string[] | number | undefined>;
  body: string;
  json<T>(): T;
}
