/**
 * A server for the scenes that sign in.
 *
 * @module
 */

import type { Identity } from "../../auth/mod.ts";
import { serve } from "../../endpoint/mod.ts";
import type { Methods, Server } from "../../rpc/mod.ts";
import type { Stage } from "./scene.ts";

/** A running server, and what a client needs to reach it. */
export interface IdentityServer extends AsyncDisposable {
  /** The address on which it listens. */
  readonly address: string;
  /** The authority of its certificate, PEM. */
  readonly ca: string;
}

/**
 * Serves over TLS, with a certificate of the stage's own authority.
 *
 * @param stage Its directory holds the authority and the certificate.
 * @param methods The methods.
 * @param identity The accounts that may call.
 */
export async function serveWithIdentity(
  stage: Stage,
  methods: Methods,
  { gate }: Identity,
): Promise<IdentityServer> {
  const data = `${stage.directory}/data`;
  const server: Server = await serve({ listen: "tls://127.0.0.1:0", data, methods, gate });
  const [address = ""] = server.addresses;
  const ca = await Deno.readTextFile(`${data}/ca.crt`);
  return { address, ca, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
