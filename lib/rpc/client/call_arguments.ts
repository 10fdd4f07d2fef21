/**
 * The arguments of the calls of a typed client.
 *
 * @module
 */

/** The names of methods. */
export type NameOf<M> = keyof M & string;

/** The arguments of a call behind the method's name: params by name or by position, and options. */
export type CallArguments<Params, Options> = undefined extends Params
  ? [params?: Params | readonly unknown[], options?: Options]
  : [params: Params | readonly unknown[], options?: Options];
