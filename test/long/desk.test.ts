/** The flows and pages of the portal once more, on a wide screen. */
process.env['COUNTERSIGN_TEST_LOOK'] = 'dark-1280';

for (const flows of ['flows', 'admin', 'keyboard', 'known-browser', 'no-script', 'pages', 'strangers-pages'])
  await import(`../browser/portal-${flows}.test.ts`);
