/**
 * The principal that calls the methods that a client offers.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";

/** The server, as the methods that a client offers see it: a client trusts its server. */
export const SERVER: Principal = Object.freeze({
  name: "server",
  kind: "local",
  roles: [],
  credentialId: "server",
});
