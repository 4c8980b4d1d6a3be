import { type Argument, Command, CommanderError, Option } from 'commander';
import { flagName, type OptionName, optionNames, optionTable } from '../options.ts';
import type { Call, ExitCode, Io } from './call.ts';
import { defaultText, readSettings } from './settings.ts';
import type { Group, Verb } from './verb.ts';
import { verbs } from './verbs.ts';
import { version } from './version.ts';

/** Runs one command line and answers its exit code. What goes wrong is said on stderr; nothing is thrown. */
export async function run(argv: readonly string[], io: Io): Promise<0 | ExitCode> {
  try {
    await buildProgram(io, { typed: argv }).parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { explain } = await import('./explain.ts');
    const { sentence, exitCode } = await explain(error);
    for (const line of sentence.split('\n')) io.stderr.write(`countersign: ${line}\n`);
    return exitCode;
  }
}

interface Wanted {
  /** What was typed: a verb that is not in it has no options, which would be a thousand. */
  typed?: readonly string[];
  helpWidth?: number;
}

/** The command line with all its verbs. Throws `CommanderError` where commander has said all there is to say. */
export function buildProgram(io: Io, { typed, helpWidth }: Wanted = {}): Command {
  const program = new Command('countersign')
    .description('Sign-in with a second factor: passwords, authenticator codes, tokens.')
    .version(version(), '-v, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this.')
    .addHelpCommand(
      new Command('help').argument('[verb]').description('Print the help of a verb.').helpGroup('Operation:'),
    )
    .usage('VERB [options]')
    .exitOverride()
    .showHelpAfterError('`countersign --help` lists the verbs.')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // What is too much may be a password: it is not said again.
      outputError: (text, write) =>
        write(
          text
            .replace(/^error: /, 'countersign: ')
            .replace(/('-[^'=]*)=[^']*'/, "$1=…'")
            .replace(/(too many arguments.*?\.).*/s, `$1 ${neverArguments}`),
        ),
      ...(helpWidth && { getOutHelpWidth: () => helpWidth }),
    })
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(usageOf)].join(' '),
    })
    .addHelpText('after', introduction);
  for (const each of verbs) add(program, each, { io, typed });
  return program;
}

const neverArguments = 'Secrets are never arguments: type them when asked, or send them as the first line of stdin.\n';

const introduction = `
Begin with \`countersign demo\`; \`countersign VERB --help\` says more of each.
Options are flags or variables: --key-file is COUNTERSIGN_KEY_FILE; flags win.
Exit codes: 0 done, 1 failed, 2 wrong command or option, 3 no such user or
session.`;

function usageOf(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

interface How {
  io: Io;
  typed: readonly string[] | undefined;
}

function add(parent: Command, entry: Verb | Group, how: How): void {
  const command = parent.command(entry.name).description(entry.help);
  command.showHelpAfterError(`\`${pathOf(command)} --help\` says what can be given.`);
  if (entry.heading) command.helpGroup(`${entry.heading}:`);
  if ('verbs' in entry) {
    command.usage('VERB [options]').helpCommand(false);
    for (const each of entry.verbs) add(command, each, how);
  } else addVerb(command, entry, how);
}

function addVerb(command: Command, verb: Verb, { io, typed }: How): void {
  for (const [term, help] of verb.args ?? []) command.argument(term, help);
  for (const [term, help] of verb.needs ?? []) command.requiredOption(term, help);
  for (const [term, help] of verb.flags ?? []) command.option(term, help);
  if (verb.options && (!typed || typed.includes(verb.name))) addOptions(command, verb.options);
  if (verb.json) command.option('--json', 'Answer on stdout as one JSON document.');
  const more = [othersTaken(verb), verb.more].filter(Boolean).join('\n\n');
  if (more) command.addHelpText('after', `\n${more}`);
  command.action(async () => verb.run(callOf(command, io)));
}

function othersTaken({ options }: Verb): string {
  if (!options || options.length === optionNames.length) return '';
  return `Every${options.length > 0 ? ' other' : ''} option of \`countersign serve\` is taken too.`;
}

function addOptions(command: Command, shown: readonly OptionName[]): void {
  for (const name of optionNames) {
    const { form } = optionTable[name];
    // A long list of words in its place would push every explanation to the edge of the page.
    const words = form.length > 8 && form.includes('|') ? form.split('|') : [];
    const usual = defaultText(name);
    const help = [
      optionTable[name].help,
      words.length > 0 && `One of ${words.join(', ')}.`,
      usual && `(default: ${usual})`,
    ];
    const option = new Option(
      `${flagName(name)} <${words.length > 0 ? 'WORD' : form}>`,
      help.filter(Boolean).join(' '),
    );
    command.addOption(option.hideHelp(!shown.includes(name)));
  }
}

function callOf(command: Command, io: Io): Call {
  const flags = command.opts<Record<string, unknown>>();
  return {
    io,
    args: command.args,
    flags,
    settings: () => readSettings(flags, io.env),
    answer(text, data) {
      if (flags['json'] === true) io.stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
      else if (text !== '') io.stdout.write(`${text}\n`);
    },
    say: (sentence) => void io.stderr.write(`countersign: ${sentence}\n`),
  };
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
