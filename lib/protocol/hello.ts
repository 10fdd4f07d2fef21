/**
 * What a peer says of itself with `rpc.hello`, and what two peers then use together.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { VERSION } from "../base/version.ts";

/** The request by which a peer says what it knows. */
export const HELLO = "rpc.hello";

/** The request by which a peer offers memory that both may share. */
export const MEMORY = "rpc.memory";

/** The version of the wire. */
const WIRE_VERSION = "dari/1";

/** What a peer may know beyond plain JSON-RPC. */
export type Feature = "values" | "bytes" | "streams" | "drain" | "memory" | "memory-return";

/** What this program knows on every connection. */
export const FEATURES: readonly Feature[] = ["values", "bytes", "streams", "drain"];

/** What it knows where the connection can move into memory that both ends share. */
export const FEATURES_WITH_MEMORY: readonly Feature[] = [...FEATURES, "memory", "memory-return"];

/** What a peer said. */
export interface Hello {
  /** The versions of the wire that it speaks. */
  readonly versions: readonly string[];
  /** What it knows; also names that this program does not know. */
  readonly features: readonly string[];
  /** The longest message that it takes, in bytes. */
  readonly maxLineBytes: number;
  /** The most calls that it serves at once on one connection. */
  readonly maxCallsInFlight: number;
  /** The program's name and version, for logs. */
  readonly agent: string | undefined;
}

/** The params and the result of `rpc.hello`. */
export interface HelloMessage {
  /** The versions of the wire. */
  readonly versions: readonly string[];
  /** What the peer knows. */
  readonly features: readonly string[];
  /** Its bounds. */
  readonly limits: { readonly maxLineBytes: number; readonly maxCallsInFlight: number };
  /** The program's name and version. */
  readonly agent: string;
}

/**
 * What this program says of itself.
 *
 * @param maxCallsInFlight The most calls that it serves at once on the connection.
 * @param features What it knows on this connection.
 * @returns The params of `rpc.hello`, or its result.
 */
export function ownHello(
  maxCallsInFlight: number,
  features: readonly Feature[] = FEATURES,
): HelloMessage {
  return {
    versions: [WIRE_VERSION],
    features,
    limits: { maxLineBytes: limits.maxLineBytes, maxCallsInFlight },
    agent: `dari/${VERSION}`,
  };
}

/** What was written last by {@linkcode ownHelloText}: the connections of a program say the same. */
let written: { maxCallsInFlight: number; features: readonly Feature[]; text: string } | undefined;

/**
 * What this program says of itself, as JSON text.
 *
 * @param maxCallsInFlight As of {@linkcode ownHello}.
 * @param features As of {@linkcode ownHello}.
 * @returns The text.
 */
export function ownHelloText(maxCallsInFlight: number, features: readonly Feature[]): string {
  if (written?.maxCallsInFlight !== maxCallsInFlight || written.features !== features) {
    const text = JSON.stringify(ownHello(maxCallsInFlight, features));
    written = { maxCallsInFlight, features, text };
  }
  return written.text;
}

/**
 * Reads what a peer said. Members and names that are not known are ignored.
 *
 * @param value The params or the result of `rpc.hello`.
 * @returns What it said.
 * @throws {DariError} `invalid_params` for members of other types, `failed_precondition` where it
 * speaks no version that this program speaks.
 */
export function readHello(value: unknown): Hello {
  if (!isObject(value)) throw wrong("params must be an object");
  const { versions, features = [], limits: bounds = {}, agent } = value;
  if (!isNames(versions)) throw wrong("versions must be an array of at most 64 short texts");
  if (!isNames(features)) throw wrong("features must be an array of at most 64 short texts");
  if (!isObject(bounds)) throw wrong("limits must be an object");
  if (agent !== undefined && !isName(agent)) throw wrong("agent must be a short text");
  const { maxLineBytes = limits.maxLineBytes, maxCallsInFlight = limits.maxCallsInFlight } = bounds;
  if (!isCount(maxLineBytes)) throw wrong("limits.maxLineBytes must be a whole number above 0");
  if (!isCount(maxCallsInFlight)) {
    throw wrong("limits.maxCallsInFlight must be a whole number above 0");
  }
  if (!versions.includes(WIRE_VERSION)) {
    throw new DariError(
      "failed_precondition",
      `This peer speaks ${WIRE_VERSION}, which is not among the versions of rpc.hello`,
    );
  }
  return { versions, features, maxLineBytes, maxCallsInFlight, agent };
}

function wrong(what: string): DariError {
  return new DariError("invalid_params", `Invalid params for "${HELLO}": ${what}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= limits.maxHelloNames && value.every(isName);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= limits.maxHelloNameLength;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}
