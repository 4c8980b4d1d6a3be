import { second } from '../clock.ts';
import { type FormError, withReturn } from '../http/http.ts';
import {
  codeField,
  type Html,
  hiddenOwner,
  hiddenReturnTo,
  hiddenUsername,
  html,
  layout,
  type Person,
  problem,
  type Site,
  secretText,
  serverClock,
  timeOf,
} from '../pages/pages.ts';
import { period } from '../totp/totp.ts';
import { signOutForm } from './pieces.ts';

/** What there is to show: a secret that waits for a code, or that one is in force. */
export type AuthenticatorState =
  | {
      kind: 'waiting';
      /** Whether the account has one: the app is asked for together with it, and never alone. */
      password: boolean;
      /** The first one of the account, one that is in force already, or another in place of the one in force. */
      what: 'first' | 'unconfirmed' | 'another';
      /** In Base32. */
      secret: string;
      uri: string;
      /** The address of the picture. */
      qr: string;
    }
  | {
      kind: 'in force';
      /** Whether the account has one. */
      password: boolean;
      since: number | undefined;
      /** It may not be switched off. */
      required: boolean;
      /** What would be left without it; passkeys of another host name are in force, and nobody can use them here. */
      beside: 'nothing' | 'passkeys' | 'passkeys elsewhere';
    };

type Waiting = Extract<AuthenticatorState, { kind: 'waiting' }>;
type InForce = Extract<AuthenticatorState, { kind: 'in force' }>;

interface Shown {
  site: Site;
  /** Whose authenticator it is. */
  name: string;
  person: Person | undefined;
  /** The session may do nothing else before this is done. */
  enrolling: boolean;
  /** Whether there can be passkeys. */
  takesPasskeys: boolean;
  state: AuthenticatorState;
  now: number;
  returnTo: string | undefined;
  error?: FormError;
}

const here = '/account/authenticator';

/** The authenticator app of an account, from the first QR code to moving it to another phone. */
export function authenticatorPage(shown: Shown): string {
  const { site, person, state, error } = shown;
  const title = state.kind === 'waiting' ? titles[state.what] : 'Your authenticator app';
  const main = html`<h1>${title}</h1>
${problem(error)}
${state.kind === 'waiting' ? waiting(shown, state) : inForce(shown, state)}`;
  return layout({ site, title, main, person, here, wrong: error !== undefined });
}

const titles: Record<Waiting['what'], string> = {
  first: 'Set up your authenticator app',
  unconfirmed: 'Confirm your authenticator app',
  another: 'Move to another phone',
};

function waiting(shown: Shown, state: Waiting): Html {
  const { site, name, enrolling, now, returnTo, error } = shown;
  const groups = state.secret.match(/.{4}/g) ?? [];
  return html`${enrolling && whatThisIs()}
<p>${beginning(state)}</p>
${!state.password && html`<p>The app alone does not sign you in: it goes with a password, and this account has none. <a href="/account/password">Set a password</a> too.</p>`}
<p class="touch-only buttons"><a class="button" href="${state.uri}">Open an authenticator app on this device</a><a class="button" href="apple-${state.uri}" data-apple hidden>Set up in Apple Passwords</a></p>
<img class="qr" alt="QR code for setting up an authenticator app" src="${state.qr}" width="232" height="232">
<p class="label">Or type this key into the app</p>
${secretText({ id: 'secret', text: groups.join(' '), copied: state.secret, copyLabel: 'Copy the key' })}
${particulars(site, name)}
${serverClock(now)}
<form method="post" action="${here}">
${hiddenReturnTo(returnTo)}
${hiddenUsername(name)}
${codeField({
  wrong: error?.code === 'wrong_otp',
  hint: html`The app shows a new one every ${period / second} seconds, under <strong>${site.service}: ${name}</strong>.`,
})}
<button type="submit" class="primary">Confirm the code</button>
</form>
${!enrolling && html`<p>${leavings[state.what]}</p>`}
${state.what === 'another' && keepForm(name)}
${enrolling && instead(shown)}`;
}

function instead({ takesPasskeys, returnTo }: Shown): Html {
  const href = withReturn('/account/passkeys', returnTo);
  return html`${takesPasskeys && html`<ul class="ways"><li><a href="${href}">Add a passkey instead</a></li></ul>`}
${signOutForm()}`;
}

