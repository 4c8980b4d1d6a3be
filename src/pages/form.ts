import { type Html, html } from './html.ts';

/** About one field: whether it is to be mended, and whether it has the focus when the page opens. */
interface State {
  wrong?: boolean | undefined;
  first?: boolean | undefined;
}

interface Username extends State {
  value?: string | undefined;
  /** There for password managers only; it cannot be changed. */
  readonly?: boolean | undefined;
}

/** The name of a person, `username`. Passkeys may be offered in it where it can be typed in. */
export function usernameField({ value, readonly, ...state }: Username): Html {
  const autocomplete = readonly ? 'username' : 'username webauthn';
  return html`<label for="username">Name</label>
<input type="text" id="username" name="username" value="${value}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false"${readonly ? html` readonly` : html` required`}${stateOf(state)}>`;
}

interface Password extends State {
  /** Its id too. */
  name: string;
  label: string;
  autocomplete: 'current-password' | 'new-password';
  hint?: string | undefined;
  /** Characters that a new password has at least. */
  minimum?: number | undefined;
}

/** A password, never filled in by us. It takes anything, pasted or typed; what will not do is said by the server. */
export function passwordField({ name, label, autocomplete, hint, minimum, ...state }: Password): Html {
  return html`<label for="${name}">${label}</label>
${hintOf(name, hint)}<div class="with-button"><input type="password" id="${name}" name="${name}" autocomplete="${autocomplete}"${minimum !== undefined && html` minlength="${minimum}"`} required${stateOf(state, hint && name)}><button type="button" data-reveal="${name}" aria-pressed="false" hidden>Show<span class="unseen"> ${label.toLowerCase()}</span></button></div>`;
}

/** The password that an account is to have from now on. */
export function newPasswordField({ minimum, ...rest }: State & { name: string; minimum: number }): Html {
  const hint = `At least ${minimum} characters. A few unrelated words are easy to remember.`;
  return passwordField({ ...rest, label: 'New password', autocomplete: 'new-password', hint, minimum });
}

interface Code extends State {
  hint?: Html | string | undefined;
}

/** The code of an authenticator, `otp`. Spaces and digits of other scripts are for the server to understand. */
export function codeField({ hint, ...state }: Code): Html {
  return html`<label for="otp">6-digit code</label>
${hintOf('otp', hint)}<input class="code" type="text" id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" required${stateOf(state, hint && 'otp')}>`;
}

/** A recovery code, `recovery_code`, however it is written. */
export function recoveryCodeField({ hint, ...state }: Code): Html {
  const text = hint ?? 'Each one works once. Capitals, spaces and hyphens do not matter.';
  return html`<label for="recovery_code">Recovery code</label>
${hintOf('recovery_code', text)}<input class="code" type="text" id="recovery_code" name="recovery_code" autocapitalize="characters" spellcheck="false" required${stateOf(state, 'recovery_code')}>`;
}

/** So that password managers know whose password or code it is, and the server whose page, as `hiddenOwner` says. */
export function hiddenUsername(name: string): Html {
  return html`<input type="text" id="username" name="username" value="${name}" autocomplete="username" readonly hidden>`;
}

/** Whose page a form stands on: left open, it may be sent when somebody else is signed in, and is then refused. */
export function hiddenOwner({ name }: { name: string }): Html {
  return html`<input type="hidden" name="username" value="${name}">`;
}

/** Where the person goes afterwards, carried along; `returnTo` of `http/` reads it. */
export function hiddenReturnTo(path: string | undefined): Html | undefined {
  return path === undefined ? undefined : html`<input type="hidden" name="return_to" value="${path}">`;
}

function hintOf(id: string, hint: Html | string | undefined): Html | undefined {
  return hint === undefined ? undefined : html`<p class="hint" id="${id}-hint">${hint}</p>\n`;
}

/** The attributes of a field that follow from its state. Its descriptions: the alert, where it is wrong, and its hint. */
function stateOf({ wrong, first }: State, hinted?: string | false): Html {
  const descriptions = [wrong && 'error', hinted && `${hinted}-hint`].filter(Boolean).join(' ');
  return html`${wrong && html` aria-invalid="true"`}${descriptions !== '' && html` aria-describedby="${descriptions}"`}${first && html` autofocus`}`;
}
