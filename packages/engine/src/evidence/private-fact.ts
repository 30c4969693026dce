import { inspect } from "node:util";

/**
 * A fact that is the owner's own: where a picture was taken, and the number of a camera. It is stored and shown to the owner, and never printed: JSON,
 * text and the console have "[private]" in its place, so a log of something that contains it says nothing.
 */
export class PrivateFact<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  /** The fact itself, to store it or to show it to its owner. */
  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return "[private]";
  }

  toJSON(): string {
    return "[private]";
  }

  [inspect.custom](): string {
    return "[private]";
  }
}
