import { type Command, InvalidArgumentError } from "commander";
import type { Connection } from "./connection.ts";
import type { Output } from "./output.ts";

/** What a command does, given a way to the API, a way to tell results, and what commander has read. */
export type Work<Values extends unknown[]> = (
  connection: Connection,
  output: Output,
  ...values: Values
) => Promise<void>;

/** Makes work into an action of commander. */
export type Inside = <Values extends unknown[]>(work: Work<Values>) => (...values: unknown[]) => Promise<void>;

/** Adds commands to the program. */
export type AddCommands = (program: Command, inside: Inside) => void;

/** An option or argument that is a number. */
export const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("must be a whole number");
  return Number(text);
};

export const KINDS = ["exact", "variant", "derivative", "burst", "near-duplicate"] as const;
export const PAGE = 500;

/** A query's cursor, where there is one. */
export const after = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });
