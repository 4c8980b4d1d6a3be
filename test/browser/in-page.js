/** What the checks look at inside a page. Each function is sent into the browser as text (see checks.ts). */

/**
 * What a person can press or fill in, where it is smaller than it should be. Links in running text are excepted, as in
 * WCAG 2.5.8; a box to tick counts together with its label.
 * @param {{ controls: number, links: number }} least in CSS px, each way
 * @returns {string[]}
 */
export function findSmallTargets(least) {
  const found = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [role=button]')];
  return found.flatMap((element) => {
    if (!(element instanceof HTMLElement) || !element.checkVisibility({ visibilityProperty: true })) return [];
    const own = element.getBoundingClientRect();
    // Kept for screen readers, or brought into view by the focus.
    if (own.width <= 1 || own.height <= 1 || own.right <= 0 || own.bottom + scrollY <= 0) return [];
    const isLink = element instanceof HTMLAnchorElement;
    const around = element.parentElement;
    const words = (/** @type {Element | null} */ each) => (each?.textContent ?? '').replace(/\s+/g, '');
    if (isLink && getComputedStyle(element).display === 'inline' && words(around) !== words(element)) return [];
    const isBox = element instanceof HTMLInputElement && ['checkbox', 'radio'].includes(element.type);
    const parts = [own, ...(isBox ? [...(element.labels ?? [])].map((label) => label.getBoundingClientRect()) : [])];
    const width = Math.max(...parts.map(({ right }) => right)) - Math.min(...parts.map(({ left }) => left));
    const height = Math.max(...parts.map(({ bottom }) => bottom)) - Math.min(...parts.map(({ top }) => top));
    const wanted = isLink || element.localName === 'summary' ? least.links : least.controls;
    // Half a pixel is lost where a layout is divided.
    if (width >= wanted - 0.5 && height >= wanted - 0.5) return [];
    const name = element.getAttribute('aria-label') ?? (element.textContent?.trim() || element.id);
    return [`${element.localName} "${name}" is ${Math.round(width)} × ${Math.round(height)} px, not ${wanted}`];
  });
}

/**
 * What makes the page wider than the window, if it is.
 * @returns {string[]}
 */
export function findSidewaysScroll() {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const wide = [...document.querySelectorAll('body *')].filter(
    (element) => element.getBoundingClientRect().right + scrollX > clientWidth + 0.5,
  );
  const names = wide.map(
    ({ localName, id, className }) => localName + (id ? `#${id}` : '') + (className ? `.${className}` : ''),
  );
  return [`The page is ${scrollWidth} px wide in a window of ${clientWidth}: ${names.slice(-3).join(', ')}`];
}

/** Takes the focus to the top of the page, so that the next Tab goes to the first thing there. */
export function startAtTop() {
  scrollTo(0, 0);
  document.body.tabIndex = -1;
  document.body.focus({ preventScroll: true });
  document.body.removeAttribute('tabindex');
  for (const walked of document.querySelectorAll('[data-walked]')) walked.removeAttribute('data-walked');
}

/**
 * Marks the element that has the focus as walked, and tells how it shows. A date has several stops, for day, month and
 * year, within one field: that is `inside`, once it is walked.
 * @returns {{ at: 'page' | 'again' | 'inside' | 'next', what: string, outlined: boolean, inView: boolean }}
 */
export function lookAtFocus() {
  const element = document.activeElement;
  if (!element || element === document.body || element === document.documentElement)
    return { at: 'page', what: '', outlined: false, inView: false };
  const again = element.getAttribute('data-walked');
  for (const last of document.querySelectorAll('[data-walked=last]')) last.setAttribute('data-walked', '');
  element.setAttribute('data-walked', 'last');
  const isParted = element.matches('[type=date], [type=time], [type=datetime-local], [type=month], [type=week]');
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
  return {
    at: again === null ? 'next' : again === 'last' && isParted ? 'inside' : 'again',
    what: element.outerHTML.slice(0, 80),
    outlined:
      outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && !/, 0\)|transparent/.test(outlineColor),
    inView: width > 1 && height > 1 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth,
  };
}

/**
 * What can be used with a mouse and was not walked over; of choices that belong together one is enough. Ends the walk.
 * @returns {string[]}
 */
export function findUnwalked() {
  const found = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  const missed = found
    .filter((element) => !element.matches('[data-walked], :disabled, [type=radio], [tabindex="-1"]'))
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .map((element) => element.outerHTML.slice(0, 80));
  for (const walked of document.querySelectorAll('[data-walked]')) walked.removeAttribute('data-walked');
  return missed;
}
