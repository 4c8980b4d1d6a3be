import { Problem } from './http/http.ts';

/** Visible characters, with plain spaces between them; what cannot be seen would make two names look alike. */
const visible = /^(?!.*\p{Default_Ignorable_Code_Point})[\p{L}\p{N}\p{P}\p{S}][\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;

/** What somebody calls a thing of theirs, as it is kept; nothing where it cannot be seen or is too long, in code points. */
export function labelOf(typed: string, longest: number): string | undefined {
  // Several spaces look like one.
  const name = typed.normalize('NFC').trim().replace(/ +/g, ' ');
  return visible.test(name) && [...name].length <= longest ? name : undefined;
}

/** The same of the member `name` of a request. Throws `invalid` for what cannot be one. */
export function mustBeLabel(typed: string, longest: number): string {
  const name = labelOf(typed, longest);
  if (name !== undefined) return name;
  const detail = `A name has 1 to ${longest} visible characters.`;
  throw new Problem('invalid', { errors: [{ pointer: '/name', detail }] });
}
