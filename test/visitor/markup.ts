/**
 * Reads the HTML that our `html` template writes, and nothing looser: whatever a browser would have to guess at
 * (a tag left open, an attribute without quotes, a block inside a paragraph) throws, with the place.
 */
export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: (Element | string)[];
}

/** The document as an element named `#document`. Throws where the markup is not well-formed. */
export function readMarkup(text: string): Element {
  const root: Element = { name: '#document', attributes: {}, children: [] };
  const open = [root];
  const fail = (what: string, at: number): never => {
    throw new Error(`${what}: …${text.slice(Math.max(0, at - 40), at + 40)}…`);
  };
  for (let at = 0; at < text.length; ) {
    const parent = open.at(-1) ?? root;
    const rest = text.slice(at);
    if (rest[0] !== '<') {
      const end = rest.indexOf('<') < 0 ? rest.length : rest.indexOf('<');
      parent.children.push(decode(rest.slice(0, end)) ?? fail('An unknown character reference', at));
      at += end;
      continue;
    }
    const aside = /^<!(?:doctype html>|--[\s\S]*?-->)/i.exec(rest)?.[0];
    const closing = /^<\/([a-z][a-z0-9-]*)>/i.exec(rest);
    if (aside) {
      at += aside.length;
    } else if (closing) {
      if (open.length === 1 || parent.name !== closing[1]) fail(`${closing[0]} closes <${parent.name}>`, at);
      open.pop();
      at += closing[0].length;
    } else {
      const tag = /^<([a-z][a-zA-Z0-9-]*)((?:\s+[^\s<>"'=/]+(?:="[^"]*"|='[^']*')?)*)\s*(\/?)>/.exec(rest);
      if (!tag) return fail('This is no tag as we write them', at);
      const [whole, name = '', attributes = '', slash] = tag;
      const element: Element = { name, attributes: attributesOf(attributes, (what) => fail(what, at)), children: [] };
      const clash = open.find((each) => misplaced[each.name]?.has(name));
      if (clash) fail(`<${name}> may not stand inside <${clash.name}>`, at);
      parent.children.push(element);
      at += whole.length;
      if (raw.has(name)) {
        const end = text.indexOf(`</${name}>`, at);
        if (end < 0) fail(`<${name}> is left open`, at);
        element.children.push(text.slice(at, end));
        at = end + name.length + 3;
      } else if (!slash && !empty.has(name)) {
        open.push(element);
      }
    }
  }
  if (open.length > 1) fail(`<${open.at(-1)?.name}> is left open`, text.length);
  return root;
}

/** Every element below this one that the test holds for, in the order of the document. */
export function elements(within: Element, holds: (element: Element) => boolean): Element[] {
  return within.children.flatMap((child) =>
    typeof child === 'string' ? [] : [...(holds(child) ? [child] : []), ...elements(child, holds)],
  );
}

/** Whether a person sees this element when no script runs; that a parent is hidden is not looked at. */
export function isShown({ name, attributes }: Element): boolean {
  return attributes['hidden'] === undefined && !['head', 'script', 'style', 'template'].includes(name);
}

/** The text that a person reads there when no script runs, with single spaces. */
export function textOf(element: Element): string {
  return words(element).replace(/\s+/g, ' ').trim();
}

/** The recovery codes that a page shows. */
export function codesIn(document: Element): string[] {
  const items = elements(document, ({ name }) => name === 'li').map(textOf);
  return items.filter((text) => /^(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}$/.test(text));
}

function words(element: Element): string {
  return element.children
    .map((child) => {
      if (typeof child === 'string') return child;
      if (!isShown(child)) return '';
      return inline.has(child.name) ? words(child) : ` ${words(child)} `;
    })
    .join('');
}

function attributesOf(text: string, fail: (what: string) => never): Record<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', double, single] of text.matchAll(/\s+([^\s=]+)(?:="([^"]*)"|='([^']*)')?/g)) {
    if (found.has(name)) fail(`${name} is there twice`);
    found.set(name, decode(double ?? single ?? '') ?? fail('An unknown character reference'));
  }
  return Object.fromEntries(found);
}

/** Text with its character references resolved; nothing where one is unknown or an ampersand stands alone. */
function decode(text: string): string | undefined {
  let known = true;
  const decoded = text.replace(/&(?:#(\d+);|#x([0-9a-f]+);|([a-z]+);)?/gi, (_, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    known &&= name in references;
    return references[name] ?? '';
  });
  return known ? decoded : undefined;
}

const references: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  middot: '·',
  hellip: '…',
};

const set = (names: string): ReadonlySet<string> => new Set(names.split(' '));
const raw = set('script style');
const empty = set('area base br col embed hr img input link meta source track wbr');
const inline = set('a abbr b bdi button code em i kbd mark small span strong sub sup time wbr');
const blocks = set(
  'address article details div dl fieldset footer form h1 h2 h3 h4 header hr main nav ol p pre section table ul',
);
const controls = set('a button input select textarea');
/** What a browser would put elsewhere than where it is written, or what nobody could press. */
const misplaced: Record<string, ReadonlySet<string>> = { p: blocks, form: set('form'), a: controls, button: controls };
