import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { homeRoutes } from './home.ts';
import { invitationRoutes } from './invitation.ts';
import { meRoutes } from './me.ts';
import { sessionRoutes } from './sessions.ts';

interface Parts {
  database: Database;
  clock: Clock;
  passwords: Passwords;
  sessions: Sessions;
  signIn: SignIn;
  service: string;
  publicUrl: () => string;
}

/** A person's own account: over JSON, on the home page, and by the link of an invitation. */
export function accountRoutes(app: FastifyInstance, parts: Parts): void {
  meRoutes(app, parts);
  sessionRoutes(app, parts);
  invitationRoutes(app, parts);
  homeRoutes(app, parts);
}
