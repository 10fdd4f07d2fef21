import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { parseDuration } from "../app/duration.ts";
import type { Arguments, Command, Io } from "../app/command.ts";
import { connectAsAsked, connectionFlags, connectionHelp } from "../app/connection.ts";

/** `dari call` */
export const command: Command = {
  summary: "Call a method and print its result",
  help: `
Call a method of a server.

  dari call add a=10 b=20
  dari call process_data data='[1,2,3]' prefix=item_
  dari call add --params '[10, 20]'
  dari call count to=3                            a stream: one item a line
  dari call add a=1 b=2 --to tls://localhost:9090 --ca .dari/ca.crt

  NAME=VALUE         a param; VALUE is JSON where it parses, text otherwise
  --params JSON      all params as an object or array; - reads standard input
${connectionHelp}
  --json             print the result, or the items, as one JSON value`,
  flags: { string: [...connectionFlags, "params"], boolean: ["insecure"] },
  async run(args, io) {
    const [method, ...pairs] = args.words;
    if (method === undefined) {
      throw new DariError("usage", "Which method? For instance: dari call add a=10 b=20");
    }
    const params = await paramsOf(pairs, args.option("params"), io);
    await using client = await connectAsAsked(args, io);
    const timeout = args.option("timeout");
    const items = client.stream(method, params, {
      signal: io.signal,
      // Whether it streams is not known before it answers; so streams have the deadline of calls.
      timeoutMs: timeout === undefined ? limits.callTimeoutMs : parseDuration(timeout, "timeout"),
    });
    return await printAll(items, args, io);
  },
};

/** A stream is printed as it comes; anything else is what the iterator returns. */
async function printAll(
  items: AsyncIterator<unknown, unknown>,
  args: Arguments,
  io: Io,
): Promise<number> {
  const isJson = args.flag("json");
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
    // Said below, as for any other text that is no params.
  }
  throw new DariError("usage", "--params takes a JSON object or array, for instance '[10, 20]'");
}

function namedParams(pairs: readonly string[]): Record<string, unknown> {
  const entries = pairs.map((pair): [string, unknown] => {
    const equals = pair.indexOf("=");
    if (equals < 1) throw new DariError("usage", `"${pair}" is no param; write NAME=VALUE`);
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
