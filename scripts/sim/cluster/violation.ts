/**
 * What is promised of servers that share a store.
 *
 * @module
 */

/** The promises that are checked. */
export type ClusterPromised =
  | "no acknowledged write is lost"
  | "writes follow one another"
  | "what was refused is not there"
  | "a batch holds whole or not at all"
  | "what is read is not older than the bound"
  | "no revoked credential is served beyond the bound"
  | "whoever may get in gets in"
  | "guesses are counted together"
  | "no call with a key runs twice"
  | "a key has one answer"
  | "whoever has an answer gets it again"
  | "calls fail only for a reason"
  | "all servers have the same"
  | "a snapshot loses nothing"
  | "the cluster recovers"
  | "no error is left to nobody"
  | "nothing is left at rest";

/** A promise that was broken. */
export interface ClusterViolation {
  readonly promise: ClusterPromised;
  /** What happened, as far as it was seen. */
  readonly what: string;
}
