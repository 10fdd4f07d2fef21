/**
 * Connecting by node:tls, and what a client checks beyond it.
 *
 * @module
 */

import type { CertificateAndKey } from "../transport/tls/key_pair.ts";
import { formatAddress } from "../transport/scheme/parse.ts";
import type { DialContext } from "../transport/scheme/table.ts";
import { PromptAckConnection } from "../transport/tls/prompt_ack_connection.ts";
import type { DialOptions } from "./trust.ts";

/**
 * Gives a function that connects with TLS. node:tls and the verification of certificates load when it
 * is first called.
 *
 * @param options Which servers to trust.
 * @param pair The client's certificate and its key.
 * @returns Connects, and warns of each connection whose server is not checked.
 */
export function dialNodeTls(
  { ca, insecure = false, warn = (line: string) => console.error(line) }: DialOptions,
  pair: CertificateAndKey | undefined,
): DialContext["tls"] {
  const authorities = ca === undefined || typeof ca === "string" ? ca : ca.join("\n");
  const load = async () => {
    const [{ NodeTlsDialer }, { PeerVerifier }, { bindingsOf }] = await Promise.all([
      import("../transport/tls/node/node_tls_connect.ts"),
      import("../cert/path/peer_verifier.ts"),
      import("../cert/server/channel_binding.ts"),
    ]);
    const verifier = new PeerVerifier();
    return new NodeTlsDialer({
      ca: authorities,
      pair,
      insecure,
      verifyServer: (chain, host) => verifier.verifyServer(chain, host),
      bindingsOf,
    });
  };
  let loading: ReturnType<typeof load> | undefined;
  return async (at, signal) => {
    if (insecure) {
      warn(
        `The certificate of ${formatAddress(at)} is not checked: any program could answer there`,
      );
    }
    const connection = await (await (loading ??= load())).connect(at, signal);
    // A server that asks for certificates listens with node:tls, which sends at once.
    return pair === undefined ? new PromptAckConnection(connection) : connection;
  };
}
