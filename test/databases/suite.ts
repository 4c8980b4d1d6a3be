import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/**
 * Declares in this process the tests of the files and folders of suite.json: all stories, and what else has to get along
 * with either database. One process for many of them takes a third of the time. `isHere` says which files it is to take.
 */
export async function declareSuite(isHere: (index: number) => boolean = () => true): Promise<void> {
  const parts: string[] = JSON.parse(readFileSync(new URL('suite.json', import.meta.url), 'utf8'));
  const files = parts.flatMap((part) => (part.endsWith('.ts') ? [part] : filesOf(part)));
  for (const file of files.filter((_, index) => isHere(index))) await import(new URL(file, root).href);
}

function filesOf(folder: string): string[] {
  const names = readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => `${folder}/${name}`);
}
