import { type Limit, WAITING_PER_PLACE } from "./limits.ts";

/** Who sends a request: an access key and its tenant, or twice the address where there is no key. */
export interface Sender {
  readonly key: string;
  readonly tenant: string;
}

/** The number that keeps a request from its turn. */
export type FullLimit = "perKey" | "perTenant" | "inAll";

/** Why a request gets no turn. */
export class NotAdmitted extends Error {
  override readonly name = "NotAdmitted";
  readonly full: FullLimit;

  constructor(full: FullLimit) {
    super(`${full} is reached`);
    this.full = full;
  }
}

type Counts = Record<FullLimit, Map<string, number>>;

interface Waiting {
  readonly sender: Sender;
  readonly start: () => void;
}

const newCounts = (): Counts => ({ perKey: new Map(), perTenant: new Map(), inAll: new Map() });

/** Under which name a sender counts in each of the numbers. */
const namesOf = ({ key, tenant }: Sender): [FullLimit, string][] => [
  ["perKey", key],
  ["perTenant", tenant],
  ["inAll", ""],
];

const add = (counts: Counts, sender: Sender, by: 1 | -1): void => {
  for (const [number, name] of namesOf(sender)) {
    const count = (counts[number].get(name) ?? 0) + by;
    if (count === 0) counts[number].delete(name);
    else counts[number].set(name, count);
  }
};

/**
 * Gives requests of one kind their turns, so many at once. Turns are in the order of arrival, but a request that waits for others of its own
 * key or tenant is passed by those of other tenants.
 */
export const createAdmission = (limit: Pick<Limit, FullLimit | "waitSeconds">) => {
  const running = newCounts();
  const waitingCounts = newCounts();
  const waiting = new Set<Waiting>();

  const fullFor = (counts: Counts, sender: Sender, factor: number): FullLimit | null => {
    const full = namesOf(sender).find(([number, name]) => (counts[number].get(name) ?? 0) >= limit[number] * factor);
    return full?.[0] ?? null;
  };
  const startNext = (): void => {
    for (const next of waiting) {
      if ((running.inAll.get("") ?? 0) >= limit.inAll) return;
      if (fullFor(running, next.sender, 1) === null) next.start();
    }
  };
  const end = (sender: Sender): void => {
    add(running, sender, -1);
    startNext();
  };

  return {
    /**
     * Waits for the sender's turn.
     * @param gone aborts when the client does not wait any longer
     * @returns ends the turn; it is called once
     * @throws NotAdmitted when too many wait, or it took too long
     */
    enter: async (sender: Sender, gone: AbortSignal): Promise<() => void> => {
      const full = fullFor(running, sender, 1);
      if (full === null) {
        add(running, sender, 1);
        return () => end(sender);
      }
      if (limit.waitSeconds === 0) throw new NotAdmitted(full);
      const fullQueue = fullFor(waitingCounts, sender, WAITING_PER_PLACE);
      if (fullQueue !== null) throw new NotAdmitted(fullQueue);
      return new Promise((resolve, reject) => {
        const leave = () => {
          clearTimeout(timer);
          gone.removeEventListener("abort", giveUp);
          waiting.delete(turn);
          add(waitingCounts, sender, -1);
        };
        const giveUp = () => {
          leave();
          reject(new NotAdmitted(fullFor(running, sender, 1) ?? full));
        };
        const turn: Waiting = {
          sender,
          start() {
            leave();
            add(running, sender, 1);
            resolve(() => end(sender));
          },
        };
        const timer = setTimeout(giveUp, limit.waitSeconds * 1_000);
        gone.addEventListener("abort", giveUp);
        waiting.add(turn);
        add(waitingCounts, sender, 1);
      });
    },
    /** A turn beyond the limits, for work that goes on after the response was lost. */
    occupy(sender: Sender): () => void {
      add(running, sender, 1);
      return () => end(sender);
    },
    inProgress: (): number => running.inAll.get("") ?? 0,
  };
};
