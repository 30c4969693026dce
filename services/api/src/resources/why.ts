import { TURNS } from "@lookalike/engine/evidence/turns";
import { PairKind } from "@lookalike/shared/domain/image/pair-kind";
import { Refusal } from "@lookalike/shared/domain/image/refusal";
import { z } from "zod";
import { Pair } from "./group.ts";
import { Image } from "./image.ts";

const TurnedDistance = z.object({
  bits: z.int(),
  turn: z.enum(Object.keys(TURNS) as [keyof typeof TURNS]).meta({ description: "The turn of a that is nearest to b" }),
});

const Look = z.object({
  source: z.enum(["contents", "stored", "now"]).nullable().meta({
    description:
      "contents: equal bytes or pixels, which no look is needed for. stored: somebody looked before. now: for this request. null = nobody could",
  }),
  notLooked: z.string().nullable().meta({ description: "Why nobody could look; null = somebody did" }),
  kind: PairKind.or(z.literal("over-limit"))
    .nullable()
    .meta({ description: "null = they do not show the same, or nobody could look" }),
  numbers: z
    .object({
      ofA: z.number().meta({ description: "How much of a is in b; shares are 0..1" }),
      ofB: z.number(),
      differing: z.number().meta({ description: "Of the places that both show, those that differ" }),
      region: z.number().meta({ description: "Those in the largest region of them" }),
      replaced: z.number().meta({ description: "Those where something replaces something" }),
      toneChange: z.number().meta({ description: "In levels of 255" }),
      colourShift: z.number().meta({ description: "In levels of 255" }),
      otherColours: z.number(),
      correlation: z.number(),
      agreement: z.number().meta({ description: "The correlation of the places that do not differ" }),
      probability: z.number().meta({ description: "That both show the same, calibrated" }),
      source: z
        .enum(["a", "b"])
        .nullable()
        .meta({ description: "The picture that the other was made from; null = they do not say" }),
      isDocument: z.boolean().meta({ description: "Whether both are drawn on a background, as pages are" }),
      refusal: Refusal.nullable().meta({ description: "The rule by which they are not the same" }),
    })
    .nullable()
    .meta({ description: "null = equal contents, or nothing suggests that both show the same" }),
  rules: z
    .array(z.object({ rule: z.string(), value: z.number(), limit: z.number(), holds: z.boolean() }))
    .meta({ description: "The rules of the comparison with their numbers" }),
});

export const Why = z
  .object({
    a: Image,
    b: Image,
    decided: z.string().meta({ description: "What decided, in words" }),
    change: z
      .array(z.string())
      .meta({ description: "What would have to be otherwise; empty where both are in one group" }),
    thresholdBits: z.int(),
    radiusBits: z.int().meta({ description: "Pairs up to this distance are found by their hashes" }),
    hashes: Pair,
    evidence: z
      .object({
        blockhash: TurnedDistance,
        dct: TurnedDistance.nullable(),
        featuresOfA: z.int(),
        featuresOfB: z.int(),
        shared: z.int().meta({ description: "Features of a that b has" }),
        sharedMirrored: z.int().meta({ description: "Those that it has mirrored" }),
      })
      .nullable()
      .meta({ description: "null where one of the two has none" }),
    look: Look,
    groups: z
      .array(
        z.object({
          number: z.int(),
          ordinal: z.int(),
          keeper: z.int(),
          kind: PairKind.nullable(),
          via: z.int().nullable(),
        }),
      )
      .meta({ description: "The groups that the two are in, with what each is to the keeper" }),
  })
  .meta({ id: "Why" });
