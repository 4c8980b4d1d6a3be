import { type Html, html } from './html.ts';

/** What went wrong and what to do next. It has the focus when the page opens; wrong fields name it as their description. */
export function alert(sentence: string | undefined): Html | undefined {
  return sentence === undefined ? undefined : html`<p role="alert" id="error" tabindex="-1" autofocus>${sentence}</p>`;
}

/** What has been done. */
export function notice(sentence: Html | string | undefined): Html | undefined {
  return sentence === undefined ? undefined : html`<p role="status">${sentence}</p>`;
}

/**
 * A moment, in ms, to the minute. The script puts it into the reader's own words and zone. What is no moment, because
 * somebody has put it into the database, does not hide what stands beside it.
 */
export function timeOf(ms: number): Html {
  if (Number.isNaN(new Date(ms).getTime())) return html`no time`;
  return html`<time datetime="${new Date(ms).toISOString()}">${utc.format(ms)} UTC</time>`;
}

const utcToTheSecond = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });
const utc = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/** The time here, in ms. Where the clock of the reader's device is far from it, the script says so below. */
export function serverClock(now: number): Html {
  return html`<p class="hint">Time of the server: <time data-server-clock datetime="${new Date(now).toISOString()}">${utcToTheSecond.format(now)} UTC</time></p>`;
}

/** Counts down to the next try, in whole seconds, where there is a script; without one it is not there. */
function countdown(seconds: number | undefined): Html | undefined {
  return seconds === undefined ? undefined : html`<p class="hint" aria-live="polite" data-wait="${seconds}"></p>`;
}

/** Above a form that is shown again: what went wrong, and for how many seconds nothing will be judged. */
export function problem(said: { sentence: string; wait?: number | undefined } | undefined): Html | undefined {
  return said && html`${alert(said.sentence)}${countdown(said.wait)}`;
}

interface Secret {
  id: string;
  text: string;
  copyLabel: string;
  /** What the button copies, where it is not the text as it is shown. */
  copied?: string | undefined;
}

/** A text to be taken elsewhere: one press selects it all, and with a script there is a button that copies it. */
export function secretText({ id, text, copyLabel, copied }: Secret): Html {
  return html`<p class="secret"><code class="code" id="${id}">${text}</code></p>
<p class="buttons"><button type="button" data-copy="${id}"${copied !== undefined && html` data-text="${copied}"`} hidden>${copyLabel}</button><span aria-live="polite"></span></p>`;
}

interface Pages {
  /** Where the first page is, unless this is it. */
  first: string | undefined;
  /** Where the next page is, if there is one. */
  next: string | undefined;
  words: readonly [first: string, next: string];
}

/** The ways between the pages of a list; nothing where one page is all. */
export function pager({ first, next, words }: Pages): Html | undefined {
  if (first === undefined && next === undefined) return undefined;
  return html`<nav class="buttons" aria-label="Pages">
${first !== undefined && html`<a class="button" href="${first}">${words[0]}</a>`}
${next !== undefined && html`<a class="button" rel="next" href="${next}">${words[1]}</a>`}
</nav>`;
}

/** Where to go after a form: the one thing to do on a page that has none. */
export function linkToSignIn(): Html {
  return html`<p><a class="button primary" href="/sign-in">Sign in</a></p>`;
}
