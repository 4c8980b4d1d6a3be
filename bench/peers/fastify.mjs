/** `node fastify.mjs ANSWER`: the same constant answer by Fastify, the framework that the service uses, without a log. */
import fastify from 'fastify';

/** @type {{ status: number, headers: string[], body: string }} */
const { status, headers, body } = JSON.parse(process.argv[2] ?? '');
/** @type {Record<string, string>} */
const named = {};
for (let index = 0; index < headers.length; index += 2) named[headers[index] ?? ''] = headers[index + 1] ?? '';

const app = fastify();
app.get('/whoami', (_request, reply) => {
  reply.code(status).headers(named).send(body);
});
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.stderr.write(`Listening on ${url}\n`);
