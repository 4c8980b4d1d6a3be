/** What our pages are made of: escaping templates, the document around them, and files that they load. No page itself. */
export { type Assets, openAssets } from './assets.ts';
export { alert, linkToSignIn, newPasswordField } from './form.ts';
export { type Html, html, render } from './html.ts';
export { layout, pageAssets } from './layout.ts';
