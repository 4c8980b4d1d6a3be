/** The house rules, as functions from files to sentences that say what is wrong and what to do instead. */
import { posix } from 'node:path';
import { functions, imports, lineAt, type Source } from './source.ts';

export interface House {
  /** From the top floor to the ground: rooms are folders of src/ or single files, named without `.ts`. */
  floors: readonly (readonly string[])[];
  /** Who may import whom on its own floor. */
  sideways: Readonly<Record<string, readonly string[]>>;
}

const isTest = (path: string): boolean => path.endsWith('.test.ts');
const isSource = ({ path }: Source): boolean => path.startsWith('src/');
const room = (path: string): string => path.replace(/^src\//, '').replace(/\/.*$|(?:\.test)?\.ts$/, '');

/** Who imports whom, `import type` included. */
export function importFaults(files: Source[], house: House): string[] {
  const floor = (name: string): number => house.floors.toReversed().findIndex((rooms) => rooms.includes(name));
  return files.filter(isSource).flatMap((file) => {
    const here = room(file.path);
    if (floor(here) < 0) return [`${file.path}: ${here} is in no floor of test/tidy.test.ts; give it one`];
    return relativeImports(file).flatMap(({ target, line }) => {
      const where = `${file.path}:${line} imports ${target}`;
      if (/^(?:test|scripts)\//.test(target) && isTest(file.path)) return [];
      if (!target.startsWith('src/'))
        return [`${where}, which is no part of src/: pass it in, or read it at build time`];
      const there = room(target);
      if (there === here) return [];
      if ((floor(there) < 0 || floor(there) >= floor(here)) && !house.sideways[here]?.includes(there)) {
        return [
          `${where}: ${there} is not below ${here}. Move the verb that needs both to the lowest room above both, or pass a function in`,
        ];
      }
      const allowed = [
        `src/${there}.ts`,
        `src/${there}/${there}.ts`,
        ...(here === 'server' ? [`src/${there}/routes.ts`] : []),
      ];
      if (target.endsWith('.ts') && !allowed.includes(target)) {
        return [`${where}, which is private to ${there}/: let ${there}/${there}.ts offer what is needed`];
      }
      return [];
    });
  });
}

/** Files of src/ that no program reaches from its entries. */
export function unreached(files: Source[], entries: readonly string[]): string[] {
  const sources = new Map(
    files.filter((file) => isSource(file) && !isTest(file.path)).map((file) => [file.path, file]),
  );
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const file = sources.get(path);
    if (!file || seen.has(path)) return;
    seen.add(path);
    for (const { target } of relativeImports(file)) visit(target);
  };
  for (const entry of entries) visit(entry);
  return [...sources.keys()]
    .filter((path) => !seen.has(path) && !path.endsWith('.d.ts'))
    .map((path) => `${path} is reached from none of ${entries.join(', ')}: import it or delete it`);
}

export interface Ban {
  what: RegExp;
  /** Which files the rule is for. */
  within: RegExp;
  except?: RegExp;
  /** Look into comments and strings too. */
  everywhere?: boolean;
  instead: string;
}

/** Words that have one home or none. */
export function banFaults(files: Source[], bans: readonly Ban[]): string[] {
  return bans.flatMap(({ what, within, except, everywhere, instead }) =>
    files
      .filter(({ path }) => within.test(path) && !except?.test(path))
      .flatMap((file) =>
        [...(everywhere ? file.text : file.bare).matchAll(new RegExp(what.source, 'g'))].map(
          (match) => `${file.path}:${lineAt(file.text, match.index)} has ${match[0].trim()}: ${instead}`,
        ),
      ),
  );
}

/** Packages that one file imports for all the others. */
export function wrapperFaults(files: Source[], packages: readonly string[]): string[] {
  return packages.flatMap((name) => {
    const users = files.filter(
      (file) => isSource(file) && !isTest(file.path) && imports(file).some((one) => one.specifier === name),
    );
    return users.length > 1
      ? [`${name} is imported by ${users.map(({ path }) => path).join(', ')}: let one file wrap it for the others`]
      : [];
  });
}

const queryVerb =
  /\b(?:selectFrom|insertInto|updateTable|deleteFrom|mergeInto|(?:inner|left|right|full|cross)Join)\(\s*(?=[['"])/g;
const sqlTag = /\bsql(?:<[^`]*>)?`/g;
const statement =
  /^\s*(?:select\s[\s\S]*\sfrom\s|insert\s(?:or\s\w+\s)?into\s|replace\sinto\s|update\s\w+\sset\s|delete\sfrom\s|(?:create|alter|drop)\s(?:table|index)\s)/;
const namedTable = /\b(?:from|join|into|update)\s+["`]?([a-z_][a-z0-9_]*)/g;
/** SQL begins in one case; a sentence ("Delete from …") begins with a capital. */
const isStatement = (literal: string): boolean =>
  /^\s*(?:[a-z]+|[A-Z]+)\s/.test(literal) && statement.test(literal.toLowerCase());

/** SQL outside of store.ts and src/database/, and tables that two folders name. */
export function sqlFaults(files: Source[]): string[] {
  const faults: string[] = [];
  const homes = new Map<string, string>();
  for (const file of files) {
    if (!isSource(file) || isTest(file.path) || file.path.startsWith('src/database/')) continue;
    const marks = [...file.bare.matchAll(queryVerb), ...file.bare.matchAll(sqlTag)];
    if (!file.path.endsWith('/store.ts')) {
      for (const mark of marks) {
        faults.push(
          `${file.path}:${lineAt(file.bare, mark.index)} has SQL (${mark[0].trim()}): move it to ${posix.dirname(file.path)}/store.ts`,
        );
      }
      for (const literal of file.literals.filter(isStatement)) {
        faults.push(
          `${file.path} has SQL (${literal.trim().slice(0, 40)}): move it to ${posix.dirname(file.path)}/store.ts`,
        );
      }
    }
    for (const table of tablesOf(file)) {
      const home = homes.get(table) ?? room(file.path);
      homes.set(table, home);
      if (home !== room(file.path)) {
        faults.push(
          `${file.path} names the table ${table}, which lives in src/${home}/: ask ${home}/${home}.ts for what is needed`,
        );
      }
    }
  }
  return faults;
}

/** The tables that a file names, without their aliases. */
function tablesOf(file: Source): Set<string> {
  const built = [...file.bare.matchAll(queryVerb)].flatMap((match) => {
    const start = match.index + match[0].length;
    const first = /^(?:\[[^\]]*\]|(['"])[^'"]*\1)/.exec(file.text.slice(start))?.[0] ?? '';
    return [...first.matchAll(/['"]([a-z_][a-z0-9_]*)/g)].map((name) => name[1] ?? '');
  });
  const written = file.literals
    .filter(isStatement)
    .flatMap((literal) => [...literal.toLowerCase().matchAll(namedTable)].map((name) => name[1] ?? ''));
  return new Set([...built, ...written]);
}

/** Files and functions that are too long to be read at one sitting. */
export function sizeFaults(files: Source[], limits: { file: number; function: number }): string[] {
  return files.flatMap((file) => {
    const length = file.text.split('\n').length - 1;
    const long = functions(file).filter(({ lines }) => lines > limits.function);
    return [
      ...(length > limits.file
        ? [`${file.path} has ${length} lines, at most ${limits.file}: give a part of it a file of its own`]
        : []),
      ...long.map(
        ({ line, lines }) =>
          `${file.path}:${line} is a function of ${lines} lines, at most ${limits.function}: name its parts`,
      ),
    ];
  });
}

/** Links in Markdown that lead nowhere. `heads` are the anchors of each Markdown file, `exists` says which paths are there. */
export function linkFaults(pages: { path: string; text: string }[], exists: (path: string) => boolean): string[] {
  const prose = (text: string): string => text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, 'code');
  const anchors = new Map(
    pages.map(({ path, text }) => [
      path,
      new Set([...text.matchAll(/^#+ +(.*)$/gm)].map((head) => slug(head[1] ?? ''))),
    ]),
  );
  return pages.flatMap(({ path, text }) =>
    [...prose(text).matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]: +(\S+)|(?:src|href)="([^"]+)"/gm)]
      .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
      .filter((link) => !/^[a-z]+:/.test(link))
      .flatMap((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), decodeURI(file)));
        if (!exists(target)) return [`${path} links to ${link}, which is not there: mend the link or write the file`];
        if (anchor && anchors.has(target) && !anchors.get(target)?.has(anchor)) {
          return [`${path} links to ${link}, and that page has no such heading`];
        }
        return [];
      }),
  );
}

/** A heading's anchor, as GitHub makes it. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function relativeImports(file: Source): { target: string; line: number }[] {
  return imports(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, line }) => ({ target: posix.join(posix.dirname(file.path), specifier), line }));
}
