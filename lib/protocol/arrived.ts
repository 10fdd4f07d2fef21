/**
 * Types of values as they arrive between two ends that know each other's values.
 *
 * @module
 */

import type { FileSource } from "./values/stream_source.ts";

/** What arrives of a stream inside a value. */
export interface ArrivedStream<T> extends AsyncIterable<T> {
  /** Never set: it tells a stream that arrived from one that is to be sent. */
  readonly arrived?: true;
}

/** How far a file has arrived. */
export interface FileProgress {
  /** The bytes that are there, those of an earlier try included. */
  readonly bytes: number;
  /** Its length in bytes. */
  readonly size: number;
}

/** How a file that arrives is saved. */
export interface SaveOptions {
  /** Whether it may replace a file. @default {false} */
  readonly overwrite?: boolean | undefined;
  /** Told when it begins, and of each piece that is written. */
  readonly onProgress?: ((progress: FileProgress) => void) | undefined;
  /** Ends it; what has arrived stays for the next try. */
  readonly signal?: AbortSignal | undefined;
}

/** How a file that arrives is read into memory. */
export interface BytesOptions {
  /** The most bytes that it may have. @default {16_777_216} */
  readonly maxBytes?: number | undefined;
}

/**
 * What arrives of a `Blob` or another file inside a value: its bytes, piece by piece. It can be read
 * once, in one of these ways.
 */
export interface ArrivedFile extends ArrivedStream<Uint8Array<ArrayBuffer>> {
  /** Its name without folders, where its sender knows one. */
  readonly name?: string;
  /** Its length in bytes. */
  readonly size: number;
  /** Its media type, where its sender knows it. */
  readonly type?: string;
  /** Saves it as a new file that only its owner can read, and goes on where an earlier try broke off. */
  saveTo(path: string, options?: SaveOptions): Promise<void>;
  /** Reads it into memory. */
  bytes(options?: BytesOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Reads it as a web stream. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Reads it from a byte on. */
  from(offset: number): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
}

/** What JSON text and its notes carry by themselves. */
export type SendableScalar = string | number | boolean | bigint | null | undefined | void;

/** A typed array or a view as it arrives, of the built-in class, with the kind of memory that it has. */
export type ArrivedMemory<T> = T extends Uint8Array<infer B> ? Uint8Array<B>
  : T extends Int8Array<infer B> ? Int8Array<B>
  : T extends Uint8ClampedArray<infer B> ? Uint8ClampedArray<B>
  : T extends Int16Array<infer B> ? Int16Array<B>
  : T extends Uint16Array<infer B> ? Uint16Array<B>
  : T extends Int32Array<infer B> ? Int32Array<B>
  : T extends Uint32Array<infer B> ? Uint32Array<B>
  : T extends BigInt64Array<infer B> ? BigInt64Array<B>
  : T extends BigUint64Array<infer B> ? BigUint64Array<B>
  : T extends Float32Array<infer B> ? Float32Array<B>
  : T extends Float64Array<infer B> ? Float64Array<B>
  : T extends DataView<infer B> ? DataView<B>
  : never;

/** What cannot travel. */
export type Unsendable =
  | symbol
  | ((...args: never) => unknown)
  | SharedArrayBuffer
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>
  | RegExp
  | PromiseLike<unknown>;

/**
 * What arrives of a value that was sent: what it was, nested anywhere. What has a `toJSON` arrives as
 * what that gives; an instance of a subclass as one of the built-in class, an async iterable as a
 * stream, a `Blob` as a file; and what cannot travel never does.
 *
 * @example
 * ```ts
 * import type { Arrived } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * interface Account {
 *   name: string;
 *   created: Date;
 *   tags: Map<string, bigint>;
 * }
 * const arrived: Arrived<Account> = { name: "eve", created: new Date(0), tags: new Map([["a", 1n]]) };
 * assertEquals(arrived.created.getTime(), 0);
 * ```
 */
export type Arrived<T> = unknown extends T ? T
  : T extends SendableScalar ? T
  : T extends Date ? Date
  : T extends URL ? URL
  : T extends ArrayBufferView ? ArrivedMemory<T>
  : T extends { toJSON(...args: never): infer Plain } ? Arrived<Plain>
  // In front of what is refused: to the compiler a Map of objects is a WeakMap too.
  : T extends ReadonlyMap<infer Key, infer Value> ? Map<Arrived<Key>, Arrived<Value>>
  : T extends ReadonlySet<infer Item> ? Set<Arrived<Item>>
  : T extends Unsendable ? never
  : T extends ArrayBuffer ? ArrayBuffer
  : T extends Error ? ArrivedError<T>
  : T extends Blob | ArrivedFile | FileSource ? ArrivedFile
  : T extends AsyncIterable<infer Item> ? ArrivedStream<Arrived<Item>>
  : T extends readonly unknown[] ? { [Index in keyof T]: Arrived<T[Index]> }
  : T extends object ? { [Key in keyof T as Key extends symbol ? never : Key]: Arrived<T[Key]> }
  : never;

/** An error that arrived has its name, its message and its cause, and of its own members two. */
export type ArrivedError<T extends Error> =
  & Error
  & { [Key in keyof T & ("code" | "data")]: Arrived<T[Key]> };

/**
 * What may be sent where a value of a type is to arrive: the value itself, an async iterable for a
 * stream, and a `Blob` or what `openFile` gives for a file.
 */
export type Sendable<T> = unknown extends T ? T
  : T extends SendableScalar | Date | URL | ArrayBufferView | ArrayBuffer | Error ? T
  : T extends ReadonlyMap<infer Key, infer Value> ? ReadonlyMap<Sendable<Key>, Sendable<Value>>
  : T extends ReadonlySet<infer Item> ? ReadonlySet<Sendable<Item>>
  : T extends Unsendable ? never
  : T extends ArrivedFile ? Blob | ArrivedFile | FileSource
  : T extends AsyncIterable<infer Item> ? AsyncIterable<Sendable<Item>>
  : T extends readonly unknown[] ? { [Index in keyof T]: Sendable<T[Index]> }
  : T extends object ? { [Key in keyof T as Key extends symbol ? never : Key]: Sendable<T[Key]> }
  : never;
