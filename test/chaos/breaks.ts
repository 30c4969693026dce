import { STREAMS } from "@lookalike/shared/bus/topology";
import { nanos } from "nats";
import type { Stage } from "./stage.ts";

/** A rule of the protocol that is broken from outside, and the kind of fault by which that must be found. */
export interface Break {
  readonly kind: string;
  readonly apply: (stage: Stage) => Promise<void>;
  /** What the round must report. */
  readonly reason: RegExp;
}

const trigger = (name: string, table: string, body: string): string => `
  create function ${name}() returns trigger language plpgsql as $$ begin ${body} end $$;
  create trigger ${name} before insert on ${table} for each row execute function ${name}();
  grant execute on function ${name}() to public;`;

export const BREAKS: Readonly<Record<string, Break>> = {
  /** Rows say that they were published and applied, and were not. */
  outbox: {
    kind: "api-storm",
    reason: /^not over/,
    apply: async ({ store }) => {
      await store.pool.query(
        trigger(
          "chaos_outbox",
          "outbox",
          "if new.stream = 'LOOKALIKE_TASKS' then new.published_at := now(); new.applied_at := now(); end if; return new;",
        ),
      );
    },
  },
  /** The second result of a run replaces the first one, instead of being refused. */
  "natural-keys": {
    kind: "after-finalize-before-ack",
    reason: /^2 results of run 1/,
    apply: async ({ store }) => {
      await store.pool.query(
        trigger(
          "chaos_key",
          "finalization",
          "delete from finalization where job_id = new.job_id and run = new.run; return new;",
        ).replace("language plpgsql", "language plpgsql security definer"),
      );
    },
  },
  /** The subject of an order takes more than one message. */
  "write-once": {
    kind: "duplicates",
    reason: /^\d+ orders to group run 1/,
    apply: async ({ bus }) => {
      await bus.jsm.streams.delete(STREAMS.finalize);
      await bus.jsm.streams.add({
        name: STREAMS.finalize,
        subjects: ["lookalike.finalize.>"],
        duplicate_window: nanos(600_000),
        allow_direct: true,
      });
      await bus.jsm.consumers.add(STREAMS.finalize, {
        durable_name: "finalizer",
        ack_policy: "explicit" as never,
        deliver_policy: "all" as never,
      });
    },
  },
  /** The numbers of the outbox run backwards. */
  order: {
    kind: "api-storm",
    reason: /^not over.*"paused":true/,
    apply: async ({ store }) => {
      await store.pool.query(trigger("chaos_order", "outbox", "new.number := 1000000000 - new.number; return new;"));
    },
  },
};
