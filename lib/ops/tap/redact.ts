/**
 * Params for the eyes of administrators: secrets are taken out, by what a method's schema says and by
 * the names of members.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { JsonSchema } from "../../protocol/openrpc.ts";
import { jsonSchemaOf } from "../../rpc/method/json_schema.ts";
import type { Methods } from "../../rpc/method/method.ts";

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

/** Names of members that hold secrets, in any spelling: `apiKey`, `api_key`, `API-KEY`. */
const SECRET = new RegExp(
  "pass(?:word|wd|phrase|code)|secret|token|credential|authorization|cookie|signature|bearer|" +
    "(?:api|private|session|access|encryption)key|^(?:pin|otp|totp|cvc|cvv|pwd)$",
);

type SchemaObject = Exclude<JsonSchema, boolean>;

/** Takes the secrets out of the params of one server's methods. */
export class Redactor {
  readonly #methods: Methods;
  /** Made by the first params of each method. */
  readonly #shapes = new Map<string, Shape>();

  /** @param methods The methods, with their schemas. */
  constructor(methods: Methods) {
    this.#methods = methods;
  }

  /**
   * Writes params without their secrets.
   *
   * @param method The method's name.
   * @param params The params, as they were sent.
   * @returns JSON of bounded length; a longer one is cut and ends with `…`.
   */
  write(method: string, params: unknown): string {
    const shape = this.#shapeOf(method);
    const named = Array.isArray(params)
      ? params.map((value, at) => byPosition(value, shape.positions[at], shape))
      : cleaned(params, shape.schema, shape.root, 0);
    const text = JSON.stringify(named) ?? "";
    const { maxTapParamsLength: max } = limits;
    return text.length <= max ? text : `${text.slice(0, max)}…`;
  }

  #shapeOf(name: string): Shape {
    const known = this.#shapes.get(name);
    if (known !== undefined) return known;
    const declared = Object.hasOwn(this.#methods, name) ? this.#methods[name] : undefined;
    const method = typeof declared === "object" ? declared : undefined;
    const schema = objectOf(jsonSchemaOf(method?.params, "input"));
    const positions = method?.positions ?? Object.keys(schema?.properties ?? {});
    const shape = { schema, root: schema, positions };
    // Peers choose the names of methods that do not exist.
    if (declared !== undefined) this.#shapes.set(name, shape);
    return shape;
  }
}

/** What is known of the params of a method. */
interface Shape {
  readonly schema: SchemaObject | undefined;
  /** Where references inside of the schema begin. */
  readonly root: SchemaObject | undefined;
  readonly positions: readonly string[];
}

/** Text in a place without a name may be anything. */
function byPosition(value: unknown, name: string | undefined, { schema, root }: Shape): unknown {
  if (name === undefined) {
    return typeof value === "string" ? REDACTED : cleaned(value, undefined, root, 1);
  }
  return member(name, value, schema, root, 0);
}

function member(
  name: string,
  value: unknown,
  schema: SchemaObject | undefined,
  root: SchemaObject | undefined,
  depth: number,
): unknown {
  if (SECRET.test(name.toLowerCase().replace(/[^a-z]/g, ""))) return REDACTED;
  const parts = partsOf(schema, root, 0);
  const found = parts.flatMap(({ properties }) =>
    isObject(properties) && Object.hasOwn(properties, name) ? [properties[name] as JsonSchema] : []
  );
  const others = found.length > 0
    ? found
    : parts.map(({ additionalProperties }) => additionalProperties as JsonSchema | undefined);
  return cleaned(value, { allOf: others.map((each) => objectOf(each) ?? {}) }, root, depth + 1);
}

function cleaned(
  value: unknown,
  schema: SchemaObject | undefined,
  root: SchemaObject | undefined,
  depth: number,
): unknown {
  const parts = partsOf(schema, root, 0);
  if (parts.some(isSecret)) return REDACTED;
  if (depth > limits.maxTapParamsDepth) return "…";
  if (typeof value === "string") {
    const { maxTapTextLength: max } = limits;
    return value.length <= max ? value : `${value.slice(0, max)}…`;
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = parts.flatMap((part) => objectOf(part.items as JsonSchema | undefined) ?? []);
    const shown = value.slice(0, limits.maxTapListLength)
      .map((each) => cleaned(each, { allOf: items }, root, depth + 1));
    return value.length > shown.length ? [...shown, "…"] : shown;
  }
  const members = Object.entries(value);
  const shown = members.slice(0, limits.maxTapListLength)
    .map(([name, each]) => [name, member(name, each, schema, root, depth)]);
  return Object.fromEntries(members.length > shown.length ? [...shown, ["…", "…"]] : shown);
}

function isSecret({ format, writeOnly }: SchemaObject): boolean {
  return format === "password" || writeOnly === true;
}

/** A schema with all that it is put together from: a secret in one of them is a secret. */
function partsOf(
  schema: SchemaObject | undefined,
  root: SchemaObject | undefined,
  depth: number,
): SchemaObject[] {
  if (schema === undefined || depth > limits.maxTapParamsDepth) return [];
  const { allOf, anyOf, oneOf, $ref } = schema as SchemaObject & Record<string, unknown>;
  const inside = [allOf, anyOf, oneOf].flatMap((list) => Array.isArray(list) ? list : []);
  const referred = typeof $ref === "string" ? [resolve($ref, root)] : [];
  return [
    schema,
    ...[...inside, ...referred].flatMap((each) => partsOf(objectOf(each), root, depth + 1)),
  ];
}

function resolve(reference: string, root: SchemaObject | undefined): JsonSchema | undefined {
  if (!reference.startsWith("#")) return undefined;
  let found: unknown = root;
  for (const step of reference.split("/").slice(1)) {
    const name = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) {
      return undefined;
    }
    found = (found as Record<string, unknown>)[name];
  }
  return found as JsonSchema;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function objectOf(schema: JsonSchema | undefined): SchemaObject | undefined {
  return typeof schema === "object" && schema !== null ? schema : undefined;
}
