/**
 * One value on its way into text.
 *
 * @module
 */

import { ambientCall } from "../../base/context/ambient_call.ts";
import { limits } from "../../base/limits.ts";
import { kindOf } from "./kind.ts";
import { bytesOf, memoryTypeOf } from "./memory.ts";
import { placeName, pointerStep, PROTO } from "./place.ts";
import { type FileInfo, fileInfoOf, isStreamSource } from "./stream_source.ts";
import { base64Text, type Hole, type WrittenValue } from "./written.ts";

const { minBlobBytes: MIN_BLOB_BYTES, maxTypedPlaces, maxBigintDigits } = limits;

/**
 * What the other side reads: JSON alone, types with everything in the text, or bytes and streams
 * beside the text as well.
 */
export type WriteForm = "json" | "typed" | "holes";

/** What a value holds cannot travel. */
export class Unwritable extends Error {}

/** Writes one value, or throws {@linkcode Unwritable}. */
export class Writing {
  /** The keys from the root to the value that is looked at, and the objects that they led through. */
  readonly #path: (string | number)[] = [];
  readonly #holders: object[] = [];
  readonly #name: string;
  readonly #maxDepth: number;
  readonly #form: WriteForm;
  readonly #at: string;
  /** The levels of nesting around the value that is looked at. */
  #depth = 0;
  /** The text since the last hole. */
  #text = "";
  readonly #texts: string[] = [];
  readonly #holes: Hole[] = [];
  #types = "";
  #places = 0;

  /**
   * @param name What the value is called in a refusal.
   * @param maxDepth How deep it may nest.
   * @param form What the other side reads.
   * @param at Where the value stands in what its types are relative to, as a JSON Pointer.
   */
  constructor(name: string, maxDepth: number, form: WriteForm, at: string) {
    this.#name = name;
    this.#maxDepth = maxDepth;
    this.#form = form;
    this.#at = at;
  }

  /**
   * Writes the value.
   *
   * @returns Its text where it has no typed place.
   * @throws {Unwritable} Where it cannot travel.
   */
  finish(value: unknown): string | WrittenValue {
    this.#write(value);
    if (this.#places === 0) return this.#text;
    const texts = [...this.#texts, this.#text];
    return { texts, holes: this.#holes, types: `{${this.#types}}` };
  }

  #write(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.#text += JSON.stringify(value);
        return;
      case "number":
        return this.#writeNumber(value);
      case "boolean":
        this.#text += value;
        return;
      case "bigint":
        return this.#writeBigInt(value);
      case "undefined":
        this.#note("undefined");
        this.#text += "null";
        return;
      case "object":
        if (value !== null) return this.#writeObject(value);
        this.#text += "null";
        return;
      default:
        this.#refuseKind(value);
    }
  }

  #writeNumber(value: number): void {
    if (Number.isFinite(value)) {
      // JSON has a -0 (RFC 8259, section 6), which only JSON.stringify does not write.
      this.#text += value === 0 && 1 / value < 0 && this.#form !== "json" ? "-0" : String(value);
      return;
    }
    this.#note("number");
    this.#text += `"${value}"`;
  }

