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
  /** The name under which systemd hands over the socket, where this process does not open it. */
  readonly socketName?: string | undefined;
}

/** What may follow an address, by scheme. */
const SETTINGS: Readonly<Partial<Record<Address["kind"], readonly string[]>>> = {
  tls: ["client-ca", "systemd"],
  tcp: ["systemd"],
  unix: ["systemd"],
  nats: ["client-ca"],
};
/** The path of a socket may have a question mark: only this end of it is a setting. */
const SOCKET_NAME = /\?(?=systemd=[^?&/]*$)/;

/**
 * Reads where to listen.
 *
 * @param text An address as `parseAddress` reads it. `?systemd=NAME` may follow, and with `tls://`
 * `?client-ca=FILE`, or both with `&` between them; `%3F` and the like stand for characters that have
 * a meaning in an address.
 * @throws {DariError} `usage` when it is none.
 */
export function parseListenPlace(text: string): ListenPlace {
  const name = text.slice(0, text.indexOf(":"));
  const kind = name in schemes ? name as Address["kind"] : "tls";
  const mark = kind === "unix" ? text.search(SOCKET_NAME) : text.indexOf("?");
  const known = SETTINGS[kind];
  if (mark < 0 || known === undefined) return { address: parseAddress(text) };
  const address = parseAddress(text.slice(0, mark));
  const { "client-ca": clientCaFile, systemd: socketName } = parseSettings(text, mark, known);
  return {
    address,
    ...(clientCaFile === undefined ? {} : { clientCaFile }),
    ...(socketName === undefined ? {} : { socketName }),
  };
}

function parseSettings(text: string, mark: number, known: readonly string[]) {
  const found: Record<string, string> = {};
  for (const setting of text.slice(mark + 1).split("&")) {
    const [, name = "", encoded = ""] = /^([^=]*)=(.*)$/.exec(setting) ?? [];
    const value = decode(encoded);
    if (!known.includes(name) || name in found || !value) {
      const usable = known.map((each) => FORMS[each]).join(" and ");
      throw malformedAddress(text, `only ${usable} may follow, not "${text.slice(mark)}"`);
    }
    found[name] = value;
  }
  return found;
}

const FORMS: Readonly<Record<string, string>> = {
  "client-ca": "?client-ca=FILE",
  systemd: "?systemd=NAME",
};

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a "%" that begins no character
  }
}
