import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/folders.ts";

/** The tables of promises: the last column of each row names the tests that show it, and perhaps their titles. */
const TABLES = ["docs/security.md", "docs/guarantees.md"];
/** What `npm test` and `.ci/run` run: vitest.config.ts. */
const isRun = (file: string): boolean =>
  /^(?:packages|services)\/[^/]+\/src\/.*\.test\.ts$/.test(file) ||
  /^test\/(?!scale\/|fuzz\/|alerts\/).*\.test\.ts$/.test(file);

const textOf = (path: string): string => {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch {
    return "";
  }
};

/** The files that a row names, each with the titles that follow it. */
const shownBy = (cell: string): { readonly file: string; readonly titles: readonly string[] }[] =>
  [...cell.matchAll(/`([^`]+\.(?:ts|mjs))`([^`]*)/g)].map(([, file = "", rest = ""]) => ({
    file,
    titles: [...rest.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => title),
  }));

const rowsOf = (path: string): { readonly promise: string; readonly cell: string }[] =>
  textOf(path)
    .split("\n")
    .filter((line) => line.startsWith("| "))
    // The first two lines of the table are its head.
    .slice(2)
    .map((line) => {
      const cells = line.split(/(?<!\\)\|/).slice(1, -1);
      return { promise: cells.slice(0, -1).join("|").trim(), cell: cells.at(-1) ?? "" };
    });

/** What is wrong with what a row says about its tests. */
const problemsOf = (cell: string): string[] => {
  const shown = shownBy(cell);
  if (shown.length === 0) return ["it names no test"];
  return shown.flatMap(({ file, titles }) => {
    const text = textOf(file);
    if (text === "") return [`${file} is not there`];
    if (file.endsWith(".mjs"))
      return `${textOf("package.json")}${textOf(".ci/run")}`.includes(file) ? [] : [`nothing runs ${file}`];
    const skipped = /\b(?:it|test|describe)\.(?:skip|todo)\(/.test(text) ? [`${file} has tests that are skipped`] : [];
    const missing = titles.filter((title) => !text.includes(title)).map((title) => `${file} has no test "${title}"`);
    return [...(isRun(file) ? [] : [`npm test does not run ${file}`]), ...skipped, ...missing];
  });
};

describe.each(TABLES)("%s", (path) => {
  const rows = rowsOf(path);
  it("has promises", () => expect(rows.length).toBeGreaterThan(20));

  it.each(rows)("$promise", ({ cell }) => expect(problemsOf(cell)).toEqual([]));
});

it("a test that was renamed, moved or skipped is found", () => {
  const own = "`test/docs/promises.test.ts`";
  expect(problemsOf(`${own} "is found"`)).toEqual([]);
  expect(problemsOf("by hand")).toEqual(["it names no test"]);
  expect(problemsOf("`test/docs/gone.test.ts`")).toEqual(["test/docs/gone.test.ts is not there"]);
  const renamed = ["its", "earlier", "title"].join(" ");
  expect(problemsOf(`${own} "${renamed}"`)).toEqual([`test/docs/promises.test.ts has no test "${renamed}"`]);
  expect(problemsOf("`test/scale/testing-plan.test.ts`")).toEqual([
    "npm test does not run test/scale/testing-plan.test.ts",
  ]);
});
