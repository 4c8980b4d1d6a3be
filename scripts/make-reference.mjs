/** docs/reference/cli.md and docs/reference/options.md, from the code: `node scripts/make-reference.mjs` writes them, a test compares. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { buildProgram } from '../src/cli/program.ts';
import { defaultText } from '../src/cli/settings.ts';
import { verbs } from '../src/cli/verbs.ts';
import { environmentName, flagName, optionNames, optionTable } from '../src/options.ts';
import { root } from './words.mjs';

/** @typedef {import('commander').Command} Command */

const made = '<!-- Made by scripts/make-reference.mjs from the code: change it there. -->';

/** @returns {Record<string, string>} the text of each page, by its path from the root of the checkout */
export function references() {
  return { 'docs/reference/cli.md': cli(), 'docs/reference/options.md': options() };
}

function cli() {
  const { program, help } = listening();
  const entries = verbs.flatMap((entry) =>
    'verbs' in entry ? entry.verbs.map((verb) => ({ ...verb, name: `${entry.name} ${verb.name}` })) : [entry],
  );
  const sections = [program, ...leaves(program)].map(
    (command) => `## ${pathOf(command)}\n\n\`\`\`text\n${help(command)}\`\`\`\n`,
  );
  const answers = entries
    .filter(({ json }) => json)
    .map(({ name, json }) => `| ${cell(`\`${name}\``)} | ${cell(json)} |`);
  return `# The command line

${made}

Installed it is \`countersign VERB …\`, in a checkout \`npm run -s countersign -- VERB …\`. It works beside a running
server on the same database.

- **Exit codes**: 0 done; 1 failed; 2 the command or an option is wrong, so that trying again does not help; 3 there is no
  such user or session. What went wrong stands on stderr, in a sentence, and stdout stays empty but for the two answers
  below that say so. \`NODE_DEBUG=countersign\` adds the stack trace.
- **Secrets are never arguments**, which other processes can read and shells remember. At a terminal they are asked for
  without echo, a new password twice; else they are the first line of stdin, without its newline.
- **Options** are in [options.md](options.md).
- **\`--json\`** makes the answer one JSON document on stdout. Times are ISO 8601; USER and SESSION have the members that the
  API gives them.

| verb | answers with \`--json\` |
|---|---|
${answers.join('\n')}

${sections.join('\n')}`;
}

function options() {
  const rows = optionNames.map((name) => {
    const { form, help } = optionTable[name];
    const names = `\`${flagName(name)} ${form}\`<br>\`${environmentName(name)}\`<br>\`${name}\``;
    return `| ${cell(names)} | ${cell(defaultText(name) || '–')} | ${cell(help)} |`;
  });
  return `# Options

${made}

Each option is a flag of \`countersign serve\` (and of every other verb that works on the service), a variable of the
environment, and a member of what \`createServer\` takes; they are named in this order below. A flag wins over a variable, a
variable over the default. \`countersign config print\` shows what is in force and where it comes from, \`countersign config
check\` whether the service could run with it.

- A variable \`COUNTERSIGN_…\` that is none of these is an error: a misspelt one would leave a protection off in silence.
  Those that begin with \`COUNTERSIGN_TEST_\` are passed over.
- An empty variable counts as unset. An empty flag is meant: \`--public-url ''\` overrides the variable with nothing.
- A duration is a number with \`s\`, \`m\`, \`h\` or \`d\`, such as \`90s\`, \`15m\`, \`24h\`; for \`createServer\` a number of
  milliseconds. A list is separated by commas or spaces; for \`createServer\` it is an array of strings.

| flag, variable, member | default | |
|---|---|---|
${rows.join('\n')}
`;
}

/** A program whose help is caught instead of printed. @returns {{ program: Command, help: (command: Command) => string }} */
function listening() {
  let heard = '';
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      heard += chunk;
      done();
    },
  });
  const program = buildProgram({ stdin: Readable.from([]), stdout, stderr: stdout, env: {} }, { helpWidth: 80 });
  const help = (/** @type {Command} */ command) => {
    heard = '';
    command.outputHelp();
    return heard;
  };
  return { program, help };
}

/** @param {Command} command @returns {Command[]} */
function leaves(command) {
  return command.commands.flatMap((each) => (each.commands.length > 0 ? leaves(each) : [each]));
}

/** @param {Command} command @returns {string} */
function pathOf(command) {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** @param {string | undefined} text */
function cell(text = '') {
  return text.replaceAll('|', '\\|');
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of Object.entries(references())) writeFileSync(join(root, path), text);
}