function keepForm(name: string): Html {
  return html`<form method="post" action="${here}/keep">${hiddenOwner({ name })}<button type="submit">Keep the one I have</button></form>`;
}

function whatThisIs(): Html {
  return html`<p>This account must have a second factor: besides the password, something that only you have. It takes two minutes to set up.</p>
<p>An authenticator app is that something. It runs on your phone, needs no network, and shows a new six-digit code every ${period / second} seconds. Your phone or your password manager may have one already; if not, install any of them, such as Aegis, FreeOTP, Google Authenticator or Microsoft Authenticator. Then go on here.</p>`;
}

/** Without a password signing in asks for no code. */
function beginning({ what, password }: Waiting): string {
  if (what === 'unconfirmed' && !password)
    return 'This authenticator is in force already. Scan it, then enter a code, so that you know it works.';
  return beginnings[what];
}

const beginnings: Record<Waiting['what'], string> = {
  first: 'Scan this with an authenticator app, then enter the code that it shows.',
  unconfirmed:
    'Signing in asks for a code of this authenticator already. Scan it, then enter a code, so that you know it works.',
  another: 'Scan this with the authenticator app on the other phone, then enter the code that it shows there.',
};

const leavings: Record<Waiting['what'], string> = {
  first:
    'Nothing is in force before you have entered a right code. Then every other session ends. Leave this page, and your account stays as it is.',
  unconfirmed: 'Leave this page, and your account stays as it is.',
  another:
    'Until you have entered a right code of the new one, the authenticator that you have now works as before. Then it stops working, you get new recovery codes in place of the old ones, and every other session ends.',
};

function particulars({ service }: Site, name: string): Html {
  const rows = [
    ['Account', name],
    ['Issuer', service],
    ['Type', 'TOTP, by time'],
    ['Algorithm', 'SHA-1'],
    ['Digits', '6'],
    ['Period', `${period / second} seconds`],
  ] as const;
  return html`<details>
<summary>All settings, for an app that asks</summary>
<dl>
${rows.map(([key, value]) => html`<div><dt>${key}</dt><dd>${value}</dd></div>\n`)}</dl>
</details>`;
}

function inForce({ name }: Shown, { password, since, required, beside }: InForce): Html {
  const asked = password
    ? html`signing in with the password asks for a code of it${beside === 'passkeys' && ', or for a passkey'}`
    : html`a code of it will be asked for together with a password, once this account has one. <a href="/account/password">Set a password</a>`;
  return html`<p>It is in force${since !== undefined && html` since ${timeOf(since)}`}: ${asked}. The key is never shown again.</p>
<h2>Move to another phone</h2>
<p>You get a new QR code for the other phone. Until you have entered a code of that one, the app that you have now works as before. Then it stops working, and so do your recovery codes: you get new ones.</p>
<form method="post" action="${here}/replace">${hiddenOwner({ name })}<button type="submit" class="primary">Move to another phone</button></form>
<h2>${beside === 'nothing' ? 'Without a second factor' : 'Without the app'}</h2>
${required ? html`<p>This account must have a second factor, so it cannot be switched off.</p>` : switchOff(name, beside, password)}`;
}

function switchOff(name: string, beside: InForce['beside'], password: boolean): Html {
  const words = beside === 'nothing' ? 'Switch the second factor off' : 'Switch the authenticator app off';
  return html`<details>
<summary>${words}</summary>
<p>${password ? withoutIt[beside] : 'The authenticator app stops working. This account has no password: only passkeys sign you in.'} Every other session ends.</p>
<form method="post" action="${here}/off">${hiddenOwner({ name })}<button type="submit" class="primary danger">${words}</button></form>
</details>`;
}

const withoutIt: Record<InForce['beside'], string> = {
  nothing: 'Your password alone will open this account. The authenticator app and the recovery codes stop working.',
  passkeys:
    'The authenticator app stops working. Your passkeys and your recovery codes go on to work: together with the password a passkey is asked for.',
  'passkeys elsewhere':
    'The authenticator app stops working. Your passkeys are for another address of this service: here you will sign in with your password and a recovery code.',
};
