// @ts-check
// What a script adds to our pages; each of them does its work without. Markup asks for it:
//   <button hidden data-reveal="ID">   shows what is typed into a password field
//   <button hidden data-copy="ID">     copies the text of an element, a list by lines; or what data-text holds
//   <button hidden data-print>         prints the page
//   <a hidden data-apple>              a link that only systems of Apple understand
//   <p data-wait="SECONDS" aria-live>  counts down
//   <time datetime>                    in the reader's own words and zone
//   <time datetime data-server-clock>  says where the clock of this device is wrong
// Nothing is stored, and nothing is asked of the server.

/** @type {[name: string, seconds: number][]} */
const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

for (const button of all('button[data-reveal]', HTMLButtonElement)) offerReveal(button);
for (const button of all('button[data-copy]', HTMLButtonElement)) offerCopy(button);
for (const button of all('button[data-print]', HTMLButtonElement)) offer(button, () => window.print());
for (const link of all('a[data-apple]', HTMLAnchorElement)) link.hidden = !/iPhone|iPad|Mac/.test(navigator.userAgent);
for (const time of all('time[data-server-clock]', HTMLTimeElement)) compareClocks(time);
for (const time of all('time[datetime]', HTMLTimeElement)) localize(time);
for (const place of all('[data-wait]', HTMLElement)) countDown(place);
document.addEventListener('submit', once);
addEventListener('pageshow', ({ persisted }) => {
  // Taken out of memory: what it shows may be somebody's who has signed out since. Asked for, never posted again.
  if (persisted) location.replace(location.pathname + location.search);
});

/** Shows a button that would do nothing without this file. @param {HTMLButtonElement} button @param {() => void} act */
function offer(button, act) {
  button.addEventListener('click', act);
  button.hidden = false;
}

/** @param {HTMLButtonElement} button */
function offerReveal(button) {
  const input = document.getElementById(button.dataset['reveal'] ?? '');
  if (!(input instanceof HTMLInputElement)) return;
  /** @param {boolean} shown */
  const show = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.ariaPressed = String(shown);
  };
  offer(button, () => show(input.type === 'password'));
  // Password managers, and lists of what was typed before, know a password by its type.
  input.form?.addEventListener('submit', () => show(false));
}

/** @param {HTMLButtonElement} button */
function offerCopy(button) {
  const source = document.getElementById(button.dataset['copy'] ?? '');
  const said = button.parentElement?.querySelector('[aria-live]');
  // Without HTTPS there is no clipboard; the text can still be selected.
  if (!source || !navigator.clipboard) return;
  offer(button, async () => {
    const copied = await navigator.clipboard.writeText(button.dataset['text'] ?? textOf(source)).then(
      () => true,
      () => false,
    );
    if (!copied) getSelection()?.selectAllChildren(source);
    if (said)
      said.textContent = copied ? 'Copied.' : 'This browser does not let us copy. It is selected: copy it yourself.';
  });
}

/** @param {HTMLElement} source */
function textOf(source) {
  const lines = source.matches('ol, ul') ? [...source.children] : [source];
  return lines.map((line) => line.textContent?.trim() ?? '').join('\n');
}

/** Where the clock of this device is more than half a minute off, its codes may be refused. @param {HTMLTimeElement} time */
function compareClocks(time) {
  const asked = Date.now() - performance.now();
  const seconds = (asked - Date.parse(time.dateTime)) / 1000;
  if (!(Math.abs(seconds) > 30)) return;
  const hint = document.createElement('p');
  hint.setAttribute('role', 'alert');
  hint.textContent = `The clock of this device is about ${inWords(Math.abs(seconds))} ${seconds > 0 ? 'ahead' : 'behind'}. Codes depend on the time: let it be set automatically, or use an authenticator on a device whose clock is right.`;
  (time.closest('p') ?? time).after(hint);
}

/** @param {HTMLTimeElement} time */
function localize(time) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  time.title = time.textContent ?? '';
  /** @type {'medium' | 'short'} */
  const timeStyle = time.dataset['serverClock'] === undefined ? 'short' : 'medium';
  // A day of which no time is told is the same in every zone.
  const zoned = time.dateTime.includes('T') ? { timeStyle } : { timeZone: 'UTC' };
  time.textContent = moment.toLocaleString(undefined, { dateStyle: 'medium', ...zoned });
}

/** Says how long is left, every ten seconds (above two minutes every minute) and when it is over. @param {HTMLElement} place */
function countDown(place) {
  const end = Date.now() + Number(place.dataset['wait']) * 1000;
  const say = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    place.textContent = left > 0 ? `Wait ${inWords(left)} more.` : 'You can try again now.';
    // What stands above it is over, too.
    if (left <= 0) document.getElementById('error')?.remove();
    const step = left > 120 ? 60 : 10;
    // To the next full step, so that what is said is a round number.
    if (left > 0) setTimeout(say, end - Date.now() - (Math.ceil(left / step) - 1) * step * 1000);
  };
  say();
}

/** A form is sent once; a second press meanwhile does nothing. @param {SubmitEvent} event */
function once(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  if (form.ariaBusy === 'true') return event.preventDefault();
  form.ariaBusy = 'true';
  const free = () => {
    form.ariaBusy = null;
  };
  addEventListener('pageshow', free, { once: true });
  // Where no page came: the answer was a file, or the person stopped it.
  setTimeout(free, 10_000);
}

/** In the largest unit of which there are at least two. @param {number} seconds */
function inWords(seconds) {
  const [unit, length] = units.find(([, size]) => seconds >= 2 * size) ?? ['second', 1];
  const number = Math.round(seconds / length);
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}

/**
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T[]}
 */
function all(selector, type) {
  return [...document.querySelectorAll(selector)].flatMap((found) => (found instanceof type ? [found] : []));
}
