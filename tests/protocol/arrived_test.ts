import { assertEquals } from "@std/assert";
import type { Arrived, ArrivedFile, ArrivedStream, Sendable } from "../../lib/protocol/arrived.ts";
import type { FileSource } from "../../lib/protocol/values/stream_source.ts";
import type { ReceivedFile } from "../../lib/rpc/file/received_file.ts";
import { arrived } from "../support/values.ts";

/** Whether two types are one and the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

interface Account {
  readonly name: string;
  created: Date;
  seen?: Date;
  keys: Map<string, { n: bigint; f: () => void }>;
  tags: readonly string[];
  friends: Account[];
  [Symbol.iterator]?: () => void;
}

class Day extends Date {
  override toJSON() {
    return "a day";
  }
}

class Coded extends Error {
  readonly code = "E_NO" as const;
  readonly secret = 1;
}

// Checked by the compiler: a row that does not hold is an error of its type.
const rows: true[] = [
  true satisfies Same<Arrived<string>, string>,
  true satisfies Same<Arrived<"a" | 1 | null>, "a" | 1 | null>,
  true satisfies Same<Arrived<Date>, Date>,
  true satisfies Same<Arrived<URL | undefined>, URL | undefined>,
  true satisfies Same<Arrived<unknown>, unknown>,
  // deno-lint-ignore no-explicit-any
  true satisfies Same<Arrived<any>, any>,
  true satisfies Same<Arrived<never>, never>,
  true satisfies Same<Arrived<bigint>, bigint>,
  true satisfies Same<Arrived<() => void>, never>,
  true satisfies Same<Arrived<symbol | 1>, 1>,
  true satisfies Same<Arrived<RegExp>, never>,
  true satisfies Same<Arrived<Promise<number>>, never>,
  true satisfies Same<Arrived<SharedArrayBuffer>, never>,
  true satisfies Same<Arrived<Uint8Array<ArrayBuffer>>, Uint8Array<ArrayBuffer>>,
  true satisfies Same<Arrived<Float64Array>, Float64Array>,
  true satisfies Same<Arrived<Float16Array>, never>,
  true satisfies Same<Arrived<DataView<ArrayBuffer>>, DataView<ArrayBuffer>>,
  true satisfies Same<Arrived<ArrayBuffer>, ArrayBuffer>,
  true satisfies Same<Arrived<Map<Date, Set<bigint>>>, Map<Date, Set<bigint>>>,
  true satisfies Same<Arrived<ReadonlySet<number>>, Set<number>>,
  true satisfies Same<Arrived<Set<Date>>, Set<Date>>,
  true satisfies Same<Arrived<WeakMap<Date, number>>, never>,
  true satisfies Same<Arrived<Map<string, () => void>>, Map<string, never>>,
  true satisfies Same<Arrived<Error>["message"], string>,
  true satisfies Same<Arrived<Coded>["code"], "E_NO">,
  true satisfies Same<"secret" extends keyof Arrived<Coded> ? true : false, false>,
  true satisfies Same<Arrived<{ toJSON(): { at: Date } }>, { at: Date }>,
  true satisfies Same<Arrived<Date[]>, Date[]>,
  true satisfies Same<Arrived<readonly [Date, number]>, readonly [Date, number]>,
  true satisfies Same<Arrived<{ a: Date; b?: number }>, { a: Date; b?: number }>,
  true satisfies Same<Arrived<AsyncGenerator<Date>>, ArrivedStream<Date>>,
  true satisfies Same<Arrived<ReadableStream<string>>, ArrivedStream<string>>,
  true satisfies Same<Arrived<{ file: Blob }>, { file: ArrivedFile }>,
  true satisfies Same<Arrived<Account>["name"], string>,
  true satisfies Same<Arrived<Account>["seen"], Date | undefined>,
  true satisfies Same<Arrived<Account>["keys"], Map<string, { n: bigint; f: never }>>,
  true satisfies Same<Arrived<Account>["friends"][number]["created"], Date>,
  true satisfies Same<keyof Arrived<Account>, Exclude<keyof Account, symbol>>,
  true satisfies Same<Sendable<{ a: Date; n?: bigint }>, { a: Date; n?: bigint }>,
  true satisfies Same<Arrived<{ file: FileSource }>, { file: ArrivedFile }>,
  true satisfies Same<Arrived<{ file: ReceivedFile }>, { file: ArrivedFile }>,
  true satisfies Same<Sendable<{ file: ArrivedFile }>["file"], Blob | ArrivedFile | FileSource>,
  true satisfies Same<Sendable<{ file: ReceivedFile }>["file"], Blob | ArrivedFile | FileSource>,
  true satisfies Same<Sendable<[ArrivedStream<Date>]>, [AsyncIterable<Date>]>,
  true satisfies Same<Sendable<Map<string, number>>, ReadonlyMap<string, number>>,
  true satisfies Same<Sendable<() => void>, never>,
];

Deno.test("Arrived is what arrives: each value as what it was, and nothing of what cannot travel", () => {
  assertEquals(rows.every(Boolean), true);
  // An own toJSON of a Date decides, which a type cannot tell from the built-in one.
  assertEquals([arrived(new Day(0)), arrived(new Date(0))], ["a day", new Date(0)]);
  const error = arrived(new Coded("no")) as Coded;
  assertEquals([error.code, error.secret], ["E_NO", undefined]);
});
