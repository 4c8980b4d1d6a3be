import { type DatabasePlace, openDatabase } from '../../src/database/database.ts';

/** A process that opens databases, one after another, when it is told to, and says what that has done to each. */
process.on('message', async (places: DatabasePlace[]) => {
  const upgrades = [];
  for (const place of places) {
    const database = await openDatabase(place);
    upgrades.push(database.upgrade);
    await database.close();
  }
  process.send?.(upgrades);
  process.disconnect();
});
process.send?.('ready');
