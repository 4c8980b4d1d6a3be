import type { DayOfSignIns } from '../audit/audit.ts';
import { type Html, html } from '../pages/pages.ts';

/** In units of the drawing, which is as wide as its place. */
const left = 100;
const dayWidth = 50;
const barWidth = 30;
const tallest = 100;
/** A line of text above or below. */
const line = 24;

/** Where things stand: sign-ins on the axis, refusals hanging from it, so that no colour is needed to tell them apart. */
interface Scale {
  /** What the tallest bar stands for. */
  most: number;
  axis: number;
  /** Where the days are written. */
  foot: number;
}

/** Sign-ins and refusals by day as a drawing. It says in words what it shows; the numbers belong beside it, in a table. */
export function chart(days: readonly DayOfSignIns[]): Html {
  const [up, down] = [Math.max(...days.map((day) => day.succeeded)), Math.max(...days.map((day) => day.refused))];
  const most = Math.max(1, up, down);
  const axis = line + Math.max(line, tall(up, most));
  const scale = { most, axis, foot: axis + Math.max(line, tall(down, most) + line) + line };
  const width = left + days.length * dayWidth;
  return html`<svg class="chart" viewBox="0 0 ${width} ${scale.foot + line + 4}" role="img" aria-label="${summary(days)}" font-size="20">
<text x="0" y="${axis - 8}">Signed in</text>
<text x="0" y="${axis + line}">Refused</text>
${days.map((day, index) => column(day, index, scale))}<line class="axis" x1="0" y1="${axis}" x2="${width}" y2="${axis}" stroke="currentColor"/>
</svg>`;
}

/** How many there were in all, in a sentence. */
export function summary(days: readonly DayOfSignIns[]): string {
  const sum = (what: 'succeeded' | 'refused'): number => days.reduce((total, day) => total + day[what], 0);
  const [succeeded, refused] = [sum('succeeded'), sum('refused')];
  return `${succeeded} ${succeeded === 1 ? 'sign-in' : 'sign-ins'} and ${refused} refused in the last ${days.length === 1 ? 'day' : `${days.length} days`}.`;
}

/** A UTC day, in ms from its beginning, in words. */
export function dayInWords(start: number): string {
  return dayFormat.format(start);
}

const dayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const monthFormat = new Intl.DateTimeFormat('en-GB', { month: 'short', timeZone: 'UTC' });
const numberFormat = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 0 });

function column({ start, succeeded, refused }: DayOfSignIns, index: number, { most, axis, foot }: Scale): Html {
  const x = left + index * dayWidth + (dayWidth - barWidth) / 2;
  const middle = x + barWidth / 2;
  const [up, down] = [tall(succeeded, most), tall(refused, most)];
  const date = new Date(start).getUTCDate();
  const label = (y: number, text: string | number): Html =>
    html`<text x="${middle}" y="${y}" text-anchor="middle">${text}</text>\n`;
  const bar = (name: string, y: number, size: number): Html =>
    html`<rect class="${name}" x="${x}" y="${y}" width="${barWidth}" height="${size}"/>\n`;
  return html`${succeeded > 0 && [bar('bar-good', axis - up, up), label(axis - up - 7, numberFormat.format(succeeded))]}${
    refused > 0 && [bar('bar-bad', axis, down), label(axis + down + 20, numberFormat.format(refused))]
  }${label(foot, date)}${(index === 0 || date === 1) && label(foot + line, monthFormat.format(start))}`;
}

/** The height of a bar; what happened at all can be seen. */
function tall(count: number, most: number): number {
  return Math.max(3, Math.round((count / most) * tallest));
}
