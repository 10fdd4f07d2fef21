/**
 * The JSON Schema of a validator.
 *
 * @module
 */

import type { JsonSchema } from "../../protocol/openrpc.ts";
import type { Schema } from "./schema.ts";

const DATE_TIME = { type: "string", format: "date-time" } as const;
const BASE64 = { type: "string", contentEncoding: "base64" } as const;

/** What zod passes for each schema inside. */
interface ZodPart {
  readonly zodSchema: { _zod: { def: { type: string }; bag?: { Class?: unknown } } };
  readonly jsonSchema: Record<string, unknown>;
}

/** What arktype passes for what JSON Schema cannot say. */
interface ArkPart {
  readonly base: Record<string, unknown>;
  readonly proto?: unknown;
}

/**
 * Dates and bytes are described as the text that stands for them, and what JSON Schema has no word for
 * admits everything; without this, zod describes nothing of a schema that holds such a part.
 */
const libraryOptions = {
  // zod
  unrepresentable: "any",
  override({ zodSchema, jsonSchema }: ZodPart): void {
    const { def, bag } = zodSchema._zod;
    if (def.type === "date") Object.assign(jsonSchema, DATE_TIME);
    else if (bag?.Class === Uint8Array) Object.assign(jsonSchema, BASE64);
  },
  // arktype
  fallback: {
    date: () => DATE_TIME,
    proto: ({ base, proto }: ArkPart) => proto === Uint8Array ? BASE64 : base,
    default: ({ base }: ArkPart) => base,
  },
};

const TARGET = { target: "draft-07", libraryOptions } as const;

/**
 * The JSON Schema of a validator.
 *
 * @param schema The validator.
 * @param side What goes in or what comes out.
 * @returns Its JSON Schema, where its library can tell.
 */
export function jsonSchemaOf(
  schema: Schema | undefined,
  side: "input" | "output",
): JsonSchema | undefined {
  try {
    return schema?.["~standard"].jsonSchema?.[side](TARGET);
  } catch {
    return undefined; // A schema without a JSON form, for instance one that transforms.
  }
}
