/** Filling a form in and pressing a button: what a browser would send, or an error that says why a person could not. */
import type { Button, Field, Form } from './page.ts';

/** By field name: text, or whether a box is ticked. */
export type Values = Readonly<Record<string, string | boolean>>;

export interface Choice {
  /** The form's action, or the name of a button in it, which is then the one that is pressed. */
  form?: string | RegExp;
  /** Words that stand beside the form that is meant, where there are several of its kind. */
  near?: string | RegExp;
}

/** The form that is meant, and the button that is pressed: the first of the form (as Enter does) unless it is named. */
export function chooseForm(forms: readonly Form[], values: Values, { form, near }: Choice): [Form, Button] {
  const named = forms.filter((each) => form === undefined || fits(each.action, form) || buttonOf(each, form));
  const beside = named.filter((each) => near === undefined || holds(each.near, near));
  const inMain = form === undefined ? beside.filter((each) => each.inMain) : beside;
  const fillable = (each: Form): boolean =>
    Object.keys(values).every((name) => each.fields.some((field) => field.name === name && !field.fixed));
  const candidates = inMain.length > 1 ? inMain.filter(fillable) : inMain;
  const [chosen] = candidates;
  if (!chosen || candidates.length > 1) {
    const meant = [form && `${form}`, near && `near ${near}`].filter(Boolean).join(' ') || 'in <main>';
    throw new Error(`${candidates.length} forms are meant by ${meant}. The page has ${forms.map(describe).join('; ')}`);
  }
  const button = (form === undefined ? undefined : buttonOf(chosen, form)) ?? chosen.buttons[0];
  if (!button) throw new Error(`Nobody can send this form, it has no button: ${describe(chosen)}`);
  return [chosen, button];
}

/** Names and values as they are sent, in the order of the page. Throws where a person could not have put them there. */
export function fillIn(form: Form, button: Button, values: Values): [name: string, value: string][] {
  for (const [name, value] of Object.entries(values)) {
    const fields = form.fields.filter((field) => field.name === name && !field.fixed);
    if (fields.length === 0) throw new Error(`${name} cannot be filled in here: ${describe(form)}`);
    const offered = fields.flatMap((field) => offers(field));
    if (typeof value === 'boolean' ? fields[0]?.type !== 'checkbox' : offered.length > 0 && !offered.includes(value))
      throw new Error(`${name} does not offer ${value}: ${describe(form)}`);
  }
  const sent = form.fields.flatMap((field): [string, string][] => {
    const given = field.fixed ? undefined : values[field.name];
    if (field.type === 'checkbox' || field.type === 'radio') {
      const ticked = given === undefined ? field.checked : given === true || given === field.value;
      return ticked ? [[field.name, field.value]] : [];
    }
    const value = given === undefined ? field.value : String(given);
    return [[field.name, field.type === 'textarea' ? value.replace(/\r?\n/g, '\r\n') : value]];
  });
  return button.name ? [...sent, [button.name, button.value]] : sent;
}

/** The only values that a choice can have; none where anything may be typed. */
function offers(field: Field): string[] {
  if (field.type === 'select') return field.choices;
  return field.type === 'radio' || field.type === 'checkbox' ? [field.value] : [];
}

function buttonOf(form: Form, text: string | RegExp): Button | undefined {
  return form.buttons.find((button) => fits(button.text, text) || (button.action && fits(button.action, text)));
}

const fits = (text: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? text === wanted : wanted.test(text);
const holds = (text: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);

function describe({ method, action, fields, buttons }: Form): string {
  const names = fields.map(({ name }) => name).join(', ');
  return `${method} ${action} (${names}) [${buttons.map(({ text }) => text).join('] [')}]`;
}
