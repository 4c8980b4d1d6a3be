/**
 * What our pages are made of: escaping templates, the document around them, and files that they load. No page itself.
 *
 * Words of the style sheet: `primary` for the one thing to do in a form and `danger` for what cannot be undone;
 * `button` on a link, `buttons` around several; `ways` for a list of links to go on by; `filters` for a search; `check`
 * on the label around a tick; `hint`, `badge` (`good`, `wrong`), `code`; `codes` for recovery codes, which alone are
 * printed, with `on-paper`; `qr`; `list`, `cards`; `warning`; `chart`. Facts are `<dl><div><dt><dd>`. A table folds where the page is not wide or the screen
 * is narrow; then `data-label` names its cells. Inside a `scroll` (`role="region" aria-label="…" tabindex="0"`) it does not.
 */
export { type Assets, openAssets } from './assets.ts';
export {
  codeField,
  hiddenOwner,
  hiddenReturnTo,
  hiddenUsername,
  newPasswordField,
  passwordField,
  recoveryCodeField,
  usernameField,
} from './form.ts';
export { type Html, html, render } from './html.ts';
export { layout, pageAssets, type Site } from './layout.ts';
export type { Person } from './menu.ts';
export { passkeyForm, passkeySignal, whatPasskeysTake, withoutPasskeys } from './passkey.ts';
export { alert, linkToSignIn, notice, pager, problem, secretText, serverClock, timeOf } from './pieces.ts';
