import type { BudgetName } from './limits.ts';
import { networkOf, siteOf } from './network.ts';

/**
 * A try at a secret is charged to budgets; here is which try draws on which. A browser that has signed in to the account
 * before has budgets of its own: whoever fails elsewhere cannot use them up, and it cannot use up those of others.
 */
export interface Try {
  budget: BudgetName;
  key: string;
  /** A name for which only so many keys a UTC day get a budget of their own; further ones share one. */
  newcomerTo?: string;
}

/** A try at the password of a name, known or not. */
export function passwordTry(name: string, address: string, browserId?: string): Try[] {
  if (browserId !== undefined) return [{ budget: 'password', key: ofBrowser(browserId) }];
  const network = networkOf(address);
  const site = siteOf(address);
  const password = { budget: 'password', key: JSON.stringify([name, network]) } as const;
  const overAll = { budget: 'network', key: network } as const;
  if (site === network) return [{ ...password, newcomerTo: name }, overAll];
  // By the /48, or one subscriber could use up all the room for newcomers.
  const ofSite = { budget: 'sitePassword', key: JSON.stringify([name, site]), newcomerTo: name } as const;
  return [password, ofSite, overAll, { budget: 'site', key: site }];
}

/** A try at a code of one authenticator. */
export function otpTry(userId: string, authenticatorId: string, browserId?: string): Try[] {
  const key = JSON.stringify([userId, authenticatorId]);
  return [
    { budget: 'otp', key: browserId === undefined ? key : ofBrowser(browserId) },
    { budget: 'allOtp', key },
  ];
}

/** A try at a code that is to bind an authenticator to an account. */
export function pendingOtpTry(userId: string): Try[] {
  return [{ budget: 'pendingOtp', key: userId }];
}

/** A try at a recovery code of an account. */
export function recoveryCodeTry(userId: string, browserId?: string): Try[] {
  return [{ budget: 'recoveryCode', key: browserId === undefined ? userId : ofBrowser(browserId) }];
}

/** A try at a passkey, whosever it is: budgets of its own, so that no wrong password or code keeps one out. */
export function passkeyTry(address: string, browserId?: string): Try[] {
  if (browserId !== undefined) return [{ budget: 'passkey', key: ofBrowser(browserId) }];
  const network = networkOf(address);
  const site = siteOf(address);
  const own = { budget: 'passkey', key: network } as const;
  return site === network ? [own] : [own, { budget: 'sitePasskey', key: site }];
}

/** What a browser has for itself: forgotten when it is no longer known. */
export function browserTries(browserId: string): Try[] {
  const key = ofBrowser(browserId);
  return [
    { budget: 'password', key },
    { budget: 'otp', key },
    { budget: 'recoveryCode', key },
    { budget: 'passkey', key },
  ];
}

// No JSON begins like this, and no id of a user holds a colon.
const ofBrowser = (id: string): string => `browser:${id}`;
