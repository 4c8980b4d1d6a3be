/**
 * Where a file is that ships with the program, by its path in `src/`. The published program is a bundle: whatever code
 * asks, this module stands in the folder that is laid out as `src/` is. Nothing else looks for a file beside itself.
 */
export function shipped(path: string): URL {
  return new URL(path, import.meta.url);
}
