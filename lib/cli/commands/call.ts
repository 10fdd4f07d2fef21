import { DariError } from "../../base/errors.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { flag, operand, operands, option, repeatedOption } from "../app/option.ts";
import { file, methodName, param, text } from "../app/value_type.ts";
import { withFiles } from "../transfer/file_params.ts";
import { checkOutput, isStream, saveOutput } from "../transfer/output_file.ts";
import { ProgressBar } from "../transfer/progress_bar.ts";
import { resumed, type Try } from "../transfer/resume.ts";
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
    ["dari call upload --file file=movie.mkv", "a file as a param"],
    ["dari call download --output movie.mkv", "a file as a result"],
    "dari call add a=1 b=2 --to tls://localhost:9090 --ca .dari/ca.crt",
  ],
  operands: {
    method: operand(methodName, "the method"),
    params: operands(param, "its params; a VALUE that is not JSON is text"),
  },
  options: {
    params: option(text("JSON"), "all params as an object or an array; - reads standard input"),
    file: repeatedOption(file("NAME=PATH"), "a file as a param"),
    output: option(file("PATH"), "save the result: files and bytes as they are, else JSON"),
    overwrite: flag("let --output replace a file"),
    ...connectionOptions,
    json: flag("print the result, or all items of a stream, as one JSON value"),
  },
  notes: [
    "Numbers keep all their digits, in params and in results. A VALUE that is a number too large " +
    "for JSON's readers, such as 12e34567, is text.",
    "When the connection breaks, a call with --file is made again as long as --timeout allows, and a " +
    "server that kept what it had goes on from there. --output keeps PATH.part and goes on from that, " +
    "also the next time.",
  ],
  async run({ operands, options }, io) {
    const { method } = operands;
    const digits = new DigitKeeper();
    const sending = new ProgressBar(io, "sent");
    const plain = await paramsOf(operands.params, options.params, io);
    const { params, size } = withFiles(plain, options.file, (read) => sending.update(read, size));
    const { output: path, overwrite } = options;
    if (path !== undefined) await checkOutput({ path, overwrite });
    const startedAt = performance.now();
    await using client = await connectAsAsked(options, io, (lines) => digits.hide(lines));
    const isUpload = options.file.length > 0;
    const once = async (attempt: Try): Promise<number> => {
      if (isUpload) attempt.isRepeatable = true;
      // Whether it streams is not known before it answers; so streams have the deadline of calls.
      const items = client.stream(method, params, { signal: io.signal, timeoutMs: attempt.leftMs });
      const given = { items, sending, digits, io, attempt, isJson: options.json };
      return await (path === undefined ? printAll(given) : saveAs(path, overwrite, given));
    };
    try {
      return await resumed(once, {
        method,
        timeoutMs: Math.max(0, options.timeout - (performance.now() - startedAt)),
        signal: io.signal,
        onBroken({ message }) {
          sending[Symbol.dispose]();
          io.warn(`dari: ${message}; trying again`);
        },
      });
    } catch (error) {
      throw await withHint(error, { method, pairs: operands.params }, client);
    } finally {
      sending[Symbol.dispose]();
    }
  },
});

/** What one try gives, and what it is shown with. */
interface Given {
  readonly items: AsyncIterator<unknown, unknown>;
  /** Ended in front of what is printed. */
  readonly sending: ProgressBar;
  readonly digits: DigitKeeper;
  readonly io: Io;
  readonly attempt: Try;
  readonly isJson: boolean;
}

async function saveAs(path: string, overwrite: boolean, given: Given): Promise<number> {
  const { items, digits, io, attempt, isJson } = given;
  using receiving = new ProgressBar(io, "received");
  const bytes = await saveOutput(items, {
    path,
    overwrite,
    signal: io.signal,
    toJson: (value, indent) => digits.write(value, indent),
    onFile() {
      attempt.isRepeatable = true;
      given.sending[Symbol.dispose]();
    },
    onProgress(bytes, size) {
      attempt.progressed();
      receiving.update(bytes, size);
    },
  });
  if (isJson) io.print(JSON.stringify({ output: path, bytes }));
  return 0;
}

/** A stream is printed as it comes; anything else is what the iterator returns. */
async function printAll(given: Given, isStreamed = false): Promise<number> {
  const { items, sending, digits, io, attempt, isJson } = given;
  const gathered: unknown[] = [];
  let hasItems = isStreamed;
  while (!io.isOutputClosed) {
    const { done, value } = await items.next();
    sending[Symbol.dispose]();
    if (done) {
      if (!hasItems && isStream(value)) {
        return await printAll({ ...given, items: value[Symbol.asyncIterator]() }, true);
      }
      if (isJson) io.print(digits.write(hasItems ? gathered : value ?? null));
      else if (!hasItems) io.print(digits.write(value ?? null, 2));
      return 0;
    }
    hasItems = true;
    if (isJson) gathered.push(value);
    else {
      attempt.isRepeatable = false; // it would be printed twice
      io.print(digits.write(value));
    }
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
