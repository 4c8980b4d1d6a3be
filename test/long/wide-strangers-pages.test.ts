/** The pages once more, on a wide screen. */
process.env['COUNTERSIGN_TEST_LOOK'] = 'dark-1280';

await import('../browser/portal-strangers-pages.test.ts');
