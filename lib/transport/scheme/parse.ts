/**
 * Addresses as text.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { malformedAddress } from "./form.ts";
import { DEFAULT_SCHEME, listSchemes, schemes } from "./table.ts";

/** How an address of each scheme begins. */
const prefixes = Object.entries(schemes).map(([name, { form }]) =>
  [`${name}${form.separator}`, name as Address["kind"], form] as const
);

/**
 * Reads an address.
 *
 * @param text `tls://host:port` (the scheme may be left out), `unix:/path`, `tcp://host:port`,
 * `wss://host:port`, `https://host:port` or `nats://host:port`; an IPv6 host stands in brackets.
 * @returns Its parts.
 * @throws {DariError} `usage` when it is not an address.
 *
 * @example
 * ```ts
 * import { parseAddress } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseAddress("tls://[::1]:9090"), { kind: "tls", host: "::1", port: 9090 });
 * ```
 */
export function parseAddress(text: string): Address {
  for (const [prefix, name, form] of prefixes) {
    if (text.startsWith(prefix)) return form.parse(name, text.slice(prefix.length), text);
  }
  if (text.includes("://")) {
    const usable = listSchemes(({ dial, listen }) => (dial ?? listen) !== undefined);
    throw malformedAddress(text, `its scheme must be ${usable}`);
  }
  return schemes[DEFAULT_SCHEME].form.parse(DEFAULT_SCHEME, text, text);
}

/**
 * Writes an address.
 *
 * @param address Its parts.
 * @returns Text that {@linkcode parseAddress} reads back.
 *
 * @example
 * ```ts
 * import { formatAddress } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatAddress({ kind: "tls", host: "::1", port: 9090 }), "tls://[::1]:9090");
 * ```
 */
export function formatAddress(address: Address): string {
  const { form } = schemes[address.kind];
  return `${address.kind}${form.separator}${form.format(address)}`;
}
