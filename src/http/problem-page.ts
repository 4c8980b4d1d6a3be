import { html, layout, type Person, type Site } from '../pages/pages.ts';
import { Problem, problemResponse, problemSentence } from './problems.ts';

/** A problem as a page, for people: what it is, and what to do next. */
export function problemPage(
  problem: Problem,
  site: Site,
  { requestId, person }: { requestId: string; person: Person | undefined },
): string {
  const { title } = problemResponse(problem).body;
  // Which member of a form breaks its schema says nothing to a person: the form itself cannot send that.
  const told = problem.code === 'invalid' ? new Problem('invalid') : problem;
  const main = html`<h1>${title}</h1>
<p role="alert">${problemSentence(told)}</p>
${problem.code === 'internal' && html`<p class="hint">Request id: <code>${requestId}</code></p>`}
<ul class="ways"><li><a href="/">To the first page</a></li></ul>`;
  return layout({ site, title, main, person, wrong: true });
}
