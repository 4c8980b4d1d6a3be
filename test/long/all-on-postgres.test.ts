import { declareSuite } from '../databases/suite.ts';

/** The suite of `test/databases/on-sqlite.test.ts` once more: every story, and what stores do, on PostgreSQL. */
process.env['COUNTERSIGN_TEST_ON'] = 'postgres';
await declareSuite();
