import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { makeDemoCatalog } from "@lookalike/local/demo";
import { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, screenshot, startBrowser } from "../support/browser.ts";
import { writeHashes } from "../support/hashes.ts";
import { TEST_KEY } from "../support/servers.ts";
import { finished, type System, startSystem } from "../support/system.ts";
import { PATIENCE_SECONDS, until } from "../support/until.ts";

let system: System;
let browser: Browser;
let page: Page;
let root: string;
const requests: string[] = [];
const complaints: string[] = [];

const openPage = async (catalog: string, viewport = { width: 1_360, height: 850 }): Promise<Page> => {
  const opened = await browser.newPage({ viewport });
  opened.setDefaultTimeout(PATIENCE_SECONDS * 1_000);
  opened.on("request", (request) => requests.push(request.url()));
  opened.on("pageerror", ({ message }) => complaints.push(message));
  opened.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("404")) complaints.push(message.text());
  });
  await opened.goto(`${system.address}/#key=${TEST_KEY}`);
  await opened.getByRole("combobox", { name: "Catalog" }).selectOption(catalog);
  return opened;
};

beforeAll(async () => {
  if (!hasBrowser) return;
  system = await startSystem();
  browser = await startBrowser();
  root = system.path("pictures");
  await makeDemoCatalog(root);
});
afterAll(async () => {
  if (!hasBrowser) return;
  await browser?.close();
  await system?.stop();
});

const accessibilityProblems = async (of: Page): Promise<string[]> => {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await of.evaluate(axe);
  const violations = await of.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
    "axe.run().then(({ violations }) => violations)",
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
};

const undecided = (count: number) => page.getByRole("status").getByText(`${count} group${count === 1 ? "" : "s"}`);

