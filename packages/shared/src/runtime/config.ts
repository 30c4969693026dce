import { readFileSync } from "node:fs";
import { z } from "zod";
import { EXIT, messageOf, OperatorError } from "./errors.ts";
import { addSecretsOf } from "./redact.ts";

/** The version of Lookalike that is installed: package.json's. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))).version;

/** The services, each a process of its own with its own users in NATS and PostgreSQL. */
export const SERVICE_NAMES = ["coordinator", "hasher", "comparer", "api"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

const url = (protocols: RegExp, example: string) =>
  z
    .url({ protocol: protocols, error: `must be an address like ${example}` })
    .regex(/:\/\//, `must be an address like ${example}`);

/** Variables whose value is a secret or contains one. No message shows what they are set to. */
const secrets = z.registry<{ readonly isSecret: true }>();

/** A variable that no message shows. */
export const secret = <Schema extends z.ZodType>(schema: Schema): Schema => {
  secrets.add(schema, { isSecret: true });
  return schema;
};

const natsUrl = z.url({ protocol: /^(nats|tls|ws|wss)$/ });

interface WholeNumber {
  readonly min: number;
  readonly max?: number;
  /** What it sets, and its unit, in a few words. */
  readonly about: string;
}

const wholeNumber = ({ min, max = Number.MAX_SAFE_INTEGER, about }: WholeNumber) => {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const error = `must be a whole number ${range}`;
  return z.coerce.number({ error }).int(error).min(min, error).max(max, error).meta({ description: about });
};

/** A variable that holds a whole number, by default `preset`. */
export const integer = ({ default: preset, ...range }: WholeNumber & { readonly default: number }) =>
  wholeNumber(range).default(preset);

/** A variable that holds a list, by default an empty one. */
export const listOf = (separator: string, about: string) =>
  z
    .string()
    .default("")
    .transform((text) => text.split(separator).filter((item) => item !== ""))
    .meta({ description: about });

/** The API's port where LOOKALIKE_PORT sets no other. */
export const DEFAULT_API_PORT = 7373;

export const LogLevel = z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]);

/** What every service reads from its environment. */
export const ServiceEnvironment = z.object({
  NATS_URL: secret(
    z
      .string()
      .refine((urls) => urls.split(",").every((one) => natsUrl.safeParse(one).success), {
        error: "must be an address like nats://127.0.0.1:4222, or several, separated by commas",
      })
      .meta({ description: "Servers of one cluster; credentials in the first one's address" }),
  ),
  NATS_NKEY: z.string().optional().meta({ description: "File with the seed of this service's nkey" }),
  NATS_CREDS: z.string().optional().meta({ description: "Credentials file of a NATS account" }),
  NATS_CA: z.string().optional().meta({ description: "PEM file of the authority that signed the servers" }),
  NATS_CERT: z.string().optional().meta({ description: "PEM file of a client's certificate" }),
  NATS_KEY: z.string().optional().meta({ description: "PEM file of that certificate's key" }),
  DATABASE_URL: secret(url(/^postgres(ql)?$/, "postgres://user:password@127.0.0.1:5432/lookalike")),
  LOOKALIKE_DATABASE_WAIT_SECONDS: integer({
    min: 0,
    default: 30,
    about: "How long a start waits for PostgreSQL to answer",
  }),
  LOOKALIKE_NATS_WAIT_SECONDS: integer({
    min: 0,
    default: 30,
    about: "How long a start waits for NATS to answer",
  }),
  LOG_LEVEL: LogLevel.default("info"),
  LOOKALIKE_METRICS_HOST: z.string().default("127.0.0.1").meta({ description: "Address /metrics listens on" }),
  LOOKALIKE_METRICS_PORT: wholeNumber({
    min: 0,
    max: 65_535,
    about: "Port for /metrics, /healthz and /readyz; 0 = a free one, unset = none",
  }).optional(),
  LOOKALIKE_CERTIFICATES: listOf(",", "PEM files whose expiry is measured, separated by commas"),
  LOOKALIKE_GRACE_SECONDS: integer({
    min: 1,
    default: 30,
    about: "Time to finish the work in progress at SIGTERM; what takes longer is done by another process",
  }),
  LOOKALIKE_TOPOLOGY: z
    .enum(["services", "others"])
    .default("services")
    .meta({ description: "Who creates streams and consumers; others: the services only check them" }),
  LOOKALIKE_STREAM_REPLICAS: integer({
    min: 1,
    max: 5,
    default: 1,
    about: "Copies of each stream when it is created: 3 on a NATS cluster",
  }),
});
export type ServiceEnvironment = z.infer<typeof ServiceEnvironment>;

/** A variable's value, or the content of the file that `<name>_FILE` names. @throws OperatorError where it can't be read */
const readVariable = (name: string, environment: NodeJS.ProcessEnv): string | undefined => {
  const file = environment[`${name}_FILE`];
  if (!file) return environment[name];
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new OperatorError(`${name}_FILE=${file}: the file can't be read (${messageOf(error)}).`, EXIT.config);
  }
};

/**
 * Parses the environment once, at the start. An empty variable counts as not set. A secret may be in a file, which
 * `<name>_FILE` names: another process of this user sees a process's variables.
 * @throws OperatorError naming every bad variable in one line, exit code 78
 */
export const readEnvironment = <Schema extends z.ZodObject>(
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<Schema> => {
  const variables = Object.fromEntries(
    Object.keys(schema.shape)
      .map((name) => [name, readVariable(name, environment)] as const)
      .filter(([, value]) => value !== undefined && value !== ""),
  );
  addSecretsOf({ ...environment, ...variables });
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join(".");
    if (variables[name] === undefined) return `${name} is not set: ${issue.message}`;
    // A wrong address may be a password that was put into the wrong place.
    if (secrets.has(schema.shape[name] as z.ZodType)) return `${name}: ${issue.message}`;
    return `${name}=${variables[name]}: ${issue.message}`;
  });
  throw new OperatorError(problems.join("; "), EXIT.config);
};
