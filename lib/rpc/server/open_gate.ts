/**
 * Identity for a server without accounts: what the connection itself proves, and nothing else.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { DariError } from "../../base/errors.ts";
import type { Peer, TransportName } from "../../transport/connection.ts";

const LOCAL: Principal = Object.freeze({
  name: "local",
  kind: "local",
  roles: ["admin"],
  credentialId: "local",
});

// These ends are this process, or may be opened by the owner of the socket alone.
const LOCAL_TRANSPORTS: ReadonlySet<TransportName> = new Set(["memory", "pipe", "worker", "unix"]);

/**
 * Makes a gate that knows the owner of a Unix socket, the threads of this process and verified
 * client certificates. Everybody else may call public methods only.
 *
 * @returns The gate.
 */
export function createOpenGate(): Gate {
  return {
    identify: (peer) => Promise.resolve(identityOf(peer)),
    signIn: () => Promise.reject(noAccounts()),
    authenticate(): never {
      throw noAccounts();
    },
    authorize(principal, method): void {
      if (principal !== null) return;
      throw new DariError(
        "unauthenticated",
        `"${method}" needs a sign-in; only public methods can be called without one`,
      );
    },
    onRevoked: () => () => {},
    forget: () => {},
  };
}

function identityOf({ transport, certificate }: Peer): Principal | null {
  if (LOCAL_TRANSPORTS.has(transport)) return LOCAL;
  if (certificate === undefined) return null;
  return {
    name: `certificate:${certificate.identity}`,
    kind: "certificate",
    roles: [],
    credentialId: certificate.serial,
    expiresAtMs: certificate.notAfterMs,
  };
}

function noAccounts(): DariError {
  return new DariError("unauthenticated", "This server has no accounts to sign in with");
}
