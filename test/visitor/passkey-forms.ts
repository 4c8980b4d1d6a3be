import type { CreationOptions, RequestOptions } from '../call.ts';
import { type Element, elements } from './markup.ts';

/** A form that a passkey fills in, as the script reads it. */
export interface PasskeyForm {
  action: string;
  does: string;
  options: CreationOptions & RequestOptions;
  /** What it sends beside the credential. */
  fields: Record<string, string>;
}

/** Those of a page, which nobody sees without a script. */
export function passkeyFormsIn(document: Element): PasskeyForm[] {
  const found = elements(document, ({ name, attributes }) => name === 'form' && 'data-passkey' in attributes);
  return found.map((form) => {
    const inputs = elements(form, ({ name, attributes }) => name === 'input' && attributes['name'] !== 'credential');
    return {
      action: form.attributes['action'] ?? '',
      does: form.attributes['data-passkey'] ?? '',
      options: JSON.parse(form.attributes['data-options'] ?? ''),
      fields: Object.fromEntries(inputs.map(({ attributes }) => [attributes['name'], attributes['value'] ?? ''])),
    };
  });
}
