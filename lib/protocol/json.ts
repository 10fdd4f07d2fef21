/**
 * Values as JSON text, for values that arrive as what they are. `JSON.stringify` turns a Map into
 * `{}`, a Float64Array into `{"0":…}` and NaN into null without a word; here they are refused, and
 * the refusal names their place.
 *
 * @module
 */

import { limits } from "../base/limits.ts";

/** Why a value has no JSON text. */
export interface Refusal {
  /** The place and what stands there: `params.list[3].when: a Map cannot travel as JSON`. */
  readonly reason: string;
}

/** What {@linkcode jsonOf} may be told. */
export interface JsonOptions {
  /**
   * How deep arrays and objects may nest; `[1]` is one level deep.
   *
   * @default {63}
   */
  readonly maxDepth?: number | undefined;
}

// Params and results stand one level below the message that carries them.
const MAX_DEPTH = limits.maxDepth - 1;

/**
 * Writes a value as JSON. Members that are `undefined` are left out, and what has a `toJSON` is
 * written as that says, a Date as ISO 8601 text. All else that JSON cannot carry is refused.
 *
 * @param value The value; not `undefined`.
 * @param name What the value is called in a refusal, for instance `params`.
 * @param options How deep it may nest.
 * @returns Its text, or why there is none.
 *
 * @example
 * ```ts
 * import { jsonOf } from "./json.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(jsonOf({ when: new Date(0), none: undefined }, "params"), '{"when":"1970-01-01T00:00:00.000Z"}');
 * assertEquals(jsonOf({ n: 1n }, "params"), {
 *   reason: "params.n: a BigInt cannot travel as JSON; send it as text",
 * });
 * ```
 */
export function jsonOf(value: unknown, name: string, options?: JsonOptions): string | Refusal {
  // A finite number is written alike, and no call of JSON.stringify is needed to learn that.
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  try {
    if (isPlain(value, MAX_DEPTH)) return JSON.stringify(value);
    const maxDepth = options?.maxDepth ?? MAX_DEPTH;
    return JSON.stringify(new Writing(name, maxDepth).written(value));
  } catch (error) {
    if (error instanceof Unwritable) return { reason: error.message };
    // What a toJSON or a getter threw, or a text longer than the runtime can hold.
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { reason: `${name}: it cannot be written as JSON: ${reason}` };
  }
}

/**
 * Whether a value holds nothing but what JSON carries as it is. Nearly every value is such a one, and
 * this costs a fraction of writing it.
 */
function isPlain(value: unknown, levels: number): boolean {
  if (typeof value !== "object") return isPlainScalar(value);
  if (value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item = value[index];
      if (typeof item === "object" ? !isPlain(item, levels - 1) : !isPlainScalar(item)) {
        return false;
      }
    }
    return true;
  }
  // Reading `constructor` is the quickest way to see nearly every plain object.
  if (value.constructor !== Object && Object.getPrototypeOf(value) !== null) return false;
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === "object") {
      if (!isPlain(member, levels - 1)) return false;
    } else if (member !== undefined && !isPlainScalar(member)) return false;
  }
  return true;
}

function isPlainScalar(value: unknown): boolean {
  // The difference is NaN for NaN and for both infinities.
  if (typeof value === "number") return value - value === 0;
  return typeof value === "string" || typeof value === "boolean";
}

class Unwritable extends Error {}

/** What to do instead, for what is sent by mistake most often. */
const advice: ReadonlyMap<string, string> = new Map([
  ["BigInt", "; send it as text"],
  ["Map", "; send an array of its entries"],
  ["Promise", "; await it first"],
  ["Set", "; send an array of its values"],
  ["Uint8Array", "; send it as Base64 text"],
  ["undefined", " inside an array; send null"],
]);

/** Makes the value that `JSON.stringify` writes as it is, or throws {@linkcode Unwritable}. */
class Writing {
  /** The keys from the root to the value that is looked at, and the objects that they led through. */
  readonly #path: (string | number)[] = [];
  readonly #holders: object[] = [];
  readonly #name: string;
  readonly #maxDepth: number;

  constructor(name: string, maxDepth: number) {
    this.#name = name;
    this.#maxDepth = maxDepth;
  }

  written(value: unknown): unknown {
    if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
    if (typeof value === "number") {
      return Number.isFinite(value) ? value : this.#refuse(String(value));
    }
    if (typeof value !== "object") return this.#refuseKind(value);
    if (this.#holders.includes(value)) this.#refuse("a cycle");
    if (this.#holders.length >= this.#maxDepth) {
      throw new Unwritable(`${this.#place()}: more than ${this.#maxDepth} levels of nesting`);
    }
    this.#holders.push(value);
    const written = this.#writtenObject(value);
    this.#holders.pop();
    return written;
  }

  #writtenObject(value: object): unknown {
    if (Array.isArray(value)) return Array.from(value, (item, index) => this.#at(index, item));
    if (ArrayBuffer.isView(value)) this.#refuseKind(value);
    if (value instanceof Date && Number.isNaN(value.getTime())) this.#refuse("an invalid Date");
    if ("toJSON" in value && typeof value.toJSON === "function") {
      return this.written(value.toJSON(String(this.#path.at(-1) ?? "")));
    }
    const prototype = Object.getPrototypeOf(value);
    // An object of another realm has a prototype of its own, above which there is nothing.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      this.#refuseKind(value);
    }
    // Without a prototype: `__proto__` is a member like any other.
    const written: Record<string, unknown> = Object.create(null);
    for (const [key, member] of Object.entries(value)) {
      if (member !== undefined) written[key] = this.#at(key, member);
    }
    return written;
  }

  #at(key: string | number, value: unknown): unknown {
    this.#path.push(key);
    const written = this.written(value);
    this.#path.pop();
    return written;
  }

  #refuseKind(value: unknown): never {
    const name = nameOf(value);
    const article = value === undefined ? "" : /^[AEIO]/i.test(name) ? "an " : "a ";
    this.#refuse(article + name, advice.get(name));
  }

  #refuse(what: string, advice = ""): never {
    throw new Unwritable(`${this.#place()}: ${what} cannot travel as JSON${advice}`);
  }

  #place(): string {
    return this.#path.reduce<string>((place, key) => {
      if (typeof key === "number") return `${place}[${key}]`;
      return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)
        ? `${place}.${key}`
        : `${place}[${JSON.stringify(key)}]`;
    }, this.#name);
  }
}

/** What a value is called, with an article for all but `undefined`. */
function nameOf(value: unknown): string {
  if (typeof value === "bigint") return "BigInt";
  if (typeof value !== "object" || value === null) return typeof value;
  return (value.constructor as { name?: string } | undefined)?.name || "object";
}
