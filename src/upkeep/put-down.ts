import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { newId } from '../tokens.ts';

/**
 * Writes a draft beside a file and lets `put` give it its place. The draft is on the disk before that, and its place
 * afterwards: whoever comes after a loss of power finds the whole of it, or what was there before.
 */
export async function putDown(
  path: string,
  { text, mode }: { text: string | AsyncIterable<string>; mode: number },
  put: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = `${path}.${newId()}`;
  try {
    const file = await open(draft, 'wx', mode);
    try {
      // Whatever the umask of this process takes away.
      await file.chmod(mode);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await put(draft);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(path));
}

/** Windows opens no folder; there the file system sees to it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
