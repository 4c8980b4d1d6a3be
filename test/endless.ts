import { defaultLimits, type Limits } from '../src/throttle/throttle.ts';

const shape = { free: 1_000_000, firstDelay: 1, longestDelay: 1, kept: false, forgottenAfter: 60_000 };

/** Budgets so wide that nobody is slowed down or turned away, and nothing but the judgement itself decides. */
export const endless: Limits = {
  ...defaultLimits,
  password: shape,
  sitePassword: shape,
  newNetwork: shape,
  network: shape,
  site: shape,
  otp: shape,
  allOtp: { cutOff: 1_000_000, kept: true },
  pendingOtp: shape,
  recoveryCode: shape,
  passkey: shape,
  sitePasskey: shape,
};
