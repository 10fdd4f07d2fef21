/**
 * One round: a load, a fault in the middle of it, and what came of both.
 *
 * @module
 */

import { delay } from "../../lib/base/abort.ts";
import { type Effects, effectsOf } from "./effects.ts";
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
 * @returns The scene; whoever has it ends it.
 */
export async function startScene(
  kind: ServerKind,
  directory: string,
): Promise<Scene & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const start = async (name: string) => {
    await Deno.mkdir(`${directory}/${name}`, { recursive: true });
    const server = stack.use(new FaultServer(kind, `${directory}/${name}`));
    await server.start();
    return server;
  };
  const servers: Scene["servers"] = [await start("a"), await start("b"), await start("c")];
  const proxy = stack.use(await FaultyProxy.listen(servers[0].port));
  const owned = stack.move();
  return { servers, proxy, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The ports that clients connect to: the first server's is the proxy's. */
export function portsOf({ servers, proxy }: Scene): number[] {
  return [proxy.port, ...servers.slice(1).map(({ port }) => port)];
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
