// @ts-check
// The plain home page: the walk of the API in a browser. The server judges everything; this file asks and shows. Token,
// password and codes live in variables and fields only: nothing is stored, no cookie is sent.

/** @type {string | undefined} */
let token;
/** Held between the password and the code, and dropped with the answer. */
let credentials = { name: '', password: '' };
const service = element('heading').textContent;

/** The words for codes of the API where its own are for programs. @type {Record<string, string>} */
const words = {
  offline: 'The service cannot be reached. Check the connection and try again.',
  wrong_otp: 'That code is wrong, or it was used already. Use the next one.',
  wrong_credentials: 'Name or password is wrong. Check both and try again.',
  wrong_password: 'That is not the password that you have now.',
  too_many_tries: 'Too many tries.',
  busy: 'The service is busy.',
  rebind: 'After too many wrong codes this authenticator is off. Sign in with a recovery code, then replace it.',
  enrolling: 'This account needs a second factor. Set it up to go on.',
  password_change: 'Your password is too short to be the only factor. Choose a longer one to go on.',
  unauthenticated: 'Your session has ended. Sign in again.',
  reauthentication_required: 'For this, prove again that it is you: sign in once more.',
};
const statuses = ['', 'otp_required', 'wrong_otp', 'wrong_credentials', 'too_many_tries', 'busy'];

on('sign-in', 'submit', () => {
  reveal('password');
  credentials = { name: field('username').value, password: take('password') };
  return signIn();
});
on('code', 'submit', () => signIn({ otp: take('otp') }));
on('recovery', 'submit', () => signIn({ recovery_code: take('recovery-code') }));
on('set-up', 'click', openAuthenticator);
on('replace', 'click', () => send('POST', '/auth/otp/replace').then(openAuthenticator));
on('authenticator', 'submit', async () => {
  const answer = await json('PUT', '/auth/otp/enable', { enabled: true, otp: take('confirmation') });
  await proceed('Your authenticator app is set up: signing in asks for its code from now on.', answer.recovery_codes);
});
on('switch-off', 'click', async () => {
  if (!confirm('Without a second factor the password alone opens this account. Switch it off?')) return;
  await send('PUT', '/auth/otp/enable', { enabled: false });
  await proceed('The second factor is off. Delete the entry in your authenticator app.');
});
on('renew', 'click', async () => {
  const answer = await json('POST', '/auth/recovery-codes');
  await proceed('These are your new recovery codes. The old ones are void.', answer.recovery_codes);
});
on('new-password', 'submit', async () => {
  await send('PUT', '/auth/password', { current: field('current').value, new: field('new').value });
  await proceed('Your password is changed, and your other sessions have ended.');
});
on('sign-out', 'click', () => send('DELETE', '/auth/sessions/current').then(() => leave('You are signed out.')));
for (const id of ['saved', 'later', 'cancel']) on(id, 'click', () => proceed());
on('reveal', 'click', () => reveal(field('password').type === 'password' ? 'text' : 'password'));
on('copy-secret', 'click', () => copy(element('secret').textContent.replaceAll(' ', '')));
on('copy-codes', 'click', () => copy([...element('code-list').children].map((item) => item.textContent).join('\n')));
for (const button of document.querySelectorAll('[data-show]')) {
  button.addEventListener('click', () => show(button.getAttribute('data-show') ?? ''));
}
element('walk').hidden = false;
show('sign-in');

/** One try at signing in; what is missing or wrong decides what comes next. @param {object} [proof] */
async function signIn(proof) {
  const bytes = new TextEncoder().encode(`${credentials.name}:${credentials.password}`);
  const authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  const response = await ask('POST', '/auth/credentials', proof, { authorization });
  const answer = await response.json();
  if (response.ok) {
    credentials = { name: '', password: '' };
    token = answer.token;
    return proceed();
  }
  const code = answer.code ?? (answer.rebind ? 'rebind' : statuses[answer.status]);
  if (code === 'otp_required') return show('code');
  if (code === 'wrong_credentials') show('sign-in');
  if (code === 'rebind') show('recovery');
  throw refusalOf(response, { code, detail: answer.detail });
}

/** Shows what this session should do next. @param {string} [note] @param {string[]} [codes] shown before all else */
async function proceed(note, codes) {
  const me = await json('GET', '/me');
  element('who-name').textContent = me.name;
  element('who').hidden = false;
  const bound = me.enrolling ? 'enrolling' : me.password_change ? 'password_change' : undefined;
  element('later').hidden = element('cancel').hidden = bound !== undefined;
  if (codes) showCodes(codes);
  else if (me.enrolling) await openAuthenticator();
  else if (me.password_change) show('new-password');
  else showAccount(me);
  say('note', note ?? (bound && words[bound]) ?? '');
}

/** @param {any} me the answer of GET /me */
function showAccount(me) {
  /** @type {{ type: string, proved: boolean } | undefined} */
  const app = me.factors.find((/** @type {{ type: string }} */ { type }) => type === 'otp');
  field('owner').value = me.name;
  element('factor').textContent = app ? `Authenticator app${app.proved ? '' : ', not confirmed'}` : 'None yet';
  element('left').textContent = me.recovery_codes_left;
  element('ends').setAttribute('datetime', me.session.expires_at);
  element('ends').textContent = new Date(me.session.expires_at).toLocaleString();
  element('advice-none').hidden = app !== undefined;
  element('advice-confirm').hidden = app?.proved !== false;
  element('advice-few').hidden = !app || me.recovery_codes_left > 3;
  element('set-up').textContent = app ? 'Confirm the authenticator app' : 'Set up an authenticator app';
  element('set-up').hidden = app?.proved === true;
  element('replace').hidden = app?.proved !== true;
  element('renew').hidden = element('switch-off').hidden = app === undefined;
  show('account');
}

