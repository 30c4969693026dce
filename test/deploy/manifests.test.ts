import { access, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SERVICE_NAMES } from "@lookalike/shared/runtime/config";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { startCommand } from "../support/command.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { areInstalled } from "../support/installed.ts";
import { moduleFolder, PYTHON, toolFolder, wheelFolder } from "../support/tools.ts";

const KUBERNETES = "1.33.0";
const CHART = join(ROOT, "deploy/helm/lookalike");
const tools = {
  helm: await toolFolder("helm"),
  kubeconform: await toolFolder("kubeconform"),
  compose: await toolFolder("cmd"),
};
const hasTools =
  Object.values(tools).every((folder) => folder !== null) &&
  areInstalled(["go", PYTHON], "apt-get install golang-go python3-pip");

const CustomResources = z.object({
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    versions: z.array(z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: z.unknown() }).optional() })),
  }),
});

const WHEEL_SHA256 = "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9";
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let schemas: string;

beforeAll(async () => {
  if (!hasTools) return;
  folder = await temporaryFolder();
  schemas = join(folder.path, "schemas");
  await mkdir(schemas);
  // Kubernetes' own schemas, made to refer to each other where they are.
  const wheel = await wheelFolder("kubernetes-validate", "1.37.0", WHEEL_SHA256);
  const known = join(wheel, `kubernetes_validate/kubernetes-json-schema/v${KUBERNETES}-local-strict`);
  const kinds = [
    "deployment-apps-v1",
    "networkpolicy-networking-v1",
    "poddisruptionbudget-policy-v1",
    "service-v1",
    "job-batch-v1",
  ];
  for (const name of ["_definitions", ...kinds]) {
    const text = await readFile(join(known, `${name}.json`), "utf8");
    const local = text.replaceAll("/api/_definitions.json", `file://${schemas}/_definitions.json`);
    await writeFile(join(schemas, `${name}.json`), local);
  }
  // Those of NACK and KEDA, out of their resource definitions.
  const nack = join(await moduleFolder("github.com/nats-io/nack@v0.23.0"), "deploy/crds.yml");
  const keda = join(
    await moduleFolder("github.com/kedacore/keda/v2@v2.18.0"),
    "config/crd/bases/keda.sh_scaledobjects.yaml",
  );
  for (const file of [nack, keda])
    for (const document of parseAllDocuments(await readFile(file, "utf8"))) {
      const { group, names, versions } = CustomResources.parse(document.toJS()).spec;
      for (const { name, schema } of versions)
        await writeFile(
          join(schemas, `${names.kind.toLowerCase()}-${group.split(".")[0]}-${name}.json`),
          JSON.stringify(closedResource(schema)),
        );
    }
});
afterAll(() => folder?.remove());

/** As kubectl's strict validation has it: no field that the schema does not know. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return "properties" in inner && !("additionalProperties" in inner)
    ? { ...inner, additionalProperties: false }
    : inner;
};

/** A resource: what all have, and its own. */
const closedResource = (schema: { openAPIV3Schema?: unknown } | undefined): object => {
  const { properties } = z.object({ properties: z.record(z.string(), z.unknown()) }).parse(schema?.openAPIV3Schema);
  const own = closed(properties) as object;
  return {
    type: "object",
    properties: { ...own, apiVersion: {}, kind: {}, metadata: {} },
    additionalProperties: false,
  };
};

const conforms = async (file: string) => {
  const location = join(schemas, "{{.ResourceKind}}{{.KindSuffix}}.json");
  const { code, stdout, stderr } = await startCommand([
    join(tools.kubeconform ?? "", "kubeconform"),
    ...["-strict", "-summary", "-kubernetes-version", KUBERNETES, "-schema-location", location, file],
  ]).ended;
  return { code, text: stdout + stderr };
};
const helm = (...args: string[]) => startCommand([join(tools.helm ?? "", "helm"), ...args]).ended;
const rendered = async (...settings: string[]): Promise<string> => {
  const args = settings.flatMap((setting) => ["--set", setting]);
  const { code, stdout, stderr } = await helm("template", "test", CHART, "--kube-version", KUBERNETES, ...args);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
};

