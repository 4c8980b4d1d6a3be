/** One option, in words that name no package: programs that embed this one read them among its types. */
export interface Option<T> {
  schema: Schema<T>;
  default: T;
  /** How the text of a flag or of the environment becomes a value for `schema`. */
  read: (text: string) => unknown;
  /** How that text looks, for `--help`. */
  form: string;
  help: string;
  /** Never shown; `COUNTERSIGN_X_FILE` may name a file that holds it, so that it stands in no environment. */
  secret?: true;
}

/** What says whether a value will do, and makes it so. */
interface Schema<T> {
  safeParse(
    given: unknown,
  ):
    | { success: true; data: T; error?: undefined }
    | { success: false; data?: undefined; error: { issues: readonly { message: string }[] } };
}
