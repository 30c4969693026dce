import { expect, it } from "vitest";
import { fastestBackend } from "../compare/backend.ts";
import { turnedColourLayout } from "./colour-layout.ts";
import { EvidenceMemory } from "./evidence-memory.ts";
import { turnPixels } from "./turned-pixels.fixtures.ts";
import { TURNS } from "./turns.ts";

const SIDE = 16;
const cb = Uint8Array.from({ length: SIDE * SIDE }, (_, index) => (index * 37) % 251);
const cr = Uint8Array.from({ length: SIDE * SIDE }, (_, index) => 255 - ((index * 11) % 199));

const memory = new EvidenceMemory(fastestBackend);
const colourLayout = (chroma: Readonly<Record<"cb" | "cr", Uint8Array>>): Uint8Array =>
  memory.smallHashes({ luma: new Uint8Array(1), width: 1, height: 1, ...chroma }).colours;

it("has the mean of each sixteenth of the picture, Cb before Cr", () => {
  const half = Uint8Array.from({ length: SIDE * SIDE }, (_, index) => (index < SIDE * 8 ? 100 : 200));
  expect([...colourLayout({ cb: half, cr: half.toReversed() })]).toEqual([
    ...Array(8).fill(100),
    ...Array(16).fill(200),
    ...Array(8).fill(100),
  ]);
});

it.each(Object.entries(TURNS))("of a turned picture follows from the picture's: %s", (_, turn) => {
  const turned = colourLayout({ cb: turnPixels(cb, SIDE, SIDE, turn), cr: turnPixels(cr, SIDE, SIDE, turn) });
  expect(turnedColourLayout(colourLayout({ cb, cr }), turn)).toEqual(turned);
});
