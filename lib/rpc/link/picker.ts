/**
 * Which link serves a call.
 *
 * @module
 */

import type { Link } from "./link.ts";

/** Chooses among the links of a client. The client owns it; closing the client closes its links. */
export interface Picker {
  /** Every link that it chooses from. */
  readonly links: readonly Link[];
  /**
   * Chooses the link of one call, connected or not. It is asked for every try of every call, so it
   * must not wait.
   */
  pick(): Link;
}

/** The picker of a client with one address. */
export class OnlyLink implements Picker {
  readonly links: readonly [Link];

  /** @param link The link that serves every call. */
  constructor(link: Link) {
    this.links = [link];
  }

  pick(): Link {
    return this.links[0];
  }
}