/** Shows the secret, as a picture and as text. One that waits for its first code is not in force yet. */
async function openAuthenticator() {
  const about = await json('GET', '/auth/otp/generate');
  const picture = await send('GET', '/auth/otp/generate', undefined, { accept: 'image/svg+xml' });
  element('qr').setAttribute('src', URL.createObjectURL(await picture.blob()));
  element('secret').textContent = about.secret.replace(/.{4}(?=.)/g, '$& ');
  const { issuer, account, algorithm, digits, period } = about;
  element('particulars').textContent =
    `${issuer} · ${account} · ${algorithm} · ${digits} digits every ${period} seconds`;
  element('otpauth').setAttribute('href', about.uri);
  show('authenticator');
}

/** @param {string[]} codes */
function showCodes(codes) {
  const items = codes.map((code) => Object.assign(document.createElement('li'), { textContent: code }));
  const file = new Blob([`Recovery codes for ${service}. Each works once.\n\n${codes.join('\n')}\n`]);
  element('download').setAttribute('href', URL.createObjectURL(file));
  element('code-list').replaceChildren(...items);
  show('codes');
}

/** Forgets the session and goes back to the beginning. @param {string} note */
function leave(note) {
  token = undefined;
  element('who').hidden = true;
  show('sign-in');
  say('note', note);
}

/** Shows one panel, and empties the others of what was typed and shown. @param {string} id */
function show(id) {
  for (const panel of document.querySelectorAll('[data-title]')) panel.toggleAttribute('hidden', panel.id !== id);
  for (const input of document.querySelectorAll('[hidden] input:not([autocomplete="username"])')) take(input.id);
  if (id === 'sign-in') credentials = { name: '', password: '' };
  for (const shown of document.querySelectorAll('[hidden] [data-secret]')) forget(shown);
  element('account-name').textContent = `${service} (${credentials.name})`;
  element('heading').textContent = element(id).dataset['title'] ?? '';
  say('error', '');
  say('note', '');
  const first = id === 'authenticator' ? null : element(id).querySelector('input:not([hidden])');
  (first instanceof HTMLElement ? first : element('heading')).focus();
}

/** Takes a secret out of the page: a text, or an attribute with an address and what it points to. @param {Element} shown */
function forget(shown) {
  const attribute = shown.getAttribute('data-secret') ?? '';
  if (attribute === 'text') shown.replaceChildren();
  URL.revokeObjectURL(shown.getAttribute(attribute) ?? '');
  shown.removeAttribute(attribute);
}

/** The JSON of a successful answer. @param {Parameters<typeof ask>} request */
const json = async (...request) => (await send(...request)).json();

/** A successful answer; throws what a refused one says. @param {Parameters<typeof ask>} request */
async function send(...request) {
  const response = await ask(...request);
  if (!response.ok) throw refusalOf(response, await response.json());
  return response;
}

/** @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [more] headers */
function ask(method, path, body, more) {
  const type = body && { 'content-type': 'application/json' };
  const headers = { accept: 'application/json', authorization: `Bearer ${token}`, ...type, ...more };
  return fetch(path, { method, headers, body: JSON.stringify(body), credentials: 'omit', cache: 'no-store' });
}

/** A refusal in words for people, caused by its code. @param {Response} response @param {{ code: string, detail: string }} problem */
function refusalOf(response, { code, detail }) {
  const seconds = Number(response.headers.get('retry-after'));
  const wait = seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : seconds === 1 ? '1 second' : `${seconds} seconds`;
  return new Error((words[code] ?? detail) + (seconds > 0 ? ` Try again in ${wait}.` : ''), { cause: code });
}

/** Does one thing at a time, and says what became of it. @param {string} id @param {string} type @param {() => unknown} act */
function on(id, type, act) {
  const main = element('main');
  element(id).addEventListener(type, async (event) => {
    event.preventDefault();
    if (main.ariaBusy === 'true') return;
    main.ariaBusy = 'true';
    say('error', '');
    await Promise.resolve().then(act).catch(explain);
    main.ariaBusy = 'false';
  });
}

/** @param {Error} error a refusal, or whatever else came in between */
function explain({ message, cause }) {
  const code = String(cause ?? 'offline');
  if (code === 'unauthenticated' || code === 'reauthentication_required') return leave(message);
  say('error', cause ? message : String(words['offline']));
  const wrong = document.querySelector(`form:not([hidden]) [data-about="${code}"]`);
  wrong?.setAttribute('aria-invalid', 'true');
  if (wrong) field(wrong.id).focus();
}

/** @param {'error' | 'note'} id @param {string} message */
function say(id, message) {
  element(id).textContent = message;
  if (id === 'note') return;
  document.title = `${message && 'Error: '}${element('heading').textContent} · ${service}`;
  for (const input of document.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
}

/** @param {'text' | 'password'} type */
function reveal(type) {
  field('password').type = type;
  element('reveal').setAttribute('aria-pressed', String(type === 'text'));
}

/** @param {string} value */
const copy = (value) => navigator.clipboard.writeText(value).then(() => say('note', 'Copied.'));

/** The value of a field, which is emptied. @param {string} id */
function take(id) {
  const { value } = field(id);
  field(id).value = '';
  return value;
}

/** @param {string} id @returns {HTMLInputElement} */
function field(id) {
  const found = element(id);
  if (!(found instanceof HTMLInputElement)) throw new Error(`#${id} is no field`);
  return found;
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id}`);
  return found;
}
