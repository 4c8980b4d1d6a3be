import { type Html, html, layout } from '../pages/pages.ts';

interface Home {
  service: string;
  /** Where the service is reached, for the curl lines. */
  publicUrl: string;
}

/**
 * The plain home page: signing in, and setting up a second factor, over the JSON API. Its panels are hidden until the
 * script shows one; without a script there are the curl lines, which do the same.
 */
export function homePage({ service, publicUrl }: Home): string {
  const main = html`<h1 id="heading" tabindex="-1">${service}</h1>
<noscript><p>This page needs JavaScript. The service does not: the same four steps with curl, and the <a href="/docs">API pages</a> for everything else.</p>${walk(publicUrl)}</noscript>
<p role="alert" id="error"></p>
<p role="status" id="note"></p>
${signInPanels()}
${accountPanel()}
${authenticatorPanels()}
${passwordPanel()}
<div class="who" id="who" hidden><span>Signed in as <strong id="who-name"></strong></span><button type="button" id="sign-out">Sign out</button></div>`;
  const footer = html`<nav aria-label="Documentation"><a href="/docs">API pages</a><a href="/redoc">Reference</a><a href="/openapi.json">OpenAPI</a></nav>
<details id="walk" hidden><summary>The same with curl</summary>${walk(publicUrl)}</details>`;
  return layout({ title: 'Sign in', service, main, footer, script: 'home.js' });
}

function walk(publicUrl: string): Html {
  return html`<pre>curl -X POST -u NAME:PASSWORD \\
  "${publicUrl}/auth/credentials"

curl -X PUT -H "Authorization: Bearer TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"enabled": true}' \\
  "${publicUrl}/auth/otp/enable"

curl -X GET -H "Authorization: Bearer TOKEN" \\
  --output qr.png \\
  "${publicUrl}/auth/otp/generate"

curl -X POST -u NAME:PASSWORD \\
  -H "Content-Type: application/json" \\
  -d '{"otp": "CODE"}' \\
  "${publicUrl}/auth/credentials"</pre>`;
}

function signInPanels(): Html {
  return html`<form id="sign-in" data-title="Sign in" hidden>
<label for="username">Name</label>
<input type="text" id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required>
<label for="password">Password</label>
<div class="with-button"><input type="password" id="password" data-about="wrong_credentials" aria-errormessage="error" name="password" autocomplete="current-password" required><button type="button" id="reveal" aria-pressed="false" aria-label="Show the password">Show</button></div>
<button type="submit">Sign in</button>
</form>
<form id="code" data-title="Enter your code" hidden>
<label for="otp">6-digit code</label>
<p class="hint" id="otp-hint">Open your authenticator app; the code is under <strong id="account-name"></strong>.</p>
<input class="code" type="text" id="otp" data-about="wrong_otp" aria-errormessage="error" name="otp" inputmode="numeric" autocomplete="one-time-code" aria-describedby="otp-hint" required>
<button type="submit">Continue</button>
<button type="button" class="quiet" data-show="recovery">Use a recovery code</button>
<button type="button" class="quiet" data-show="sign-in">Start again</button>
</form>
<form id="recovery" data-title="Use a recovery code" hidden>
<label for="recovery-code">Recovery code</label>
<p class="hint" id="recovery-hint">Each one works once. Capitals, spaces and hyphens do not matter.</p>
<input class="code" type="text" id="recovery-code" data-about="wrong_otp" aria-errormessage="error" name="recovery_code" autocapitalize="characters" spellcheck="false" aria-describedby="recovery-hint" required>
<button type="submit">Continue</button>
<button type="button" class="quiet" data-show="code">Use a code of the app</button>
</form>`;
}

function accountPanel(): Html {
  return html`<section id="account" data-title="Your account" hidden>
<dl>
<div><dt>Second factor</dt><dd id="factor"></dd></div>
<div><dt>Recovery codes left</dt><dd id="left"></dd></div>
<div><dt>This session ends</dt><dd><time id="ends"></time></dd></div>
</dl>
<p id="advice-none">Your password alone opens this account. With an authenticator app on your phone it stays safe even when somebody learns the password.</p>
<p id="advice-confirm">Signing in asks for a code already. Confirm the app with one now, so that you know it works.</p>
<p id="advice-few">Few recovery codes are left: make new ones before you need them.</p>
<div class="buttons">
<button type="button" class="primary" id="set-up">Set up an authenticator app</button>
<button type="button" id="renew">New recovery codes</button>
<button type="button" id="replace">Move to another phone</button>
<button type="button" data-show="new-password">Change the password</button>
<button type="button" id="switch-off">Switch the second factor off</button>
</div>
</section>`;
}

function authenticatorPanels(): Html {
  return html`<form id="authenticator" data-title="Set up your authenticator app" hidden>
<p>Scan this with an authenticator app, then enter the code that it shows.</p>
<img class="qr" id="qr" data-secret="src" alt="QR code for setting up an authenticator app" width="220" height="220">
<p class="label" id="secret-label">Or type this key</p>
<code class="secret code" id="secret" data-secret="text" aria-labelledby="secret-label"></code>
<p class="hint" id="particulars"></p>
<p class="buttons"><button type="button" id="copy-secret">Copy the key</button><a class="button" id="otpauth" data-secret="href">Open an app on this device</a></p>
<label for="confirmation">6-digit code</label>
<input class="code" type="text" id="confirmation" data-about="wrong_otp" aria-errormessage="error" name="otp" inputmode="numeric" autocomplete="one-time-code" required>
<button type="submit">Confirm the code</button>
<button type="button" class="quiet" id="later">Not now</button>
</form>
<section id="codes" data-title="Save your recovery codes" hidden>
<p>If you lose your authenticator, one of these codes signs you in in its place. Each works once. <strong>They are shown only now</strong>: keep them where you would keep a spare key.</p>
<ol class="codes code" id="code-list" data-secret="text"></ol>
<div class="buttons"><button type="button" id="copy-codes">Copy</button><a class="button" id="download" data-secret="href" download="recovery-codes.txt">Download</a></div>
<button type="button" class="primary" id="saved">I have saved them</button>
</section>`;
}

function passwordPanel(): Html {
  return html`<form id="new-password" data-title="Change your password" hidden>
<input type="text" id="owner" autocomplete="username" readonly hidden>
<label for="current">Current password</label>
<input type="password" id="current" data-about="wrong_password" aria-errormessage="error" name="current" autocomplete="current-password" required>
<label for="new">New password</label>
<p class="hint" id="new-hint">At least 15 characters, or 8 where a second factor is required. A few unrelated words are easy to remember.</p>
<input type="password" id="new" data-about="weak_password" aria-errormessage="error" name="new" autocomplete="new-password" minlength="8" aria-describedby="new-hint" required>
<button type="submit">Change the password</button>
<button type="button" class="quiet" id="cancel">Not now</button>
</form>`;
}
