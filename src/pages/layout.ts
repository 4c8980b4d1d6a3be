import { openAssets } from './assets.ts';
import { type Html, html, render } from './html.ts';

/** The style sheet, the icon and the scripts of our own pages. */
export const pageAssets = openAssets(
  new URL('./assets/', import.meta.url),
  ['style.css', 'icon.svg', 'home.js'],
  '/assets/',
);

interface Page {
  title: string;
  /** The name of the service, as the operator calls it. */
  service: string;
  main: Html;
  footer?: Html;
  /** Name of one of our scripts. */
  script?: 'home.js';
}

/** A whole document with one `<main id="main">`. */
export function layout({ title, service, main, footer, script }: Page): string {
  return render(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ${service}</title>
<link rel="icon" type="image/svg+xml" href="${pageAssets.path('icon.svg')}">
<link rel="stylesheet" href="${pageAssets.path('style.css')}">
${script && html`<script type="module" src="${pageAssets.path(script)}"></script>`}
</head>
<body>
<header><a href="/"><img src="${pageAssets.path('icon.svg')}" alt="" width="32" height="32">${service}</a></header>
<main id="main">
${main}
</main>
${footer && html`<footer>${footer}</footer>`}
</body>
</html>
`);
}
