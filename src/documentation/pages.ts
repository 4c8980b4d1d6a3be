import { type Assets, html, openAssets, pageAssets, render } from '../pages/pages.ts';
import { shipped } from '../shipped.ts';

/** Swagger UI, ReDoc, and the few lines of ours that start them. Opened when first asked for: together they are 3 MB. */
export function documentationAssets(): Assets {
  opened ??= openAssets(
    shipped('documentation/'),
    [
      'vendor/swagger-ui/swagger-ui-bundle.js',
      'vendor/swagger-ui/swagger-ui.css',
      'vendor/redoc/redoc.standalone.js',
      'assets/start-swagger-ui.js',
      'assets/start-redoc.js',
      'assets/documentation.css',
    ],
    '/docs/assets/',
  );
  return opened;
}

let opened: Assets | undefined;

/** Swagger UI, for trying the API out. */
export function swaggerUiPage(service: string): string {
  return page({
    title: `API of ${service}`,
    styles: ['vendor/swagger-ui/swagger-ui.css', 'assets/documentation.css'],
    scripts: ['vendor/swagger-ui/swagger-ui-bundle.js', 'assets/start-swagger-ui.js'],
  });
}

/** ReDoc, for reading it. */
export function redocPage(service: string): string {
  return page({
    title: `API reference of ${service}`,
    styles: ['assets/documentation.css'],
    scripts: ['vendor/redoc/redoc.standalone.js', 'assets/start-redoc.js'],
  });
}

/** Both tools fill `#documentation`; they bring their own headings, so this is no `layout`. */
function page({ title, styles, scripts }: { title: string; styles: string[]; scripts: string[] }): string {
  const assets = documentationAssets();
  return render(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" type="image/svg+xml" href="${pageAssets.path('icon.svg')}">
${styles.map((name) => html`<link rel="stylesheet" href="${assets.path(name)}">`)}
${scripts.map((name) => html`<script defer src="${assets.path(name)}"></script>`)}
</head>
<body>
<noscript><p>This page needs JavaScript; <a href="/openapi.json">the document that it shows</a> does not.</p></noscript>
<main id="documentation"></main>
</body>
</html>
`);
}
