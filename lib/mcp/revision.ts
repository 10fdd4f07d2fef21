/**
 * The revisions of the Model Context Protocol that are spoken, and the words of its messages.
 *
 * @see {@link https://modelcontextprotocol.io/specification | Model Context Protocol}
 * @module
 */

import { errorTable } from "../base/errors.ts";
import type { Id } from "../protocol/message.ts";

/** Revisions whose requests say themselves which revision they follow, newest first. */
export const STATELESS_REVISIONS: readonly string[] = ["2026-07-28"];

/** Revisions that begin with `initialize`, newest first. */
export const HANDSHAKE_REVISIONS: readonly string[] = [
  "2025-11-25",
  "2025-06-18",
  "2025-03-26",
  "2024-11-05",
];

/** All of them, newest first. */
export const REVISIONS: readonly string[] = [...STATELESS_REVISIONS, ...HANDSHAKE_REVISIONS];

/** The member of `_meta` that names the revision of a request. */
export const REVISION_KEY = "io.modelcontextprotocol/protocolVersion";
/** The member of `_meta` that names the server of a result. */
export const SERVER_KEY = "io.modelcontextprotocol/serverInfo";

/** Error numbers: those of JSON-RPC 2.0, and those that the specification adds. */
export const errorNumbers = {
  parse: errorTable.parse_error.wire,
  request: errorTable.invalid_request.wire,
  method: errorTable.method_not_found.wire,
  params: errorTable.invalid_params.wire,
  internal: errorTable.internal.wire,
  header: -32020,
  revision: -32022,
} as const;

/** A request that is answered with an error of the protocol, and not with the result of a tool. */
export class McpFault extends Error {
  override readonly name = "McpFault";
  /** The number of the error. */
  readonly number: number;
  /** What programs read. */
  readonly data: unknown;

  /**
   * @param kind What is wrong.
   * @param message It, for people.
   * @param data It, for programs.
   */
  constructor(kind: keyof typeof errorNumbers, message: string, data?: unknown) {
    super(message);
    this.number = errorNumbers[kind];
    this.data = data;
  }
}

/**
 * Refuses a revision that is not spoken.
 *
 * @param requested The revision that a request follows.
 * @param supported Those that may be asked for.
 * @throws {McpFault} With the list of those that are.
 */
export function checkRevision(requested: unknown, supported: readonly string[] = REVISIONS): void {
  if (typeof requested === "string" && supported.includes(requested)) return;
  throw new McpFault(
    "revision",
    `The protocol version ${JSON.stringify(requested)} is not supported; use ` +
      REVISIONS.join(", "),
    { supported: REVISIONS, requested },
  );
}

/** Writes the reply with a result. */
export function resultLine(id: Id, result: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

/** Writes the reply with an error of the protocol; anything that is no {@linkcode McpFault} is told as internal. */
export function faultLine(id: Id, error: unknown): string {
  const { number, message, data } = error instanceof McpFault
    ? error
    : new McpFault("internal", "Internal error");
  return JSON.stringify({
    jsonrpc: "2.0",
    // Requests whose id cannot be read are answered without one.
    ...(id === null ? {} : { id }),
    error: { code: number, message, ...(data === undefined ? {} : { data }) },
  });
}

/** Writes a notification. */
export function notificationLine(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", method, params });
}
