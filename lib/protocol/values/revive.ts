/**
 * Reads values: makes of the plain forms in parsed JSON what they were. The types come from the other
 * side, so nothing in them is believed.
 *
 * @module
 */

import { fromBase64 } from "../../base/text/base64.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { forms, MISFIT } from "./forms.ts";
import { fromBytes, memoryTypeNames } from "./memory.ts";
import { keyOfToken, PROTO } from "./place.ts";
import type { FileInfo } from "./stream_source.ts";

/** Where what does not stand in the text itself comes from. */
export interface ValueSource {
  /**
   * The bytes that came beside the message; each index is asked for once at the most.
   *
   * @param index Which of them, from 0; a whole number.
   * @throws {DariError} `invalid_params` where there are not so many.
   */
  bytes(index: number): Uint8Array;
  /**
   * The stream with a number.
   *
   * @param id Its number; a whole number.
   * @param file What is known of it, where it is a file.
   * @throws {DariError} `invalid_params` where there can be none.
   */
  stream(id: number, file?: FileInfo): unknown;
}

/** The source of a peer that has agreed on neither raw bytes nor streams. */
export const noSource: ValueSource = {
  bytes: () => {
    throw new DariError("invalid_params", "no bytes came beside the message");
  },
  stream: () => {
    throw new DariError("invalid_params", "streams as values are not agreed on");
  },
};

const memoryTypes: ReadonlySet<string> = new Set(memoryTypeNames);
const INDEX = /^(?:0|[1-9]\d*)$/;
const { maxTypedPlaces, maxDepth } = limits;

/** One entry of `types`. */
interface TypedPlace {
  readonly pointer: string;
  readonly type: string;
}

/**
 * Makes a value of its plain form, deepest place first. The time that it takes grows with the length
 * of the value and of the types, and no faster.
 *
 * @param value What `JSON.parse` gave; it is changed in place.
 * @param types The member `types` as it came, with pointers relative to the value.
 * @param source Where bytes and streams come from.
 * @returns The value.
 * @throws {DariError} `invalid_params` for types that do not fit the value; the message names the
 * place.
 *
 * @example
 * ```ts
 * import { noSource, reviveValue } from "./revive.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(reviveValue({ list: ["7"] }, { "/list/0": "bigint", "/list": "set" }, noSource), {
 *   list: new Set([7n]),
 * });
 * ```
 */
export function reviveValue(value: unknown, types: unknown, source: ValueSource): unknown {
  const root = { "": value };
  const blobs = new Set<number>();
  for (const place of deepestFirst(types)) reviveAt(root, place, source, blobs);
  return root[""];
}

function deepestFirst(types: unknown): TypedPlace[] {
  if (typeof types !== "object" || types === null || Array.isArray(types)) {
    throw new DariError("invalid_params", "types must be an object");
  }
  const byDepth: TypedPlace[][] = [];
  let places = 0;
  for (const pointer in types) {
    if (++places > maxTypedPlaces) {
      throw new DariError("invalid_params", `types has more than ${maxTypedPlaces} places`);
    }
    const type = (types as Record<string, unknown>)[pointer];
    if (typeof type !== "string") throw refusal(pointer, "the name of a type must be text");
    (byDepth[depthOf(pointer)] ??= []).push({ pointer, type });
  }
  return byDepth.reverse().flat();
}

function depthOf(pointer: string): number {
  if (pointer !== "" && !pointer.startsWith("/")) throw refusal(pointer, "it is no JSON Pointer");
  let depth = 0;
  for (let at = pointer.indexOf("/"); at >= 0; at = pointer.indexOf("/", at + 1)) {
    // No place of a message is deeper: it was refused when it was parsed.
    if (++depth > maxDepth) throw leadsNowhere(pointer);
  }
  return depth;
}

function reviveAt(
  root: object,
  { pointer, type }: TypedPlace,
  source: ValueSource,
  blobs: Set<number>,
): void {
  const tokens = pointer.split("/");
  const last = tokens.pop() as string;
  let holder: object = root;
  for (const token of tokens) {
    const next = memberOf(holder, keyIn(holder, token, pointer));
    // Only what JSON has members in: a Map, a Date or bytes have no places.
    if (!Array.isArray(next) && !isPlainObject(next)) throw leadsNowhere(pointer);
    holder = next;
  }
  const key = keyIn(holder, last, pointer);
  if (!Object.hasOwn(holder, key)) {
    if (type !== "undefined" || Array.isArray(holder)) throw leadsNowhere(pointer);
    return define(holder, key, undefined);
  }
  define(holder, key, valueOf(memberOf(holder, key), type, pointer, source, blobs));
}

function keyIn(holder: object, token: string, pointer: string): string {
  const key = keyOfToken(token);
  if (key === undefined || key === PROTO) throw leadsNowhere(pointer);
  // An array has only its elements: not its length, and not 01.
  if (Array.isArray(holder) && !INDEX.test(key)) throw leadsNowhere(pointer);
  return key;
}

function memberOf(holder: object, key: string): unknown {
  return Object.hasOwn(holder, key) ? (holder as Record<string, unknown>)[key] : undefined;
}

/** Never by assignment, which an object's prototype can catch. */
function define(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}

function valueOf(
  plain: unknown,
  type: string,
  pointer: string,
  source: ValueSource,
  blobs: Set<number>,
): unknown {
  const form = forms.get(type);
  let value: unknown = MISFIT;
  if (form !== undefined) value = form(plain);
  else if (memoryTypes.has(type)) value = memoryOf(plain, type, pointer, source, blobs);
  else if (type === "stream") value = isCount(plain) ? source.stream(plain) : MISFIT;
  else if (type === "file") value = fileOf(plain, source);
  else throw refusal(pointer, `${JSON.stringify(type.slice(0, 32))} is no type of a value`);
  if (value === MISFIT) throw refusal(pointer, `what stands there is no plain form of ${type}`);
  return value;
}

function memoryOf(
  plain: unknown,
  type: string,
  pointer: string,
  source: ValueSource,
  blobs: Set<number>,
): unknown {
  if (typeof plain === "string") {
    const bytes = decodeBase64(plain);
    return bytes === undefined ? MISFIT : fromBytes(type, bytes) ?? MISFIT;
  }
  if (!isCount(plain)) return MISFIT;
  // A copy for each of many places would cost far more than the message.
  if (blobs.has(plain)) throw refusal(pointer, `the bytes ${plain} are named by another place`);
  blobs.add(plain);
  return fromBytes(type, source.bytes(plain)) ?? MISFIT;
}

/**
 * Decodes base64 (RFC 4648, section 4).
 *
 * @param text Padded, without white space.
 * @returns The bytes; `undefined` where the text is none of it.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  return fromBase64(text);
}

function fileOf(plain: unknown, source: ValueSource): unknown {
  if (!isPlainObject(plain)) return MISFIT;
  const [id, size] = [memberOf(plain, "stream"), memberOf(plain, "size")];
  const [name, type] = [memberOf(plain, "name"), memberOf(plain, "type")];
  const isText = (member: unknown) => member === undefined || typeof member === "string";
  if (!isCount(id) || !isCount(size) || !isText(name) || !isText(type)) return MISFIT;
  return source.stream(id, { name, size, type } as FileInfo);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

function leadsNowhere(pointer: string): DariError {
  return refusal(pointer, "it leads nowhere");
}

function refusal(pointer: string, reason: string): DariError {
  const shown = JSON.stringify(pointer.slice(0, limits.maxMethodNameShownLength));
  return new DariError("invalid_params", `types: ${shown}: ${reason}`);
}
