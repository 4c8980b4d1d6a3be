import type { FastifyInstance } from 'fastify';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Site } from '../pages/pages.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Browsers, Sessions } from '../sessions/sessions.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import type { Totp } from '../totp/totp.ts';
import { activityPageRoutes } from './activity.ts';
import { authenticatorRoutes } from './authenticator.ts';
import { homeRoutes } from './home.ts';
import { invitationRoutes } from './invitation.ts';
import { meRoutes } from './me-routes.ts';
import { overviewRoutes } from './overview.ts';
import { ownPasskeyPages } from './passkeys.ts';
import { passwordRoutes } from './password.ts';
import { recoveryCodesRoutes } from './recovery-codes.ts';
import { sessionRoutes } from './session-routes.ts';
import { sessionPages } from './sessions.ts';
import { wellKnownRoutes } from './well-known.ts';

interface Parts {
  audit: Audit;
  database: Database;
  clock: Clock;
  passwords: Passwords;
  sessions: Sessions;
  browsers: Browsers;
  signIn: SignIn;
  totp: Totp;
  passkeys: Passkeys;
  site: Site;
}

/** A person's own account: over JSON, on its pages, and by the link of an invitation. */
export function accountRoutes(app: FastifyInstance, parts: Parts): void {
  meRoutes(app, parts);
  sessionRoutes(app, parts);
  invitationRoutes(app, parts);
  homeRoutes(app, parts);
  overviewRoutes(app, parts);
  ownPasskeyPages(app, parts);
  authenticatorRoutes(app, parts);
  recoveryCodesRoutes(app, parts);
  passwordRoutes(app, parts);
  sessionPages(app, parts);
  activityPageRoutes(app, parts);
  wellKnownRoutes(app, parts);
}
