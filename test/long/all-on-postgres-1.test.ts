import { declareSuite } from '../databases/suite.ts';

/**
 * The suite of `test/databases/on-sqlite.test.ts` once more: every story, and what stores do, on PostgreSQL. One half of its
 * files: much of the time goes by in waiting for the server, so two processes at once take little more than half of it.
 */
process.env['COUNTERSIGN_TEST_ON'] = 'postgres';
await declareSuite((index) => index % 2 === 0);
