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
  readonly begin: () => void;
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
}

/** Of so many turns of a tenant, one goes to whoever began first. */
const TURNS_PER_OLDEST = 4;

/**
 * Gives turns in a fair order. Of the tenants that wait, the next turn goes to the one that has taken the fewest since it
 * began to wait; of a tenant's turners, to the one of the smallest size that is known. So a small listing is done
 * after a few turns, however many large ones there are, and another tenant's get at least every third turn. Every fourth turn
 * of a tenant goes to the turner that began first, so that a large listing goes on, however many small ones come.
 */
export class FairTurns {
  readonly #limits: Limits;
  readonly #tenants = new Map<string, Tenant>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Works in a turn. */
  async run<Result>(turner: Turner, work: () => Promise<Result>): Promise<Result> {
    const tenant = this.#tenants.get(turner.tenant) ?? this.#add(turner.tenant);
    await new Promise<void>((begin) => {
      tenant.waiting.push({ turner, begin });
      this.#beginNext();
    });
    try {
      return await work();
    } finally {
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
    const inProgress = [...this.#tenants.values()].reduce((sum, { taking }) => sum + taking, 0);
    if (inProgress >= this.#limits.turns) return;
    const tenant = this.#nextTenant();
    if (tenant === null) return;
    const [next] = tenant.waiting.splice(nextOf(tenant), 1);
    if (next === undefined) throw new Error("a tenant without anybody who waits was next");
    tenant.taken += 1;
    tenant.taking += 1;
    next.begin();
  }

  /** The tenant whose turn is next; null = none may take one. */
  #nextTenant(): Tenant | null {
    let next: Tenant | null = null;
    for (const tenant of this.#tenants.values()) {
      if (tenant.waiting.length === 0 || tenant.taking >= this.#limits.turnsPerTenant) continue;
      if (next === null || tenant.taken < next.taken) next = tenant;
    }
    return next;
  }
}

/** Where in the tenant's queue the next turner is. */
const nextOf = ({ waiting, taken }: Tenant): number => {
  const isForOldest = taken % TURNS_PER_OLDEST === TURNS_PER_OLDEST - 1;
  const ranks = waiting.map(({ turner: { began, size } }) => (isForOldest ? began : size));
  return ranks.indexOf(Math.min(...ranks));
};
