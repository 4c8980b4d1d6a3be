import type { Model } from './model.ts';
import * as does from './model-account.ts';
import type { Code, Session } from './model-rules.ts';
import type { Wish } from './plays.ts';
import type { Method } from './stage.ts';

/** What somebody asks for with the token of a session: what the model says of it, and the request that it is. */
export function promised(
  model: Model,
  what: Wish,
  session: Session,
  { password, code }: { password: number | undefined; code: Code },
  now: number,
): string[] {
  switch (what) {
    case 'whoami':
      return does.door(session, 'full', now) ?? ['200'];
    case 'me':
      return does.door(session, 'any', now) ?? ['200'];
    case 'generate':
      return does.generate(model, session, now);
    case 'replace':
      return does.replace(model, session, now);
    case 'enable':
      return does.enable(model, session, now);
    case 'enable with code':
      return does.enableWithCode(model, session, code, now);
    case 'disable':
      return does.disable(model, session, now);
    case 'recovery codes':
      return does.renewRecoveryCodes(model, session, now);
    case 'change password':
      return does.changePassword(model, session, password, now);
    case 'reauthenticate':
      return does.reauthenticate(model, session, { password: password ?? 0, code }, now);
    case 'sign out':
      return does.signOut(session, now);
    case 'end others':
      return does.endOthers(model, session, now);
  }
}

export function requestFor(
  what: Wish,
  {
    current,
    next,
    code,
  }: { current: string | undefined; next: string; code: { otp?: string; recovery_code?: string } | undefined },
): [Method, string, object?] {
  switch (what) {
    case 'whoami':
    case 'me':
      return ['GET', `/${what}`];
    case 'generate':
      return ['GET', '/auth/otp/generate'];
    case 'replace':
      return ['POST', '/auth/otp/replace'];
    case 'enable':
    case 'disable':
      return ['PUT', '/auth/otp/enable', { enabled: what === 'enable' }];
    case 'enable with code':
      // A recovery code proves no authenticator, and nothing typed is no code either.
      return ['PUT', '/auth/otp/enable', { enabled: true, otp: code?.otp ?? code?.recovery_code ?? '' }];
    case 'recovery codes':
      return ['POST', '/auth/recovery-codes'];
    case 'change password':
      return ['PUT', '/auth/password', { ...(current !== undefined && { current }), new: next }];
    case 'reauthenticate':
      return ['POST', '/auth/reauthenticate', { password: current, ...code }];
    case 'sign out':
      return ['DELETE', '/auth/sessions/current'];
    case 'end others':
      return ['DELETE', '/auth/sessions'];
  }
}
