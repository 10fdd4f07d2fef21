/**
 * What a validator must offer: Standard Schema, which zod, valibot, arktype and others implement.
 *
 * @see {@link https://standardschema.dev | Standard Schema} version 1
 * @module
 */

/** A schema that checks and converts values. */
export interface Schema<Input = unknown, Output = Input> {
  /** The member that Standard Schema puts its parts in. */
  readonly "~standard": SchemaParts<Input, Output>;
}

/** The parts of a schema. */
export interface SchemaParts<Input, Output> {
  /** The version of the standard. */
  readonly version: 1;
  /** The library that made the schema. */
  readonly vendor: string;
  /** Checks a value. */
  readonly validate: (
    value: unknown,
  ) => SchemaVerdict<Output> | Promise<SchemaVerdict<Output>>;
  /** Never read: it carries the types. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  /** The schema as JSON Schema, where the library can tell. */
  readonly jsonSchema?: {
    /** What goes in. */
    readonly input: (options: JsonSchemaOptions) => Record<string, unknown>;
    /** What comes out. */
    readonly output: (options: JsonSchemaOptions) => Record<string, unknown>;
  } | undefined;
}

/** What a library is told when it makes a JSON Schema. */
export interface JsonSchemaOptions {
  /** The draft. */
  readonly target: "draft-07";
  /** What only some libraries know. */
  readonly libraryOptions?: Record<string, unknown> | undefined;
}

/** What a schema takes (`input`), and what it gives (`output`). */
export type SchemaTypes<S> = S extends Schema ? NonNullable<S["~standard"]["types"]> : never;

/** What a check found: the converted value, or what is wrong. */
export type SchemaVerdict<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  /** What is wrong. */
  readonly message: string;
  /** The members on the way to it. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Names what is wrong with a value, for people.
 *
 * @param issues What a schema found.
 * @returns One line.
 */
export function listOf(issues: readonly SchemaIssue[]): string {
  return issues.map(({ path, message }) => {
    const place = path?.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return place ? `${place}: ${message}` : message;
  }).join("; ");
}
