/** The pool's method in the stress run. */

let runs = 0;
const name = crypto.randomUUID();

/** Tells which run of which worker a call has become, so that a call that ran twice is found out. */
export const count = (id: number): { id: number; worker: string; run: number } => (
  { id, worker: name, run: runs++ }
);
