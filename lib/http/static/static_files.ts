/**
 * The files of a directory, for the pages of a program.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { HttpReply, HttpRequest, ReplyHeaders } from "../engine/http_message.ts";
import { mediaTypeOf } from "./media_types.ts";

/** Serves the files of one directory. Links that lead out of it, and names with a dot first, are not. */
export class StaticFiles {
  /** The directory, without links in its path. */
  readonly #root: string;
  readonly #headers: ReplyHeaders;

  /**
   * @param directory The directory.
   * @param headers The headers of a file, beside its own.
   * @throws {DariError} `configuration` where it cannot be read or is none.
   */
  constructor(directory: string, headers: ReplyHeaders) {
    try {
      this.#root = Deno.realPathSync(directory);
      if (!Deno.statSync(this.#root).isDirectory) throw new Error("it is a file");
    } catch (cause) {
      const reason = reasonOf(cause);
      throw new DariError("configuration", `Cannot serve the files of ${directory}: ${reason}`, {
        cause,
      });
    }
    this.#headers = headers;
  }

  /**
   * Looks a path up.
   *
   * @param request The request, GET or HEAD.
   * @param path Its path.
   * @returns The file, 301 to a directory's path with its slash, or `undefined` where there is none.
   */
  async serve(request: HttpRequest, path: string): Promise<HttpReply | undefined> {
    const relative = relativeOf(path);
    if (relative === undefined) return undefined;
    const found = await this.#find(relative);
    if (found === undefined) return undefined;
    if (!found.info.isDirectory) return await this.#reply(request, found);
    if (!path.endsWith("/")) {
      return { status: 301, headers: { ...this.#headers, location: `${path}/` }, body: null };
    }
    const index = await this.#find(relative === "" ? "index.html" : `${relative}/index.html`);
    return index?.info.isFile ? await this.#reply(request, index) : undefined;
  }

  async #find(relative: string): Promise<Found | undefined> {
    try {
      const path = await Deno.realPath(`${this.#root}/${relative}`);
      if (path !== this.#root && !path.startsWith(`${this.#root}/`)) return undefined;
      return { path, info: await Deno.stat(path) };
    } catch {
      return undefined; // it does not exist, or may not be read: strangers are told the same
    }
  }

  async #reply(request: HttpRequest, { path, info }: Found): Promise<HttpReply> {
    const etag = `W/"${info.size.toString(16)}-${(info.mtime?.getTime() ?? 0).toString(16)}"`;
    const headers = {
      ...this.#headers,
      "content-type": mediaTypeOf(path),
      "cache-control": "no-cache",
      etag,
    };
    const known = request.header("if-none-match")?.split(",").map((tag) => tag.trim());
    if (known?.some((tag) => tag === etag || tag === "*")) {
      return { status: 304, headers, body: null };
    }
    if (request.method === "HEAD") {
      const length = { "content-length": String(info.size) };
      return { status: 200, headers: { ...headers, ...length }, body: null };
    }
    const file = await Deno.open(path);
    return { status: 200, headers, body: file.readable };
  }
}

interface Found {
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/** The path below the directory; `undefined` where it could mean one elsewhere, or a hidden file. */
function relativeOf(path: string): string | undefined {
  if (path.length > limits.maxStaticPathLength) return undefined;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined; // a "%" that begins no character
  }
  const trimmed = decoded.replace(/^\//, "").replace(/\/$/, "");
  if (trimmed === "") return "";
  const isPlain = (segment: string) => segment !== "" && !segment.startsWith(".");
  // deno-lint-ignore no-control-regex -- NUL and its like end a path early elsewhere
  if (/[\\\x00-\x1f]/.test(trimmed) || !trimmed.split("/").every(isPlain)) return undefined;
  return trimmed;
}
