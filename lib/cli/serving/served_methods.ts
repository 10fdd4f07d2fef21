/**
 * The methods that `dari serve` serves: those of the user's module, or the sample ones.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { WorkerPool } from "../../ipc/pool/pool.ts";
import { type JobMethod, jobMethods } from "../../messages/job/job_settings.ts";
import type { MethodPool, Methods } from "../../rpc/method/method.ts";
import { registerMethods } from "../../rpc/method/registry.ts";

/** What a module has to serve. */
export interface ServedMethods {
  /** Its methods by name. */
  readonly methods: Methods;
  /** Whether there is no module, so that the sample methods are served. */
  readonly isSample: boolean;
}

/**
 * Loads the methods.
 *
 * @param module The file of the module; `undefined` for the sample methods.
 * @param hasProgram Whether a program is served: then there are no sample methods.
 * @returns The methods.
 * @throws {DariError} `usage` where the module is none, or exports no method.
 */
export async function methodsOf(
  module: string | undefined,
  hasProgram = false,
): Promise<ServedMethods> {
  if (module === undefined && hasProgram) return { methods: {}, isSample: false };
  if (module === undefined) {
    const { sampleMethods } = await import("../sample/sample_methods.ts");
    return { methods: sampleMethods, isSample: true };
  }
  const { loadMethods } = await import("../module/load_module.ts");
  return { methods: await loadMethods(module), isSample: false };
}

/**
 * Puts the methods of a program beside those of the module.
 *
 * @param own Those of the module.
 * @param ofProgram Those of the program.
 * @returns All of them.
 * @throws {DariError} `usage` for a name that both have.
 */
export function joinMethods(own: Methods, ofProgram: Methods = {}): Methods {
  const twice = Object.keys(ofProgram).find((name) => Object.hasOwn(own, name));
  if (twice === undefined) return { ...own, ...ofProgram };
  throw new DariError(
    "usage",
    `The module and the program of --exec both have the method "${twice}"`,
  );
}

/**
 * Checks the methods before anything listens: a mistake in the module or in --public is an error of
 * usage, not an internal one.
 *
 * @param methods The methods.
 * @param open The methods that --public names.
 * @param pool Runs those with `worker: true`.
 * @throws {DariError} `usage` for the first mistake.
 */
export function checkMethods(methods: Methods, open: readonly string[], pool?: MethodPool): void {
  inModule(() => registerMethods(methods, open, pool));
  jobsOf(methods, pool);
}

/**
 * Finds the methods that are jobs.
 *
 * @param methods The methods.
 * @param pool Runs those with `worker: true`.
 * @returns The jobs by their names.
 * @throws {DariError} `usage` for the first mistake.
 */
export function jobsOf(methods: Methods, pool?: MethodPool): ReadonlyMap<string, JobMethod> {
  return inModule(() => jobMethods(methods, pool));
}

/** A mistake in the module is its author's. */
function inModule<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause;
    throw new DariError("usage", cause.message, { cause });
  }
}

/**
 * Starts the workers of the user's module, where one of its methods asks for them.
 *
 * @param module The file of the module.
 * @param methods Its methods.
 * @param workers How many threads; `undefined` for one a core.
 * @returns The pool, which the caller closes; `undefined` where no method asks for it.
 */
export async function poolOf(
  module: string | undefined,
  methods: Methods,
  workers: number | undefined,
): Promise<WorkerPool | undefined> {
  const wanted = Object.values(methods).some((method) => "worker" in method && method.worker);
  if (module === undefined || !wanted) return undefined;
  const { WorkerPool } = await import("../../ipc/pool/pool.ts");
  const { workerModuleUrl } = await import("../module/load_module.ts");
  return new WorkerPool({
    module: await workerModuleUrl(module),
    ...(workers === undefined ? {} : { workers }),
  });
}

/**
 * The module's name. Its path is nobody's business: `rpc.discover` tells strangers the title.
 *
 * @param module The file of the module.
 * @returns Its name without folders and ending.
 */
export function titleOf(module = "dari"): string {
  return module.slice(module.search(/[^/\\]*$/)).replace(/\.\w+$/, "") || "dari";
}
