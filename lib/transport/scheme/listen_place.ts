/**
 * Where a server is to listen, as text: an address, and behind it what this listener alone is told.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { malformedAddress } from "./form.ts";
import { parseAddress } from "./parse.ts";
import { schemes } from "./table.ts";

/** Where to listen. */
export interface ListenPlace {
  /** The address. */
  readonly address: Address;
  /** The file of the authorities whose client certificates this listener asks for. */
  readonly clientCaFile?: string | undefined;
}

/**
 * Reads where to listen.
 *
 * @param text An address as `parseAddress` reads it; with `tls://` `?client-ca=FILE` may follow, in
 * which `%3F` and the like stand for characters that have a meaning in an address.
 * @throws {DariError} `usage` when it is none.
 */
export function parseListenPlace(text: string): ListenPlace {
  const mark = text.indexOf("?");
  const name = text.slice(0, text.indexOf(":"));
  if (mark < 0 || (name in schemes && name !== "tls")) return { address: parseAddress(text) };
  const address = parseAddress(text.slice(0, mark));
  const settings = text.slice(mark + 1);
  const [, encoded = ""] = /^client-ca=([^&]+)$/.exec(settings) ?? [];
  const file = decode(encoded);
  if (file === undefined || file === "") {
    throw malformedAddress(text, `only ?client-ca=FILE may follow, not "?${settings}"`);
  }
  return { address, clientCaFile: file };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a "%" that begins no character
  }
}
