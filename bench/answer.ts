import { type Answer, askOnce, request } from './client.ts';
import type { DataSet } from './data/generate.ts';
import type { Running } from './processes.ts';

/** Requests to `/whoami`, each with the token of another session. */
export function whoami({ tokens }: DataSet): string[] {
  return tokens.map((token) => request('GET', '/whoami', { authorization: `Bearer ${token}` }));
}

/** What the peers shall answer, as they take it: what ours does, without the headers that Node adds to what each server says. */
export async function answerOf(server: Running, set: DataSet): Promise<string> {
  const answer = await askOnce(server.port, whoami(set)[0] ?? '');
  const [first = '', ...lines] = answer.head.split('\r\n');
  const headers = lines.filter((line) => !addedByNode.test(line)).flatMap((line) => line.split(/: (.*)/).slice(0, 2));
  const keepAlive = Number(/^keep-alive: timeout=(\d+)/im.exec(answer.head)?.[1]) * 1000;
  return JSON.stringify({ status: answer.status, reason: first.slice(13), headers, body: answer.body(), keepAlive });
}

const addedByNode = /^(?:date|connection|keep-alive):/i;

/** Throws where the bare server does not answer what ours does, but for the two values that change with each answer. */
export async function mustBeAlike(own: Running, bare: Running, set: DataSet): Promise<void> {
  const same = ({ head, body }: Answer) =>
    `${head
      .replace(/^(date|request-id): .*$/gim, '$1')
      .split('\r\n')
      .sort()
      .join('\n')
      .toLowerCase()}\n\n${body()}`;
  const asked = whoami(set)[0] ?? '';
  const [one, other] = [await askOnce(own.port, asked), await askOnce(bare.port, asked)].map(same);
  if (one !== other) throw new Error(`The bare server does not answer what ours does:\n${one}\n\n${other}`);
}
