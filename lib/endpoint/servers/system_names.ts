/**
 * Names as the system and DNS know them.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { NameService } from "./name_service.ts";

/**
 * Looks names up by node:dns, which Deno, Node and Bun have; it loads when it is first used.
 *
 * @param isPermitted Whether the program may connect to a host; asked before anything is looked up.
 * @returns What looks names up.
 */
export function systemNames(isPermitted: NameService["isPermitted"] = () => true): NameService {
  return {
    isPermitted,
    async lookup(name) {
      const { lookup } = await import("node:dns/promises");
      return (await lookup(name, { all: true })).map(({ address }) => address);
    },
    async ttlMs(name) {
      const { Resolver } = await import("node:dns/promises");
      // Without an answer in time the addresses are looked up again after a time of our own.
      const resolver = new Resolver({ tries: 1, timeout: limits.nameTtlWaitMs });
      const answers = await Promise.allSettled([
        resolver.resolve4(name, { ttl: true }),
        resolver.resolve6(name, { ttl: true }),
      ]);
      const ttls = answers.flatMap((answer) =>
        answer.status === "fulfilled" ? answer.value.map(({ ttl }) => ttl) : []
      );
      return ttls.length === 0 ? undefined : Math.min(...ttls) * 1_000;
    },
  };
}
