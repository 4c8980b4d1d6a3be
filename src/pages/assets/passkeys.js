// @ts-check
// Passkeys: the one thing that our pages cannot do without a script. It is served behind portal.js, in the same file.
// Markup asks for it:
//   <form data-passkey="get" or "create" hidden>    asks the browser, and sends what it answers as `credential`
//     data-options="JSON"    what to ask for, and for how long that is good: `timeout`, in ms
//     data-renew="PATH"      where newer options come from; without it, from the same form of the page as it is now
//     data-conditional       offers passkeys in the list of the name field too, from when the page opens
//   <p data-without-passkeys>                       stands where passkeys cannot be used, and is taken away where they can
//   <p data-signal="METHOD" data-options="JSON">    tells the browser what has become of passkeys (WebAuthn, 5.1.10)

/** For how long options are asked with: until a minute before they expire, in ms. @param {{ timeout: number }} options */
const goodFor = ({ timeout }) => timeout - 60_000;

/** One question at a time: the one before is given up. */
let asking = new AbortController();

if (typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential) {
  for (const form of document.forms) if (form.dataset['passkey'] !== undefined) offerPasskey(form);
  for (const place of document.querySelectorAll('[data-signal]')) if (place instanceof HTMLElement) tell(place);
}

/** @param {HTMLFormElement} form */
function offerPasskey(form) {
  const asked = JSON.parse(form.dataset['options'] ?? '{}');
  // Under another of its names the page could ask, but no passkey would answer.
  if ((asked.rpId ?? asked.rp?.id) !== location.hostname) return;
  for (const place of document.querySelectorAll('[data-without-passkeys]')) place.remove();
  form.hidden = false;
  const questions = questionsOf(form, asked);
  form.addEventListener('submit', (event) => {
    // Only what was answered a moment ago is sent; what stands in the field else, a browser has kept from before.
    if (questions.answered() || form.ariaBusy === 'true') return;
    event.preventDefault();
    void askAloud(form, questions);
  });
  void offerInList(form, questions);
}

/** @typedef {ReturnType<typeof questionsOf>} Questions */

/** What a form asks, never older than it may be, and whether it was answered. @param {HTMLFormElement} form @param {any} first */
function questionsOf(form, first) {
  let options = first;
  // The options are as old as the page, which was asked for so long ago; by the clock that runs on while a device sleeps.
  let madeAt = Date.now() - performance.now();
  let answered = false;
  return {
    /** The next question; nothing where there is none to be had. */
    async next() {
      if (Date.now() - madeAt < goodFor(options)) return options;
      const { renew } = form.dataset;
      const newer = await (renew === undefined ? fromPage(form) : fromService(renew)).catch(() => undefined);
      if (!newer) return undefined;
      options = newer;
      madeAt = Date.now();
      return options;
    },
    /** @param {PublicKeyCredential} credential */
    send(credential) {
      const field = form.elements.namedItem('credential');
      if (!(field instanceof HTMLInputElement)) return;
      field.value = JSON.stringify(credential.toJSON());
      answered = true;
      form.requestSubmit();
    },
    /** Once for each answer. */
    answered() {
      const was = answered;
      answered = false;
      return was;
    },
  };
}

/** @param {string} path */
async function fromService(path) {
  const answer = await fetch(path, { method: 'POST' });
  return answer.ok ? answer.json() : undefined;
}

/** What the same form asks now: on this page, or, where that was the answer to another form, where this one leads. @param {HTMLFormElement} form */
async function fromPage(form) {
  const action = form.getAttribute('action');
  for (const address of [location.href, form.action]) {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const same = [...page.forms].find((each) => each.dataset['options'] && each.getAttribute('action') === action);
    if (same) return JSON.parse(same.dataset['options'] ?? '');
  }
  return undefined;
}

/** Asks because the button was pressed, and says so. @param {HTMLFormElement} form @param {Questions} questions */
async function askAloud(form, questions) {
  const mine = takeTurn();
  say(form, 'Follow what your device asks: fingerprint, face or screen lock.');
  const options = await questions.next();
  // Something else comes first, such as proving again; asked for, never posted again.
  if (!options && form.dataset['renew'] === undefined) return location.replace(location.pathname + location.search);
  const told = options ? await ask(form, questions, options, mine) : 'The service cannot be reached. Try again.';
  if (asking !== mine) return;
  say(form, told);
  if (told !== sent) void offerInList(form, questions);
}

/** Asks in the list of the name field, silently, and again before the options expire. @param {HTMLFormElement} form @param {Questions} questions */
async function offerInList(form, questions) {
  if (form.dataset['conditional'] === undefined) return;
  const mine = takeTurn();
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const options = await questions.next();
  // Somebody may have pressed the button meanwhile.
  if (!options || asking !== mine) return;
  const again = () => {
    if (asking === mine) void offerInList(form, questions);
  };
  setTimeout(() => {
    if (document.visibilityState === 'visible') again();
    else document.addEventListener('visibilitychange', again, { once: true });
  }, goodFor(options));
  if ((await ask(form, questions, options, mine, 'conditional')) === sent) say(form, sent);
}

/** Gives up what was asked before. */
function takeTurn() {
  asking.abort();
  asking = new AbortController();
  return asking;
}

const sent = 'Checking…';

/**
 * Asks the browser, and sends what it answers. Answers what there is to say; nothing where the person thought better of it.
 * @param {HTMLFormElement} form @param {Questions} questions @param {any} options
 * @param {AbortController} turn @param {CredentialMediationRequirement} [mediation]
 */
async function ask(form, questions, options, { signal }, mediation) {
  try {
    const credential =
      form.dataset['passkey'] === 'create'
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
            signal,
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
            signal,
            ...(mediation && { mediation }),
          });
    if (!(credential instanceof PublicKeyCredential)) return '';
    questions.send(credential);
    return sent;
  } catch (error) {
    return trouble(error);
  }
}

/** What a person is told of it: nothing where he has cancelled. @param {unknown} error */
function trouble(error) {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'AbortError') return '';
  if (name === 'InvalidStateError')
    return 'This device has a passkey for this account already. To add another one, use another device or a security key.';
  return 'This browser could not do that. Try again, or use another browser or device.';
}

/** @param {HTMLFormElement} form @param {string} words */
function say(form, words) {
  const place = form.querySelector('[aria-live]');
  if (place) place.textContent = words;
}

/** Tells the browser, where it listens. @param {HTMLElement} place */
function tell(place) {
  const { signal = '', options = '{}' } = place.dataset;
  const method = Reflect.get(PublicKeyCredential, signal);
  // It may refuse, of a passkey that it does not know: then there is nothing to be done.
  if (typeof method === 'function') method.call(PublicKeyCredential, JSON.parse(options)).catch(() => undefined);
}
