import { type Html, html } from './html.ts';

interface PasskeyForm {
  action: string;
  /** To use one, or to make one. */
  does: 'get' | 'create';
  /** What the browser is asked for, as JSON of WebAuthn. */
  options: object;
  /** Where newer options come from, when these have expired; else the page is read again. */
  renew?: string;
  /** Passkeys are offered in the list of the name field too. */
  inList?: boolean;
  label: string;
  primary?: boolean;
  /** What is sent along. */
  fields?: Html | undefined;
}

/** A form that a passkey fills in. It is shown by the script, since without one there is nothing that could fill it in. */
export function passkeyForm({ action, does, options, renew, inList, label, primary, fields }: PasskeyForm): Html {
  return html`<form method="post" action="${action}" data-passkey="${does}" data-options="${JSON.stringify(options)}"${renew !== undefined && html` data-renew="${renew}"`}${inList && html` data-conditional`} hidden>
${fields}
<input type="hidden" name="credential">
<button type="submit"${primary && html` class="primary"`}>${label}</button>
<p class="hint" aria-live="polite"></p>
</form>`;
}

/** Stands where no passkey can be used: without a script, in an old browser, or under another name of the service. */
export function withoutPasskeys(words: Html | string): Html {
  return html`<p data-without-passkeys>${words}</p>`;
}

/** What a passkey that there is takes, or a new one, at the one origin where it works. */
export function whatPasskeysTake(origin: string): Html {
  return html`JavaScript, a recent browser, and this service at its own address, <a href="${origin}">${origin}</a>`;
}

/** Something that the browser is told about passkeys that it keeps; nobody sees it. */
export function passkeySignal(method: Signal, options: object): Html {
  return html`<p data-signal="${method}" data-options="${JSON.stringify(options)}" hidden></p>`;
}

type Signal = 'signalUnknownCredential' | 'signalAllAcceptedCredentials' | 'signalCurrentUserDetails';
