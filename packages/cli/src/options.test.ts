import { JobOptions } from "@lookalike/shared/domain/job/options";
import { describe, expect, it } from "vitest";
import { numberOption, startRequest, wordOption } from "./options.ts";
import { createProgram } from "./program.ts";

const startCommand = () => {
  const command = createProgram().commands.find((one) => one.name() === "start");
  if (command === undefined) throw new Error("there is no command start");
  return command;
};
const helpOf = (flag: string): string =>
  (
    startCommand()
      .helpInformation()
      .split(/\n {2}(?=-)/)
      .find((entry) => entry.startsWith(flag)) ?? ""
  ).replace(/\s+/g, " ");

describe("the options of lookalike start", () => {
  it("switch features on and off, and leave them as they are where nothing is said", () => {
    const parsed = (...flags: string[]) => {
      const command = startCommand().exitOverride();
      command.parseOptions(flags);
      return startRequest(undefined, command.opts(), false).options.features;
    };
    expect([parsed(), parsed("--features", "off"), parsed("--features", "on")]).toEqual([null, false, true]);
    expect(() => parsed("--features", "perhaps")).toThrow("on or off");
  });

  it("without any, start a job with the schema's defaults: dispatch follows the roll-out", () => {
    const { options } = startRequest(undefined, startCommand().opts(), false);
    expect(options).toEqual(JobOptions.parse({}));
    expect(options.dispatch).toBe("auto");
  });

  it.each([
    ["--pairs-per-task", "(default: 50)"],
    ["--batch-size", "(default: 100)"],
    ["--threshold", "(default: 20 of 256 bits)"],
    ["--block-size", "(default: 250, more for large catalogs)"],
    ["--dispatch", '(choices: "auto", "window", "waves", "all", default: "auto")'],
    ["--kernel", '(choices: "auto", "exhaustive", "indexed", default: "auto")'],
    ["--grouping", "(default: masters where pairs are verified, else clique)"],
  ])("%s says its default", (flag, text) => {
    expect(helpOf(flag)).toContain(text);
  });
});

describe("an option of a job", () => {
  it("has the limits of the schema", () => {
    const { parseArg } = numberOption("thresholdBits", "--threshold <bits>", "distance");
    expect(parseArg?.("64", undefined)).toBe(64);
    expect(() => parseArg?.("65", undefined)).toThrow("<=64");
    expect(() => parseArg?.("-1", undefined)).toThrow("whole number");
    expect(() => parseArg?.("1.5", undefined)).toThrow("whole number");
  });

  it("takes the words of the schema alone", () => {
    const { parseArg } = wordOption("dispatch", "--dispatch <way>", "how");
    expect(parseArg?.("waves", undefined)).toBe("waves");
    expect(() => parseArg?.("often", undefined)).toThrow("Allowed choices are auto, window, waves, all");
  });
});
