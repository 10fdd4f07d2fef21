/**
 * `rpc.connections`: who is connected, and what runs.
 *
 * @module
 */

import type { Method } from "../../rpc/method/method.ts";
import { readParams } from "./params.ts";
import type { ConnectionList } from "../live/connections.ts";
import type { LiveServer } from "./live_server.ts";

/**
 * Makes the method.
 *
 * @param live The server.
 */
export function connectionsMethod(live: Pick<LiveServer, "connections">): Method {
  return {
    summary: "Who is connected, and which calls run",
    idempotent: true,
    handler(params: unknown): Promise<ConnectionList> {
      const owner = readParams(params, {
        names: "texts",
        credentials: "texts",
        serials: "texts",
      });
      return live.connections(Object.keys(owner).length === 0 ? undefined : owner);
    },
  };
}
