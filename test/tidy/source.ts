/** TypeScript as the house rules see it: without a compiler, so that they take milliseconds and work on strings. */

export interface Source {
  /** From the root of the checkout, with slashes. */
  path: string;
  text: string;
  /** The text with the insides of comments, strings, templates and regular expressions blanked; every index stays. */
  bare: string;
  /** What stands in quotes, in order; the fixed parts of templates one by one. */
  literals: string[];
}

/** What may stand before a slash that begins a regular expression rather than divides. */
const beforeRegExp = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|=>|\b(?:return|typeof|case|in|of|await|void|throw))\s*$/;

/** Reads a file's text once, from left to right. */
export function source(path: string, text: string): Source {
  const literals: string[] = [];
  let bare = '';
  const blank = (end: number): void => {
    bare += text.slice(bare.length, end).replace(/[^\n]/g, ' ');
  };
  const quoted = (close: number): void => {
    literals.push(text.slice(bare.length, close));
    blank(close);
  };
  /** For each template that is open: how many braces are open in its present `${}`. */
  const open: number[] = [];
  const template = (): void => {
    const close = endOf(text, bare.length, /`|\$\{/g);
    quoted(close);
    const step = text.startsWith('${', close) ? 2 : 1;
    bare += text.slice(close, close + step);
    if (step === 2) open.push(0);
  };
  while (bare.length < text.length) {
    const at = bare.length;
    const char = text.charAt(at);
    if (text.startsWith('//', at)) blank(indexOr(text, '\n', at));
    else if (text.startsWith('/*', at)) blank(indexOr(text, '*/', at) + 2);
    else if (char === '/' && beforeRegExp.test(bare.slice(-80))) {
      bare += '/';
      blank(endOf(text, at + 1, /\/|\[(?:\\.|[^\]\\])*\]/g, '/'));
      bare += text.charAt(bare.length);
    } else {
      bare += char;
      if (char === "'" || char === '"') {
        quoted(endOf(text, at + 1, char === "'" ? /'|\n/g : /"|\n/g));
        bare += text.charAt(bare.length);
      } else if (char === '`') template();
      else if (open.length > 0 && char === '{') open.push((open.pop() ?? 0) + 1);
      else if (open.length > 0 && char === '}') {
        const depth = open.pop() ?? 0;
        if (depth > 0) open.push(depth - 1);
        else template();
      }
    }
  }
  return { path, text, bare, literals };
}

export interface Import {
  specifier: string;
  line: number;
}

/** Everything a file imports: `import`, `import type`, `export … from`, `import()`, and files it names by `new URL('./…')`. */
export function imports(file: Source): Import[] {
  const forms = [
    /\b(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])/g,
    /\bimport\s*(['"])/g,
    /\bimport\s*\(\s*(['"])/g,
    /\bnew URL\(\s*(['"])/g,
  ];
  return forms
    .flatMap((form) => [...file.bare.matchAll(form)])
    .map((match) => {
      const start = match.index + match[0].length;
      const specifier = file.text.slice(start, file.text.indexOf(match[1] ?? "'", start));
      return { specifier, line: lineAt(file.bare, start) };
    })
    .filter(({ specifier }) => !/^(?:https?|data|file):/.test(specifier));
}

export interface Func {
  line: number;
  /** Its own lines: those of functions inside it count for them, so a factory is as long as what it does itself. */
  lines: number;
}

/** Where a function may begin whose body opens at the end of the line, or whose parameters end on it. */
const opening =
  /(?:=>|\bfunction\b.*|^\s*(?:(?:async|get|set|static|override) )*[\w$#]+(?:<.*>)?\(.*\)(?::.*)?|^\s*\).*) \{$/;
const notAFunction = /^\s*(?:if\b|for\b|while\b|switch\b)/;
/** `}: Options): string {` ends parameters that were taken apart, not a body. */
const endOfParameters = /^\s*\}(?::.*)?\)(?::.*)?(?: =>)? \{$/;

/**
 * The functions of a file that are longer than one line. It relies on the formatter: a body's last line is the next one that
 * begins with a brace at the indent of the line on which the function begins.
 */
export function functions(file: Source): Func[] {
  const lines = file.bare.split('\n');
  const spans = lines.flatMap((line, at) =>
    opening.test(line) || endOfParameters.test(line) ? (spanOf(lines, line, at) ?? []) : [],
  );
  const within = (line: number, { from, to }: Span): boolean => from <= line && line <= to;
  const inner = (line: number): Span | undefined => spans.findLast((span) => within(line, span));
  return spans.map((span) => {
    const own = lines.filter((_, line) => within(line, span) && inner(line) === span);
    return { line: span.from + 1, lines: own.length };
  });
}

interface Span {
  from: number;
  to: number;
}

function spanOf(lines: string[], line: string, at: number): Span | undefined {
  const sameIndent = (one: string): boolean => one.trim() !== '' && indent(one) === indent(line);
  // Parameters that end on this line began on an earlier one.
  const from =
    /^\s*\)/.test(line) || endOfParameters.test(line)
      ? lines.findLastIndex((one, index) => index < at && sameIndent(one))
      : at;
  const to = lines.findIndex(
    (one, index) => index > at && sameIndent(one) && /^\s*\}/.test(one) && !endOfParameters.test(one),
  );
  return from < 0 || to < 0 || notAFunction.test(lines[from] ?? '') ? undefined : { from, to };
}

function indent(line: string): number {
  return line.length - line.trimStart().length;
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** The index of the first match that no backslash precedes; with `only`, matches of other things are passed over. */
function endOf(text: string, from: number, pattern: RegExp, only?: string): number {
  const stop = new RegExp(`\\\\[\\s\\S]|${pattern.source}`, 'g');
  stop.lastIndex = from;
  for (let match = stop.exec(text); match; match = stop.exec(text)) {
    if (!match[0].startsWith('\\') && (only === undefined || match[0] === only)) return match.index;
  }
  return text.length;
}

function indexOr(text: string, needle: string, from: number): number {
  const index = text.indexOf(needle, from);
  return index < 0 ? text.length : index;
}
