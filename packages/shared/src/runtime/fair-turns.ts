/** Something that takes turns, as a listing or a webhook does. */
export interface Turner {
  readonly tenant: string;
  /** When it began, in milliseconds. */
  readonly began: number;
  /** How much work it is known to be, in units of its kind: whoever takes turns raises it when more is known. */
  size: number;
}

interface Waiting {
  readonly turner: Turner;
  readonly begin: (turn: Turn) => void;
}

/** A turn in progress. */
interface Turn {
  readonly size: number;
  /** It is one that is left for small turners. */
  readonly isForSmall: boolean;
}

/** A tenant that waits for turns, or takes some. */
interface Tenant {
  readonly waiting: Waiting[];
  /** Turns in progress. */
  taking: number;
  /** Turns that it has taken; one that comes back starts at the least of those that are there. */
  taken: number;
}

interface Limits {
  /** Turns at once. */
  readonly turns: number;
  /** Turns of one tenant at once: those of a broken disk leave the others room. */
  readonly turnsPerTenant: number;
  /** Of these turns, how many are left for small turners: those of at most a tenth of the size of each that takes a turn. */
  readonly turnsForSmall: number;
}

const TIMES_SMALLER = 10;

/** Of so many turns of a tenant, one goes to whoever began first. */
const TURNS_PER_OLDEST = 4;

/**
 * Gives turns in a fair order. Of the tenants that wait, the next turn goes to the one that has taken the fewest since it
 * began to wait; of a tenant's turners, to the one of the smallest size that is known. So a small listing is done
 * after a few turns, however many large ones there are, and another tenant's get at least every third turn. Every fourth turn
 * of a tenant goes to the turner that began first, so that a large listing goes on, however many small ones come. A turn that is left for
 * small turners begins at once, and does not wait for the end of a large one's.
 */
export class FairTurns {
  readonly #limits: Limits;
  readonly #tenants = new Map<string, Tenant>();
  readonly #inProgress = new Set<Turn>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Works in a turn. */
  async run<Result>(turner: Turner, work: () => Promise<Result>): Promise<Result> {
    const tenant = this.#tenants.get(turner.tenant) ?? this.#add(turner.tenant);
    const turn = await new Promise<Turn>((begin) => {
      tenant.waiting.push({ turner, begin });
      this.#beginNext();
    });
    try {
      return await work();
    } finally {
      this.#inProgress.delete(turn);
      tenant.taking -= 1;
      if (tenant.taking === 0 && tenant.waiting.length === 0) this.#tenants.delete(turner.tenant);
      this.#beginNext();
    }
  }

  #add(name: string): Tenant {
    const others = [...this.#tenants.values()].map(({ taken }) => taken);
    const tenant: Tenant = { waiting: [], taking: 0, taken: others.length === 0 ? 0 : Math.min(...others) };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #beginNext(): void {
    const { turns, turnsForSmall } = this.#limits;
    const inProgress = [...this.#inProgress];
    const small = inProgress.filter(({ isForSmall }) => isForSmall).length;
    const isForSmall = inProgress.length - small >= turns - turnsForSmall;
    if (isForSmall && small >= turnsForSmall) return;
    const mayBegin = ({ size }: Turner): boolean =>
      !isForSmall || inProgress.every((turn) => size * TIMES_SMALLER <= turn.size);
    const tenant = this.#nextTenant(mayBegin);
    if (tenant === null) return;
    const next = nextOf(tenant, mayBegin);
    tenant.waiting.splice(tenant.waiting.indexOf(next), 1);
    tenant.taken += 1;
    tenant.taking += 1;
    const turn = { size: next.turner.size, isForSmall };
    this.#inProgress.add(turn);
    next.begin(turn);
  }

  /** The tenant whose turn is next; null = none may take one. */
  #nextTenant(mayBegin: (turner: Turner) => boolean): Tenant | null {
    let next: Tenant | null = null;
    for (const tenant of this.#tenants.values()) {
      if (tenant.taking >= this.#limits.turnsPerTenant) continue;
      if (!tenant.waiting.some(({ turner }) => mayBegin(turner))) continue;
      if (next === null || tenant.taken < next.taken) next = tenant;
    }
    return next;
  }
}

/** Who of the tenant is next, of those that may begin. */
const nextOf = ({ waiting, taken }: Tenant, mayBegin: (turner: Turner) => boolean): Waiting => {
  const isForOldest = taken % TURNS_PER_OLDEST === TURNS_PER_OLDEST - 1;
  const rankOf = ({ turner: { began, size } }: Waiting): number => (isForOldest ? began : size);
  const [first, ...others] = waiting.filter(({ turner }) => mayBegin(turner));
  if (first === undefined) throw new Error("a tenant without anybody who may begin was next");
  return others.reduce((best, other) => (rankOf(other) < rankOf(best) ? other : best), first);
};
