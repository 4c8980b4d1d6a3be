import type { FormError } from '../http/http.ts';
import {
  type Html,
  html,
  layout,
  notice,
  type Person,
  problem,
  type Site,
  secretText,
  timeOf,
} from '../pages/pages.ts';
import type { User } from '../users/users.ts';
import type { Link, UserOverview } from './admin.ts';

interface Shown {
  site: Site;
  person: Person;
  overview: UserOverview;
  /** Whether the administrator looks at his own account. */
  own: boolean;
  /** The word of a notice. */
  done?: string | undefined;
  /** What was typed as a new name, and what is to be mended in it. */
  typedName?: string;
  error?: FormError;
}

/** One user: the facts, and what can be done. What cannot be taken back says what it does before its button is there. */
export function userPage({ site, person, overview, own, done, typedName, error }: Shown): string {
  const { user } = overview;
  const activity = `/admin/activity?${new URLSearchParams({ user: user.name })}`;
  const main = html`<h1>${user.name}</h1>
${problem(error)}
${notice(done === undefined ? undefined : notices.get(done))}
${facts(overview)}
${
  own
    ? html`<p>This is your own account. Ask another administrator to change it here; what is yours alone to change is under <a href="/account">Account</a>.</p>`
    : html`${rename(overview, typedName, isAboutName(error))}
<h2>Change</h2>
${verbsFor(overview).map((verb) => disclosure(user.id, verb))}`
}
<ul class="ways"><li><a href="${activity}">Activity of ${user.name}</a></li><li><a href="/admin/users">All users</a></li></ul>`;
  return layout({ site, title: user.name, main, person, here: '/admin/users', wrong: error !== undefined });
}

/** Whether a problem is one of the name that was typed. */
export function isAboutName(error: FormError | undefined): boolean {
  return error?.code === 'invalid' || error?.code === 'name_taken';
}

interface Made {
  site: Site;
  person: Person;
  user: User;
  link: Link;
  /** What the link is for: a new user, one who had a password, or one who had none. */
  made: 'user' | 'new password' | 'password';
  /** Where there is a second factor, the link takes a password only. */
  secondFactor: boolean;
}

/** A one-time link, shown this once to the administrator who passes it on. */
export function linkPage({ site, person, user, link, made, secondFactor }: Made): string {
  const title = linkTitles[made](user.name);
  const chooses = secondFactor ? `the password of ${user.name}` : `how ${user.name} signs in`;
  const main = html`<h1>${title}</h1>
<p>Pass this link on to ${user.name}, and to nobody else: whoever opens it chooses ${chooses}.</p>
${secretText({ id: 'link', text: link.url, copyLabel: 'Copy the link' })}
<p>It works once, until ${timeOf(link.expiresAt)}, and is shown only now. A newer link cancels it.</p>
${user.disabled && html`<p>${user.name} is disabled: the link works only after the account is enabled.</p>`}
<p><a class="button primary" href="/admin/users/${user.id}">Done</a></p>`;
  return layout({ site, title, main, person, here: '/admin/users' });
}

const linkTitles: Record<Made['made'], (name: string) => string> = {
  user: (name) => `${name} is created`,
  'new password': (name) => `New password for ${name}`,
  password: (name) => `A link for ${name}`,
};

const notices = new Map([
  ['disabled', 'The user is disabled, and every session has ended.'],
  ['enabled', 'The user is enabled and can sign in again.'],
  ['administrator-made', 'The user is an administrator now.'],
  ['administrator-taken', 'The user is no administrator any more.'],
  ['sessions-ended', 'The user is signed out everywhere.'],
  ['second-factors-reset', 'The user has no second factor any more, and every session has ended.'],
  [
    'no-way-in',
    'The user has no second factor any more, every session has ended, and there is no password: nobody can sign in to this account before you make a link.',
  ],
  ['renamed', 'The user has a new name.'],
]);

function facts(overview: UserOverview): Html {
  const { user, passwordSet, authenticator, passkeys, recoveryCodesLeft, sessions, serviceTokens } = overview;
  const rows: [string, Html | string | number | false][] = [
    ['State', user.disabled ? 'Disabled' : 'Active'],
    ['Role', user.administrator ? 'Administrator' : 'User'],
    ['Created', timeOf(user.createdAt)],
    ['Password', passwordSet ? 'Set' : 'Not set'],
    ['Authenticator', authenticators[authenticator]],
    ['Passkeys', passkeys === 0 ? 'None' : passkeys],
    ['Recovery codes left', recoveryCodesLeft],
    ['Sessions', sessions],
    ['Service tokens made', serviceTokens > 0 && html`<a href="/admin/service-tokens">${serviceTokens}</a>`],
  ];
  return html`<dl>
${rows.map(([name, value]) => value !== false && html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>`;
}

const authenticators: Record<UserOverview['authenticator'], string> = {
  none: 'None',
  'not confirmed': 'Set up, not confirmed yet',
  'in force': 'In force',
};

