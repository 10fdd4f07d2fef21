/**
 * All methods of dari itself that a server has.
 *
 * @module
 */

import type { Methods } from "../method/method.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import { builtinMethods, type BuiltinOptions } from "./builtin.ts";
import { type Extension, extensionMethods } from "./extension.ts";
import { factorMethods, type FactorMethodsParts } from "./factors.ts";
import { operationsMethods } from "./operations.ts";

/** What the methods are made of. */
export interface OwnMethodsParts extends BuiltinOptions, Omit<FactorMethodsParts, "title"> {
  /** Decides who may call, and answers requests about second factors. */
  readonly gate: BuiltinOptions["gate"] & FactorMethodsParts["gate"];
  /** Methods for administrators. */
  readonly operations: Methods | undefined;
  /** Methods that it has more. */
  readonly extensions: readonly Extension[] | undefined;
}

/**
 * Makes the methods.
 *
 * @param parts What they are made of.
 * @returns The methods for administrators, those of extensions, those about second factors, and those
 * that every server has.
 * @throws {TypeError} For a method for administrators that is public, or whose name is not dari's.
 */
export function ownMethods(parts: OwnMethodsParts): RegisteredMethod[] {
  return [
    ...operationsMethods(parts.operations ?? {}),
    ...extensionMethods(parts.extensions ?? [], parts.gate),
    ...factorMethods({ ...parts, title: parts.info.title }),
    ...builtinMethods(parts),
  ];
}
