// plainjob on better-sqlite3, synced to the disk with each transaction.
import { better, defineQueue } from "plainjob";
import { carryOrders } from "./messages_load.mjs";
import { versionOf } from "./version.mjs";

const [directory] = process.argv.slice(2);
// It has to be compiled where no ready-made one can be fetched.
const Database = await import("better-sqlite3").then((module) => module.default, (error) => {
  console.log(JSON.stringify({ refused: `better-sqlite3: ${error.message.split("\n")[0]}` }));
  process.exit();
});
const logger = { error: console.error, warn: console.error, info() {}, debug() {} };
const database = new Database(`${directory}/plainjob.db`);
const queue = defineQueue({ connection: better(database), logger });
// It sets NORMAL, by which a machine without power loses what it has acknowledged.
database.pragma("synchronous = FULL");

let puts = 0;

function open(name) {
  return {
    // It never waits; whatever else there is to do gets its turn behind so many.
    async put(body) {
      queue.add(name, body);
      if (++puts % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    },
    fill: async (bodies) => queue.addMany(name, bodies),
    // What its worker does, without the pause of that where nothing waits.
    async work(lanes, handle, done) {
      let isOver = false;
      const loop = async () => {
        while (!isOver) {
          const job = queue.getAndMarkJobAsProcessing(name);
          if (job !== undefined) {
            handle(JSON.parse(queue.getJobById(job.id).data));
            queue.markJobAsDone(job.id);
            done();
          }
          await new Promise((resolve) => job === undefined ? setTimeout(resolve, 1) : setImmediate(resolve));
        }
      };
      const loops = [loop()];
      return () => {
        isOver = true;
        return Promise.all(loops);
      };
    },
  };
}

const version = `${versionOf("plainjob")}, better-sqlite3 ${versionOf("better-sqlite3")}, synchronous FULL`;
await carryOrders({ pids: [], version }, open);
process.exit();
