/** One step that a state allows. */
export interface Step<State> {
  readonly name: string;
  /** system: it happens by itself. fault: it may happen, and nothing may depend on it. */
  readonly kind: "system" | "fault";
  readonly next: State;
}

/** A step that happens by itself. */
export const systemStep = <State>(name: string, next: State): Step<State> => ({ name, kind: "system", next });

/** A step that may happen, and that nothing may depend on. */
export const faultStep = <State>(name: string, next: State): Step<State> => ({ name, kind: "fault", next });

export interface Model<State> {
  readonly initial: State;
  readonly steps: (state: State) => Iterable<Step<State>>;
  /** Equal for states that behave equally. */
  readonly keyOf: (state: State) => string;
  readonly isFinal: (state: State) => boolean;
  /** Why the state may not be; null = it may. */
  readonly fault: (state: State) => string | null;
}

interface Violation {
  readonly reason: string;
  /** The steps of a shortest way from the initial state. */
  readonly trace: readonly string[];
}

export interface Explored {
  readonly states: number;
  readonly steps: number;
  readonly finals: number;
  /** null = every state that can be reached is sound, and a final one can be reached from it. */
  readonly violation: Violation | null;
}

/**
 * Visits every state that can be reached, breadth first, so that the first violation has a shortest trace. Then looks for
 * states from which no final one can be reached by the system's own steps.
 * @throws Error at more than `maxStates` states: the model is too large
 */
export const explore = <State>(model: Model<State>, maxStates = 20_000_000): Explored => {
  const numbers = new Map<string, number>();
  let frontier: State[] = [];
  /** By state: the one that it was found from, and by which step. */
  const parents: number[] = [];
  const names: string[] = [];
  /** By state: those from which a system's step leads to it. */
  const sources: number[][] = [];
  const finals: number[] = [];
  let steps = 0;

  const traceOf = (number: number): string[] => {
    const trace: string[] = [];
    for (let at = number; at > 0; at = parents[at] as number) trace.push(names[at] as string);
    return trace.reverse();
  };
  const numberOf = (state: State, parent: number, name: string): { number: number; isNew: boolean } => {
    const key = model.keyOf(state);
    const known = numbers.get(key);
    if (known !== undefined) return { number: known, isNew: false };
    const number = numbers.size;
    if (number >= maxStates) throw new Error(`more than ${maxStates} states`);
    numbers.set(key, number);
    parents.push(parent);
    names.push(name);
    sources.push([]);
    return { number, isNew: true };
  };
  const explored = (violation: Violation | null): Explored => ({
    states: numbers.size,
    steps,
    finals: finals.length,
    violation,
  });

  numberOf(model.initial, 0, "");
  frontier.push(model.initial);
  for (let first = 0; frontier.length > 0; ) {
    const found: State[] = [];
    const firstFound = numbers.size;
    for (const [index, state] of frontier.entries()) {
      const number = first + index;
      const reason = model.fault(state);
      if (reason !== null) return explored({ reason, trace: traceOf(number) });
      if (model.isFinal(state)) finals.push(number);
      for (const { name, kind, next } of model.steps(state)) {
        steps += 1;
        const { number: target, isNew } = numberOf(next, number, name);
        if (isNew) found.push(next);
        if (kind === "system" && target !== number) sources[target]?.push(number);
      }
    }
    first = firstFound;
    frontier = found;
  }

  const canEnd = new Uint8Array(numbers.size);
  const pending = [...finals];
  for (const final of finals) canEnd[final] = 1;
  for (let number = pending.pop(); number !== undefined; number = pending.pop())
    for (const source of sources[number] ?? [])
      if (canEnd[source] === 0) {
        canEnd[source] = 1;
        pending.push(source);
      }
  const stuck = canEnd.indexOf(0);
  return explored(stuck < 0 ? null : { reason: "no final state can be reached without a hand", trace: traceOf(stuck) });
};
