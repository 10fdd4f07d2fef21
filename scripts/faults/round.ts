/**
 * One round: a load, a fault in the middle of it, and what came of both.
 *
 * @module
 */

import { delay } from "../../lib/base/abort.ts";
import { type Effects, effectsOf } from "./effects.ts";
import type { Cable } from "./cable.ts";
import { judge, type Verdict } from "./judge.ts";
import type { RunningLoad } from "./load.ts";
import { FaultyProxy } from "./proxy.ts";
import type { Scenario, Scene } from "./scenarios.ts";
import { FaultServer, type ServerKind } from "./servers.ts";

/** How long the parts of a round take, in milliseconds. */
export interface RoundTimes {
  /** Before the fault. */
  readonly quietMs: number;
  /** The fault, where it lasts. */
  readonly faultMs: number;
  /** After it. */
  readonly afterMs: number;
}

/**
 * Starts three servers, and a proxy in front of the first.
 *
 * @param kind How a server is started.
 * @param directory Where they have their directories.
 * @param cable The cable to the machine of the first one; without it all are on this one.
 * @returns The scene; whoever has it ends it.
 */
export async function startScene(
  kind: ServerKind,
  directory: string,
  cable?: Cable,
): Promise<Scene & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const start = async (name: string, to?: Cable) => {
    await Deno.mkdir(`${directory}/${name}`, { recursive: true });
    const server = stack.use(new FaultServer(kind, `${directory}/${name}`, to));
    await server.start();
    return server;
  };
  const servers: Scene["servers"] = [await start("a", cable), await start("b"), await start("c")];
  const proxy = stack.use(await FaultyProxy.listen(servers[0].port));
  const owned = stack.move();
  return { servers, proxy, cable, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Where clients connect to: to the first server by the proxy, or by the cable. */
export function addressesOf({ servers: [first, ...others], proxy, cable }: Scene): string[] {
  const near = cable === undefined ? `127.0.0.1:${proxy.port}` : first.address;
  return [near, ...others.map(({ address }) => address)];
}

/**
 * Runs a round.
 *
 * @param scene The servers.
 * @param beginLoad Begins the load.
 * @param scenario What happens.
 * @param times How long.
 */
export async function runRound(
  scene: Scene,
  beginLoad: () => RunningLoad | Promise<RunningLoad>,
  scenario: Scenario,
  { quietMs, faultMs, afterMs }: RoundTimes,
): Promise<Verdict> {
  for (const server of scene.servers) await server.forget();
  const load = await beginLoad();
  await delay(quietMs);
  const faultAt = Date.now();
  await scenario.begin(scene);
  if (scenario.end !== undefined) await delay(faultMs);
  const healedAt = Date.now();
  await scenario.end?.(scene);
  await delay(afterMs);
  const record = await load.stop();
  return judge(record, await effects(scene), { faultAt, healedAt });
}

async function effects({ servers }: Scene): Promise<Effects> {
  return effectsOf(await Promise.all(servers.map((server) => server.effects())));
}
