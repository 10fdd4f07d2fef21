/**
 * What `dari proxy` takes.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { LOG_FORMATS } from "../../ops/log.ts";
import { formatDuration } from "../app/duration.ts";
import { flag, option, type Options, requiredOption, type ValuesOf } from "../app/option.ts";
import { passphraseOptions } from "../app/secret_input.ts";
import { address, choice, duration, file, text, wholeNumber } from "../app/value_type.ts";
import { dataOptions } from "../workspace/data_directory.ts";

/** The options beside those of every command. */
export const proxyOptions = {
  listen: requiredOption(address, "where to listen"),
  to: option(address, "the service: tcp://HOST:PORT or unix:/PATH"),
  connect: option(address, "the proxy at the other end, tls://HOST:PORT"),
  name: option(
    text("NAME"),
    "the service's name, for the right proxy:NAME (default: the port or the socket's name)",
  ),
  "client-ca": option(
    file(),
    "the authorities of client certificates (default: ca.crt of the data directory)",
  ),
  crl: option(file(), "revocation lists of those authorities; taken up when it changes"),
  host: option(text("HOST"), "a name by which clients reach this proxy, for its certificate"),
  cert: option(file(), "your own certificate with its chain; of the client, with --connect"),
  key: option(file(), "the private key of --cert (mode 0600)"),
  ca: option(file(), "with --connect: the authorities to trust, and no others"),
  idle: option(duration, "end a connection on which nothing moves for this long", {
    default: formatDuration(limits.proxyIdleMs),
  }),
  drain: option(duration, "how long open connections may take when the proxy stops", {
    default: formatDuration(limits.drainTimeoutMs),
  }),
  "max-connections": option(wholeNumber(1), "the most connections at once", {
    default: String(limits.maxProxyConnections),
  }),
  ...dataOptions,
  ...passphraseOptions,
  log: option(
    choice("FORMAT", LOG_FORMATS),
    "the format of the log on standard error (default: text; json with --json)",
  ),
  json: flag("print one JSON value when the proxy is ready; log one JSON value a line"),
} satisfies Options;

/** What the user typed for {@linkcode proxyOptions}. */
export type ProxyChoice = ValuesOf<typeof proxyOptions>;
