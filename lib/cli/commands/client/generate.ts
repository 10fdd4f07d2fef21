import { DariError } from "../../../base/errors.ts";
import { generateClient, LANGUAGES } from "../../../codegen/generate.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { option, optionalOperand, requiredOption } from "../../app/option.ts";
import { choice, file, text } from "../../app/value_type.ts";
import { readDocument } from "../../document/document_file.ts";
import { connectAsAsked, connectionOptions } from "../../workspace/server_connection.ts";

/** `dari client generate` */
export const command: Command = defineCommand({
  examples: [
    "dari client generate --language python > shop.py",
    ["dari client generate api.json --language go --package shop", "of a saved document"],
    "dari client generate --language typescript --methods 'orders.*,stock.get'",
  ],
  operands: {
    document: optionalOperand(
      file("DOCUMENT"),
      "a document of dari discover --save (default: ask the server)",
    ),
  },
  options: {
    language: requiredOption(choice("LANGUAGE", LANGUAGES), "the language of the client"),
    methods: option(text("NAMES"), "only these methods: names, and beginnings with *", {
      default: "*",
    }),
    package: option(text("NAME"), "the name of the package, in Go", { default: "api" }),
    ...connectionOptions,
  },
  notes: [
    "The client is one file that needs nothing but its language's own library: functions and types " +
    "for the methods, their errors, streams, deadlines, cancellation, retries, and sign-in.",
    "It is made of the methods that you may call. The same document gives the same file; dari client " +
    "check says whether the file still fits the server.",
  ],
  async run({ operands: { document: path }, options }, io) {
    const { language, package: packageName } = options;
    if (!PACKAGE.test(packageName)) {
      throw new DariError(
        "usage",
        `--package ${packageName}: a package of Go has small letters and digits, and is no keyword`,
      );
    }
    const methods = options.methods.split(",").map((name) => name.trim()).filter((name) => name);
    if (methods.length === 0) {
      throw new DariError(
        "usage",
        "--methods names no method; write --methods 'orders.*,stock.get'",
      );
    }
    const document = path === undefined ? await discover() : await readDocument(path);
    const client = await generateClient(document, { language, methods, packageName });
    io.print(options.json ? JSON.stringify({ language, client }) : client.trimEnd());
    return 0;

    async function discover(): Promise<unknown> {
      await using server = await connectAsAsked(options, io);
      return await server.call("rpc.discover");
    }
  },
});

/** Not a keyword of the language. */
const PACKAGE =
  /^(?!(?:break|case|chan|const|continue|default|defer|else|fallthrough|for|func|go|goto|if|import|interface|map|package|range|return|select|struct|switch|type|var)$)[a-z][a-z0-9_]*$/;
