/**
 * Describes a server's methods as an OpenRPC document.
 *
 * @see {@link https://spec.open-rpc.org/ | OpenRPC 1.4}
 * @module
 */

/** A JSON Schema; `true` admits every value. */
export type JsonSchema = Record<string, unknown> | boolean;

/** A named value with its schema. */
export interface ContentDescriptor {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required?: boolean;
}

/** An error that a method declares. */
export interface ErrorDescriptor {
  /** Its number on the wire. */
  readonly code: number;
  /** Its name. */
  readonly message: string;
  /** The schema of its data. */
  readonly data?: JsonSchema;
}

/** One method. */
export interface MethodObject {
  readonly name: string;
  readonly summary?: string;
  readonly paramStructure?: "by-name" | "by-position" | "either";
  readonly params: readonly ContentDescriptor[];
  readonly result: ContentDescriptor;
  /** Whether callers should move to another method. */
  readonly deprecated?: boolean;
  /** A sentence about that: what to call instead. */
  readonly "x-deprecated"?: string;
  /** The errors that it declares, each named by its message. */
  readonly errors?: readonly ErrorDescriptor[];
  /** Whether it can be called without signing in. */
  readonly "x-public": boolean;
  /** True for a method that only administrators, and those whom a rule names, may call. */
  readonly "x-admin"?: true;
  /** Whether its result is a stream of items of the result's schema. */
  readonly "x-stream": boolean;
  /** True for a method of which running a call twice does no more than running it once. */
  readonly "x-idempotent"?: true;
  /** How its stream goes on behind an item: which param takes the cursor, and which member is one. */
  readonly "x-cursor"?: { readonly param: string; readonly item?: string };
}

/** The document that `rpc.discover` answers with. */
export interface OpenRpcDocument {
  readonly openrpc: "1.4.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly methods: readonly MethodObject[];
  /** True where the server remembers the answers of calls with an idempotency key. */
  readonly "x-idempotency-keys"?: true;
}

/** What a server knows about a method without calling it. */
export interface MethodDescription {
  readonly name: string;
  readonly summary?: string | undefined;
  readonly isPublic: boolean;
  readonly isAdmin: boolean;
  readonly isStream: boolean;
  readonly isIdempotent?: boolean | undefined;
  /** How its stream goes on behind an item. */
  readonly cursor?: { readonly param: string; readonly item?: string | undefined } | undefined;
  /** The schema of the params as one object or array; absent if there is none. */
  readonly params?: JsonSchema | undefined;
  /** The names of the params in order, for a method that has no schema. */
  readonly positions?: readonly string[] | undefined;
  /** The schema of the result, or of one item of a stream. */
  readonly result?: JsonSchema | undefined;
  /** The errors that it declares. */
  readonly errors?: readonly ErrorDescriptor[] | undefined;
  /** Whether callers should move to another method; a sentence says to which. */
  readonly deprecated?: string | boolean | undefined;
}

/**
 * Makes the document that `rpc.discover` answers with.
 *
 * @param info Its title and version.
 * @param methods Its methods.
 * @param keepsAnswers Whether it remembers the answers of calls with an idempotency key.
 * @returns A document valid against OpenRPC's meta-schema.
 */
export function openRpcDocument(
  info: { title: string; version: string },
  methods: Iterable<MethodDescription>,
  keepsAnswers = false,
): OpenRpcDocument {
  return {
    openrpc: "1.4.0",
    info: { title: info.title, version: info.version },
    methods: Array.from(methods, methodObject),
    ...(keepsAnswers ? { "x-idempotency-keys": true } : {}),
  };
}

/**
 * Describes one method, as the document does.
 *
 * @param method What a server knows of it.
 */
export function methodObject(method: MethodDescription): MethodObject {
  const { deprecated, errors } = method;
  return {
    name: method.name,
    ...(method.summary === undefined ? {} : { summary: method.summary }),
    paramStructure: "either",
    params: paramsOf(method),
    result: { name: method.isStream ? "item" : "result", schema: method.result ?? true },
    ...(deprecated ? { deprecated: true } : {}),
    ...(typeof deprecated === "string" ? { "x-deprecated": deprecated } : {}),
    ...(errors === undefined ? {} : { errors }),
    "x-public": method.isPublic,
    ...(method.isAdmin ? { "x-admin": true } : {}),
    "x-stream": method.isStream,
    ...(method.isIdempotent ? { "x-idempotent": true } : {}),
    ...(method.cursor === undefined ? {} : { "x-cursor": cursorOf(method.cursor) }),
  };
}

function cursorOf({ param, item }: { param: string; item?: string | undefined }) {
  return item === undefined ? { param } : { param, item };
}

function paramsOf({ params, positions }: MethodDescription): ContentDescriptor[] {
  const { properties = {}, required = [] } = (typeof params === "object" ? params : {}) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  const names = positions ?? Object.keys(properties);
  const definitions = definitionsOf(params);
  const known = Object.keys(properties).length > 0;
  return names.map((name) => ({
    name,
    schema: withDefinitions(properties[name] ?? true, definitions),
    ...(known ? { required: required.includes(name) } : {}),
  }));
}

/** What the references of a schema name, which stands at its root. */
function definitionsOf(schema: JsonSchema | undefined): Record<string, unknown> {
  const { $defs, definitions } = typeof schema === "object" ? schema : {};
  return {
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
}

/** A part of a schema that becomes a schema of its own takes along what it refers to. */
function withDefinitions(schema: JsonSchema, definitions: Record<string, unknown>): JsonSchema {
  if (typeof schema !== "object" || Object.keys(definitions).length === 0) return schema;
  return JSON.stringify(schema).includes('"$ref"') ? { ...schema, ...definitions } : schema;
}
