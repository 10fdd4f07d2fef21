/**
 * The methods of `dari serve` without a module: enough for a first call.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
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
    handler: ({ data, prefix = "" }) => {
      let length = 0;
      return data.map((item) => {
        const text = `${prefix}${textOf(item)}`;
        length += text.length;
        if (length > limits.maxSampleTextBytes) throw tooMuchText(data.length, prefix.length);
        return text;
      });
    },
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
  sum: method({
    summary: "The sum of a stream of numbers, or of an array of them",
    public: true,
    params: record<{ numbers: AsyncIterable<unknown> | unknown[] }>({ numbers: "stream" }),
    async handler({ numbers }) {
      let sum = 0;
      for await (const number of numbers) {
        if (typeof number !== "number") throw noNumber(number);
        sum += number;
      }
      return sum;
    },
  }),
};

function noNumber(item: unknown): DariError {
  return new DariError("invalid_params", `sum adds numbers, and an item is a ${typeof item}`);
}

function tooMuchText(items: number, prefixLength: number): DariError {
  return new DariError(
    "resource_exhausted",
    `${items} items behind a prefix of ${prefixLength} characters are more than ` +
      `${limits.maxSampleTextBytes} bytes of text; send fewer`,
    { retryable: false },
  );
}

function textOf(item: unknown): string {
  return typeof item === "object" ? JSON.stringify(item) : String(item);
}
