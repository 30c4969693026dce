import { ensureTopology } from "@lookalike/shared/bus/topology";
import { startLoop } from "@lookalike/shared/runtime/loop";
import { createSettled } from "@lookalike/shared/service/create-streams";
import { runService } from "@lookalike/shared/service/run";
import { startBlockProgress } from "./block-progress.ts";
import { prune, startCleaner } from "./clean.ts";
import { consumeEvents } from "./consume-events.ts";
import { startCredit } from "./credit.ts";
import { routeLostTasks } from "./dead-letters.ts";
import { createDispatcher } from "./dispatch.ts";
import { Environment } from "./environment.ts";
import { initCounters, measureTables } from "./measure.ts";
import { jobEndpoints, overview } from "./operate/jobs.ts";
import { redriveEndpoints } from "./operate/redrive.ts";
import { replayEndpoint } from "./operate/replay.ts";
import { verifyEndpoint } from "./operate/verify.ts";
import { reconcileRound, recoverRepublished } from "./reconcile.ts";
import { startRelay } from "./relay.ts";
import { measureRollout, rolloutEndpoint } from "./rollout/rollout.ts";

runService({
  name: "coordinator",
  environment: Environment,
  connections: 9,
  async start(runtime) {
    const { environment, bus, store, log } = runtime;
    const { db } = store;
    const onError = (error: unknown) => log.error({ err: error }, "round failed, tried again");
    initCounters();
    measureTables(db);
    // Ends with the roll-out: decision 0037.
    measureRollout(db);
    const { dispatch, stop: stopDispatch } = createDispatcher(
      bus,
      db,
      (job) => recoverRepublished(runtime, job).finally(() => relay.wake()),
      onError,
    );
    const relay = startRelay(bus, store, log, onError);
    const { credit, stop: stopCredit } = startCredit(bus, onError);
    const coordinator = { ...runtime, dispatch, credit, relay: relay.wake };
    const reconcile = async () => {
      const { LOOKALIKE_STREAM_REPLICAS: replicas, LOOKALIKE_TOPOLOGY: owner } = environment;
      // A stream that can't be created or checked is no reason to leave the work of the others lost.
      await ensureTopology(bus, replicas, owner, createSettled(store)).catch(onError);
      await reconcileRound(coordinator);
      await prune(db);
      relay.wake();
    };
    const loops = [
      startBlockProgress(bus, db, onError),
      startCleaner(db, onError),
      startLoop(environment.LOOKALIKE_RECONCILE_INTERVAL_MS, reconcile, onError),
    ];
    const subscriptions = await Promise.all([consumeEvents(coordinator), routeLostTasks(coordinator)]);
    return {
      async stop() {
        await Promise.all(subscriptions.flat().map((subscription) => subscription.stop()));
        await Promise.all(loops.map((loop) => loop.stop()));
        await stopCredit();
        await stopDispatch();
        await relay.stop();
      },
      status: () => overview(bus, db),
      endpoints: [
        ...jobEndpoints(db),
        ...redriveEndpoints(bus, db),
        replayEndpoint(coordinator),
        verifyEndpoint(bus, db),
        // Ends with the roll-out: decision 0037.
        rolloutEndpoint(db),
      ],
    };
  },
});
