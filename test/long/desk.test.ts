/** The flows of the portal once more, on a wide screen in the dark. */
process.env['COUNTERSIGN_TEST_LOOK'] = 'dark-1280';

for (const flows of ['flows', 'admin', 'keyboard', 'known-browser', 'no-script'])
  await import(`../browser/portal-${flows}.test.ts`);
