// @ts-check
/** Starts ReDoc on our own document, without the search, whose worker the policy of this page does not allow. */
const fonts = 'system-ui, sans-serif';
const code = 'ui-monospace, "SFMono-Regular", "Menlo", "Consolas", monospace';

/** @type {any} */ (globalThis)['Redoc'].init(
  '/openapi.json',
  {
    disableSearch: true,
    hideDownloadButtons: false,
    expandResponses: '200,204',
    requiredPropsFirst: true,
    theme: {
      colors: { primary: { main: '#0f6270' } },
      typography: {
        fontFamily: fonts,
        fontSize: '16px',
        headings: { fontFamily: fonts },
        code: { fontFamily: code, fontSize: '14px' },
      },
    },
  },
  document.getElementById('documentation'),
);
