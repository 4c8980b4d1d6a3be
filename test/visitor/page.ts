/** A page as a person without scripts meets it: its words, where its links lead, and the forms that can be sent. */
import { type Element, elements, isShown, readMarkup, textOf } from './markup.ts';

export interface Page {
  title: string;
  h1: string;
  /** What stands in `<main>`. */
  text: string;
  /** What `role=alert` and `role=status` say; '' where there is none. */
  alert: string;
  status: string;
  links: { text: string; href: string }[];
  forms: Form[];
  /** For what the above leaves out. */
  document: Element;
}

export interface Form {
  /** Where it is sent, as it is written; '' is the page itself. */
  action: string;
  method: 'GET' | 'POST';
  fields: Field[];
  buttons: Button[];
  /** Whether it stands in `<main>`. */
  inMain: boolean;
  /** The words around it: of its list item, table row or section. */
  near: string;
}

export interface Field {
  name: string;
  /** As `type` says; `select` and `textarea` for these. */
  type: string;
  /** What is sent unless somebody changes it; of a box that could be ticked, what is sent once it is. */
  value: string;
  /** Of boxes and choices that are ticked. */
  checked: boolean;
  /** The values of a select. */
  choices: string[];
  /** Nobody can change it: it is marked so, or not shown. */
  fixed: boolean;
  label: string;
}

export interface Button {
  /** What it is called: its text, or its `aria-label`. */
  text: string;
  name: string;
  value: string;
  /** Where this button sends the form, if elsewhere. */
  action?: string;
}

/** Reads a page. Throws on markup that is not well-formed, and where one id stands twice. */
export function readPage(text: string): Page {
  const document = readMarkup(text);
  const ids = elements(document, ({ attributes }) => 'id' in attributes).map(({ attributes }) => attributes['id']);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Error(`The id ${twice} stands twice on the page`);
  const shown = shownElements(document);
  const said = (holds: (element: Element) => boolean): string => shown.filter(holds).map(textOf).join(' ').trim();
  return {
    // A drawing has titles too.
    title: elements(document, ({ name }) => name === 'title').map(textOf)[0] ?? '',
    h1: said(({ name }) => name === 'h1'),
    text: said(({ name }) => name === 'main'),
    alert: said(({ attributes }) => attributes['role'] === 'alert'),
    status: said(({ attributes }) => attributes['role'] === 'status'),
    links: shown
      .filter(({ name, attributes }) => name === 'a' && attributes['href'] !== undefined)
      .map((link) => ({ text: nameOf(link), href: link.attributes['href'] ?? '' })),
    forms: shown.filter(({ name }) => name === 'form').map((form) => readForm(form, document, shown)),
    document,
  };
}

function shownElements(within: Element): Element[] {
  return within.children.flatMap((child) =>
    typeof child === 'string' || !isShown(child) ? [] : [child, ...shownElements(child)],
  );
}

function readForm(form: Element, document: Element, shown: Element[]): Form {
  const { action = '', method = 'get', id } = form.attributes;
  const own = elements(form, ({ attributes }) => attributes['form'] === undefined);
  const lent = elements(document, ({ attributes }) => id !== undefined && attributes['form'] === id);
  const controls = [...own, ...lent].filter(({ attributes }) => attributes['disabled'] === undefined);
  const around = (names: string[]): Element[] =>
    shown.filter((each) => names.includes(each.name) && elements(each, (inner) => inner === form).length > 0);
  return {
    action,
    method: method.toLowerCase() === 'post' ? 'POST' : 'GET',
    fields: controls.flatMap((control) => readField(control, document)),
    buttons: controls.filter((control) => isSubmit(control) && shown.includes(control)).map(readButton),
    inMain: around(['main']).length > 0,
    near: around(['li', 'tr', 'section', 'article', 'main']).map(textOf).at(-1) ?? '',
  };
}

function isSubmit({ name, attributes }: Element): boolean {
  return (
    (name === 'button' && (attributes['type'] ?? 'submit') === 'submit') ||
    (name === 'input' && attributes['type'] === 'submit')
  );
}

function readField(control: Element, document: Element): Field[] {
  const { name: element, attributes } = control;
  const { type = 'text', name, value } = attributes;
  if (!['input', 'select', 'textarea'].includes(element) || !name || ['submit', 'button', 'reset'].includes(type))
    return [];
  if (type === 'file' || type === 'image') throw new Error(`A visitor cannot fill in ${name}, a field of type ${type}`);
  const options = elements(control, (inner) => inner.name === 'option');
  const choices = options.map((option) => option.attributes['value'] ?? textOf(option));
  const chosen = options.findIndex((option) => option.attributes['selected'] !== undefined);
  const ticked = type === 'checkbox' || type === 'radio' ? 'on' : '';
  const written = element === 'textarea' ? control.children.join('').replace(/^\n/, '') : (value ?? ticked);
  return [
    {
      name,
      type: element === 'input' ? type : element,
      value: element === 'select' ? (choices[Math.max(0, chosen)] ?? '') : written,
      checked: attributes['checked'] !== undefined,
      choices,
      fixed: type === 'hidden' || attributes['readonly'] !== undefined || attributes['hidden'] !== undefined,
      label: labelOf(control, document),
    },
  ];
}

function labelOf(control: Element, document: Element): string {
  const labels = elements(
    document,
    (each) =>
      each.name === 'label' &&
      ((each.attributes['for'] !== undefined && each.attributes['for'] === control.attributes['id']) ||
        elements(each, (inner) => inner === control).length > 0),
  );
  return labels.map(textOf).join(' ') || (control.attributes['aria-label'] ?? '');
}

function readButton(button: Element): Button {
  const { name = '', value = '', formaction } = button.attributes;
  const text = button.name === 'input' ? value : nameOf(button);
  return { text, name, value, ...(formaction === undefined ? {} : { action: formaction }) };
}

function nameOf(element: Element): string {
  return element.attributes['aria-label'] ?? textOf(element);
}
