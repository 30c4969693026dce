// `npm run audit`: known vulnerabilities of the packages in the lockfile, by the registry's advisories. Where the registry does
// not answer, the answers of an earlier audit are used (`npm run audit -- --save` writes them), and what they do not
// include is reported as not checked: exit code 0 means that nothing is known, not that nothing is wrong.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "./setup.mjs";

const SAVED = process.env.LOOKALIKE_ADVISORIES || join(ROOT, ".ci/advisories.json");
const REGISTRY = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
const WAIT_MS = 30_000;
/** Advisories that do not concern this project: address and reason. */
const ACCEPTED = {};

/** The lockfile's packages: name, and its versions. */
const readPackages = () => {
  const { packages } = parse(readFileSync(join(ROOT, "pnpm-lock.yaml"), "utf8"));
  const versions = {};
  for (const id of Object.keys(packages)) {
    const at = id.lastIndexOf("@");
    const name = id.slice(0, at);
    versions[name] = [...(versions[name] ?? []), id.slice(at + 1)];
  }
  const deprecated = Object.entries(packages).filter(([, entry]) => entry.deprecated !== undefined);
  return { versions, deprecated };
};

/** The registry's advisories by package (npm's bulk endpoint); a text that says why there are none. */
const requestAdvisories = async (versions) => {
  try {
    const response = await fetch(new URL("-/npm/v1/security/advisories/bulk", REGISTRY), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(versions),
      signal: AbortSignal.timeout(WAIT_MS),
    });
    return response.ok ? await response.json() : `it answers ${response.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const idsOf = (versions) =>
  Object.entries(versions).flatMap(([name, list]) => list.map((version) => `${name}@${version}`));

const { versions, deprecated } = readPackages();
const all = idsOf(versions);
const answer = await requestAdvisories(versions);
let advisories = answer;
let unchecked = [];
if (typeof answer === "string") {
  const saved = existsSync(SAVED)
    ? JSON.parse(readFileSync(SAVED, "utf8"))
    : { date: null, checked: [], advisories: {} };
  const checked = new Set(saved.checked);
  unchecked = all.filter((id) => !checked.has(id));
  advisories = saved.advisories;
  console.log(`The registry's advisories can't be had: ${answer}.`);
  console.log(saved.date === null ? "There are no saved ones." : `The saved ones are of ${saved.date}.`);
} else if (process.argv.includes("--save")) {
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(SAVED, `${JSON.stringify({ date, checked: all, advisories }, null, 2)}\n`);
}
const found = Object.entries(advisories)
  .filter(([name]) => versions[name] !== undefined)
  .flatMap(([name, list]) => list.map((advisory) => ({ name, ...advisory })))
  .filter(({ url }) => ACCEPTED[url] === undefined);
for (const { name, severity, title, url } of found) console.error(`${name}: ${severity}: ${title} (${url})`);
for (const [id, entry] of deprecated) console.log(`${id} is deprecated: ${entry.deprecated}`);
if (unchecked.length > 0)
  console.log(`NOT CHECKED for known vulnerabilities: ${unchecked.length} of ${all.length} packages.`);
console.log(`${all.length - unchecked.length} of ${all.length} packages checked, ${found.length} advisories`);
process.exitCode = found.length === 0 ? 0 : 1;
