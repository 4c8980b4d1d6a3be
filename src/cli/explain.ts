import { debuglog } from 'node:util';
import { environmentName, flagName, OptionError, type Options } from '../options.ts';
import { clean, type ExitCode, Failure } from './call.ts';

/** What went wrong as a person reads it: one or two sentences that say what to do next, never a stack trace. */
export interface Explanation {
  sentence: string;
  exitCode: ExitCode;
}

/** Explains whatever a command has thrown. `NODE_DEBUG=countersign` shows the stack trace to whoever needs it. */
export async function explain(error: unknown): Promise<Explanation> {
  debuglog('countersign')('%o', error);
  if (error instanceof Failure) return { sentence: error.message, exitCode: error.exitCode };
  if (error instanceof OptionError) return { sentence: error.message, exitCode: 2 };
  const { Problem, problemResponse } = await import('../http/http.ts');
  if (error instanceof Problem) {
    const { code, title, detail } = problemResponse(error).body;
    const [first] = error.particulars.errors ?? [];
    return { sentence: first?.detail ?? `${title}. ${detail}`, exitCode: code === 'not_found' ? 3 : 1 };
  }
  const sentence = error instanceof Error ? (ofSystem(error) ?? error.message) : String(error);
  // It may repeat what a file says that anybody has made.
  return { sentence: clean(sentence), exitCode: 1 };
}

/** Why a port of the options could not be listened on. */
export function whyNotListening(error: unknown, options: Options, option: 'port' | 'metricsPort'): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const port = options[option];
  const choose = `choose another one with ${flagName(option)} (${environmentName(option)})`;
  if (error.code === 'EADDRINUSE') {
    return new Failure(
      `Port ${port} is in use: another program listens there, or another Countersign. Stop that, or ${choose}.`,
    );
  }
  if (error.code === 'EACCES') {
    return new Failure(
      `This user may not listen on port ${port}; ports below 1024 often need privileges. Give them, or ${choose}.`,
    );
  }
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(String(error.code))) {
    return new Failure(
      `${options.host} is no address of this machine. Give one that is with --host (${environmentName('host')}).`,
    );
  }
  return error;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EEXIST: 'something else is there',
};

/** Errors of the file system and of SQLite. */
function ofSystem(error: Error & { code?: unknown; path?: unknown; syscall?: unknown }): string | undefined {
  const code = String(error.code);
  if (code === 'ERR_SQLITE_ERROR') {
    return `The database cannot be used: ${error.message}. Check the folder that --data (${environmentName('data')}) names, and who may write to it.`;
  }
  const reason = reasons[code];
  if (!reason || typeof error.path !== 'string') return undefined;
  const work = error.syscall === 'mkdir' ? 'make the folder' : 'use';
  return `Cannot ${work} ${error.path}: ${reason}. Mend that, or name another place; \`countersign config print\` shows by which option.`;
}
