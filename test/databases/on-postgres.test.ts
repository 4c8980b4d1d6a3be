import { declareSuite } from './suite.ts';

process.env['COUNTERSIGN_TEST_ON'] = 'postgres';
await declareSuite();
