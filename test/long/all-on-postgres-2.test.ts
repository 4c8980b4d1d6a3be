import { declareSuite } from '../databases/suite.ts';

/** The other half of the suite on PostgreSQL. */
process.env['COUNTERSIGN_TEST_ON'] = 'postgres';
await declareSuite((index) => index % 2 === 1);
