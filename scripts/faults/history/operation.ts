/**
 * What a client did and was answered: a history is a list of these.
 *
 * @module
 */

/** One call of a client. */
export interface Operation<Input, Output> {
  /** What it asked for. */
  readonly input: Input;
  /** What it was answered; `undefined` where it was not told whether anything was done. */
  readonly output?: Output | undefined;
  /** When it called, in milliseconds. */
  readonly invokedAtMs: number;
  /** When it was answered, in milliseconds; without meaning where the answer is not known. */
  readonly returnedAtMs: number;
}

/** How something behaves that is used by one client at a time. */
export interface Model<State, Input, Output> {
  /** The state before the first operation. */
  readonly initial: State;
  /**
   * Carries an operation out.
   *
   * @param state The state before it.
   * @param input What is asked for.
   * @param output What was answered; `undefined` where that is not known.
   * @returns Every state that may follow; none where the answer is wrong in this state.
   */
  step(state: State, input: Input, output: Output | undefined): readonly State[];
  /**
   * Whether an operation that was answered so leaves every state as it is.
   *
   * @param input What was asked for.
   * @param output What was answered.
   */
  changesNothing(input: Input, output: Output): boolean;
  /**
   * Writes a state down.
   *
   * @param state The state.
   * @returns A text that is the same for the same states alone.
   */
  text(state: State): string;
}
