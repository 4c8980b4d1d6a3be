import { day } from '../../src/clock.ts';
import type { Limits } from '../../src/throttle/throttle.ts';

/**
 * The throttle as docs/security/throttle.md promises it to one who makes one try after another. The table of limits is
 * the service's own; everything else is said here a second time.
 */
export interface Network {
  address: string;
  /** The /64 or the IPv4 address that counts as one place, and the /48 where there is one. */
  place: string;
  site?: string;
}

/** What the next try meets: none of the limits, so many seconds to wait, or an authenticator that is off. */
export type Gate = { open: true } | { open: false; seconds: number[] } | { open: false; off: true };

type Kind = { [Name in keyof Limits]: Limits[Name] extends number ? never : Name }[keyof Limits];

interface Count {
  kind: Kind;
  wrong: number;
  /** When the first wrong try was, the last one, and the last that was charged. */
  since: number;
  last: number;
  charged: number;
}

/** One budget that a try draws on; a shared one is cleared by nobody. */
interface Draw {
  kind: Kind;
  key: string;
  shared?: true;
  /** It was counted as a new network, and stays so for the day, also when it is right. */
  newcomer?: true;
}

export class Budgets {
  readonly #limits: Limits;
  readonly #counts = new Map<string, Count>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Tries at the password of a name: a browser that the account knows has a budget of its own, and no other. */
  passwords(name: string, { place, site }: Network, browser: number | undefined, now: number): Draw[] {
    if (browser !== undefined) return [{ kind: 'password', key: `browser ${browser}` }];
    const today = Math.floor(now / day);
    const overall: Draw[] = [{ kind: 'network', key: place }, ...(site ? [{ kind: 'site', key: site } as const] : [])];
    const own: Draw = site
      ? { kind: 'sitePassword', key: `${name} ${site} ${today}`, newcomer: true }
      : { kind: 'password', key: `${name} ${place} ${today}`, newcomer: true };
    const room: Draw = { kind: 'newNetwork', key: `${name} ${today}` };
    const ofNetwork: Draw[] = site ? [{ kind: 'password', key: `${name} ${place}` }] : [];
    if (this.#find(own, now)) return [own, ...ofNetwork, ...overall];
    if (this.#end(room, now) <= now) return [own, room, ...ofNetwork, ...overall];
    return [{ kind: 'password', key: `newcomers to ${name}`, shared: true }, ...ofNetwork, ...overall];
  }

  /** Tries at the codes of one authenticator: those of a known browser apart, and all of them together. */
  codes(authenticator: number, browser: number | undefined): Draw[] {
    return [
      { kind: 'otp', key: browser === undefined ? `${authenticator}` : `browser ${browser}` },
      { kind: 'allOtp', key: `${authenticator}` },
    ];
  }

  recoveryCodes(name: string, browser: number | undefined): Draw[] {
    return [{ kind: 'recoveryCode', key: browser === undefined ? name : `browser ${browser}` }];
  }

  newAuthenticator(name: string): Draw[] {
    return [{ kind: 'pendingOtp', key: name }];
  }

  /** Wrong answers of passkeys: nobody's name is in them, and nothing else draws on these. */
  passkeys({ place, site }: Network, browser: number | undefined): Draw[] {
    if (browser !== undefined) return [{ kind: 'passkey', key: `browser ${browser}` }];
    return [{ kind: 'passkey', key: place }, ...(site ? [{ kind: 'sitePasskey', key: site } as const] : [])];
  }

  /** Whether a try may be judged now; a refused one changes nothing. */
  gate(draws: readonly Draw[], now: number): Gate {
    const ends = draws.map((draw) => this.#end(draw, now));
    if (ends.includes(Number.POSITIVE_INFINITY)) return { open: false, off: true };
    const end = Math.max(...ends);
    if (end <= now) return { open: true };
    // A network that is refused for all names is answered from memory, which knows nothing of the name.
    const overall = draws.flatMap(({ kind }, at) => (kind === 'network' || kind === 'site' ? [ends[at] ?? 0] : []));
    const seconds = [end, Math.max(...overall)].filter((each) => each > now).map((each) => (each - now) / 1000);
    return { open: false, seconds: seconds.map(Math.ceil) };
  }

  /** Notes the verdict on a try that was judged. */
  settle(draws: readonly Draw[], right: boolean, now: number): void {
    let forgiven = 0;
    for (const draw of draws) {
      const found = this.#find(draw, now);
      const count = found ?? { kind: draw.kind, wrong: 0, since: now, last: now, charged: now };
      if (!right) this.#counts.set(keyOf(draw), { ...count, wrong: count.wrong + 1, last: now, charged: now });
      else if (draw.kind === 'allOtp') count.wrong = Math.max(0, count.wrong - forgiven);
      else if (!draw.shared && !('window' in this.#limits[draw.kind])) {
        forgiven = count.wrong;
        if (draw.newcomer && count.wrong > 0) this.#counts.set(keyOf(draw), { ...count, wrong: 0, charged: now });
        else if (!draw.newcomer || !found) this.#counts.delete(keyOf(draw));
      } else count.charged = now;
    }
  }

  forget(draws: readonly Draw[]): void {
    for (const draw of draws) this.#counts.delete(keyOf(draw));
  }

  /** What is a browser's own goes with it; what it has added to the count of all codes stays. */
  forgetBrowser(browser: number): void {
    for (const kind of ['password', 'otp', 'recoveryCode', 'passkey'] as const)
      this.forget([{ kind, key: `browser ${browser}` }]);
  }

  /** Whether a browser has failed at nothing since it was last right. */
  isClean(browser: number): boolean {
    return (['password', 'otp', 'recoveryCode'] as const).every(
      (kind) => !this.#counts.has(`${kind} browser ${browser}`),
    );
  }

  /** Whether so many codes were wrong that no further one is judged. */
  isOff(authenticator: number): boolean {
    return this.#end({ kind: 'allOtp', key: `${authenticator}` }, 0) === Number.POSITIVE_INFINITY;
  }

  #find(draw: Draw, now: number): Count | undefined {
    const count = this.#counts.get(keyOf(draw));
    const limit = this.#limits[draw.kind];
    if (!count || 'cutOff' in limit || limit.kept) return count;
    const over = 'window' in limit ? count.since + limit.window : count.charged + limit.forgottenAfter;
    return over > now || (!('window' in limit) && this.#endOf(count) > now) ? count : undefined;
  }

  #end(draw: Draw, now: number): number {
    const count = this.#find(draw, now);
    return count ? this.#endOf(count) : 0;
  }

  /** Until when nothing more is judged. */
  #endOf({ kind, wrong, since, last }: Count): number {
    const limit = this.#limits[kind];
    if ('cutOff' in limit) return wrong >= limit.cutOff ? Number.POSITIVE_INFINITY : 0;
    if (wrong < limit.free) return 0;
    if ('window' in limit) return since + limit.window;
    return last + Math.min(limit.longestDelay, limit.firstDelay * 2 ** (wrong - limit.free));
  }
}

function keyOf({ kind, key }: Draw): string {
  return `${kind} ${key}`;
}
