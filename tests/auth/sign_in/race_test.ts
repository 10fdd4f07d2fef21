import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Credentials,
  type Identity,
  openIdentity,
  type Principal,
  signIn,
} from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { generateKeyPair } from "../../../lib/cert/key/key_pair.ts";
import { encodePem } from "../../../lib/cert/mod.ts";
import { ITERATIONS, PASSWORD, peer, testIdentity } from "../../support/identity.ts";
import { interruptedStore } from "../../support/interrupted_store.ts";

/** The fewest moments of a sign-in: there is one before and one after each operation on the store. */
const MOMENTS = 6;

interface Interference {
  readonly act: (identity: Identity) => Promise<unknown>;
  /** Which sign-ins may still succeed that read the account only afterwards. */
  readonly leaves: "nothing" | "keys" | "everything";
}

/** How somebody signs in. */
interface Way {
  readonly credentials: (privateKey: string) => Credentials;
  /** The iterations that the server now uses for passwords. */
  readonly iterations?: number;
}

/** What another server does meanwhile; nothing that was granted before may work afterwards. */
const interferences: Record<string, Interference> = {
  "removed": { act: ({ accounts }) => accounts.remove("alice"), leaves: "nothing" },
  "disabled": { act: ({ accounts }) => accounts.disable("alice"), leaves: "nothing" },
  "removed and made anew": {
    async act({ accounts }) {
      await accounts.remove("alice");
      await accounts.add({ name: "alice", password: "another long one" });
    },
    leaves: "nothing",
  },
  "given another password": {
    act: ({ accounts }) => accounts.setPassword("alice", "another long one"),
    leaves: "keys",
  },
  "given another role": {
    act: ({ accounts }) => accounts.grant("alice", { add: ["admin"] }),
    leaves: "everything",
  },
  "signed out everywhere": {
    act: ({ sessions }) => sessions.revokeAll("alice"),
    leaves: "everything",
  },
};

async function attempt(identity: Identity, credentials: Credentials) {
  let principal: Principal | null = null;
  const call = async (method: string, params: unknown) => {
    const context = { peer, connectionId: "c", principal };
    const reply = await identity.gate.signIn(method as "rpc.login", params, context);
    if (reply.principal !== undefined) principal = reply.principal;
    return reply.result;
  };
  const { token } = await signIn(call, credentials);
  return { token: token ?? "", principal: principal as Principal | null };
}

/** Whether the token of a sign-in is accepted. */
async function works(identity: Identity, token: string): Promise<boolean> {
  try {
    identity.gate.authorize(await identity.gate.authenticate(token, "add", null), "add");
    return true;
  } catch (error) {
    assertEquals(error instanceof DariError && error.code, "unauthenticated");
    return false;
  }
}

/** Signs in once for each moment of a sign-in, and interferes at that moment. */
async function interfereEverywhere(
  { iterations = ITERATIONS, credentials: way }: Way,
  { act, leaves }: Interference,
): Promise<number> {
  let interruptions = 0;
  for (let at = 0;; at++) {
    await using test = await testIdentity();
    const { publicKey, privateKey } = await generateKeyPair("ed25519");
    await test.identity.publicKeys.add("alice", encodePem("PUBLIC KEY", publicKey));
    const interrupted = interruptedStore(test.store);
    using identity = await openIdentity(interrupted.store, {
      clock: test.clock,
      passwords: { iterations },
    });
    let sessions = 0;
    interrupted.arm(at, async () => {
      sessions = (await test.store.list("session/")).length;
      await act(test.identity);
    });
    const credentials = way(encodePem("PRIVATE KEY", privateKey));
    const outcome = await attempt(identity, credentials).catch((error) => error);
    if (!interrupted.hasActed) return interruptions;
    interruptions++;
    if (outcome instanceof DariError) {
      assertEquals(outcome.code, "unauthenticated", `at moment ${at}: ${outcome}`);
      continue;
    }
    const { token, principal } = outcome;
    if (await works(identity, token)) {
      // The sign-in read the account afterwards, so it has today's rights.
      const isLeft = leaves === "everything" || (leaves === "keys" && "keyLogin" in credentials);
      assertEquals([isLeft, sessions], [true, 0], `at moment ${at}`);
      assertEquals(principal?.roles, (await test.identity.accounts.get("alice")).roles);
      continue;
    }
    assert(!(await works(test.identity, token)), "the servers agree");
    assertThrows(() => identity.gate.authorize(principal, "add"), DariError);
  }
}

const byPassword = () => ({ login: { username: "alice", password: PASSWORD, plain: true } });

const ways: Record<string, Way> = {
  "by SCRAM": { credentials: () => ({ login: { username: "alice", password: PASSWORD } }) },
  "by password": { credentials: byPassword },
  "by a password that is hashed anew": { credentials: byPassword, iterations: 2 * ITERATIONS },
  "by private key": {
    credentials: (privateKey) => ({ keyLogin: { username: "alice", privateKey } }),
  },
};

for (const [how, interference] of Object.entries(interferences)) {
  Deno.test(`a sign-in of an account that is ${how} at any moment gives nothing that goes on working`, async () => {
    for (const [name, way] of Object.entries(ways)) {
      const interruptions = await interfereEverywhere(way, interference);
      assert(interruptions >= MOMENTS, `${name}: ${interruptions}`);
    }
  });
}
