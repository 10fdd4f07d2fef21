/**
 * Identity for a server without accounts: the connection alone says who calls.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { DariError } from "../../base/errors.ts";
import { LOCAL_TRANSPORTS } from "../../base/peer/local_transports.ts";
import type { Peer, TransportName } from "../../transport/connection.ts";

const LOCAL: Principal = Object.freeze({
  name: "local",
  kind: "local",
  roles: ["admin"],
  credentialId: "local",
});

const localTransports: ReadonlySet<TransportName> = new Set(LOCAL_TRANSPORTS);

/**
 * Makes a gate that lets in only peers whom their connection identifies: the owner of a Unix socket,
 * threads and children of this process, and verified client certificates. They may call every
 * method, certificates those alone that are not administrative; everybody else may call public
 * methods. It has no accounts, so nobody can sign in.
 *
 * @returns The gate.
 *
 * @example
 * ```ts
 * import { createPeerGate } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const gate = createPeerGate();
 * const owner = await gate.identify({ transport: "unix", address: "/run/dari.sock" });
 * assertEquals(owner?.name, "local");
 * assertEquals(await gate.identify({ transport: "tcp", address: "127.0.0.1:50412" }), null);
 * ```
 */
export function createPeerGate(): Gate {
  return {
    identify: (peer) => Promise.resolve(identityOf(peer)),
    signIn: () => Promise.reject(noAccounts()),
    authenticate(): never {
      throw noAccounts();
    },
    authorize(principal, method, _now, isAdminMethod): void {
      if (principal !== null && (!isAdminMethod || principal.kind === "local")) return;
      if (principal !== null) {
        throw new DariError("permission_denied", `"${method}" is for the owner of this process`);
      }
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
  if (localTransports.has(transport)) return LOCAL;
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
