/** Markup that may be sent as it is. Only `html` makes it: the symbol cannot come out of JSON, a form or a database. */
export interface Html {
  readonly [markup]: string;
}

/** What a template takes: text is escaped, markup is kept, lists are joined, and nothing renders as nothing. */
export type Value = Html | string | number | false | null | undefined | readonly Value[];

const markup = Symbol('markup');

/**
 * A template that escapes every value, so that text can stand between tags and in quoted attributes alike. Throws when
 * a value is about to become an attribute without quotes, where no escaping would help.
 */
export function html(literals: TemplateStringsArray, ...values: readonly Value[]): Html {
  let sofar = '';
  const parts = literals.map((literal, index) => {
    if (index === values.length) return literal;
    sofar += literal;
    if (beginsBareAttribute(sofar)) throw new Error(`Quote the attribute: ${sofar.slice(-40)}`);
    return literal + markupOf(values[index]);
  });
  return { [markup]: parts.join('') };
}

/** Whether the literals end in a tag with `name=` and no open quote. */
function beginsBareAttribute(literals: string): boolean {
  const tag = /<[^<>]*$/.exec(literals)?.[0].replace(/"[^"]*"/g, 'quoted') ?? '';
  return /=\s*$/.test(tag) && !tag.includes('"');
}

/** The text of a page, ready to send. */
export function render(page: Html): string {
  return page[markup];
}

function markupOf(value: Value): string {
  if (value === undefined || value === null || value === false) return '';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return markup in value ? value[markup] : value.map(markupOf).join('');
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