describe.skipIf(!hasTools)("the Helm chart", () => {
  it("is accepted by helm lint, and its values by their schema", async () => {
    expect(await helm("lint", "--strict", CHART)).toMatchObject({ code: 0 });
    expect((await helm("lint", CHART, "--set", "topology=nobody")).code).not.toBe(0);
  });

  it.each([
    ["as it comes", [], 14],
    [
      "with all that it can",
      ["keda.enabled=true", "sources.existingClaim=pictures", "otlpEndpoint=http://otel:4318"],
      16,
    ],
    ["without network policies", ["networkPolicy.enabled=false"], 10],
  ])("gives resources that Kubernetes and KEDA know, %s", async (_how, settings, resources) => {
    const file = join(folder.path, "rendered.yaml");
    await writeFile(file, await rendered(...settings));
    const { code, text } = await conforms(file);
    expect([code, text]).toEqual([
      0,
      expect.stringContaining(`Valid: ${resources}, Invalid: 0, Errors: 0, Skipped: 0`),
    ]);
  });

  it("gives every pod its own secret alone, and no way out but those that it needs", async () => {
    const all = parseAllDocuments(await rendered(`image.digest=sha256:${"a".repeat(64)}`)).map((one) => one.toJS());
    const pods = all.filter((one) => one?.kind === "Deployment" || one?.kind === "Job");
    const secrets = pods.map(({ metadata, spec }) => {
      const { containers, volumes } = spec.template.spec;
      expect(containers[0].image).toMatch(/@sha256:a{64}$/);
      expect([containers.length, containers[0].envFrom, JSON.stringify(containers)]).toEqual([
        1,
        undefined,
        expect.not.stringContaining("secretKeyRef"),
      ]);
      return [
        metadata.name,
        ...volumes.flatMap(({ secret }: { secret?: { secretName: string } }) => secret?.secretName ?? []),
      ];
    });
    expect(secrets.toSorted()).toEqual([
      ["lookalike-api", "lookalike-api"],
      ["lookalike-comparer", "lookalike-comparer"],
      ["lookalike-coordinator", "lookalike-coordinator"],
      ["lookalike-hasher", "lookalike-hasher"],
      ["lookalike-migrate", "lookalike-migrator"],
    ]);
    const ports = all
      .filter((one) => one?.kind === "NetworkPolicy")
      .map(({ metadata, spec }) => [
        metadata.name,
        spec.egress.flatMap(({ ports: out }: { ports: { port: number }[] }) => out.map(({ port }) => port)),
      ]);
    expect(ports.toSorted()).toEqual([
      ["lookalike-api", [53, 53, 4222, 5432, 443]],
      ["lookalike-comparer", [53, 53, 4222, 5432]],
      ["lookalike-coordinator", [53, 53, 4222, 5432]],
      ["lookalike-hasher", [53, 53, 4222, 5432]],
    ]);
  });

  it("gives every pod a grace that is longer than its process takes, and no right it does not need", async () => {
    const Pods = z.object({
      spec: z.object({
        template: z.object({
          spec: z.object({
            terminationGracePeriodSeconds: z.number(),
            securityContext: z.object({ runAsNonRoot: z.literal(true) }),
            containers: z.tuple([
              z.object({
                env: z.array(z.object({ name: z.string(), value: z.string() })),
                args: z.tuple([z.string()]),
                securityContext: z.object({ readOnlyRootFilesystem: z.literal(true) }),
              }),
            ]),
          }),
        }),
      }),
    });
    const all = parseAllDocuments(await rendered()).map((document) => document.toJS() as { kind?: string });
    const deployments = all.filter((resource) => resource?.kind === "Deployment");
    expect(deployments.length).toBe(4);
    for (const deployment of deployments) {
      const { terminationGracePeriodSeconds, containers } = Pods.parse(deployment).spec.template.spec;
      const own = Number(containers[0].env.find(({ name }) => name === "LOOKALIKE_GRACE_SECONDS")?.value);
      expect(terminationGracePeriodSeconds).toBeGreaterThan(own);
      await access(join(ROOT, containers[0].args[0]));
    }
  });
});

