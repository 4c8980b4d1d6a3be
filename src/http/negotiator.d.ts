/** What is used of a package that brings no types. */
declare module 'negotiator' {
  export default class Negotiator {
    constructor(request: { headers: Record<string, string | string[] | undefined> });
    /** The best of those given, first to last where they are equal; `*\/*` where there is no Accept header. */
    mediaType(available: string[]): string | undefined;
  }
}
