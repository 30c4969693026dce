/** Something that takes turns, as a listing does. */
export interface Turner {
  readonly tenant: string;
  /** Turns that it has taken. */
  turns: number;
}

interface Waiting {
  readonly turner: Turner;
  readonly begin: () => void;
}

interface Limits {
  /** Turns at once. */
  readonly turns: number;
  /** Turns of one tenant at once: those of a broken disk leave the others room. */
  readonly turnsPerTenant: number;
}

/**
 * Gives turns in a fair order. Of the tenants that wait, the next turn goes to the one that has taken the fewest since it
 * began to wait; of a tenant's turners, to the one that has taken the fewest in its life. So a small listing is done after a
 * few turns, however many large ones there are: its tenant's have taken more, and another tenant's get at least every third turn.
 */
export class FairTurns {
  readonly #limits: Limits;
  readonly #waiting = new Map<string, Waiting[]>();
  /** Turns in progress, by tenant. */
  readonly #taking = new Map<string, number>();
  /** Turns that each tenant has taken; one that comes back starts at the least of those that are there. */
  readonly #taken = new Map<string, number>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Works in a turn. */
  async run<Result>(turner: Turner, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((begin) => {
      this.#enter(turner.tenant);
      this.#waiting.get(turner.tenant)?.push({ turner, begin });
      this.#beginNext();
    });
    try {
      return await work();
    } finally {
      this.#leave(turner.tenant);
      this.#beginNext();
    }
  }

  #enter(tenant: string): void {
    if (this.#waiting.has(tenant)) return;
    const least = Math.min(...[...this.#waiting.keys()].map((other) => this.#taken.get(other) ?? 0));
    this.#taken.set(tenant, Number.isFinite(least) ? least : 0);
    this.#waiting.set(tenant, []);
  }

  #leave(tenant: string): void {
    const taking = (this.#taking.get(tenant) ?? 0) - 1;
    if (taking > 0) this.#taking.set(tenant, taking);
    else this.#taking.delete(tenant);
    this.#forget(tenant);
  }

  #forget(tenant: string): void {
    if (this.#taking.has(tenant) || this.#waiting.get(tenant)?.length !== 0) return;
    this.#waiting.delete(tenant);
    this.#taken.delete(tenant);
  }

  #beginNext(): void {
    const inProgress = [...this.#taking.values()].reduce((sum, turns) => sum + turns, 0);
    if (inProgress >= this.#limits.turns) return;
    const tenant = this.#nextTenant();
    if (tenant === null) return;
    const waiting = this.#waiting.get(tenant) ?? [];
    const next = waiting.reduce((first, other) => (other.turner.turns < first.turner.turns ? other : first));
    waiting.splice(waiting.indexOf(next), 1);
    next.turner.turns += 1;
    this.#taken.set(tenant, (this.#taken.get(tenant) ?? 0) + 1);
    this.#taking.set(tenant, (this.#taking.get(tenant) ?? 0) + 1);
    next.begin();
  }

  /** The tenant whose turn is next; null = none may take one. */
  #nextTenant(): string | null {
    let next: string | null = null;
    for (const [tenant, waiting] of this.#waiting) {
      if (waiting.length === 0 || (this.#taking.get(tenant) ?? 0) >= this.#limits.turnsPerTenant) continue;
      if (next === null || (this.#taken.get(tenant) ?? 0) < (this.#taken.get(next) ?? 0)) next = tenant;
    }
    return next;
  }
}
