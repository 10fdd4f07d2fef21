/**
 * The document inside a client: what `dari client check` compares with the server.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../base/errors.ts";
import type { MethodObject, OpenRpcDocument } from "../protocol/openrpc.ts";

/** Stands in front of each part of the document. */
const MARK = "dari:";

/** What callers do not depend on. */
const UNNEEDED = new Set([
  "summary",
  "description",
  "examples",
  "tags",
  "links",
  "servers",
  "externalDocs",
]);

/**
 * Writes what of a document callers depend on, one line a method, so that a change of one method is
 * a change of one line.
 *
 * @param document The document.
 * @returns Lines of ASCII without control characters, for comments.
 */
export function documentLines(document: OpenRpcDocument): string[] {
  const { methods, ...rest } = document;
  const head = reduced(rest);
  const sorted = [...methods].sort((a, b) => a.name < b.name ? -1 : 1);
  return [`document ${ascii(head)}`, ...sorted.map((method) => `method ${ascii(reduced(method))}`)]
    .map((line) => `${MARK}${line}`);
}

/**
 * The hash by which a client names its document.
 *
 * @param lines The lines of {@linkcode documentLines}.
 * @returns SHA-256 in hexadecimal.
 */
export async function hashOfLines(lines: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(lines.join("\n"));
  return encodeHex(await crypto.subtle.digest("SHA-256", bytes));
}

/**
 * Reads the document that a client was generated from.
 *
 * @param text The client, in any language.
 * @returns The document.
 * @throws {DariError} `data` where there is none in it, or one that is cut or changed.
 */
export async function readClientDocument(text: string): Promise<OpenRpcDocument> {
  // Comments that a document wrote itself stand elsewhere in the file.
  const lines: string[] = [];
  for (const line of text.trimEnd().split(/\r?\n/).reverse()) {
    const found = /^(?:#|\/\/) (dari:(?:document|method) \{.*)$/.exec(line)?.[1];
    if (found === undefined) break;
    lines.unshift(found);
  }
  if (lines.length === 0) {
    throw new DariError("data", "This file was not made by dari client generate");
  }
  if (!text.includes(`sha256:${await hashOfLines(lines)}`)) {
    throw new DariError(
      "data",
      "The document at the end of this file does not fit the hash at its beginning: generate the " +
        "client again",
    );
  }
  const [head = "", ...methods] = lines.map((line) => line.slice(line.indexOf(" ") + 1));
  return {
    ...JSON.parse(head),
    methods: methods.map((method) => JSON.parse(method) as MethodObject),
  };
}

/** A part of the document without what only people read. */
function reduced(part: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(part).filter(([name]) => !UNNEEDED.has(name)));
}

/** JSON text in which nothing ends a comment or a line. */
function ascii(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
