/**
 * The methods of a user's module in a worker, where its import map has to be followed anew. The
 * module's URL stands in the fragment of this one's.
 *
 * @module
 */

import type { Methods } from "../../rpc/method/method.ts";
import { methodsIn } from "../../base/module_methods.ts";
import { followImportMap } from "./follow_map.ts";

const module = decodeURIComponent(new URL(import.meta.url).hash.slice(1));
await followImportMap(module);

/** The methods. */
export const methods: Methods = methodsIn(await import(module)) as Methods;
