/** The bare hash loop: JSON with `inFlight`, `seconds` and `warmUp` on stdin, and how many a second on stdout. */
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashOnce } from './hashing.mjs';

/** @type {{ inFlight: number, seconds: number, warmUp: number }} */
const job = JSON.parse(await text(process.stdin));
let done = 0;
const loop = async () => {
  for (;;) {
    await hashOnce();
    done += 1;
  }
};
for (let started = 0; started < job.inFlight; started += 1) void loop();
await sleep(job.warmUp * 1000);
done = 0;
const began = performance.now();
const before = process.cpuUsage();
await sleep(job.seconds * 1000);
const { user, system } = process.cpuUsage(before);
const took = performance.now() - began;
const answer = { perSecond: (done / took) * 1000, cpu: (user + system) / 1000 / done };
process.stdout.write(JSON.stringify(answer), () => process.exit());
