/**
 * Dates and bytes, which travel as text; the plans say where they are.
 *
 * @module
 */

import { isRecord } from "./errors.ts";

/** Where a value has dates and bytes; a text names the plan of a type. */
export type Plan = string | {
  readonly text?: "date" | "bytes";
  readonly members?: { readonly [name: string]: Plan };
  readonly others?: Plan;
  readonly first?: readonly (Plan | null)[];
  readonly items?: Plan;
  readonly by?: string;
  readonly choices?: { readonly [text: string]: Plan };
};

/** Plans by the names of types. */
export type Plans = { readonly [name: string]: Plan };

/** Makes dates and bytes of their plain forms, in place. */
export function readValue(value: unknown, plan: Plan | undefined, plans: Plans): unknown {
  const parts = typeof plan === "string" ? plans[plan] : plan;
  if (parts === undefined) return value;
  if (typeof parts === "string") return readValue(value, parts, plans);
  if (typeof value === "string") return parts.text === undefined ? value : read(value, parts.text);
  if (Array.isArray(value)) {
    const { first = [], items } = parts;
    for (const [place, item] of value.entries()) {
      const inner = place < first.length ? first[place] : items;
      if (inner != null) value[place] = readValue(item, inner, plans);
    }
    return value;
  }
  if (!isRecord(value)) return value;
  if (parts.by !== undefined) {
    const choice = String(ownMember(value, parts.by));
    return readValue(value, parts.choices && ownMember(parts.choices, choice), plans);
  }
  const { members = {}, others } = parts;
  for (const name of Object.keys(value)) {
    const inner = ownMember(members, name) ?? others;
    if (inner !== undefined) setMember(value, name, readValue(value[name], inner, plans));
  }
  return value;
}

function ownMember<T>(object: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function setMember(object: { [name: string]: unknown }, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
}

function read(text: string, kind: "date" | "bytes"): unknown {
  if (kind === "date") return new Date(text);
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return text; // not base64
  }
}

/** JSON of params; bytes are base64. */
export function textOf(params: unknown, hasBytes: boolean): string {
  if (!hasBytes) return JSON.stringify(params);
  return JSON.stringify(params, (_, value) => value instanceof Uint8Array ? base64(value) : value);
}

/** What Web Crypto takes for bytes; versions of TypeScript call it differently. */
export type CryptoBytes = Parameters<typeof crypto.subtle.digest>[1];

export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += BASE64_PIECE) {
    binary += String.fromCharCode(...bytes.subarray(at, at + BASE64_PIECE));
  }
  return btoa(binary);
}

const BASE64_PIECE = 8_192;
