/**
 * OpenRPC documents in files.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { readPublicFile } from "../../base/file/files.ts";
import type { OpenRpcDocument } from "../../protocol/openrpc.ts";

/**
 * Reads a document that `dari discover --save` has written, or another program.
 *
 * @param path The file.
 * @returns The document.
 * @throws {DariError} `io` where the file cannot be read, `data` where it holds no document.
 */
export async function readDocument(path: string): Promise<OpenRpcDocument> {
  const text = await readPublicFile(path);
  let document: Partial<OpenRpcDocument> | null;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new DariError("data", `"${path}" is not JSON`, { cause });
  }
  if (typeof document?.openrpc !== "string" || !isListOfMethods(document.methods)) {
    throw new DariError(
      "data",
      `"${path}" is not an OpenRPC document; make one with dari discover --save`,
    );
  }
  return document as OpenRpcDocument;
}

function isListOfMethods(methods: unknown): boolean {
  return Array.isArray(methods) &&
    methods.every((method) =>
      typeof method?.name === "string" && Array.isArray(method.params) &&
      typeof method.result === "object" && method.result !== null
    );
}
