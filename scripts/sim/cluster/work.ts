/**
 * What is done at the servers of a cluster.
 *
 * @module
 */

import type { Deed, Doing, WorkSite } from "./doing.ts";
import { append, ask, burst, read, readGroup, snapshot, writeGroup } from "./entries.ts";
import {
  callByKey,
  claimName,
  disable,
  goOn,
  guess,
  knowPassword,
  present,
  revoke,
  signIn,
} from "./people.ts";
import type { ClusterStep, ClusterStepKind } from "./plan.ts";
import type { ClusterHost } from "./server.ts";

const deeds: Readonly<Record<ClusterStepKind, Deed>> = {
  ...{ append, ask, read, writeGroup, readGroup, burst, snapshot },
  ...{ claimName, signIn, present, goOn, revoke, disable, guess, knowPassword, callByKey },
};

/** Does steps. */
export class ClusterWork {
  readonly #site: WorkSite;
  readonly #underWay = new Set<Doing>();

  /** @param site What they are done with. */
  constructor(site: WorkSite) {
    this.#site = site;
  }

  /** How many are under way at servers that were not killed. */
  get underWay(): number {
    return [...this.#underWay].filter(({ program }) => !program.isDead).length;
  }

  /** Does a step at a server, if that runs. */
  perform(step: ClusterStep, { name, running }: ClusterHost): void {
    if (running === undefined) return;
    const { judge, time } = this.#site;
    const what = `${step.kind} ${step.id} at ${name}`;
    const doing = { ...running, site: this.#site, step, name, what };
    this.#underWay.add(doing);
    time.after(0, `does ${step.kind} ${step.id}`, () => {
      deeds[step.kind](doing)
        .catch((error) => judge.failed(what, error))
        .finally(() => this.#underWay.delete(doing));
    }, running.program);
  }
}