describe.skipIf(!hasTools)("streams and consumers as resources of NACK", () => {
  it("are what NACK knows", async () => {
    const { code, text } = await conforms(join(ROOT, "deploy/nack/topology.yaml"));
    expect([code, text]).toEqual([0, expect.stringMatching(/Valid: 31, Invalid: 0, Errors: 0, Skipped: 0/)]);
  });

  it("would be refused with a field it does not know: this test can fail", async () => {
    const file = join(folder.path, "wrong.yaml");
    const text = await readFile(join(ROOT, "deploy/nack/topology.yaml"), "utf8");
    await writeFile(file, text.replace("maxBytes", "maximumBytes"));
    expect((await conforms(file)).text).toContain("Invalid: 1");
  });
});

describe.skipIf(!hasTools)("the compose file", () => {
  it("is read by docker compose's own library, and runs what is there", async () => {
    await cp(join(ROOT, "deploy"), join(folder.path, "deploy"), { recursive: true });
    const compose = join(folder.path, "deploy/compose");
    // As `.env` would fill it in: the library's command reads no environment.
    const text = await readFile(join(compose, "compose.yaml"), "utf8");
    const variables = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = ""]) => name);
    const example = await readFile(join(compose, ".env.example"), "utf8");
    for (const name of variables) expect(example).toContain(`${name}=\n`);
    await writeFile(join(compose, "compose.yaml"), text.replaceAll(/\$\{\w+[^}]*\}/g, "/filled-in"));
    const command = `cd '${compose}' && '${join(tools.compose ?? "", "cmd")}' compose.yaml`;
    const { code, stdout, stderr } = await startCommand(["bash", "-c", command]).ended;
    expect([code, stderr]).toEqual([0, ""]);
    const { services } = z
      .object({
        services: z.record(
          z.string(),
          z.object({
            command: z.array(z.string()).nullish(),
            read_only: z.boolean().optional(),
            cap_drop: z.array(z.string()),
            security_opt: z.array(z.string()),
            mem_limit: z.string(),
            pids_limit: z.number(),
            image: z.string(),
            environment: z.record(z.string(), z.string().nullable()).default({}),
            secrets: z.array(z.object({ source: z.string() })).default([]),
            networks: z.record(z.string(), z.unknown()).optional(),
            volumes: z.array(z.object({ type: z.string(), source: z.string() })).default([]),
          }),
        ),
      })
      .parse(parse(stdout));
    for (const [name, { read_only, cap_drop, security_opt }] of Object.entries(services))
      expect([name, read_only, cap_drop, security_opt]).toEqual([name, true, ["ALL"], ["no-new-privileges:true"]]);
    for (const name of SERVICE_NAMES) {
      await access(join(ROOT, services[name]?.command?.[0] ?? "none"));
    }
    for (const { volumes } of Object.values(services))
      for (const { type, source } of volumes)
        if (type === "bind" && source !== "/filled-in" && !source.includes("/secrets/")) await access(source);
    // Every other image is named in .env, by its digest.
    for (const [name, { image }] of Object.entries(services))
      expect([name, image]).toEqual([name, expect.stringMatching(/^(lookalike|\/filled-in)$/)]);
    for (const name of SERVICE_NAMES) {
      const own = services[name]?.secrets.map(({ source }) => source).toSorted();
      const more = name === "api" ? ["first-key", "sealing-key"] : [];
      expect(own).toEqual(
        [`database-url-${name}`, `nats-${name}.nk`, "nats-ca.pem", "postgres-ca.pem", ...more].toSorted(),
      );
      expect(Object.keys(services[name]?.networks ?? {}).includes("outside")).toBe(name === "api");
    }
    for (const { environment } of Object.values(services))
      expect(JSON.stringify(environment)).not.toMatch(/:\/\/[^/"]*:[^/"]*@/);
  });
});
