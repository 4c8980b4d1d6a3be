/**
 * How often it looks, in ms. What holds up a part of all moments holds up that part of these too, so this is often enough.
 * It costs 0.1 to 0.2 % of a core, also of one that is idle; ten times as often would cost 0.7 %.
 */
const every = 100;

/**
 * Looks ten times a second, once it has begun, how late it is to do so, and tells that in ms: so late is then whatever the
 * main thread has to do. Node's own monitor has percentiles alone, which can neither be put together for several instances
 * nor be taken of the last minutes.
 */
export function watchLoop(tell: (ms: number) => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    begin(): void {
      let due = performance.now() + every;
      timer = setInterval(() => {
        const now = performance.now();
        tell(Math.max(0, now - due));
        due = now + every;
      }, every);
      timer.unref();
    },
    end: (): void => clearInterval(timer),
  };
}
