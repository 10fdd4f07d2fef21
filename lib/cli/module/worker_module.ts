/**
 * The methods of a user's module in a worker, where its import map has to be followed anew.
 *
 * @module
 */

import { methodsIn } from "../../base/module_methods.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { followImportMap } from "./follow_map.ts";

/**
 * Loads a module as its own configuration says.
 *
 * @param module The module's URL.
 * @returns Its methods.
 */
export async function methodsFollowing(module: string): Promise<Methods> {
  await followImportMap(module);
  return methodsIn(await import(module)) as Methods;
}
