/**
 * Types of values as they arrive.
 *
 * @module
 */

/**
 * What arrives of a value that was sent as JSON: a Date, like all that has a `toJSON`, as what that
 * gives, and never what JSON cannot carry.
 *
 * @example
 * ```ts
 * import type { Jsonified } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * interface Account {
 *   name: string;
 *   created: Date;
 * }
 * const arrived: Jsonified<Account> = { name: "eve", created: "2026-01-01T00:00:00.000Z" };
 * assertEquals(typeof arrived.created, "string");
 * ```
 */
export type Jsonified<T> = unknown extends T ? T
  : T extends string | number | boolean | null | undefined | void ? T
  : T extends { toJSON(...args: never): infer Text } ? Jsonified<Text>
  : T extends
    | bigint
    | symbol
    | ((...args: never) => unknown)
    | ArrayBufferLike
    | ArrayBufferView
    | ReadonlyMap<unknown, unknown>
    | ReadonlySet<unknown>
    | WeakMap<WeakKey, unknown>
    | WeakSet<WeakKey>
    | RegExp
    | Error
    | PromiseLike<unknown> ? never
  : T extends readonly unknown[] ? { [Index in keyof T]: Jsonified<T[Index]> }
  : T extends object ? { [Key in keyof T as Key extends symbol ? never : Key]: Jsonified<T[Key]> }
  : never;
