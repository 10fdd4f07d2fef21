/**
 * Connecting by node:tls, and what a client checks beyond it.
 *
 * @module
 */

import type { Address } from "../transport/address.ts";
import type { NodeTlsDialer } from "../transport/tls/node/node_tls_connect.ts";
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
  options: DialOptions,
  pair: CertificateAndKey | undefined,
): DialContext["tls"] {
  const dialer = nodeTlsDialer(options, pair);
  return async (at, signal) => {
    const connection = await (await dialer(at)).connect(at, signal);
    // A server that asks for certificates listens with node:tls, which sends at once.
    return pair === undefined ? new PromptAckConnection(connection) : connection;
  };
}

/**
 * Gives what loads a dialer of node:tls.
 *
 * @param options Which servers to trust.
 * @param pair The client's certificate and its key.
 * @returns Gives the same dialer each time, and warns of each server that is not checked.
 */
export function nodeTlsDialer(
  { ca, insecure = false, warn = (line: string) => console.error(line) }: DialOptions,
  pair: CertificateAndKey | undefined,
): (at: Address) => Promise<NodeTlsDialer> {
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
  return async (at) => {
    if (insecure) {
      warn(
        `The certificate of ${formatAddress(at)} is not checked: any program could answer there`,
      );
    }
    return await (loading ??= load());
  };
}
