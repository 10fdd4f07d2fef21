/**
 * The methods of a server in the form that serving a call needs.
 *
 * @module
 */

import { mayMakeCalls } from "../../base/context/ambient_call.ts";
import type { DeclaredError } from "../../base/declared_error.ts";
import { DariError } from "../../base/errors.ts";
import type { ReplyMeta } from "../../protocol/message.ts";
import type { MethodDescription } from "../../protocol/openrpc.ts";
import {
  type Conversions,
  convertBySchema,
  schemaConversions,
} from "../../protocol/schema_conversions.ts";
import type { Context } from "./context.ts";
import { DeclaredErrors, undeclared } from "./declared_errors.ts";
import { jsonSchemaOf } from "./json_schema.ts";
import type { Method, MethodPool, Methods, PlainMethod } from "./method.ts";
import { paramsError } from "./params_error.ts";
import { listOf, type Schema, type SchemaIssue, type SchemaVerdict } from "./schema.ts";

/** Names with this prefix are reserved for the protocol (JSON-RPC 2.0, section 4). */
export const RESERVED_PREFIX = "rpc.";

/** The conversions of a schema that gives no text a meaning. */
const NOTHING: Conversions = {};

const AsyncGeneratorFunction = async function* () {}.constructor;

/** One method, ready to be called. */
export class RegisteredMethod {
  readonly name: string;
  /** Whether it is one of dari's own, which are served however busy the server is. */
  readonly isBuiltIn: boolean;
  /** Whether it can be called without signing in. */
  readonly isPublic: boolean;
  /** Whether it needs the role `admin`, or a rule that names it. */
  readonly isAdmin: boolean;
  /** Says what a call needs; `undefined` where that is the method itself. */
  readonly right: Method["right"];
  /** What is run; a server with interceptors puts them around it. */
  handler: (params: unknown, context: Context) => unknown;
  /** Whether the handler may make calls of its own, which inherit from the one that it serves. */
  mayMakeCalls: boolean;
  /** Whether running a call twice does no more than running it once. */
  readonly isIdempotent: boolean;
  /** Why callers should move on: a sentence, or `true`. */
  readonly deprecated: string | true | undefined;
  readonly #method: Method;
  readonly #errors: DeclaredErrors | undefined;
  /** The names of the params in order; read from the schema by the first call by position. */
  #positions: readonly string[] | undefined;
  /** What text in params may mean; read from the schema by the first params that do not fit. */
  #conversions: Conversions | undefined;
  /** Made by the first `describe`. */
  #description: MethodDescription | undefined;
  /** Whether the handler takes its params apart; found by the first call without named params. */
  #takesMembers: boolean | undefined;

