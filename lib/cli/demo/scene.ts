/**
 * The parts of the tour (`dari demo`).
 *
 * @module
 */

/** A sentence in both languages of the tour. */
export interface Text {
  /** In English. */
  readonly en: string;
  /** In Korean. */
  readonly ko: string;
}

/** What a scene is given. */
export interface Stage {
  /** A directory of the scene's own, which is removed after it. */
  readonly directory: string;
  /**
   * Shows what happened.
   *
   * @param what What was done.
   * @param outcome Its result, as a JSON value.
   */
  show(what: Text, outcome: unknown): void;
}

/** One scene of the tour: a real program over the public library. */
export interface Scene {
  /** What it is about. */
  readonly title: Text;
  /**
   * Plays it.
   *
   * @param stage Where it shows what happens.
   * @throws {Error} When a step fails.
   */
  play(stage: Stage): Promise<void>;
}

/**
 * Waits for work that must fail.
 *
 * @param work What must fail.
 * @returns The error's code and message.
 * @throws {Error} When it succeeds.
 */
export async function refusalOf(
  work: Promise<unknown>,
): Promise<{ code: string | undefined; message: string }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error ? String(error.code) : undefined;
    return { code, message: error.message };
  }
  throw new Error("This should have been refused");
}