describe.skipIf(!hasBrowser)("from the first scan to files put back", () => {
  it("scans, and shows how far it is", async () => {
    const catalog = await system.client.openCatalog("pictures", directorySource(root));
    page = await openPage(catalog);
    await page.getByRole("button", { name: "Scan", exact: true }).click();
    await page.getByRole("article").waitFor();
    await undecided(11).waitFor();
    await page.getByText("Scanned 31 images").waitFor();
    await screenshot(page, "review-desktop");
  });

  it("pictures of a group stand side by side, what differs is marked, and all zoom together", async () => {
    const pictures = page.getByRole("article").getByRole("img");
    expect(await pictures.count()).toBeGreaterThan(1);
    for (const picture of await pictures.all()) expect(await picture.getAttribute("alt")).toMatch(/scene-\d\d/);
    expect(await page.locator(".differs dd").count()).toBeGreaterThan(0);
    await page.keyboard.press("+");
    const transforms = await pictures.evaluateAll((images) => images.map((image) => image.getAttribute("style")));
    expect(new Set(transforms).size).toBe(1);
    expect(transforms[0]).toContain("scale(1.5)");
    await page.keyboard.press("-");
    await page.keyboard.press("c");
    await page.keyboard.press("c");
    expect(await page.locator(".stack.difference img").count()).toBe(2);
    await screenshot(page, "review-difference");
    await page.keyboard.press("c");
  });

  it("ten groups are decided by keyboard, and one is taken back", async () => {
    for (let left = 11; left > 1; left -= 1) {
      await page.keyboard.press(left === 11 ? "n" : left === 10 ? "a" : "Enter");
      await undecided(left - 1).waitFor();
    }
    await page.keyboard.press("u");
    await undecided(2).waitFor();
    await page.keyboard.press("2");
    await page.getByRole("button", { name: /keep 2, let/ }).waitFor();
    await page.keyboard.press("2");
    await page.keyboard.press("Enter");
    await undecided(1).waitFor();
  });

  it("many are accepted at once, after a preview", async () => {
    await page.getByRole("button", { name: "Accept many" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("resized or re-encoded").check();
    await dialog.getByText("Decides 1 group: keeps 1").waitFor();
    const folder = dialog.getByLabel("keep what is in this folder");
    await folder.fill("nowhere");
    await dialog.getByText("Decides 0 groups").waitFor();
    expect(await dialog.getByRole("button", { name: "Accept" }).isDisabled()).toBe(true);
    await folder.fill("");
    await dialog.getByText("Decides 1 group: keeps 1").waitFor();
    await screenshot(page, "review-accept-many");
    await dialog.getByRole("button", { name: "Accept" }).click();
    await page.getByText("Every group is decided").waitFor();
  });

  it("what was let go is archived, and put back", async () => {
    const files = async () =>
      (await readdir(root, { recursive: true })).filter((name) => !name.startsWith(".lookalike")).sort();
    const before = await files();
    await page.getByRole("button", { name: "Archive…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Archive what is decided" }).click();
    await dialog.getByText("archived", { exact: true }).waitFor();
    await screenshot(page, "review-archive");
    expect((await files()).length).toBeLessThan(before.length);
    await dialog.getByRole("button", { name: "Restore" }).click();
    await dialog.getByText("restored", { exact: true }).waitFor();
    expect(await files()).toEqual(before);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  });

  it("every key is in the help", async () => {
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("not duplicates, never again").waitFor();
    await page.keyboard.press("Escape");
  });
});

const GROUPS = 10_000;

describe.skipIf(!hasBrowser)("the page", () => {
  it("is accessible, on a desktop and on a phone", async () => {
    await page
      .getByRole("checkbox", { name: "only what is left" })
      .or(page.getByText("Every group is decided"))
      .first()
      .waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.close();
    const catalog = await system.client.openCatalog("phone", directorySource(root));
    await finished(system.client, (await system.client.startJob(catalog, JobOptions.parse({}))).id);
    const phone = await openPage(catalog, { width: 390, height: 844 });
    await phone.getByRole("article").waitFor();
    await phone.waitForLoadState("networkidle");
    await screenshot(phone, "review-phone");
    expect(await accessibilityProblems(phone)).toEqual([]);
    expect(await phone.evaluate("document.documentElement.scrollWidth")).toBe(390);
    await phone.getByRole("button", { name: "Groups" }).click();
    await phone.getByRole("navigation", { name: "Groups" }).getByRole("button").nth(2).click();
    await phone.getByRole("article", { name: "Group 3" }).waitFor();
    const desktop = await openPage(catalog);
    await desktop.getByRole("article").waitFor();
    expect(await accessibilityProblems(desktop)).toEqual([]);
    await Promise.all([phone.close(), desktop.close()]);
  });

  it("opens with ten thousand groups, and scrolls to the last with few rows on the page", async () => {
    const file = system.path("hashes.ndjson");
    const random = randomWords(7);
    const lines = Array.from({ length: GROUPS }, (_, group) => {
      const hash = Array.from({ length: 8 }, () => random().toString(16).padStart(8, "0")).join("");
      return ["a", "b"].map((copy) => `${JSON.stringify({ id: `${group}${copy}`, hash, bytes: group })}\n`).join("");
    });
    await writeFile(file, lines.join(""));
    const job = await system.run({ kind: "hashes", file }, {}, "many");
    const id = await system.client.openCatalog("many", { kind: "hashes", file });
    const many = await openPage(id);
    const list = many.getByRole("navigation", { name: "Groups" });
    await list.getByRole("button").first().waitFor();
    expect(job.state).toBe("completed");
    await many.evaluate("document.querySelector('.rows').scrollTop = 1e9");
    await list.locator(`[aria-posinset="${GROUPS}"]`).waitFor();
    expect(await list.getByRole("button").count()).toBeLessThan(60);
    await list.locator(`[aria-posinset="${GROUPS}"]`).getByRole("button").click();
    await many.getByRole("article", { name: `Group ${GROUPS}` }).waitFor();
    await many.close();
  });

  it("a running job is paused, goes on, and is cancelled, and the page says so", async () => {
    const file = system.path("live.ndjson");
    await writeHashes(file, { images: 3_000, bits: 256, seed: 11, copiesPerThousand: 20 });
    const catalog = await system.client.openCatalog("live", { kind: "hashes", file });
    const options = JobOptions.parse({ blockSize: 25, pairsPerTask: 1, kernel: "exhaustive" });
    const { id } = await system.client.startJob(catalog, options);
    const live = await openPage(catalog);
    const panel = live.getByRole("region", { name: "Job" });
    await panel.getByRole("progressbar").waitFor();
    await panel.getByRole("button", { name: "Pause" }).click();
    await panel.getByText("paused while").waitFor();
    expect(await system.client.readJob(id)).toMatchObject({ state: "running", paused: true });
    expect(await accessibilityProblems(live)).toEqual([]);
    await screenshot(live, "review-paused");
    await panel.getByRole("button", { name: "Resume" }).click();
    await panel.getByRole("button", { name: "Pause" }).waitFor();
    await until(async () => (await system.client.readJob(id)).completedTasks > 0);
    await panel.getByRole("button", { name: "Cancel" }).click();
    await panel.getByText("The last scan was cancelled.").waitFor();
    await panel.getByRole("button", { name: "Scan again" }).waitFor();
    expect((await system.client.readJob(id)).state).toBe("cancelled");
    await live.close();
  });

  it("shows names that hide or turn text around as they are", async () => {
    const file = system.path("names.ndjson");
    const ids = ["scene\u202egpj.exe", "scene\u0007\u009b.jpg"];
    await writeFile(file, ids.map((id) => `${JSON.stringify({ id, hash: "5a".repeat(32) })}\n`).join(""));
    await system.run({ kind: "hashes", file }, {}, "names");
    const names = await openPage(await system.client.openCatalog("names", { kind: "hashes", file }));
    await names.getByRole("article").getByText("scene\\u202egpj.exe").first().waitFor();
    await names.getByRole("article").getByText("scene\\u0007\\u009b.jpg").first().waitFor();
    const content = await names.content();
    expect(["\u0007", "\u009b", "\u202e"].filter((character) => content.includes(character))).toEqual([]);
    await names.close();
  });

  it("is signed in by a session that no page of another port can use", async () => {
    const context = await browser.newContext();
    const opened = await context.newPage();
    await opened.goto(`${system.address}/#key=${TEST_KEY}`);
    await opened.getByRole("combobox", { name: "Catalog" }).waitFor();
    await until(async () => (await context.cookies()).length > 0);
    expect(await context.cookies()).toMatchObject([
      { name: expect.stringMatching(/^__Host-/), secure: true, httpOnly: true, sameSite: "Strict" },
    ]);
    const foreign = createServer((_request, response) => response.writeHead(203).end()).listen(0, "127.0.0.1");
    await once(foreign, "listening");
    const attacker = await context.newPage();
    await attacker.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
    // The answer is hidden from the page, but not from its developer tools.
    const answers: number[] = [];
    const devTools = await context.newCDPSession(attacker);
    await devTools.send("Network.enable");
    devTools.on("Network.responseReceivedExtraInfo", ({ statusCode }) => {
      if (statusCode !== 203) answers.push(statusCode);
    });
    const catalog = await system.client.openCatalog("phone", directorySource(root));
    const path = `/v1/catalogs/${catalog}/deletion`;
    const sent = JSON.stringify({ method: "POST", mode: "no-cors", credentials: "include" });
    await attacker.evaluate(`fetch("${system.address}${path}", ${sent}).catch(() => null)`);
    await until(() => answers.length > 0);
    expect(answers).toEqual([403]);
    expect(await opened.evaluate(`fetch("${path}", { method: "POST" }).then(({ status }) => status)`)).toBe(200);
    const picture = `${system.address}/v1/catalogs/${catalog}/images/0/thumbnail`;
    const shown = attacker.evaluate(
      `new Promise((done) => { const image = new Image(); image.onload = () => done(true); image.onerror = () => done(false); image.src = "${picture}"; })`,
    );
    expect(await shown).toBe(false);
    foreign.close();
    await opened.getByRole("button", { name: "Sign out" }).click();
    await opened.getByLabel("Access key").waitFor();
    expect(await context.cookies()).toEqual([]);
    await opened.reload();
    await opened.getByLabel("Access key").waitFor();
    await context.close();
  });

  it("has documents beside it that allow no script but their own, too", async () => {
    const docs = await browser.newPage();
    const problems: string[] = [];
    docs.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await docs.goto(`${system.address}/docs/`);
    await docs.getByText("Finds the duplicate and near-duplicate images").waitFor();
    expect(problems).toEqual([]);
    await docs.close();
  });

  it("sends requests to its own server alone, and allows no script but its own", async () => {
    const response = await fetch(system.address);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'self'/);
    const origins = new Set(requests.map((url) => new URL(url).origin));
    expect([...origins]).toEqual([system.address]);
    expect(complaints).toEqual([]);
  });
});
