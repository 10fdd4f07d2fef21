/**
 * What a client is generated from: methods, types and errors of a document, before any language.
 *
 * @module
 */

/** A value that stands for itself in a schema. */
export type Literal = string | number | boolean | null;

/** The type of a value, as JSON carries it. */
export type Type =
  | { readonly kind: Scalar }
  | { readonly kind: "literals"; readonly values: readonly Literal[] }
  | { readonly kind: "array"; readonly items: Type }
  /** An array of fixed places; `rest` are the elements behind them, where there may be any. */
  | { readonly kind: "tuple"; readonly items: readonly Type[]; readonly rest: Type | undefined }
  /** An object whose members have any names. */
  | { readonly kind: "record"; readonly values: Type }
  /** One of several types, at least two and none of them a union; `null` is the last. */
  | { readonly kind: "union"; readonly members: readonly Type[] }
  | { readonly kind: "named"; readonly type: NamedType };

/** The types without parts. `date` and `bytes` are text whose schema says what it means. */
export type Scalar =
  | "any"
  | "never"
  | "null"
  | "boolean"
  | "number"
  | "integer"
  | "string"
  | "date"
  | "bytes";

/** A type that gets a name of its own in the client. */
export interface NamedType {
  /** What it is called in the document, or where it stands; the languages make their names of it. */
  readonly hint: string;
  /** What the document says of it. */
  readonly doc: string | undefined;
  /** What it is; set when its schema has been read, since a schema may refer to itself. */
  body: Body;
}

/** What a named type is. */
export type Body =
  | {
    readonly kind: "object";
    readonly fields: readonly Field[];
    readonly others: Type | undefined;
  }
  | { readonly kind: "alias"; type: Type };

/** A member of an object, or a param. */
export interface Field {
  /** Its name on the wire. */
  readonly name: string;
  /** Its type. */
  readonly type: Type;
  /** Whether it may be left out. */
  readonly isOptional: boolean;
  /** What the document says of it. */
  readonly doc: string | undefined;
}

/** An error that methods declare. */
export interface ErrorModel {
  /** Its name on the wire. */
  readonly name: string;
  /** What the languages make its name of: with the method, where two methods mean different things. */
  readonly hint: string;
  /** The type of its details. */
  readonly details: Type;
}

/** A method. */
export interface MethodModel {
  /** Its name on the wire. */
  readonly name: string;
  /** What the document says of it. */
  readonly doc: string | undefined;
  /** Its params, in order. */
  readonly params: readonly Field[];
  /** The type of its result, or of an item where it streams. */
  readonly result: Type;
  /** Whether it streams. */
  readonly isStream: boolean;
  /** Whether a call may be made twice. */
  readonly isIdempotent: boolean;
  /** What to call instead; `undefined` where it is not deprecated. */
  readonly deprecated: string | undefined;
  /** The errors that it declares. */
  readonly errors: readonly ErrorModel[];
}

/** Everything that a client is written from. */
export interface Model {
  /** The title of the document. */
  readonly title: string;
  /** Its version. */
  readonly version: string;
  /** Whether the server remembers the answers of calls with a key, so that these may be repeated. */
  readonly keepsKeys: boolean;
  /** The methods, by name. */
  readonly methods: readonly MethodModel[];
  /** The types with names, in the order in which the methods need them. */
  readonly types: readonly NamedType[];
  /** The errors, in the order in which the methods declare them. */
  readonly errors: readonly ErrorModel[];
}

/**
 * The JSON types that a value of a type may have, through names and unions.
 *
 * @param type The type.
 * @param seen Names that are being looked at: a type may refer to itself.
 * @returns The JSON types.
 */
export function jsonTypesOf(type: Type, seen: readonly NamedType[] = []): ReadonlySet<string> {
  switch (type.kind) {
    case "any":
      return new Set(["null", "boolean", "number", "string", "array", "object"]);
    case "never":
      return new Set();
    case "integer":
      return new Set(["number"]);
    case "date":
    case "bytes":
      return new Set(["string"]);
    case "tuple":
      return new Set(["array"]);
    case "record":
      return new Set(["object"]);
    case "literals":
      return new Set(type.values.map((value) => value === null ? "null" : typeof value));
    case "union":
      return new Set(type.members.flatMap((member) => [...jsonTypesOf(member, seen)]));
    case "named":
      if (type.type.body.kind === "object") return new Set(["object"]);
      if (seen.includes(type.type)) return new Set();
      return jsonTypesOf(type.type.body.type, [...seen, type.type]);
    default:
      return new Set([type.kind]);
  }
}

/**
 * Whether a type is, or has anywhere inside it, what somebody looks for.
 *
 * @param type The type.
 * @param isWanted Says whether a type is looked for.
 * @returns Whether one was found.
 */
export function someType(type: Type, isWanted: (type: Type) => boolean): boolean {
  const seen = new Set<NamedType>(); // a type may refer to itself
  const found = [type];
  for (const each of found) {
    if (isWanted(each)) return true;
    found.push(...partsOf(each, seen));
  }
  return false;
}

function partsOf(type: Type, seen: Set<NamedType>): readonly Type[] {
  switch (type.kind) {
    case "array":
      return [type.items];
    case "record":
      return [type.values];
    case "tuple":
      return type.rest === undefined ? type.items : [...type.items, type.rest];
    case "union":
      return type.members;
    case "named": {
      if (seen.has(type.type)) return [];
      seen.add(type.type);
      const { body } = type.type;
      if (body.kind === "alias") return [body.type];
      const types = body.fields.map((field) => field.type);
      return body.others === undefined ? types : [...types, body.others];
    }
    default:
      return [];
  }
}
