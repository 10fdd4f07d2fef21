import { DariError } from "../../base/errors.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { flag, operand, operands, option } from "../app/option.ts";
import { methodName, param, text } from "../app/value_type.ts";
import { withHint } from "../workspace/call_hints.ts";
import { DigitKeeper, parseExact } from "../workspace/exact_json.ts";
import { namedParams } from "../workspace/param_pairs.ts";
import { connectAsAsked, connectionOptions } from "../workspace/server_connection.ts";

/** `dari call` */
export const command: Command = defineCommand({
  examples: [
    "dari call add a=10 b=20",
    "dari call process_data data='[1,2,3]' prefix=item_",
    "dari call add --params '[10, 20]'",
    ["dari call count to=3", "a stream: one item a line"],
    "dari call add a=1 b=2 --to tls://localhost:9090 --ca .dari/ca.crt",
  ],
  operands: {
    method: operand(methodName, "the method"),
    params: operands(param, "its params; a VALUE that is not JSON is text"),
  },
  options: {
    params: option(text("JSON"), "all params as an object or an array; - reads standard input"),
    ...connectionOptions,
    json: flag("print the result, or all items of a stream, as one JSON value"),
  },
  notes: [
    "Numbers keep all their digits, in params and in results. A VALUE that is a number too large " +
    "for JSON's readers, such as 12e34567, is text.",
  ],
  async run({ operands, options }, io) {
    const startedAt = performance.now();
    const params = await paramsOf(operands.params, options.params, io);
    const digits = new DigitKeeper();
    await using client = await connectAsAsked(options, io, (lines) => digits.hide(lines));
    const items = client.stream(operands.method, params, {
      signal: io.signal,
      // Whether it streams is not known before it answers; so streams have the deadline of calls.
      timeoutMs: Math.max(0, options.timeout - (performance.now() - startedAt)),
    });
    try {
      return await printAll(items, options.json, digits, io);
    } catch (error) {
      throw await withHint(error, { method: operands.method, pairs: operands.params }, client);
    }
  },
});

/** A stream is printed as it comes; anything else is what the iterator returns. */
async function printAll(
  items: AsyncIterator<unknown, unknown>,
  isJson: boolean,
  digits: DigitKeeper,
  io: Io,
): Promise<number> {
  const gathered: unknown[] = [];
  let isStream = false;
  while (!io.isOutputClosed) {
    const { done, value } = await items.next();
    if (done) {
      if (isJson) io.print(digits.write(isStream ? gathered : value ?? null));
      else if (!isStream) io.print(digits.write(value ?? null, 2));
      return 0;
    }
    isStream = true;
    if (isJson) gathered.push(value);
    else io.print(digits.write(value));
  }
  return 0; // closing the client ends the stream
}

async function paramsOf(
  pairs: readonly string[],
  text: string | undefined,
  io: Io,
): Promise<unknown> {
  if (text === undefined) return pairs.length === 0 ? undefined : namedParams(pairs);
  if (pairs.length > 0) throw new DariError("usage", "Give params as NAME=VALUE or by --params");
  const json = text === "-" ? await io.readInput() : text;
  try {
    const params = parseExact(json);
    if (typeof params === "object" && params !== null) return params;
  } catch {
    // The error below covers text that is not JSON as well.
  }
  throw new DariError("usage", "--params takes a JSON object or array, for instance '[10, 20]'");
}
