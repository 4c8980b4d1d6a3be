import type { Call } from './call.ts';

/** `countersign key create FILE`: never in place of a file that is there. */
export async function createKey(call: Call): Promise<void> {
  const [file = ''] = call.args;
  const { createKeyFile } = await import('../upkeep/upkeep.ts');
  await createKeyFile(file, 'or fail');
  call.answer(`Made ${file}. Keep a copy apart from the data: without this key nobody can sign in.`, { file });
}
