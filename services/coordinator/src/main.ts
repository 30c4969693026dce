import { consumeBatches, work } from "@lookalike/shared/bus/consume";
import { subscribeProgress } from "@lookalike/shared/bus/progress";
import { coordinatorDurables, ensureTopology, STREAMS } from "@lookalike/shared/bus/topology";
import { integer, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { startLoop } from "@lookalike/shared/runtime/loop";
import { runService } from "@lookalike/shared/service/run";
import { pruneRequests } from "@lookalike/shared/store/access/idempotency";
import { deleteHiddenRows } from "@lookalike/shared/store/catalog/catalogs";
import { OUTBOX_CHANNEL, pruneOutbox } from "@lookalike/shared/store/jobs/outbox";
import { listenTo } from "@lookalike/shared/store/listen";
import { createBlockProgressBoard } from "./block-progress.ts";
import { routeAdvisory, routeDeadLetter } from "./dead-letters.ts";
import { createDispatcher } from "./dispatch.ts";
import { initCounters, measureTables } from "./measure.ts";
import { jobEndpoints } from "./operate/jobs.ts";
import { overview } from "./operate/overview.ts";
import { redriveEndpoints } from "./operate/redrive.ts";
import { replayEndpoint } from "./operate/replay.ts";
import { verifyEndpoint } from "./operate/verify.ts";
import { createProjection } from "./projection.ts";
import { reconcileRound } from "./reconcile.ts";
import { relayRound } from "./relay.ts";
import { rolloutEndpoint } from "./rollout/rollout-endpoint.ts";

const Environment = ServiceEnvironment.extend({
  LOOKALIKE_RECONCILE_INTERVAL_MS: integer({
    min: 100,
    default: 10_000,
    about: "Pause between two searches for lost tasks, in milliseconds",
  }),
  LOOKALIKE_LOST_AFTER_MS: integer({
    min: 500,
    default: 60_000,
    about: "Time without a result after which a job's tasks are searched for, in milliseconds",
  }),
  LOOKALIKE_MAX_ATTEMPTS: integer({ min: 1, default: 3, about: "Attempts at a task before it is quarantined" }),
});

const RELAY_PAUSE_MS = 200;
const SHOW_PAUSE_MS = 500;
const CLEAN_PAUSE_MS = 2_000;
const OUTBOX_DAYS = 7;
const IDEMPOTENCY_HOURS = 24;
const EVENTS_PER_TRANSACTION = 500;

runService({
  name: "coordinator",
  environment: Environment,
  connections: 9,
  async start({ environment, bus, store, log, crash }) {
    const { db } = store;
    initCounters();
    measureTables(db);
    const onError = (error: unknown) => log.error({ err: error }, "round failed, tried again");
    const dispatcher = createDispatcher(bus, db, onError);
    const relay = startLoop(RELAY_PAUSE_MS, () => relayRound(bus, db, log), onError);
    const notices = listenTo(store.pool, OUTBOX_CHANNEL, relay.wake, onError);
    const board = createBlockProgressBoard(db);
    subscribeProgress(bus, board.note, log);
    const shown = startLoop(SHOW_PAUSE_MS, () => board.flush(), onError);
    const cleaner = startLoop(
      CLEAN_PAUSE_MS,
      async () => {
        while (await deleteHiddenRows(db));
      },
      onError,
    );
    const maxAttempts = environment.LOOKALIKE_MAX_ATTEMPTS;
    const reconciler = startLoop(
      environment.LOOKALIKE_RECONCILE_INTERVAL_MS,
      async () => {
        await ensureTopology(bus, environment.LOOKALIKE_STREAM_REPLICAS, environment.LOOKALIKE_TOPOLOGY);
        await reconcileRound({
          bus,
          db,
          log,
          lostAfterMs: environment.LOOKALIKE_LOST_AFTER_MS,
          maxAttempts,
          dispatch: dispatcher.dispatch,
        });
        await pruneOutbox(db, OUTBOX_DAYS);
        await pruneRequests(db, IDEMPOTENCY_HOURS);
        relay.wake();
      },
      onError,
    );

    const projection = createProjection({ bus, db, log, dispatch: dispatcher.dispatch, relay: relay.wake });
    const router = { bus, db, log, maxAttempts };
    const subscriptions = await Promise.all([
      ...coordinatorDurables.map((durable) =>
        consumeBatches(bus, {
          stream: STREAMS.events,
          durable,
          maxMessages: EVENTS_PER_TRANSACTION,
          ...projection,
          crash,
          log,
        }),
      ),
      ...[
        { stream: STREAMS.deadLetters, durable: "dead-letter-router", route: routeDeadLetter },
        { stream: STREAMS.advisories, durable: "advisory-router", route: routeAdvisory },
      ].map(({ stream, durable, route }) =>
        work(bus, {
          stream,
          durables: [durable],
          concurrency: 1,
          maxDeliver: -1,
          handle: (delivery) => route(router, delivery),
          giveUp: async () => undefined,
          log,
        }),
      ),
    ]);
    return {
      async stop() {
        await Promise.all(subscriptions.map((subscription) => subscription.stop()));
        await Promise.all([notices, reconciler, shown, cleaner].map((loop) => loop.stop()));
        await dispatcher.stop();
        await relay.stop();
      },
      status: () => overview(bus, db),
      endpoints: [
        ...jobEndpoints(db),
        ...redriveEndpoints(bus, db),
        replayEndpoint({ bus, store, databaseUrl: environment.DATABASE_URL, dispatch: dispatcher.dispatch }),
        verifyEndpoint(bus, db),
        rolloutEndpoint(db),
      ],
    };
  },
});
