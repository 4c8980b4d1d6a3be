// @ts-check
/**
 * The plain home page: the walk of the API in a browser. The server judges everything; this file asks, shows, and says
 * what to do next. Token, password and codes live in variables and fields only: nothing is stored, no cookie is sent.
 */

/** @typedef {{ method: string, path: string, body?: object, authorization?: string, accept?: string }} Request */
/** @typedef {{ name: string, recovery_codes_left: number, factors: { type: string, proved: boolean }[], enrolling?: true, password_change?: true, session: { expires_at: string } }} Me */

/** @type {string | undefined} */
let token;
/** Held between the password and the code, and dropped with the answer. */
let credentials = { name: '', password: '' };
/** @type {string[]} */
let recoveryCodes = [];
const busy = false;

const panels = [...document.querySelectorAll('[data-title]')].filter((panel) => panel instanceof HTMLElement);
const service = text('heading');

/** A refusal, in words for the person; `code` is the one of the problem table. */
class Refusal extends Error {
  /** @param {string} message @param {string} [code] */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

on('sign-in', 'submit', async () => {
  hidePassword();
  credentials = { name: field('username').value, password: field('password').value };
  field('password').value = '';
  await signIn();
});
on('code', 'submit', () => signIn({ otp: take('otp') }));
on('recovery', 'submit', () => signIn({ recovery_code: take('recovery-code') }));
on('set-up', 'click', openAuthenticator);
on('authenticator', 'submit', async () => {
  const answer = await json({
    method: 'PUT',
    path: '/auth/otp/enable',
    body: { enabled: true, otp: take('confirmation') },
  });
  await proceed('Your authenticator app is set up. From now on a sign-in asks for its code.', answer.recovery_codes);
});
on('switch-off', 'click', async () => {
  if (!confirm('Without a second factor the password alone opens this account. Switch it off?')) return;
  await json({ method: 'PUT', path: '/auth/otp/enable', body: { enabled: false } });
  await proceed('The second factor is off. Delete the entry in your authenticator app.');
});
on('renew', 'click', async () => {
  const answer = await json({ method: 'POST', path: '/auth/recovery-codes' });
  await proceed('These are your new recovery codes. The old ones are void.', answer.recovery_codes);
});
on('new-password', 'submit', async () => {
  await send({ method: 'PUT', path: '/auth/password', body: { current: take('current'), new: take('new') } });
  await proceed('Your password is changed, and your other sessions have ended.');
});
on('sign-out', 'click', async () => {
  await send({ method: 'DELETE', path: '/auth/sessions/current' });
  leave('You are signed out.');
});
on('saved', 'click', async () => {
  recoveryCodes = [];
  element('code-list').replaceChildren();
  await proceed();
});
on('later', 'click', () => proceed());
on('cancel', 'click', () => proceed());
on('copy-secret', 'click', () => copy(text('secret').replaceAll(' ', '')));
on('copy-codes', 'click', () => copy(recoveryCodes.join('\n')));
on('reveal', 'click', () => (field('password').type === 'text' ? hidePassword() : showPassword()));
for (const button of document.querySelectorAll('[data-show]')) {
  button.addEventListener('click', () => show(button.getAttribute('data-show') ?? ''));
}
element('walk').hidden = false;
show('sign-in');

/** One try at signing in. What is missing or wrong decides which panel comes next. @param {{ otp?: string, recovery_code?: string }} [code] */
async function signIn(code) {
  const authorization = `Basic ${base64(`${credentials.name}:${credentials.password}`)}`;
  const response = await ask({
    method: 'POST',
    path: '/auth/credentials',
    authorization,
    ...(code ? { body: code } : {}),
  });
  const answer = await response.json();
  if (response.ok) {
    credentials = { name: '', password: '' };
    token = answer.token;
    return proceed();
  }
  if ('code' in answer) throw refusalOf(response, answer);
  if (answer.status === 1) return show('code');
  if (answer.rebind) show('recovery');
  else if (answer.status === 3) show('sign-in');
  throw new Refusal(answer.rebind ? signInWords.rebind : signInWords[answer.status] + wait(response));
}

/** @type {Record<string | number, string>} */
const signInWords = {
  2: 'That code is wrong, or it was used already. Wait for the next one in your app and enter that.',
  3: 'Name or password is wrong. Check both and try again.',
  4: 'Too many tries.',
  5: 'The service is busy.',
  rebind: 'After too many wrong codes this authenticator is off. Sign in with a recovery code, then set it up again.',
};

/** Shows what this session may and should do next. @param {string} [note] @param {string[]} [codes] new recovery codes, which go first */
async function proceed(note = '', codes) {
  if (codes) showCodes(codes);
  /** @type {Me} */
  const me = await json({ method: 'GET', path: '/me' });
  element('who-name').textContent = me.name;
  element('who').hidden = false;
  if (codes) return say('note', note);
  if (me.enrolling) await openAuthenticator();
  else if (me.password_change) show('new-password');
  else showAccount(me, await json({ method: 'GET', path: '/whoami' }));
  element('later').hidden = element('cancel').hidden = Boolean(me.enrolling || me.password_change);
  say(
    'note',
    note ||
      (me.enrolling && 'This account needs a second factor. Set it up to go on.') ||
      (me.password_change && 'Your password is too short to be the only factor. Choose a longer one to go on.') ||
      '',
  );
}

/** @param {Me} me @param {string} name */
function showAccount(me, name) {
  const app = me.factors.find(({ type }) => type === 'otp');
  element('who-name').textContent = name;
  field('password-owner').value = name;
  element('factor').textContent = app ? `Authenticator app${app.proved ? '' : ', not confirmed yet'}` : 'None';
  element('codes-left').textContent = String(me.recovery_codes_left);
  const ends = element('ends');
  ends.setAttribute('datetime', me.session.expires_at);
  ends.textContent = new Date(me.session.expires_at).toLocaleString();
  const low = app && me.recovery_codes_left <= 3 ? 'Few recovery codes are left: make new ones.' : '';
  element('advice').textContent = app
    ? app.proved
      ? low
      : 'Confirm the app with a code, so that you know it works.'
    : 'Your password alone opens this account. An authenticator app on your phone makes it safe even if somebody learns the password.';
  element('set-up').textContent = app ? 'Confirm the authenticator app' : 'Set up an authenticator app';
  element('set-up').hidden = app?.proved === true;
  element('renew').hidden = element('switch-off').hidden = !app;
  show('account');
}

/** Fetches the secret, as text and as a picture. Nothing is in force before a code confirms it. */
async function openAuthenticator() {
  const path = '/auth/otp/generate';
  const about = await json({ method: 'GET', path });
  const picture = await send({ method: 'GET', path, accept: 'image/svg+xml' });
  const image = element('qr');
  URL.revokeObjectURL(image.getAttribute('src') ?? '');
  image.setAttribute('src', URL.createObjectURL(await picture.blob()));
  element('secret').textContent = about.secret.replace(/.{4}(?=.)/g, '$& ');
  element('particulars').textContent =
    `${about.issuer} · ${about.account} · time-based · ${about.algorithm} · ${about.digits} digits · ${about.period} seconds`;
  element('otpauth').setAttribute('href', about.uri);
  show('authenticator');
}

/** @param {string[]} codes */
function showCodes(codes) {
  recoveryCodes = codes;
  const items = codes.map((code) => Object.assign(document.createElement('li'), { textContent: code }));
  element('code-list').replaceChildren(...items);
  const file = `Recovery codes for ${service}. Each works once.\n\n${codes.join('\n')}\n`;
  element('download').setAttribute('href', URL.createObjectURL(new Blob([file], { type: 'text/plain' })));
  show('codes');
}

/** Forgets the session and goes back to the beginning. @param {string} note */
function leave(note) {
  token = undefined;
  recoveryCodes = [];
  element('who').hidden = true;
  for (const id of ['secret', 'code-list', 'particulars']) element(id).replaceChildren();
  element('qr').removeAttribute('src');
  show('sign-in');
  say('note', note);
}

/** Shows one panel and no other. @param {string} id */
function show(id) {
  for (const panel of panels) panel.hidden = panel.id !== id;
  const panel = element(id);
  const title = panel.dataset['title'] ?? '';
  element('heading').textContent = title;
  document.title = `${title} · ${service}`;
  for (const place of document.querySelectorAll('.account')) place.textContent = `${service} (${credentials.name})`;
  say('error', '');
  say('note', '');
  const first = panel.querySelector('input:not([hidden])');
  (first instanceof HTMLElement && panel.id !== 'authenticator' ? first : element('heading')).focus();
}

/** The JSON of a successful answer. @param {Request} request @returns {Promise<any>} */
async function json(request) {
  return (await send(request)).json();
}

/** A successful answer; throws what a refused one says. @param {Request} request */
async function send(request) {
  const response = await ask(request);
  if (response.ok) return response;
  throw refusalOf(response, await response.json());
}

/** @param {Request} request */
function ask({ method, path, body, authorization = `Bearer ${token}`, accept = 'application/json' }) {
  const headers = { accept, authorization, ...(body ? { 'content-type': 'application/json' } : {}) };
  return fetch(path, {
    method,
    headers,
    body: body ? JSON.stringify(body) : null,
    credentials: 'omit',
    cache: 'no-store',
  });
}

/** @param {Response} response @param {{ detail: string, code: string }} problem */
function refusalOf(response, { detail, code }) {
  return new Refusal(
    (code === 'too_many_tries' || code === 'busy' ? `${signInWords[code === 'busy' ? 5 : 4]}` : detail) +
      wait(response),
    code,
  );
}
