/**
 * The form in which a user's name is stored and compared: RFC 8265 "UsernameCaseMapped", and stricter where two names
 * could look the same. docs/decisions/0003-names.md says where and why.
 */

const longestName = 64;
/** In UTF-16 units, judged before any other work: no name of 64 code points can be written longer (NFD is at most 4×). */
const longestInput = longestName * 4 * 2;

/**
 * Answers the stored form of a name, or `undefined` if it cannot be one: 1–64 code points, no space, no control, no
 * colon, one script (or one of the usual pairings with Latin). Never throws. Two inputs with the same answer are the same
 * account; the answer prepared again is itself (RFC 8264 section 7).
 */
export function prepareName(input: string): string | undefined {
  if (input.length > longestInput) return undefined;
  const name = enforced(input);
  return name !== undefined && enforced(name) === name ? name : undefined;
}

/** The letters of a piece of a name as they would be stored, to look for it. What cannot be in a name is found nowhere. */
export function foldForSearch(typed: string): string {
  return caseMapped(widthMapped(typed)).normalize('NFC');
}

/** RFC 8265 sections 3.3.2 and 3.3.3, in their order, then our own rules on look-alikes. */
function enforced(input: string): string | undefined {
  const wide = widthMapped(input);
  if (!inIdentifierClass(wide)) return undefined;
  const name = caseMapped(wide).normalize('NFC');
  if ([...name].length > longestName) return undefined;
  return inOneScript(name) && keepsBidiRule(name) && hasOrderlyMarks(name) && !imitatesLatin(name) ? name : undefined;
}

/** Fullwidth and halfwidth forms become what they are a form of. One by one, so that nothing composes before the check. */
function widthMapped(text: string): string {
  return text.replace(/[\uFF01-\uFFEF]/gu, (character) => character.normalize('NFKC'));
}

/**
 * RFC 8264 section 4.2, with the exceptions of RFC 5892 section 2.6, less what cannot be checked simply: join controls
 * and every ContextO character, what is read as ASCII (digits of other scripts: ৪ as 8; modifier letters: ʼ as '; 〇, 丨, 丶,
 * 丿 as O, |, \, /) and, for RFC 7617, the colon.
 */
const identifierClass = new RegExp(
  '^(?:[!-9;-~\\u06FD\\u06FE\\u0F0B]|' +
    '(?![\\u0640\\u07FA\\u302E\\u302F\\u3031-\\u3035\\u303B])' + // Exceptions: DISALLOWED
    '(?![\\u1100-\\u11FF\\uA960-\\uA97F\\uD7B0-\\uD7FF])' + // OldHangulJamo
    '(?![\\u02B0-\\u02FF\\u4E28\\u4E36\\u4E3F\\p{Default_Ignorable_Code_Point}])' +
    '[\\p{Ll}\\p{Lu}\\p{Lo}\\p{Lm}\\p{Mn}\\p{Mc}])+$',
  'u',
);

function inIdentifierClass(text: string): boolean {
  return identifierClass.test(text) && [...text].every((character) => character.normalize('NFKC') === character);
}

/** ς is σ, and I, İ, ı, i are one letter: people with these letters in their names write them in either case. */
function caseMapped(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ').replaceAll('ı', 'i').replaceAll('i\u0307', 'i');
}

// The letters of the cased scripts are listed, lower case, because these blocks also hold phonetic, medieval and mathematical
// look-alikes (ɑ, ǀ, ᲂ, ᴏ) that nobody's name needs; the marks are those that write living languages and strike nothing through.
const marks = '\\u0300-\\u0304\\u0306-\\u030C\\u0323\\u0326-\\u0328\\u0331';
const latin =
  `a-z\\u00DF-\\u0137\\u0139-\\u017E\\u0192\\u0199\\u01A1\\u01B0\\u01B4\\u01CE-\\u01DD\\u01E7\\u01E9\\u01EB\\u01F9` +
  `\\u0219\\u021B\\u0253\\u0254\\u0256\\u0257\\u0259\\u025B\\u0268\\u0272\\u1E00-\\u1E99\\u1EA0-\\u1EF9${marks}`;
const cased = [
  latin,
  `\\u0390\\u03AC-\\u03CE\\u1F00-\\u1FFF${marks}`, // Greek
  `\\u0430-\\u045F\\u048A-\\u052F${marks}`, // Cyrillic
  '\\u0561-\\u0586', // Armenian
  '\\u10D0-\\u10FA', // Georgian
];
/** The other scripts that UAX 31 recommends for identifiers. */
const uncased = 'Hebr Arab Thaa Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Thai Laoo Tibt Mymr Ethi Khmr'.split(
  ' ',
);
/** UTS 39 section 5.2, "highly restrictive": what else may stand beside Latin in one name. */
const besideLatin = [
  '\\p{scx=Hani}\\p{scx=Hira}\\p{scx=Kana}',
  '\\p{scx=Hani}\\p{scx=Bopo}',
  '\\p{scx=Hani}\\p{scx=Hang}',
];

const repertoires = [
  ...cased,
  ...uncased.map((script) => `\\p{scx=${script}}`),
  ...besideLatin.map((scripts) => latin + scripts),
].map((letters) => new RegExp(`^[!-@\\[-\`{-~${letters}]+$`, 'u'));

function inOneScript(name: string): boolean {
  return repertoires.some((repertoire) => repertoire.test(name));
}

/**
 * RFC 5893 section 2. Beside a right-to-left script `inOneScript` leaves only ASCII without letters, and the class no digit
 * but 0–9: conditions 2 and 4 hold by then, 5 and 6 concern no such name; left are 1 (how it begins) and 3 (how it ends).
 */
function keepsBidiRule(name: string): boolean {
  return !/[\p{sc=Hebr}\p{sc=Arab}\p{sc=Thaa}]/u.test(name) || /^\p{L}(?:.*[\p{L}0-9])?\p{Mn}*$/u.test(name);
}

const strayMark = new RegExp(
  `(?![${marks}])[\\u0300-\\u036F]|(?<!\\p{L}|\\p{M})\\p{M}|(\\p{Mn})\\1|\\p{Mn}{5}|\\p{Soft_Dotted}\\p{M}*\\u0307`,
  'u',
);

/** A mark stands on a letter, not twice, not piled up (UTS 39 section 5.4); a second dot on an i cannot be seen. */
function hasOrderlyMarks(name: string): boolean {
  return !strayMark.test(name);
}

/** Whether a name in another script has only letters that read as Latin ones (UTS 39 section 4, whole-script confusables). */
function imitatesLatin(name: string): boolean {
  const letters = name.normalize('NFD').replace(/\P{L}/gu, '');
  return /^(?:[асеорухѕіјүһҽӏԁԛԝѡѵ]+|[αινορυ]+|[ագզհոռսցւքօ]+)$/u.test(letters);
}
