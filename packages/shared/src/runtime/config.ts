import { z } from "zod";
import { EXIT, OperatorError } from "./errors.ts";

const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `must be an address like ${example}` });

const natsUrl = z.url({ protocol: /^(nats|tls|ws|wss)$/ });

export const LogLevel = z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]);

/** What every service reads from its environment. */
export const ServiceEnvironment = z.object({
  NATS_URL: z
    .string()
    .refine((urls) => urls.split(",").every((one) => natsUrl.safeParse(one).success), {
      error: "must be an address like nats://127.0.0.1:4222, or several, separated by commas",
    })
    .meta({ description: "Servers of one cluster; credentials in the first one's address" }),
  NATS_CREDS: z.string().optional().meta({ description: "Credentials file of a NATS account" }),
  NATS_CA: z.string().optional().meta({ description: "PEM file of the authority that signed the servers" }),
  NATS_CERT: z.string().optional().meta({ description: "PEM file of a client's certificate" }),
  NATS_KEY: z.string().optional().meta({ description: "PEM file of that certificate's key" }),
  DATABASE_URL: url(/^postgres(ql)?$/, "postgres://user:password@127.0.0.1:5432/lookalike"),
  LOG_LEVEL: LogLevel.default("info"),
  LOOKALIKE_METRICS_HOST: z.string().default("127.0.0.1").meta({ description: "Address /metrics listens on" }),
  LOOKALIKE_METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .meta({ description: "Port for /metrics, /healthz and /readyz; 0 = a free one, unset = none" }),
  LOOKALIKE_CERTIFICATES: z
    .string()
    .default("")
    .transform((paths) => paths.split(",").filter((path) => path !== ""))
    .meta({ description: "PEM files whose expiry is measured, separated by commas" }),
  LOOKALIKE_GRACE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .default(30)
    .meta({ description: "Time for what is in hand at SIGTERM; what takes longer is done by another process" }),
  LOOKALIKE_TOPOLOGY: z
    .enum(["services", "others"])
    .default("services")
    .meta({ description: "Who makes streams and consumers; others: the services only check them" }),
  LOOKALIKE_STREAM_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .meta({ description: "Copies of each stream when it is made: 3 on a NATS cluster" }),
});
export type ServiceEnvironment = z.infer<typeof ServiceEnvironment>;

/**
 * Parses the environment once, at start. Empty variables count as absent.
 * @throws OperatorError naming every bad variable in one line, exit code 78
 */
export const readEnvironment = <Schema extends z.ZodObject>(
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<Schema> => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return given[name] === undefined
      ? `${name} is not set: ${issue.message}`
      : `${name}=${given[name]}: ${issue.message}`;
  });
  throw new OperatorError(problems.join("; "), EXIT.config);
};
