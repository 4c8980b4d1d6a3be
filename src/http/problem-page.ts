import { html, layout } from '../pages/pages.ts';
import { type Problem, problemResponse, problemSentence } from './problems.ts';

/** A problem as a page, for people: what it is, and what to do next. */
export function problemPage(problem: Problem, service: string): string {
  const { title } = problemResponse(problem).body;
  const main = html`<h1>${title}</h1>
<p role="alert">${problemSentence(problem)}</p>
<p><a href="/">To the first page</a></p>`;
  return layout({ title: `Error: ${title}`, service, main });
}
