import type { Command } from "commander";
import type { Client } from "./client.ts";
import type { Output } from "./output.ts";

/** Makes an action of commander from one that also gets a client and its output. */
export type WithClient = <Values extends unknown[]>(
  action: (client: Client, output: Output, ...values: Values) => Promise<void>,
) => (...values: Values) => Promise<void>;

/** Adds commands to the program. */
export type AddCommands = (program: Command, withClient: WithClient) => void;
