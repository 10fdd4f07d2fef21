import { DariError } from "../../base/errors.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { flag, operand, operands, option } from "../app/option.ts";
import { methodName, text } from "../app/value_type.ts";
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
    params: operands(text("NAME=VALUE"), "its params; a VALUE that is not JSON is text"),
  },
  options: {
    params: option(text("JSON"), "all params as an object or an array; - reads standard input"),
    ...connectionOptions,
    json: flag("print the result, or all items of a stream, as one JSON value"),
  },
  async run({ operands, options }, io) {
    const params = await paramsOf(operands.params, options.params, io);
    await using client = await connectAsAsked(options, io);
    const items = client.stream(operands.method, params, {
      signal: io.signal,
      // Whether it streams is not known before it answers; so streams have the deadline of calls.
      timeoutMs: options.timeout,
    });
    return await printAll(items, options.json, io);
  },
});

/** A stream is printed as it comes; anything else is what the iterator returns. */
async function printAll(
  items: AsyncIterator<unknown, unknown>,
  isJson: boolean,
  io: Io,
): Promise<number> {
  const gathered: unknown[] = [];
  let isStream = false;
  while (true) {
    const { done, value } = await items.next();
    if (done) {
      if (isJson) io.print(JSON.stringify(isStream ? gathered : value));
      else if (!isStream) io.print(JSON.stringify(value, undefined, 2));
      return 0;
    }
    isStream = true;
    if (isJson) gathered.push(value);
    else io.print(JSON.stringify(value));
  }
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
    const params = JSON.parse(json);
    if (typeof params === "object" && params !== null) return params;
  } catch {
    // The error below covers text that is not JSON as well.
  }
  throw new DariError("usage", "--params takes a JSON object or array, for instance '[10, 20]'");
}

function namedParams(pairs: readonly string[]): Record<string, unknown> {
  const entries = pairs.map((pair): [string, unknown] => {
    const equals = pair.indexOf("=");
    if (equals < 1) {
      throw new DariError("usage", `${JSON.stringify(pair)} is not a param; write NAME=VALUE`);
    }
    return [pair.slice(0, equals), valueOf(pair.slice(equals + 1))];
  });
  return Object.fromEntries(entries);
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
