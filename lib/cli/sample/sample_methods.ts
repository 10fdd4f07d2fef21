/**
 * The methods of `dari serve` without a module: enough for a first call.
 *
 * @module
 */

import { method } from "../../rpc/method/method.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { record } from "./sample_schema.ts";

/** The methods; they are public, so that a first call needs no account. */
export const sampleMethods: Methods = {
  add: method({
    summary: "The sum of two numbers",
    public: true,
    params: record<{ a: number; b: number }>({ a: "number", b: "number" }),
    handler: ({ a, b }) => a + b,
  }),
  multiply: method({
    summary: "The product of two numbers",
    public: true,
    params: record<{ x: number; y: number }>({ x: "number", y: "number" }),
    handler: ({ x, y }) => x * y,
  }),
  process_data: method({
    summary: "Each item as text behind a prefix",
    public: true,
    params: record<{ data: unknown[]; prefix?: string }>({ data: "array", prefix: "string?" }),
    handler: ({ data, prefix = "" }) => data.map((item) => `${prefix}${textOf(item)}`),
  }),
  echo: method({
    summary: "The value as it came",
    public: true,
    params: record<{ value: unknown }>({ value: "any" }),
    handler: ({ value }) => value,
  }),
  count: method({
    summary: "A stream of the numbers from 1",
    public: true,
    params: record<{ to: number }>({ to: "number" }),
    async *handler({ to }) {
      for (let n = 1; n <= to; n++) yield n;
    },
  }),
};

function textOf(item: unknown): string {
  return typeof item === "object" ? JSON.stringify(item) : String(item);
}
