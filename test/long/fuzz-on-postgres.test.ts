/** The random requests and plays of the short tests once more, on PostgreSQL, which takes other values for other things. */
process.env['COUNTERSIGN_TEST_ON'] = 'postgres';

await import('../fuzz/operations.test.ts');
await import('../fuzz/model.test.ts');
