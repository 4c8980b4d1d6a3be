import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { migrationNames } from '../../src/database/schema/migrate.ts';
import { makeOlder } from '../databases/places.ts';
import { begin, countersign, inFolder } from './process.ts';

const [older = '', last = ''] = migrationNames.slice(-2);

test('a start that brings the database up to date says so, and where the copy is; one that was changed is not used', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'data', 'countersign.db');
    await makeOlder({ file }, older);
    const service = begin(['serve', '--port', '0'], { folder });
    await service.until(/Listening on/).finally(() => service.child.kill('SIGINT'));
    const sentence = `The database was brought up to date (${last}). As it was before, it is in data/countersign.db.before-${last}: delete that once all is well.`;
    const { code, stdout, stderr } = await service.end;
    assert.equal(code, 0);
    assert.ok(stderr.startsWith(`countersign: ${sentence}\n`), stderr);
    const said = stdout.split('\n').filter((line) => line !== '' && JSON.parse(line).msg === sentence);
    assert.equal(said.length, 1, 'and its log has it');

    const database = new DatabaseSync(file);
    database.exec('drop index audit_by_time');
    database.close();
    const refused = await countersign(['db', 'migrate'], { folder });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Somebody has changed the schema of this database: table audit lacks CREATE INDEX/);
  }));
