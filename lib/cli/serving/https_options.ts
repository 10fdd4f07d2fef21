/**
 * What `dari serve` takes for its HTTPS gateway.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { HttpsOptions } from "../../http/gateway_options.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";
import { toolPatterns } from "../agents/tool_pattern.ts";
import { flag, option, type Options, repeatedOption, type ValuesOf } from "../app/option.ts";
import { choice, directory, text, type ValueType } from "../app/value_type.ts";

/** Where the gateway is to listen; `https://` may be left out. */
const httpsAddress: ValueType<string> = {
  ...text("ADDRESS"),
  expects: `an address such as https://localhost:${limits.defaultHttpsPort}`,
  parse(typed) {
    const address = typed.includes("://") ? typed : `https://${typed}`;
    return parseAddress(address).kind === "https" ? address : undefined;
  },
};

/** The options of the gateway. */
export const httpsOptions = {
  https: option(
    httpsAddress,
    "serve HTTPS there; without --listen nothing else is listened on but the socket",
  ),
  "https-engine": option(
    choice("ENGINE", ["fast", "strict"]),
    "what takes HTTP in (default: fast on this machine alone, else strict)",
  ),
  "https-require-cert": flag("with --client-ca, refuse HTTPS clients without a certificate"),
  static: option(directory, "serve the files of DIR by HTTPS as well"),
  mcp: toolPatterns("methods that models may call as tools at /mcp: a name, orders.* or !name"),
  origin: repeatedOption(text("ORIGIN"), "another origin whose web pages may call by HTTPS"),
  "trusted-proxy": repeatedOption(
    text("ADDRESS"),
    "a proxy or its network, whose X-Forwarded headers are believed",
  ),
} satisfies Options;

/** What was typed for them. */
export type TypedHttpsOptions = ValuesOf<typeof httpsOptions>;

/**
 * Reads the options of the gateway.
 *
 * @param typed What was typed.
 * @returns The options; `undefined` where no gateway is wanted.
 * @throws {DariError} `usage` for an option of the gateway without `--https`.
 */
export function httpsOptionsOf(typed: TypedHttpsOptions): HttpsOptions | undefined {
  if (typed.https !== undefined) {
    return {
      listen: typed.https,
      engine: typed["https-engine"],
      clientCertificates: typed["https-require-cert"] ? "required" : "asked",
      static: typed.static,
      mcp: typed.mcp,
      origins: typed.origin,
      trustedProxies: typed["trusted-proxy"],
    };
  }
  const names = [
    "https-engine",
    "https-require-cert",
    "static",
    "mcp",
    "origin",
    "trusted-proxy",
  ] as const;
  const lonely = names.find((name) => {
    const value = typed[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  });
  if (lonely === undefined) return undefined;
  const example = `--https https://localhost:${limits.defaultHttpsPort}`;
  throw new DariError("usage", `--${lonely} is for the HTTPS gateway: add ${example}`);
}
