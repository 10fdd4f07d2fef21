/**
 * Makes clients in other languages of OpenRPC documents.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import type { MethodObject, OpenRpcDocument } from "../protocol/openrpc.ts";
import { documentLines, hashOfLines } from "./document_lines.ts";
import { writeGo } from "./go/write.ts";
import type { Model } from "./model/model.ts";
import { readDocument } from "./model/read_document.ts";
import { writePython } from "./python/write.ts";
import type { Frame } from "./text/frame.ts";
import type { Language } from "./text/quote.ts";
import { writeTypeScript } from "./typescript/write.ts";

/** A language, and what its clients are told. */
interface Writer {
  readonly write: (model: Model, frame: Frame) => string;
  readonly needs: string;
}

const writers: Readonly<Record<Language, Writer>> = {
  typescript: {
    write: writeTypeScript,
    needs:
      "Begin with connect(); its client is the first argument of every function. The file runs in Deno, " +
      "Node, Bun and browsers, and needs nothing else.",
  },
  python: {
    write: writePython,
    needs:
      "Begin with connect(); its client is the first argument of every function. The file needs Python " +
      "3.9 or later, and nothing else.",
  },
  go: {
    write: writeGo,
    needs:
      "Begin with Connect; its client has a function for each method. The file needs Go 1.19 or later, " +
      "and nothing else.",
  },
};

/** The languages. */
export const LANGUAGES: readonly Language[] = Object.keys(writers) as Language[];

/** What a client is to be. */
export interface GenerateOptions {
  /** Its language. */
  readonly language: Language;
  /**
   * The methods that it has: names, and beginnings of names with `*`.
   *
   * @default {["*"]}
   */
  readonly methods?: readonly string[] | undefined;
  /** The name of the package in Go. @default {"api"} */
  readonly packageName?: string | undefined;
}

/**
 * Makes a client.
 *
 * @param document What a server says of itself (`rpc.discover`), or what was saved of it.
 * @param options The language, and which methods.
 * @returns The text of one file. The same document gives the same text.
 * @throws {DariError} `data` where it is no OpenRPC document, `not_found` where a pattern finds no
 * method.
 */
export async function generateClient(
  document: unknown,
  { language, methods: patterns = ["*"], packageName = "api" }: GenerateOptions,
): Promise<string> {
  readDocument(document); // says what is wrong with it, before it is taken for one
  const selected = selectMethods(document as OpenRpcDocument, patterns);
  const trailer = documentLines(selected);
  const model = readDocument(selected);
  const { write, needs } = writers[language];
  const only = patterns.includes("*") ? "" : ` --methods '${patterns.join(",")}'`;
  const header = [
    `Calls the methods of ${JSON.stringify(model.title)}, version ${
      JSON.stringify(model.version)
    }.`,
    "",
    `Made by dari ${VERSION}: dari client generate --language ${language}${only}`,
    "Do not edit it; generate it again. dari client check says when that is needed.",
    needs,
    "",
    `Document: sha256:${await hashOfLines(trailer)}`,
  ];
  return write(model, { header, trailer, packageName });
}

/**
 * Keeps some methods of a document.
 *
 * @param document The document.
 * @param patterns Names, and beginnings of names with `*`.
 * @returns The document with those methods alone.
 * @throws {DariError} `not_found` where a pattern finds none.
 */
export function selectMethods(
  document: OpenRpcDocument,
  patterns: readonly string[],
): OpenRpcDocument {
  const kept = new Set<MethodObject>();
  for (const pattern of patterns) {
    const isOpen = pattern.endsWith("*");
    const start = isOpen ? pattern.slice(0, -1) : pattern;
    const found = document.methods.filter(({ name }) =>
      isOpen ? name.startsWith(start) : name === start
    );
    if (found.length === 0 && pattern !== "*") {
      throw new DariError(
        "not_found",
        `No method fits ${
          JSON.stringify(pattern)
        }; dari discover --names lists those that you may call`,
      );
    }
    for (const method of found) kept.add(method);
  }
  return { ...document, methods: document.methods.filter((method) => kept.has(method)) };
}
