import { bodyOf, type Why } from "@lookalike/client";
import { printableName } from "@lookalike/shared/runtime/printable";
import type { AddCommands } from "../command.ts";

/** Says why two images are in one group, or not. */
export const addWhyCommand: AddCommands = (program, withClient) => {
  program
    .command("why <catalog>")
    .description(
      "why two pictures are in one group, or not: every number, every rule, what decided, what would have to change",
    )
    .argument("<a>", "its ordinal or its path in the catalog; lookalike groups shows both")
    .argument("<b>", "the other one")
    .action(
      withClient(async (client, output, name: string, a: string, b: string) => {
        const job = await client.newestResult(await client.findCatalog(name));
        const why = bodyOf(await client.api.GET("/v1/jobs/{job}/why", { params: { path: { job }, query: { a, b } } }));
        output.print(why, whyText(why));
      }),
    );
};

/** An answer for people: what decided comes first. */
export const whyText = ({ a, b, decided, change, thresholdBits, hashes, evidence, look, groups }: Why): string =>
  [
    `a  ${a.ordinal}  ${printableName(a.path)}`,
    `b  ${b.ordinal}  ${printableName(b.path)}`,
    decided,
    ...change.map((one) => `To change that: ${one}`),
    "",
    ...groups.map(
      ({ number, ordinal, keeper, kind }) =>
        `group ${number}: ${ordinal}${ordinal === keeper ? " is the one to keep" : kind === null ? "" : ` is ${kind}`}`,
    ),
    hashes.distance === null
      ? "hashes: not compared"
      : `hashes: ${hashes.distance} bits differ, ${thresholdBits} may; second hash ${hashes.secondDistance ?? "none"}, colours ${hashes.colourSteps ?? "none"}`,
    ...(evidence === null
      ? ["evidence: none"]
      : [
          `blockhash ${evidence.blockhash.bits} bits (${evidence.blockhash.turn})`,
          evidence.dct === null ? "DCT hash: none" : `DCT hash ${evidence.dct.bits} bits (${evidence.dct.turn})`,
          `features shared: ${evidence.shared}, mirrored ${evidence.sharedMirrored}, of ${evidence.featuresOfA} and ${evidence.featuresOfB}`,
        ]),
    look.notLooked === null
      ? `looked at: ${look.kind ?? "not the same"} (${look.source})`
      : `not looked at: ${look.notLooked}`,
    ...look.rules.map(
      ({ rule, value, limit, holds }) => `${holds ? "  holds" : "  FAILS"}  ${rule} ${limit}: ${value.toFixed(3)}`,
    ),
    ...Object.entries(look.numbers ?? {}).map(
      ([name, value]) => `         ${name} ${typeof value === "number" ? value.toFixed(3) : String(value)}`,
    ),
  ].join("\n");
