#!/usr/bin/env node
// Nothing is imported at the top: an older Node must get as far as the sentence below.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 24 || (major === 24 && minor >= 18)) {
  const { run } = await import('./program.ts');
  const { stdin, stdout, stderr, env } = process;
  // A reader that has seen enough (`countersign user list | head`) is no failure worth a stack trace.
  for (const stream of [stdout, stderr]) stream.on('error', () => process.exit(1));
  process.umask(0o077);
  process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env });
} else {
  process.stderr.write(
    `countersign: Countersign needs Node 24.18 or newer, and this is ${process.version}. Install a newer Node, then run this again.\n`,
  );
  process.exitCode = 1;
}
