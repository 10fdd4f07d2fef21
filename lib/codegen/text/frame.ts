/**
 * What stands around a client, whatever its language.
 *
 * @module
 */

/** What stands at the beginning and at the end of a client. */
export interface Frame {
  /** Says what the file is, in lines. */
  readonly header: readonly string[];
  /** What a check needs, in lines of comments. */
  readonly trailer: readonly string[];
  /** The name of the package, in a language that has them. */
  readonly packageName: string;
}
