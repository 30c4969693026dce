import type { Command } from "commander";
import type { Client } from "./client.ts";
import type { Output } from "./output.ts";

/** What a command does with a client, its output, and the arguments and options as commander has read them. */
export type ClientAction<Values extends unknown[]> = (
  client: Client,
  output: Output,
  ...values: Values
) => Promise<void>;

/** Turns it into an action of commander. */
export type WithClient = <Values extends unknown[]>(
  action: ClientAction<Values>,
) => (...values: unknown[]) => Promise<void>;

/** Adds commands to the program. */
export type AddCommands = (program: Command, withClient: WithClient) => void;