  #writeBigInt(value: bigint): void {
    if (value >= bigintBound() || value <= -bigintBound()) {
      this.#refuse(`a BigInt of more than ${maxBigintDigits} digits`, "; send it as bytes");
    }
    this.#note("bigint");
    this.#text += `"${value}"`;
  }

  #writeObject(value: object): void {
    if (this.#holders.includes(value)) this.#refuse("a cycle");
    this.#holders.push(value);
    if (Array.isArray(value)) this.#writeArray(value);
    else if (!this.#writeBuiltIn(value)) this.#writeMembers(value);
    this.#holders.pop();
  }

  /** Writes what has a form of its own; `false` for objects that are nothing but their members. */
  #writeBuiltIn(value: object): boolean {
    const memory = memoryTypeOf(value);
    if (memory !== undefined) return this.#writeMemory(value as ArrayBufferView, memory);
    if (ArrayBuffer.isView(value)) this.#refuseKind(value);
    if (value instanceof Date && value.toJSON === Date.prototype.toJSON) {
      const isValid = !Number.isNaN(value.getTime());
      return this.#writeAs("date", isValid ? `"${value.toISOString()}"` : "null");
    }
    if (value instanceof URL && value.toJSON === URL.prototype.toJSON) {
      return this.#writeAs("url", JSON.stringify(value.href));
    }
    if ("toJSON" in value && typeof value.toJSON === "function") {
      this.#write(value.toJSON(String(this.#path.at(-1) ?? "")));
      return true;
    }
    if (value instanceof Map) return this.#writeMap(value);
    if (value instanceof Set) {
      this.#note("set");
      this.#writeArray([...value]);
      return true;
    }
    if (value instanceof Error) return this.#writeError(value);
    const file = fileInfoOf(value);
    if (file !== undefined) return this.#writeFile(value, file);
    if (!isStreamSource(value)) return false;
    this.#note("stream");
    this.#dig({ kind: "stream", source: value, owner: ambientCall() });
    return true;
  }

  #writeAs(type: string, text: string): true {
    this.#note(type);
    this.#text += text;
    return true;
  }

  #writeMemory(value: ArrayBufferView | ArrayBuffer, type: string): true {
    this.#note(type);
    const bytes = bytesOf(value);
    if (this.#form === "holes" && bytes.length >= MIN_BLOB_BYTES) {
      this.#dig({ kind: "bytes", bytes });
    } else this.#text += base64Text(bytes);
    return true;
  }

  #writeFile(source: object, { name, size, type }: FileInfo): true {
    this.#note("file");
    this.#text += '{"stream":';
    this.#dig({ kind: "stream", source, owner: ambientCall() });
    this.#text += `,${JSON.stringify({ name, size, type }).slice(1)}`;
    return true;
  }

  #writeArray(items: readonly unknown[]): void {
    this.#enter("[");
    for (let index = 0; index < items.length; index++) {
      if (index > 0) this.#text += ",";
      this.#writeAt(index, items[index]);
    }
    this.#leave("]");
  }

  #writeMap(map: ReadonlyMap<unknown, unknown>): true {
    this.#note("map");
    this.#writeArray([...map]);
    return true;
  }

  #writeError(error: Error & { code?: unknown; data?: unknown }): true {
    this.#note("error");
    const { name, message, code, data, cause } = error;
    this.#enter("{");
    this.#text += `"name":${JSON.stringify(String(name))}`;
    this.#text += `,"message":${JSON.stringify(String(message))}`;
    if (typeof code === "string" || Number.isFinite(code)) {
      this.#text += `,"code":${JSON.stringify(code)}`;
    }
    for (const [key, member] of [["data", data], ["cause", cause]] as const) {
      if (member === undefined) continue;
      this.#text += `,"${key}":`;
      this.#writeAt(key, member);
    }
    this.#leave("}");
    return true;
  }

  #writeMembers(value: object): void {
    const prototype = Object.getPrototypeOf(value);
    // An object of another realm has a prototype of its own, above which there is nothing.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) this.#refuseKind(value);
    this.#enter("{");
    let comma = "";
    for (const [key, member] of Object.entries(value)) {
      // It has no place in the text: a peer that knows no types reads what JSON.stringify writes.
      if (member === undefined) this.#noteAt(key, "undefined");
      else {
        this.#text += `${comma}${JSON.stringify(key)}:`;
        this.#writeAt(key, member);
        comma = ",";
      }
    }
    this.#leave("}");
  }

  #writeAt(key: string | number, value: unknown): void {
    this.#path.push(key);
    this.#write(value);
    this.#path.pop();
  }

  #enter(bracket: string): void {
    if (++this.#depth > this.#maxDepth) {
      throw new Unwritable(`${this.#place()}: more than ${this.#maxDepth} levels of nesting`);
    }
    this.#text += bracket;
  }

  #leave(bracket: string): void {
    this.#depth--;
    this.#text += bracket;
  }

  /** Leaves a hole in the text. */
  #dig(hole: Hole): void {
    if (this.#form !== "holes") this.#refuse("a stream", ": the other side takes none");
    this.#texts.push(this.#text);
    this.#text = "";
    this.#holes.push(hole);
  }

  /** Notes the type of the value that is looked at. */
  #note(type: string): void {
    if (this.#form === "json") return;
    if (this.#path.includes(PROTO)) {
      this.#refuse(`what JSON does not carry, beneath a member ${PROTO},`);
    }
    if (++this.#places > maxTypedPlaces) {
      const reason =
        `more than ${maxTypedPlaces} values that JSON does not carry; send them in parts`;
      throw new Unwritable(`${this.#name}: ${reason}`);
    }
    const pointer = this.#path.reduce<string>((text, key) => text + pointerStep(key), this.#at);
    this.#types += `${this.#places > 1 ? "," : ""}${JSON.stringify(pointer)}:"${type}"`;
  }

  #noteAt(key: string, type: string): void {
    this.#path.push(key);
    this.#note(type);
    this.#path.pop();
  }

  #refuseKind(value: unknown): never {
    const { what, advice } = kindOf(value);
    this.#refuse(what, advice);
  }

  #refuse(what: string, advice = ""): never {
    throw new Unwritable(`${this.#place()}: ${what} cannot travel${advice}`);
  }

  #place(): string {
    return placeName(this.#name, this.#path);
  }
}

let bound: bigint | undefined;

/** The first number that has too many digits. */
function bigintBound(): bigint {
  return bound ??= 10n ** BigInt(maxBigintDigits);
}
