/** A folder in memory, for what is thrown away anyway: a database of a test that is flushed to a disk waits for the disk. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { attempt } from './words.mjs';

const room = 2 ** 30;

/**
 * Makes a folder in memory, which is removed when this process exits; answers nothing where the system has no such place, no room
 * in it or in memory for `enough` bytes, or a place from which no program can be started, as tests do.
 * @returns {string | undefined}
 */
export function folderInMemory(place = '/dev/shm', enough = room) {
  return attempt(() => {
    const { bavail, bsize } = fs.statfsSync(place);
    if (bavail * bsize < enough || freemem() < enough) return undefined;
    const folder = fs.mkdtempSync(join(place, 'countersign-'));
    process.once('exit', () =>
      attempt(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }), undefined),
    );
    return startsPrograms(folder) ? folder : undefined;
  }, undefined);
}

/** @param {string} folder */
function startsPrograms(folder) {
  const program = join(folder, 'program');
  fs.writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
  const { status } = spawnSync(program);
  fs.rmSync(program);
  return status === 0;
}
