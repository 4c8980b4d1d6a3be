import { isoTime, systemClock } from '../clock.ts';
import type { KeyState } from '../upkeep/upkeep.ts';
import { type Call, columns, Failure } from './call.ts';
import { withDatabase, withService } from './service.ts';

/** `countersign key …`: keys are made, put to use and retired beside whatever is served. */

/** Never in place of a file that is there. */
export async function createKey(call: Call): Promise<void> {
  const [file = ''] = call.args;
  const { createKeyFile } = await import('../upkeep/upkeep.ts');
  await createKeyFile(file, 'or fail');
  call.answer(`Made ${file}. Keep a copy apart from the data: without this key nobody can sign in.`, { file });
}

export async function rotateKey(call: Call): Promise<void> {
  const { activate } = call.flags;
  const lost = call.flags['lost'] === true;
  if (typeof activate === 'string') return activateKey(call, activate, lost);
  if (lost) throw new Failure('Say with --activate ID which key takes the place of the lost one.', 2);
  await withDatabase(call, async (database) => {
    const { options } = call.settings();
    const { addKey } = await import('../upkeep/upkeep.ts');
    const id = await addKey(database, options, systemClock());
    call.answer(
      [
        `Added key ${id} to ${options.keyFile}; it opens from now on, and does not seal yet. Next:`,
        '  1. Keep a copy of the file, and copy it to every instance. It is read again within 30 seconds.',
        `  2. countersign key rotate --activate ${id}`,
        '  3. countersign key reseal',
      ].join('\n'),
      { id, file: options.keyFile },
    );
  });
}

async function activateKey(call: Call, id: string, lost: boolean): Promise<void> {
  await withDatabase(call, async (database) => {
    const { options } = call.settings();
    const { activateKey: activate } = await import('../upkeep/upkeep.ts');
    const { changed, before } = await activate({ database, place: options }, { id, lost }, systemClock());
    const next = lost
      ? `What key ${before} has sealed cannot be opened any more: \`countersign doctor\` names the users, and says how each is let in again. Counts of wrong tries begin anew.`
      : 'Instances follow within 30 seconds. Then `countersign key reseal` seals what is stored with it.';
    const done = changed ? `Key ${id} seals from now on. ${next}` : `Key ${id} is active already.`;
    call.answer(done, { id, changed, before: before ?? null });
  });
}

export async function listKeys(call: Call): Promise<void> {
  await withDatabase(call, async (database) => {
    const { options } = call.settings();
    const { listKeys: list, readKeys } = await import('../upkeep/upkeep.ts');
    const keys = await list(database.read, await readKeys(database.read, options), systemClock());
    const rows = keys.map((key) => [
      key.id,
      stateOf(key),
      String(key.values),
      String(key.auditRows),
      key.recordedAt === undefined ? '-' : isoTime(key.recordedAt),
      key.instances.map(({ name }) => name).join(' ') || '-',
    ]);
    const header = ['ID', 'STATE', 'VALUES', 'AUDIT ROWS', 'RECORDED', 'INSTANCES'];
    call.answer(columns([header, ...rows]), { keys: keys.map(describeKey) });
  });
}

export async function resealValues(call: Call): Promise<void> {
  await withService(call, 'must exist', async ({ database, sealer, clock }) => {
    const { reseal } = await import('../upkeep/upkeep.ts');
    const active = sealer.activeKeyId();
    const { resealed, unopened } = await reseal({ database, sealer }, clock());
    const done = `Sealed ${resealed} ${resealed === 1 ? 'value' : 'values'} anew with key ${active}.`;
    call.answer(done, { key: active, resealed, unopened });
    if (unopened > 0)
      throw new Failure(
        `${unopened} ${unopened === 1 ? 'value' : 'values'} could not be opened, and stay as they are: \`countersign doctor\` names whose.`,
      );
  });
}

function stateOf({ active, inFile }: KeyState): string {
  return [active ? 'seals' : 'opens', ...(inFile ? [] : ['(not in the file)'])].join(' ');
}

function describeKey({ id, active, inFile, values, auditRows, recordedAt, instances }: KeyState) {
  return {
    id,
    active,
    in_file: inFile,
    values,
    audit_rows: auditRows,
    recorded_at: recordedAt === undefined ? null : isoTime(recordedAt),
    instances: instances.map((instance) => ({
      id: instance.id,
      name: instance.name,
      seals: instance.sealsWith === id,
      seen_at: isoTime(instance.seenAt),
    })),
  };
}
