/**
 * The pages that a gateway has of its own.
 *
 * @module
 */

import type { HttpReply, ReplyHeaders } from "../engine/http_message.ts";

/** One page, script or style sheet. */
export interface OwnPage {
  /** Its media type. */
  readonly type: string;
  readonly text: string;
}

/** Reads the pages by their paths. */
export type ReadPages = () => Promise<ReadonlyMap<string, OwnPage>>;

/** Nothing of elsewhere, and nothing that stands in the page itself, runs or is loaded. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Serves them. */
export class OwnPages {
  readonly #read: ReadPages;
  readonly #headers: ReplyHeaders;
  #pages: ReturnType<ReadPages> | undefined;

  /**
   * @param read Reads the pages, when the first one is asked for.
   * @param headers The headers of a file, beside its own.
   */
  constructor(read: ReadPages, headers: ReplyHeaders) {
    this.#read = read;
    this.#headers = headers;
  }

  /**
   * Looks a path up.
   *
   * @param path The path.
   * @returns The page; `undefined` where there is none.
   */
  async serve(path: string): Promise<HttpReply | undefined> {
    const page = (await (this.#pages ??= this.#read())).get(path);
    if (page === undefined) return undefined;
    return {
      status: 200,
      headers: {
        ...this.#headers,
        "content-type": page.type,
        "content-security-policy": POLICY,
        "cache-control": "no-cache",
      },
      body: page.text,
    };
  }
}