function rename({ user }: UserOverview, typed: string | undefined, wrong: boolean): Html {
  return html`<form method="post" action="/admin/users/${user.id}/rename">
<label for="name">Name to sign in with</label>
<input type="text" id="name" name="name" value="${typed ?? user.name}" autocapitalize="none" spellcheck="false" required${wrong && html` aria-invalid="true" aria-describedby="error"`}>
<button type="submit" class="primary">Rename</button>
</form>`;
}

interface Verb {
  path: string;
  title: string;
  /** What it does, in whole sentences. */
  consequence: string;
  button: string;
}

function verbsFor(overview: UserOverview): Verb[] {
  const { user, authenticator, passkeys, recoveryCodesLeft, sessions } = overview;
  const { name } = user;
  const resettable = authenticator !== 'none' || passkeys > 0 || recoveryCodesLeft > 0;
  return [
    makeLink(overview),
    ...(sessions > 0 ? [endSessions(name)] : []),
    ...(resettable ? [resetSecondFactors(overview)] : []),
    user.administrator ? takeAdministrator(name) : makeAdministrator(name),
    user.disabled
      ? {
          path: 'enable',
          title: 'Enable',
          consequence: `${name} can sign in again as before. Sessions that have ended stay ended.`,
          button: `Enable ${name}`,
        }
      : {
          path: 'disable',
          title: 'Disable',
          consequence: `Every session of ${name} ends, and ${name} cannot sign in until enabled again. Links that are out and service tokens that ${name} has made are void for good.`,
          button: `Disable ${name}`,
        },
    {
      path: 'delete',
      title: 'Delete',
      consequence: `The account of ${name} is gone for good, with its sessions, factors and service tokens, and the name is free for others. Only the activity log stays. This cannot be undone.`,
      button: `Delete ${name}`,
    },
  ];
}

/** Who forces a password on an account in wrong hands must know that a passkey signs in without one. */
function makeLink({ user: { name }, passwordSet, inUse, authenticator, passkeys }: UserOverview): Verb {
  const path = 'password-link';
  const goOn =
    passkeys > 0 ? ' Passkeys go on working: if somebody else may have one, reset the second factors too.' : '';
  const secondFactor = authenticator !== 'none' || passkeys > 0;
  const chooses = (password: string) => (secondFactor ? password : 'how to sign in');
  const alone = secondFactor
    ? ` The new password alone signs nobody in: ${name} still needs ${besides({ authenticator, passkeys })}. If those are lost, reset the second factors first.`
    : '';
  if (passwordSet)
    return {
      path,
      title: 'Force a new password',
      consequence: `The password of ${name} stops working at once, and every session ends. You get a link to pass on, with which ${name} chooses ${chooses('a new one')}.${alone}${goOn}`,
      button: 'Cancel the password and make a link',
    };
  const title = inUse ? `Make a link to choose ${chooses('a password')}` : 'Make a new invitation';
  const consequence = `${name} has no password. You get a link to pass on, with which ${name} chooses ${chooses('one')}. A link made before stops working, and every session ends.${alone}${goOn}`;
  return { path, title, consequence, button: 'Make a link' };
}

function besides({ authenticator, passkeys }: Pick<UserOverview, 'authenticator' | 'passkeys'>): string {
  const factors = [passkeys > 0 && 'a passkey', authenticator !== 'none' && 'a code of the app', 'a recovery code'];
  return factors.filter(Boolean).join(' or ');
}

const endSessions = (name: string): Verb => ({
  path: 'end-sessions',
  title: 'Sign out everywhere',
  consequence: `Every session of ${name} ends, and ${name} can sign in again.`,
  button: `Sign ${name} out everywhere`,
});

function resetSecondFactors({ user: { name }, passwordSet }: UserOverview): Verb {
  const then = passwordSet
    ? 'signing in takes the password alone until a new factor is set up, and where one is required leads straight to that.'
    : `and as there is no password, nobody can sign in to this account before you make a link.`;
  return {
    path: 'reset-second-factors',
    title: 'Reset second factors',
    consequence: `For somebody who has lost them. The authenticator, passkeys and recovery codes of ${name} stop working, and every session ends; ${then} Make sure that it is ${name} who asks.`,
    button: 'Take the second factors away',
  };
}

const makeAdministrator = (name: string): Verb => ({
  path: 'make-administrator',
  title: 'Make administrator',
  consequence: `${name} can do everything on these pages, with you as well. A one-time link that is out is void.`,
  button: `Make ${name} an administrator`,
});

const takeAdministrator = (name: string): Verb => ({
  path: 'take-administrator',
  title: 'Remove the administrator role',
  consequence: `${name} stays a user, and loses these pages at once. Service tokens that ${name} has made are void for good.`,
  button: `Make ${name} an ordinary user`,
});

function disclosure(userId: string, { path, title, consequence, button }: Verb): Html {
  return html`<details>
<summary>${title}</summary>
<p>${consequence}</p>
<form method="post" action="/admin/users/${userId}/${path}"><button type="submit" class="${path === 'enable' ? 'primary' : 'primary danger'}">${button}</button></form>
</details>
`;
}
