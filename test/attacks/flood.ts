import { Agent, request } from 'node:http';

/** What an attacker's program does over real connections, many at a time. */
export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface Sent {
  method?: string;
  headers?: Record<string, string>;
  json?: object;
  form?: Record<string, string>;
}

export interface Connections {
  send(url: string, sent: Sent): Promise<Reply>;
  close(): void;
}

/** So many connections, kept open from one request to the next. */
export function connections(count: number): Connections {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  return {
    close: () => agent.destroy(),
    send: (url, { method = 'POST', headers = {}, json, form }) =>
      new Promise((resolve, reject) => {
        const sent = request(url, { method, agent, headers: { ...typeOf(json, form), ...headers } }, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
          answer.on('error', reject);
        });
        sent.on('error', reject);
        sent.end(json ? JSON.stringify(json) : form && new URLSearchParams(form).toString());
      }),
  };
}

/** Does the same `times` times in each of `count` lines that run side by side. */
export async function sideBySide(
  count: number,
  times: number,
  work: (line: number, time: number) => Promise<unknown>,
): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, line) => {
      for (let time = 0; time < times; time += 1) await work(line, time);
    }),
  );
}

export const basicOf = (basic: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
});

/** The value of a cookie that an answer sets. */
export function cookieIn({ headers }: Reply, name: string): string | undefined {
  const lines = [headers['set-cookie'] ?? []].flat();
  const line = lines.find((each) => each.startsWith(`${name}=`));
  return line?.slice(name.length + 1).split(';')[0];
}

function typeOf(json: object | undefined, form: object | undefined): Record<string, string> {
  if (json) return { 'content-type': 'application/json' };
  return form ? { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' } : {};
}
