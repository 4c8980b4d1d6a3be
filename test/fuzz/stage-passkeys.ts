import { type SoftwareAuthenticator, softwareAuthenticator, type Wrong } from '../authenticator.ts';
import type { CreationOptions, RequestOptions } from '../call.ts';
import { askToSignIn } from '../passkeys.ts';
import type { World } from '../server.ts';
import { readMarkup } from '../visitor/markup.ts';
import { passkeyFormsIn } from '../visitor/passkey-forms.ts';
import type { PasskeyAnswer } from './model-passkeys.ts';
import type { Browser, From, Passkey, Session } from './model-rules.ts';
import { outcomeOf, type Stage } from './stage.ts';

/** What a device answers, and for a program what it sends along. */
interface Given {
  credential: object;
  ceremony?: string;
}

/** A question, as it was put to a browser or a program. */
export interface Asked {
  outcome: string;
  options?: RequestOptions;
  ceremony?: string;
}

export interface Done {
  outcome: string;
  token?: string;
}

/** The devices of a play, and what they do at the service itself. */
export class PasskeyStage {
  readonly #stage: Stage;
  readonly #world: World;
  readonly #devices = new Map<Passkey, SoftwareAuthenticator>();
  /** The ids of passkeys at the service. */
  readonly #ids = new Map<Passkey, string>();
  /** The last answer that was judged, by whoever sent it: it is sent again. */
  readonly #judged = new Map<Browser | Session | 'a program', Given>();

  constructor(stage: Stage, world: World) {
    this.#stage = stage;
    this.#world = world;
  }

  /** A passkey that somebody has when the play begins; its device has counted nothing yet. */
  enter(passkey: Passkey, { held }: SoftwareAuthenticator, id: string): void {
    const device = softwareAuthenticator({ counts: passkey.counts });
    device.held.push(...held.map((each) => ({ ...each, count: 0 })));
    this.#devices.set(passkey, device);
    this.#ids.set(passkey, id);
  }

  /** One that nobody here knows. */
  enterUnknown(passkey: Passkey): void {
    this.#devices.set(passkey, makeStranger());
  }

  async askToSignIn({ network, browser }: From): Promise<Asked> {
    if (browser) return this.#openForm(browser, '/sign-in');
    return { outcome: '200', ...(await askToSignIn(this.#world, { from: network.address })) };
  }

  async signIn(from: From, asked: Asked, answer: PasskeyAnswer): Promise<Done> {
    const { browser } = from;
    if (browser) return this.#send(browser, '/sign-in/passkey', asked, answer);
    const given = await this.#answer('a program', asked, answer);
    const said = await this.#stage.call('POST', '/auth/passkeys/sign-in', from, { body: given });
    const { enrolling, token } = said.body;
    const outcome = said.status === 200 ? `in, ${enrolling ? 'enrolling' : 'full'}` : outcomeOf(said);
    this.#note('a program', given, outcome);
    return { outcome, token };
  }

  async askForSecond(browser: Browser): Promise<Asked> {
    return this.#openForm(browser, '/sign-in/second-passkey');
  }

  async finish(browser: Browser, asked: Asked, answer: PasskeyAnswer): Promise<Done> {
    return this.#send(browser, '/sign-in/second-passkey', asked, answer);
  }

  async askToReauthenticate(session: Session): Promise<Asked> {
    const said = await this.#stage.ask(session, 'POST', '/auth/passkeys/reauthentication/options');
    return { outcome: outcomeOf(said), options: said.body.options };
  }

  async reauthenticate(session: Session, asked: Asked, answer: PasskeyAnswer): Promise<string> {
    const given = await this.#answer(session, asked, answer);
    const said = await this.#stage.ask(session, 'POST', '/auth/reauthenticate', { passkey: given.credential });
    const outcome = outcomeOf(said);
    this.#note(session, given, outcome);
    return outcome;
  }

  /** Asks for a new passkey; where that may be, a device makes it. Answers the recovery codes that came with it as well. */
  async add(session: Session, passkey: Passkey): Promise<{ outcome: string; recoveryCodes?: string[] }> {
    const asked = await this.#stage.ask(session, 'POST', '/auth/passkeys/registration/options');
    if (asked.status !== 200) return { outcome: outcomeOf(asked) };
    const device = softwareAuthenticator({ counts: passkey.counts });
    const credential = device.create(asked.body.options);
    const said = await this.#stage.ask(session, 'POST', '/auth/passkeys', { credential });
    if (said.status === 201) {
      this.#devices.set(passkey, device);
      this.#ids.set(passkey, said.body.passkey.id);
    }
    return { outcome: outcomeOf(said), recoveryCodes: said.body.recovery_codes };
  }

  async remove(session: Session, passkey: Passkey | undefined, accepts: boolean): Promise<string> {
    const id = (passkey && this.#ids.get(passkey)) ?? 'none';
    const url = `/auth/passkeys/${id}${accepts ? '?accept=no_way_in' : ''}`;
    return outcomeOf(await this.#stage.ask(session, 'DELETE', url));
  }

  /** A page with the form that a passkey fills in, and what that asks for. */
  async #openForm(browser: Browser, url: string): Promise<Asked> {
    const page = await this.#stage.open(browser, url);
    const outcome = outcomeOf(page);
    const form = outcome === '200' && passkeyFormsIn(readMarkup(page.text)).find(({ does }) => does === 'get');
    return form ? { outcome, options: form.options } : { outcome };
  }

  async #send(browser: Browser, url: string, asked: Asked, answer: PasskeyAnswer): Promise<Done> {
    const given = await this.#answer(browser, asked, answer);
    const done = await this.#stage.send(browser, url, { credential: JSON.stringify(given.credential) });
    this.#note(browser, given, done.outcome);
    return done;
  }

  #note(by: Browser | Session | 'a program', given: Given, outcome: string): void {
    if (/^in|^200|^wrong passkey/.test(outcome)) this.#judged.set(by, given);
  }

  /** What the device says to a question, and what is sent instead where it was answered already. */
  async #answer(by: Browser | Session | 'a program', asked: Asked, { passkey, flaw }: PasskeyAnswer): Promise<Given> {
    const device = this.#devices.get(passkey);
    const { ceremony } = asked;
    const { options } = flaw === 'to another question' ? await askToSignIn(this.#world) : asked;
    if (!device || !options) throw new Error('there is no question, or nobody who answers it');
    const judged = this.#judged.get(by);
    if (flaw === 'again' && judged) return judged;
    const wrong: Wrong = {
      ...(flaw === 'forged' ? { signature: Buffer.from('nonsense') } : {}),
      ...(flaw === 'unverified' ? { flags: { uv: false } } : {}),
      ...(flaw === 'copied' && passkey.counts ? { count: 1 } : {}),
      ...(flaw === 'again' ? { challenge: 'nobody has asked this' } : {}),
    };
    const credential = device.get({ ...options, allowCredentials: [] }, wrong);
    return { credential, ...(ceremony !== undefined && { ceremony }) };
  }
}

/** The device of somebody whom the service has never seen. */
function makeStranger(): SoftwareAuthenticator {
  const device = softwareAuthenticator();
  device.create(nowhere);
  return device;
}

const nowhere: CreationOptions = {
  rp: { id: 'localhost', name: '' },
  user: { id: 'bm9ib2R5', name: 'nobody', displayName: 'nobody' },
  challenge: '',
  pubKeyCredParams: [],
  excludeCredentials: [],
  authenticatorSelection: {},
};
