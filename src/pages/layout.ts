import { readFileSync } from 'node:fs';
import { shipped } from '../shipped.ts';
import { openAssets } from './assets.ts';
import { type Html, html, render } from './html.ts';
import { menu, type Person } from './menu.ts';

const folder = shipped('pages/assets/');

/** The style sheet, the icon and the script of our own pages. */
export const pageAssets = openAssets(folder, ['style.css', 'icon.svg', ['portal.js', 'passkeys.js']], '/assets/');

/** In the page itself, so that no request is spent on it. */
const icon = `data:image/svg+xml,${encodeURIComponent(readFileSync(new URL('icon.svg', folder), 'utf8').trim())}`;

/** What the operator says about the service, on every page. */
export interface Site {
  /** What the service is called. */
  service: string;
  /** Whom to ask for help, a line of text; empty: nobody. */
  contact: string;
}

interface Page {
  site: Site;
  title: string;
  main: Html;
  /** Who is signed in, fully: brings the navigation and the way out. */
  person?: Person | undefined;
  /** The path of the entry of the navigation that this page belongs to. */
  here?: string | undefined;
  /** Something has to be mended: the title begins with it. */
  wrong?: boolean | undefined;
  /** Room for tables. */
  wide?: boolean | undefined;
}

/** A whole document with one `<main id="main">`. */
export function layout({ site, title, main, person, here, wrong, wide }: Page): string {
  return render(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${wrong && 'Error: '}${title} · ${site.service}</title>
<link rel="icon" type="image/svg+xml" href="${icon}">
<link rel="stylesheet" href="${pageAssets.path('style.css')}">
<script type="module" src="${pageAssets.path('portal.js')}"></script>
</head>
<body class="${person && 'signed-in'}${wide && ' wide'}">
<a class="skip" href="#main">Skip to content</a>
<header>
<a class="home" href="/">${emblem()}<span>${site.service}</span></a>
${person && menu(person, here)}
</header>
<main id="main">
${main}
</main>
<footer>
${site.contact !== '' && html`<p>${site.contact}</p>`}
<p><a href="/docs">API pages</a></p>
</footer>
</body>
</html>
`);
}

/** The icon once more, in the colours of the page. */
function emblem(): Html {
  return html`<svg class="emblem" viewBox="0 0 32 32" width="32" height="32" fill="none" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><rect width="32" height="32" rx="8" stroke="none"/><path d="m5 16.5 4.5 4.5 9-10" opacity=".6"/><path d="m16.5 21 9.5-10"/></svg>`;
}
