import { labelOf } from '../label.ts';

/**
 * A device in words, from the user agent that it sent: "Firefox on Linux", "Safari on iPhone", "curl". What is neither a
 * browser nor a named program is shown as it came, cut short. It says what the device called itself, not what it is.
 */
export function deviceOf(userAgent: string): string {
  const text = userAgent.trim();
  if (text === '') return 'An unnamed device';
  const browser = find(browsers, text);
  const system = find(systems, text);
  if (browser) return system ? `${browser} on ${system}` : browser;
  if (text.startsWith('Mozilla/') && system) return `A browser on ${system}`;
  const program = /^([a-z][\w.-]{0,39})\/[\w.+-]+(?: |$)/i.exec(text)?.[1];
  return program === undefined || program === 'Mozilla' ? cut(text) : program;
}

/** What a new passkey is called where nobody says otherwise: after the device, told apart from those that there are. */
export function nameFor(userAgent: string, all: readonly { name: string }[]): string {
  const device = labelOf(deviceOf(userAgent), longest) ?? 'Passkey';
  const taken = new Set(all.map(({ name }) => name));
  const numbered = all.map((_, index) => `${device} ${index + 2}`);
  return [device, ...numbered].find((name) => !taken.has(name)) ?? device;
}

type Names = readonly (readonly [mark: RegExp, name: string])[];

/** The first that fits counts: most browsers name those before them too. */
const browsers: Names = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/\S+ (?:Mobile\/\S+ )?Safari\//, 'Safari'],
];

const systems: Names = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

function find(names: Names, text: string): string | undefined {
  return names.find(([mark]) => mark.test(text))?.[1];
}

/** In code points; a name that begins so has room for a number behind it. */
const longest = 60;

function cut(text: string): string {
  const characters = [...text];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : text;
}
