import { type Html, html } from './html.ts';

/** What went wrong and what to do next, announced when the page opens. Fields that it is about name `error` as their description. */
export function alert(error: string | undefined): Html | undefined {
  return error === undefined ? undefined : html`<p role="alert" id="error">${error}</p>`;
}

/** The field for a new password. It takes anything, pasted or typed; what will not do is said by the server. */
export function newPasswordField({ minimum, wrong, first }: { minimum: number; wrong: boolean; first: boolean }): Html {
  return html`<label for="password">New password</label>
<p class="hint" id="hint">At least ${minimum} characters. A few unrelated words are easy to remember.</p>
<input type="password" id="password" name="password" autocomplete="new-password" minlength="${minimum}" required aria-describedby="${wrong && 'error '}hint"${wrong && html` aria-invalid="true"`}${first && html` autofocus`}>`;
}

/** Where to go after a form: the one thing to do on a page that has none. */
export function linkToSignIn(): Html {
  return html`<p><a class="button primary" href="/">Sign in</a></p>`;
}