  /**
   * @param name The method's name.
   * @param declared The function, or the declaration.
   * @param isPublic Whether it is public although it does not say so itself.
   * @param pool Runs the handler where the declaration asks for a worker.
   */
  constructor(
    name: string,
    declared: Method | PlainMethod,
    isPublic: boolean,
    pool?: MethodPool | undefined,
  ) {
    const method: Method = typeof declared === "function" ? { handler: declared } : declared;
    this.name = name;
    this.isBuiltIn = name.startsWith(RESERVED_PREFIX);
    this.isPublic = isPublic || method.public === true;
    this.isAdmin = method.admin === true;
    this.right = this.isBuiltIn ? method.right?.bind(method) : undefined;
    this.isIdempotent = method.idempotent === true;
    if (this.isAdmin && this.isPublic) {
      throw new TypeError(`"${name}" is administrative and public at once; choose one`);
    }
    this.mayMakeCalls = method.worker === true || mayMakeCalls(method.handler);
    this.deprecated = method.deprecated === false ? undefined : method.deprecated;
    this.#errors = method.errors && new DeclaredErrors(name, method.errors);
    this.handler = method.worker === true
      ? onPool(name, method, pool)
      : (method.handler.bind(method) as RegisteredMethod["handler"]);
    if (this.#errors !== undefined || this.deprecated !== undefined) {
      this.handler = withDeclarations(this.handler, this.#errors, this.deprecated);
    }
    this.#method = method;
    this.#positions = method.positions;
  }

  /**
   * Names params that came by position, checks and converts them.
   *
   * @param params As they were sent.
   * @returns What the handler gets.
   * @throws {DariError} `invalid_params`, naming each member that is wrong.
   */
  checkParams(params: unknown): unknown {
    let named = params;
    const schema = this.#method.params;
    if (params === undefined || Array.isArray(params)) {
      named = params && this.#named(params);
      if (schema === undefined && named === params) this.#checkUnnamed(named);
    }
    if (schema === undefined) return named;
    // A request may leave its params out (JSON-RPC 2.0, section 4); all of them may be optional.
    const given = named === undefined ? {} : named;
    const verdict = schema["~standard"].validate(given);
    if (verdict instanceof Promise) {
      return verdict.then((ready) => this.#checkedParams(schema, given, ready));
    }
    return verdict.issues ? this.#checkedParams(schema, given, verdict) : verdict.value;
  }

  /**
   * Text where the schema means a date or bytes comes from a peer that sends JSON alone, and fits when
   * it is converted. If it does not, the first verdict tells the caller what is wrong.
   */
  #checkedParams(schema: Schema, params: unknown, verdict: SchemaVerdict<unknown>): unknown {
    const errorOf = (issues: readonly SchemaIssue[]) => paramsError(this.name, issues);
    if (!verdict.issues) return verdict.value;
    this.#conversions ??= conversionsOf(schema);
    if (this.#conversions === NOTHING) throw errorOf(verdict.issues);
    const again = schema["~standard"].validate(convertBySchema(params, this.#conversions));
    const first = verdict.issues;
    return valueOf(again, () => errorOf(first));
  }

  /**
   * Checks and converts a result or an item of a stream.
   *
   * @param result What the handler gave.
   * @returns What is sent.
   * @throws {DariError} `internal`, since the server broke its own schema.
   */
  checkResult(result: unknown): unknown {
    const schema = this.#method.result;
    if (schema === undefined) return result;
    return valueOf(
      schema["~standard"].validate(result),
      (issues) =>
        new DariError(
          "internal",
          `The result of "${this.name}" is not valid: ${listOf(issues)}`,
        ),
    );
  }

  /**
   * Checks and converts a declared error that the handler threw.
   *
   * @param error The error.
   * @returns What the caller is told; `internal` for one that the method does not declare, or that
   * does not fit its schema.
   */
  checkError(error: DeclaredError): DariError | Promise<DariError> {
    return this.#errors === undefined ? undeclared(this.name, error) : this.#errors.check(error);
  }

  /** How `rpc.discover` describes the method. */
  describe(): MethodDescription {
    const { params, result, summary, handler, cursor, streams } = this.#method;
    return this.#description ??= {
      name: this.name,
      summary,
      isPublic: this.isPublic,
      isAdmin: this.isAdmin,
      isStream: streams === true || handler instanceof AsyncGeneratorFunction,
      isIdempotent: this.isIdempotent,
      cursor,
      params: jsonSchemaOf(params, "input"),
      positions: this.#method.positions,
      result: jsonSchemaOf(result, "output"),
      errors: this.#errors?.describe(),
      deprecated: this.deprecated,
    };
  }

  /** A handler that takes members apart, `({ a, b }) => …`, can do nothing without them. */
  #checkUnnamed(params: unknown): void {
    this.#takesMembers ??= takesMembers(this.#method.handler);
    if (!this.#takesMembers) return;
    const found = params === undefined ? "none came" : "they came by position";
    throw new DariError("invalid_params", `"${this.name}" takes params by name, and ${found}`);
  }

  #named(values: readonly unknown[]): unknown {
    this.#positions ??= positionsOf(this.#method.params);
    const names = this.#positions;
    if (names.length === 0) return values;
    if (values.length > names.length) {
      throw new DariError(
        "invalid_params",
        `"${this.name}" takes at most ${names.length} params (${
          names.join(", ")
        }), got ${values.length}`,
      );
    }
    return Object.fromEntries(values.map((value, index) => [names[index], value]));
  }
}

/**
 * Takes in the methods of a server.
 *
 * @param methods The methods by name; only own members count.
 * @param publicNames Names of methods that need no sign-in although they do not say so themselves.
 * @param pool Runs methods with `worker: true`.
 * @returns The methods by name.
 * @throws {TypeError} For a reserved or unusable name, a member that is no method, a public name
 * that no method has, a method that is public and administrative, and a method for a worker that streams or for which there is no pool.
 */
export function registerMethods(
  methods: Methods,
  publicNames: readonly string[] = [],
  pool?: MethodPool | undefined,
): Map<string, RegisteredMethod> {
  const registered = new Map<string, RegisteredMethod>();
  for (const [name, declared] of Object.entries(methods)) {
    // deno-lint-ignore no-control-regex
    if (name === "" || /[\x00-\x1f\x7f"\\]/.test(name)) {
      throw new TypeError(`${JSON.stringify(name)} cannot be a method's name`);
    }
    if (name.startsWith(RESERVED_PREFIX)) {
      throw new TypeError(`"${name}" cannot be registered: ${RESERVED_PREFIX} is reserved`);
    }
    if (typeof declared !== "function" && typeof declared?.handler !== "function") {
      throw new TypeError(`"${name}" is no method: pass a function or method({ handler })`);
    }
    registered.set(name, new RegisteredMethod(name, declared, publicNames.includes(name), pool));
  }
  for (const name of publicNames) {
    if (!registered.has(name)) throw new TypeError(`There is no method "${name}" to make public`);
  }
  return registered;
}

/** Gives the calls of a method what it declares: its errors, and that it is deprecated. */
function withDeclarations(
  handler: RegisteredMethod["handler"],
  errors: DeclaredErrors | undefined,
  deprecated: string | true | undefined,
): RegisteredMethod["handler"] {
  return (params, context) => {
    const call = context as { errors: Context["errors"]; replyMeta?: ReplyMeta };
    if (errors !== undefined) call.errors = errors.makers;
    if (deprecated !== undefined) call.replyMeta = { deprecated };
    return handler(params, context);
  };
}

function onPool(
  name: string,
  { handler }: Method,
  pool: MethodPool | undefined,
): RegisteredMethod["handler"] {
  if (handler instanceof AsyncGeneratorFunction) {
    throw new TypeError(`"${name}" streams, and a worker cannot; remove worker: true`);
  }
  if (pool === undefined) {
    throw new TypeError(
      `"${name}" runs on a worker, but the server has no pool; pass serve({ pool })`,
    );
  }
  return (params, { signal, deadline }) =>
    pool.call(name, params, { signal, timeoutMs: Math.max(1, deadline - Date.now()) });
}

/** The beginning of a function whose first parameter is taken apart. */
const TAKES_MEMBERS = /^(?:async\b\s*)?(?:function\b\s*)?\*?\s*[\w$]*\s*\(\s*\{/;

function takesMembers(handler: Method["handler"]): boolean {
  // One with a default, `({ a } = {}) => …`, is not counted by `length`.
  return handler.length > 0 && TAKES_MEMBERS.test(Function.prototype.toString.call(handler));
}

function valueOf(
  verdict: SchemaVerdict<unknown> | Promise<SchemaVerdict<unknown>>,
  errorOf: (issues: readonly SchemaIssue[]) => DariError,
): unknown {
  if (verdict instanceof Promise) return verdict.then((ready) => valueOf(ready, errorOf));
  if (verdict.issues) throw errorOf(verdict.issues);
  return verdict.value;
}

function conversionsOf(schema: Schema): Conversions {
  const described = jsonSchemaOf(schema, "input");
  return described === undefined ? NOTHING : schemaConversions(described) ?? NOTHING;
}

function positionsOf(schema: Schema | undefined): readonly string[] {
  const described = jsonSchemaOf(schema, "input");
  return typeof described === "object" ? Object.keys(described.properties ?? {}) : [];
}
